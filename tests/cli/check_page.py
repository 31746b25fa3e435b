"""Opens a run's report in headless Chromium, scripts disabled, and says what is wrong with it.

    python3 check_page.py REPORT.HTML [HEADING...]     the <h2> headings it must have, in this order
    python3 check_page.py REPORT.HTML --picture FILE.png WIDTH HEIGHT light|dark      only a picture of it

The browser is asked over its debugging pipe, so that what it asks for by itself is told apart from what the page
asks for. Prints "page: well" and exits 0; else a line for each thing that is wrong, and exits 1.
"""
import base64
import collections
import fcntl
import html.parser
import json
import os
import pathlib
import subprocess
import sys
import tempfile

NARROW, WIDE = 400, 1280
# All that report.html is made of. What a text of a file made would stand beside them.
ELEMENTS = set("""html head meta link title style body main header section footer h1 h2 h3 p b bdi code div span strong
    mark figure figcaption svg desc g text line polyline polygon circle table caption thead tbody tr th td details
    summary""".split())
ATTRIBUTES = set("""lang charset http-equiv content name rel href class style scope dir id viewbox role
    aria-labelledby title x y x1 x2 y1 y2 cx cy r points text-anchor""".split())


class Browser:
    """One page of a headless Chromium; `events` is what it told while it was asked."""

    def __init__(self, profile):
        to_read, self.to = os.pipe()
        self.back, to_write = os.pipe()
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 20) for end in (to_read, to_write)]  # past 3 and 4, which it wants
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{ends[0]} 4>&{ends[1]}', "bash", "chromium", "--headless", "--no-sandbox",
             "--disable-gpu", "--disable-background-networking", "--hide-scrollbars", f"--user-data-dir={profile}",
             "--remote-debugging-pipe"], pass_fds=ends, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for end in (to_read, to_write, *ends):
            os.close(end)
        self.number, self.rest, self.events, self.session = 0, b"", [], None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def message(self):
        while b"\0" not in self.rest:
            more = os.read(self.back, 1 << 16)
            if not more:
                raise SystemExit("page: the browser went away")
            self.rest += more
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def ask(self, method, **parameters):
        self.number += 1
        question = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            question["sessionId"] = self.session
        os.write(self.to, json.dumps(question).encode() + b"\0")
        while True:
            told = self.message()
            if told.get("id") == self.number:
                if "error" in told:
                    raise SystemExit(f"page: {method}: {told['error']['message']}")
                return told["result"]
            self.events.append(told)

    def open(self, path):
        for domain in ("Page", "Network", "Log", "Runtime", "DOM"):
            self.ask(f"{domain}.enable")
        self.ask("Emulation.setScriptExecutionDisabled", value=True)
        self.ask("Page.navigate", url=path.resolve().as_uri())
        while not any(told["method"] == "Page.loadEventFired" for told in self.events):
            self.events.append(self.message())

    def size(self, width, height):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def close(self):
        self.process.terminate()
        self.process.wait()


class Page(html.parser.HTMLParser):
    """What the browser made of the file."""

    def __init__(self):
        super().__init__()
        self.elements, self.attributes, self.links = collections.Counter(), collections.Counter(), []
        self.headings, self.inside = [], None

    def handle_starttag(self, tag, attributes):
        self.elements[tag] += 1
        self.attributes.update(name for name, _ in attributes)
        self.links += [value for name, value in attributes if name in ("href", "src", "srcset", "action", "data")]
        self.inside = tag
        if tag == "h2":
            self.headings.append("")

    def handle_data(self, data):
        if self.inside == "h2":
            self.headings[-1] += data

    def handle_endtag(self, tag):
        self.inside = None


def told_faults(events):
    """Requests and complaints."""
    for told in events:
        if told["method"] == "Network.requestWillBeSent":
            url = told["params"]["request"]["url"]
            if not url.endswith("/report.html") and url != "data:,":
                yield f"it asks for {url}"
        if told["method"] in ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
            yield f"the console says: {json.dumps(told['params'])[:300]}"


def made_faults(text, wanted):
    """Elements, attributes, links and headings."""
    page = Page()
    page.feed(text)
    for tag in sorted(set(page.elements) - ELEMENTS):
        yield f"it has an element <{tag}>"
    for name in sorted(set(page.attributes) - ATTRIBUTES):
        yield f"it has an attribute {name}"
    for link in page.links:
        if link != "data:,":
            yield f"it links to {link}"
    if wanted and page.headings != wanted:
        yield f"its headings are {page.headings}, wanted {wanted}"


def faults(browser, path, wanted):
    browser.open(path)
    root = browser.ask("DOM.getDocument")["root"]["nodeId"]
    yield from made_faults(browser.ask("DOM.getOuterHTML", nodeId=root)["outerHTML"], wanted)
    for width in (NARROW, WIDE):
        browser.size(width, 800)
        taken = browser.ask("Page.getLayoutMetrics")["cssContentSize"]["width"]
        if taken > width:
            yield f"it is {taken} wide where there is room for {width}"
    yield from told_faults(browser.events)


def picture(browser, path, file, width, height, scheme):
    browser.size(int(width), int(height))
    browser.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.open(path)
    pathlib.Path(file).write_bytes(base64.b64decode(browser.ask("Page.captureScreenshot")["data"]))


def main():
    path, words = pathlib.Path(sys.argv[1]), sys.argv[2:]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(profile)
        try:
            if words[:1] == ["--picture"]:
                return picture(browser, path, *words[1:])
            found = list(faults(browser, path, words))
        finally:
            browser.close()
    print("\n".join(found) or "page: well")
    sys.exit(bool(found))


main()
