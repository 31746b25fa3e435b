"""A server that speaks as the Hugging Face Hub does, on the loopback device, with faults on demand. For tests/cli/hub.test.

    python3 tests/hub/server.py STATE NAME=FOLDER [FAULT...]

serves FOLDER as the model NAME (owner/name) at a free port of 127.0.0.1 until it is told to end by a signal. In the
folder STATE it leaves `url` when it is ready, and `log`: a line a request, `METHOD PATH RANGE TOKEN STATUS`, TOKEN as it
came after "Bearer", "-" for none. Files of 1,000 bytes and more are large: as on the Hub they are redirected to another
host, which is the same server under the name `localhost`, where /large/SHA256 gives them.

A fault is NAME or NAME=VALUE; those marked N happen the first N times only (0: always):

    private  gated  missing  revision  token  busy        what the API answers; `token` wants the token `good`
    fault=N                 500 to everything
    wait=N  wait-date=N     429 with Retry-After 1, or a date a second from now
    wait-long               429 with Retry-After 3600
    cut=BYTES,N             large files end after so many bytes of the answer, the connection with them
    short=N                 the same after 1,000 bytes, without a Content-Length that would tell
    stall=BYTES,N           nothing more comes after so many bytes
    slow                    large files come in pieces of 16 KiB, 20 a second
    damaged=N               a byte of large files is another
    damaged-small=N         and of small ones
    long=N                  large files have a byte more than is told
    no-range                Range is passed over
    bad-range=N             206 from another byte than the one asked for
    changing=N              the etag of a large file that a GET is answered with is another one
    renamed=OLD             OLD is redirected to NAME, by relative addresses; renamed-absolute=OLD by absolute ones
    elsewhere=URL           everything is redirected to URL + PATH
    loop                    everything is redirected to itself
    hostile=FILE|FILE...    the list of files has FILE, a FILE each time it is asked for
    giant                   the list of files never ends
    list=TEXT|TEXT...       the list of files is TEXT, a TEXT each time
    no-etag                 files have none
    evil-etag               the etag of files is ../../evil
    other-commit            files are of another commit
    tls                     https, with STATE/cert.pem and STATE/key.pem
"""
import email.utils
import hashlib
import http.server
import json
import pathlib
import socketserver
import sys
import threading
import time
import urllib.parse

