"""Cases of the command line, from the .test files beside this one.

A case is a claim in brackets and lines of

    needs: WHAT        skip unless it is there: one of NEEDS below
    $ COMMAND          bash, one or several lines; `bert` is the program, the folder is empty and the case's own
    exit: N            status wanted of the last command (0 unless said)
    out: LINE          standard output has this line
    out~ REGEX         a line of standard output matches
    err: LINE, err~    the same for standard error
    out-none, err-none nothing was written there
    left: NAMES        what the folder holds at the end, hidden files too, sorted (not checked unless said)

The commands see $GOLDEN (a tiny model with a head), $TEXTS (its labelled texts),
$DEMO, $ROOT and $BUILD; $BOUND before a command binds it to permissions, for the super-user too.
"""
import functools
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

COMMAND_SECONDS = int(os.environ.get("TEST_SECONDS", "120"))


def parse_cases(path):
    """[(claim, line, [(directive, text)])]"""
    cases = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        claim = re.fullmatch(r"\[(\w+)\]", line)
        if claim:
            cases.append((claim[1], number, []))
            continue
        directive = re.match(r"(\$|needs:|exit:|out:|out~|err:|err~|out-none|err-none|left:) ?(.*)", line)
        if not directive or not cases:
            raise SystemExit(f"{path}:{number}: not a line of a case: {line}")
        cases[-1][2].append((directive[1], directive[2]))
    return cases


def tmpfs_works():
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True)
        if mounted.returncode == 0:
            subprocess.run(["umount", folder], check=True)
        return mounted.returncode == 0


# Commands that run another which permissions bind, as they do not bind the super-user.
BINDING = ("", "setpriv --bounding-set=-dac_override,-dac_read_search", "unshare --user --map-user=65534")


@functools.cache
def binding():
    """The first of BINDING that does so here, else None."""
    def binds(command):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o555)
            words = [*command.split(), "sh", "-c", 'test -r tests/run.py && ! touch "$0/file"', folder]
            try:
                return subprocess.run(words, capture_output=True).returncode == 0
            except FileNotFoundError:
                return False
    return next((command for command in BINDING if binds(command)), None)


@functools.cache
def hub_python():
    """A python that has huggingface_hub: this project's, this one, or one made for it in build/; else None."""
    made = pathlib.Path("build/hub-venv")
    for python in (".venv/bin/python", sys.executable, str(made / "bin/python")):
        if shutil.which(python) and subprocess.run([python, "-c", "import huggingface_hub"],
                                                   capture_output=True).returncode == 0:
            return str(pathlib.Path(python).absolute())
    try:
        subprocess.run([sys.executable, "-m", "venv", made], check=True, capture_output=True, timeout=60)
        subprocess.run([made / "bin/pip", "install", "-q", "huggingface_hub==0.36.2"], check=True, capture_output=True,
                       timeout=180)
    except (OSError, subprocess.SubprocessError):
        return None
    return str((made / "bin/python").absolute())


NEEDS = {
    "binding": (lambda: binding() is not None, "the super-user may write anywhere, and cannot be bound here"),
    "huggingface_hub": (lambda: hub_python() is not None, "huggingface_hub is not here and cannot be installed"),
    "openssl": (lambda: shutil.which("openssl") is not None, "there is no openssl to make a certificate with"),
    "tmpfs": (tmpfs_works, "no file system can be mounted here"),
    "terminal": (lambda: shutil.which("script") is not None, "there is no script(1) to make a terminal"),
    "plain-build": (lambda: not os.environ.get("SAN"), "the sanitizers' runtime cannot take part in it"),
    "demo": (lambda: pathlib.Path("demo/model/model.safetensors").exists(), "demo/ has not been fetched"),
    "torture": (lambda: bool(os.environ.get("BERT_TORTURE")), "a part of `make torture`"),
    "chromium": (lambda: shutil.which("chromium") is not None, "there is no chromium to look at the page with"),
    "yaml": (lambda: importlib.util.find_spec("yaml") is not None, "python3 has no yaml"),
    "shared-data": (lambda: pathlib.Path("../shared/data").is_dir(), "there is no ../shared/data"),
}


def environment_of(build):
    root = pathlib.Path.cwd()
    return {
        **os.environ,
        "PATH": f"{build}:{os.environ['PATH']}",
        "ROOT": str(root),
        "BUILD": str(build),
        "GOLDEN": str(root / "tests/data/golden/gelu"),
        "TEXTS": str(root / "tests/data/golden/gelu/texts.tsv"),
        "DEMO": str(root / "demo"),
        "BOUND": binding() or "",
        "LC_ALL": "C.UTF-8",
        "HF_HUB_OFFLINE": "1",  # no case asks the Hub unless it serves one
    }


def broken_wishes(directives, status, streams, folder):
    """A sentence for each line of the case that did not come true."""
    wanted = [int(text) for kind, text in directives if kind == "exit:"] or [0]
    if status != wanted[-1]:
        yield f"exit status {status}, wanted {wanted[-1]}"
    for kind, text in directives:
        lines = streams.get(kind[:3], "").splitlines()
        if kind in ("out:", "err:") and text not in lines:
            yield f"no such line: {kind} {text}"
        if kind in ("out~", "err~") and not any(re.search(text, line) for line in lines):
            yield f"no line matches: {kind} {text}"
        if kind in ("out-none", "err-none") and lines:
            yield f"wanted nothing: {kind}"
        if kind == "left:":
            left = sorted(os.listdir(folder))
            if left != sorted(text.split()):
                yield f"the folder holds {' '.join(left) or 'nothing'}, wanted {text or 'nothing'}"


def run_case(directives, build):
    """("passed" or "failed" or "skipped", what to say)"""
    environment = environment_of(build)
    for kind, text in directives:
        if kind == "needs:" and not NEEDS[text][0]():
            return "skipped", NEEDS[text][1]
    if ("needs:", "huggingface_hub") in directives:
        environment["HUB_PYTHON"] = hub_python()
    commands = "\n".join(text for kind, text in directives if kind == "$")
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(["bash", "-c", commands], cwd=folder, env=environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   start_new_session=True)
        try:
            output = process.communicate(timeout=COMMAND_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.communicate()
            return "failed", f"{commands}\n  not done after {COMMAND_SECONDS} s"
        streams = dict(zip(("out", "err"), (text.decode(errors="replace") for text in output)))
        broken = list(broken_wishes(directives, process.returncode, streams, folder))
    if not broken:
        return "passed", ""
    return "failed", "\n".join([commands, *(f"  {line}" for line in broken), "--- standard output", streams["out"],
                                "--- standard error", streams["err"]])


def run_cases(path, build, tally):
    for claim, line, directives in parse_cases(path):
        outcome, text = run_case(directives, build)
        tally.add(outcome, f"{path}:{line}: {claim}", text)