LARGE = 1000
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def git_sha1(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class Hub:
    def __init__(self, state, model, faults):
        self.state = pathlib.Path(state)
        self.name, self.folder = model.split("=", 1)
        self.files_read()
        self.faults = dict(f.partition("=")[::2] for f in faults)
        self.lock = threading.Lock()
        self.left = {}

    def files_read(self):
        """As the folder is now; a file COMMIT in it is the commit."""
        self.files = {str(p.relative_to(self.folder)): p.read_bytes()
                      for p in sorted(pathlib.Path(self.folder).rglob("*")) if p.is_file()}
        self.commit = self.files.pop("COMMIT", COMMIT.encode()).decode().strip()

    def in_turn(self, name):
        """The next of a fault's values."""
        values = self.faults[name].split("|")
        with self.lock:
            turn = self.left.setdefault(name, 0)
            self.left[name] = turn + 1
        return values[turn % len(values)]

    def fault(self, name):
        return name in self.faults

    def happens(self, name, times=None):
        """Does a fault that happens N times happen now?"""
        if name not in self.faults:
            return False
        with self.lock:
            left = self.left.setdefault(name, int(self.faults[name] if times is None else times) or 10**9)
            self.left[name] = left - 1
            return left > 0

    def listing(self):
        if self.fault("list"):
            return self.in_turn("list").encode()
        self.files_read()
        names = list(self.files) + ([self.in_turn("hostile")] if self.fault("hostile") else [])
        return json.dumps({"_id": "0", "id": self.name, "modelId": self.name, "sha": self.commit, "private": False,
                           "gated": False, "tags": ["bert"], "siblings": [{"rfilename": n} for n in names]}).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def log(self, status):
        token = (self.headers.get("Authorization") or "-").removeprefix("Bearer ")
        with self.hub.lock, open(self.hub.state / "log", "a") as log:
            print(self.command, self.path, self.headers.get("Range", "-"), token, status, self.headers["User-Agent"],
                  file=log)

    def answer(self, status, headers=(), body=b""):
        self.log(status)
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        if "Content-Length" not in dict(headers):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def refuse(self, status, code="", message=""):
        self.answer(status, {"X-Error-Code": code, "X-Error-Message": message}, b'{"error":"no"}')

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        hub = self.hub
        host = (self.headers["Host"] or "").split(":")[0]
        path = urllib.parse.unquote(self.path.split("?")[0])
        if self.general_fault(path):
            return
        if path.startswith("/large/") and host == "localhost":
            self.large(path.removeprefix("/large/").split("/", 1)[1])
        elif path.startswith(f"/api/models/{hub.name}/revision/") or path == f"/api/models/{hub.name}":
            self.api(path)
        elif path.startswith(f"/{hub.name}/resolve/"):
            self.resolve(path.removeprefix(f"/{hub.name}/resolve/"))
        else:
            self.refuse(401 if hub.fault("private") else 404, "RepoNotFound", "Repository not found")

    def general_fault(self, path):
        hub = self.hub
        if hub.fault("elsewhere"):
            self.answer(302, {"Location": hub.faults["elsewhere"] + self.path})
        elif hub.fault("loop"):
            self.answer(302, {"Location": self.path})
        elif hub.happens("fault"):
            self.refuse(500)
        elif hub.happens("wait"):
            self.answer(429, {"Retry-After": "1"})
        elif hub.happens("wait-date"):
            self.answer(429, {"Retry-After": email.utils.formatdate(time.time() + 2, usegmt=True)})
        elif hub.fault("wait-long"):
            self.answer(429, {"Retry-After": "3600"})
        else:
            return self.renamed(path)
        return True

    def renamed(self, path):
        hub = self.hub
        for fault, prefix in ("renamed", ""), ("renamed-absolute", f"http://{self.headers['Host']}"):
            old = hub.faults.get(fault)
            if old and path.startswith((f"/api/models/{old}/", f"/{old}/")):
                self.answer(307, {"Location": prefix + self.path.replace(old, hub.name, 1)})
                return True
        return False

    def denied(self):
        hub = self.hub
        if hub.fault("gated"):
            self.refuse(403 if self.headers.get("Authorization") else 401, "GatedRepo", "Access to it is restricted")
        elif hub.fault("private"):
            self.refuse(401, "RepoNotFound", "Repository not found")
        elif hub.fault("token") and self.headers.get("Authorization") != "Bearer good":
            self.refuse(401, "", "Invalid credentials in Authorization header")
        else:
            return False
        return True

    def api(self, path):
        hub = self.hub
        revision = path.partition("/revision/")[2] or "main"
        if self.denied():
            return
        if revision not in ("main", "v1", "refs/pr/1", hub.commit):
            self.refuse(404, "RevisionNotFound", "Invalid rev id")
        elif hub.fault("giant"):
            self.log(200)
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b" " * 65536)
            except OSError:
                self.close_connection = True
        else:
            self.answer(200, {"Content-Type": "application/json"}, hub.listing())

    def resolve(self, rest):
        hub = self.hub
        revision, _, name = rest.partition("/")
        data = hub.files.get(name)
        if self.denied():
            return
        if revision not in ("main", hub.commit):
            self.refuse(404, "RevisionNotFound", "Invalid rev id")
        elif data is None:
            self.answer(404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": hub.commit})
        elif len(data) < LARGE:
            self.small(name, data)
        else:
            etag = sha256(data)
            if self.command == "GET" and hub.happens("changing"):
                etag = sha256(data + b"!")
            headers = self.file_headers({"X-Linked-Etag": f'"{etag}"', "X-Linked-Size": str(len(data))}, "X-Linked-Etag")
            port = self.server.server_address[1]
            scheme = "https" if hub.fault("tls") else "http"
            self.answer(302, {**headers, "Location": f"{scheme}://localhost:{port}/large/{etag}/{name}?Signature=secret"})

    def file_headers(self, headers, etag):
        hub = self.hub
        if hub.fault("no-etag"):
            del headers[etag]
        if hub.fault("evil-etag"):
            headers[etag] = '"../../evil"'
        return {**headers, "X-Repo-Commit": COMMIT[::-1] if hub.fault("other-commit") else hub.commit}

    def small(self, name, data):
        if self.command == "GET" and self.hub.happens("damaged-small"):
            data = bytes([data[0] ^ 1]) + data[1:]
        headers = {"ETag": f'W/"{git_sha1(self.hub.files[name])}"', "Content-Length": str(len(data))}
        self.answer(200, self.file_headers(headers, "ETag"), data)

    def large(self, name):
        hub, data = self.hub, self.hub.files[name]
        begin, status, headers = 0, 200, {"ETag": '"the other host has etags of its own"'}
        wanted = self.headers.get("Range")
        if wanted and not hub.fault("no-range"):
            begin, status = int(wanted.removeprefix("bytes=").rstrip("-")), 206
            if begin and hub.happens("bad-range"):
                begin -= 1
            headers["Content-Range"] = f"bytes {begin}-{len(data) - 1}/{len(data)}"
        if hub.happens("damaged"):
            data = data[:500] + bytes([data[500] ^ 1]) + data[501:]
        if hub.happens("long"):
            data += b"!"
        data = data[begin:]
        if not hub.happens("short"):
            self.body(status, {**headers, "Content-Length": str(len(data))}, data)
            return
        self.log(status)
        self.send_response(status)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data[:1000])
        self.close_connection = True

    def body(self, status, headers, data):
        hub, most = self.hub, len(data)
        if hub.fault("cut"):
            count, times = hub.faults["cut"].split(",")
            if most > int(count) and hub.happens("cut", times):
                most = int(count)
        stalls = False
        if hub.fault("stall"):
            count, times = hub.faults["stall"].split(",")
            stalls = most > int(count) and hub.happens("stall", times)
            most = int(count) if stalls else most
        self.log(status)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            for at in range(0, min(most, len(data)), 16384):
                self.wfile.write(data[at:min(at + 16384, most)])
                if hub.fault("slow"):
                    self.wfile.flush()
                    time.sleep(0.05)
            if stalls:
                self.wfile.flush()
                time.sleep(60)
        except OSError:
            self.close_connection = True
        if most < len(data):
            self.close_connection = True


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Not http.server's own, which asks for the name of its host and may wait for that."""
    daemon_threads = True


def main():
    hub = Hub(sys.argv[1], sys.argv[2], sys.argv[3:])
    hub.state.mkdir(exist_ok=True)
    server = Server(("127.0.0.1", 0), type("H", (Handler,), {"hub": hub}))
    scheme = "http"
    if hub.fault("tls"):
        import ssl  # takes its time
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(hub.state / "cert.pem", hub.state / "key.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    (hub.state / "log").touch()
    ready = hub.state / "url.partial"
    ready.write_text(f"{scheme}://127.0.0.1:{server.server_address[1]}")
    ready.rename(hub.state / "url")
    server.serve_forever()


main()
