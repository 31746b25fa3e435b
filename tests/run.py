"""Runs every test: the cmocka programs, the cases of the command line, and the hostile inputs that are kept. Used by
`make test`.

    python3 tests/run.py BUILD [NAME...]     BUILD: the folder of bert, of tests/test_* and of fuzz/*
                                             NAME: only these, as test_json, cli/usage or fuzz/squad

Failures are printed whole, skipped tests with their reason; the last line is `N passed, N failed`, and
`, N skipped` where there are any. Exit 1 if any failed or none ran.
"""
import os
import pathlib
import re
import subprocess
import sys
import time

from cli.cases import run_cases

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "tools/fuzz"))
from corpus import unpack  # noqa: E402

PROGRAM_SECONDS = int(os.environ.get("TEST_SECONDS", "300"))


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, outcome, name, text=""):
        setattr(self, outcome, getattr(self, outcome) + 1)
        if outcome == "failed":
            print(f"FAILED {name}\n{text.rstrip()}", flush=True)
        if outcome == "skipped":
            print(f"skipped {name}: {text}", flush=True)


def run_program(path, tally):
    """One cmocka program, which tells what came of its tests as TAP: a plan, then a line for each test."""
    environment = {**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP"}
    try:
        done = subprocess.run([path], capture_output=True, timeout=PROGRAM_SECONDS, env=environment)
        status, output = done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired as late:
        status, output = f"none after {PROGRAM_SECONDS} s", (late.stdout or b"") + (late.stderr or b"")
    text = output.decode(errors="replace")
    skipped_whole = re.search(r"^1\.\.0 # SKIP (.*)$", text, re.M)
    if skipped_whole and status == 0:
        tally.add("skipped", path.name, skipped_whole[1])
        return
    planned = re.search(r"^1\.\.(\d+)$", text, re.M)
    results = re.findall(r"^(ok|not ok) \d+ (?:- |# (?=SKIP))(.*)$", text, re.M)
    reason = re.search(r"^skipped: (.*)$", text, re.M)
    for verdict, name in results:
        name, is_skipped = re.subn(r"\s*#? ?\bSKIP\b\s*", "", name)
        if is_skipped:
            tally.add("skipped", f"{path.name}: {name}", reason[1] if reason else "the machine lacks what it needs")
        else:
            tally.add("passed" if verdict == "ok" else "failed", f"{path.name}: {name}", text)
    missing = int(planned[1]) - len(results) if planned else 1
    failed_in_tests = any(verdict == "not ok" for verdict, _ in results)
    if missing > 0 or (status != 0 and not failed_in_tests):
        tally.add("failed", f"{path.name}: ended with status {status}, {missing} tests not run", text)


def run_target(path, tally):
    """A target of fuzz/ over its seeds, the corpus and what was found, one test."""
    folders = [f"fuzz/seeds/{path.name}", unpack(path.parent.parent, path.name), f"fuzz/found/{path.name}"]
    try:
        done = subprocess.run([path, *folders], capture_output=True, timeout=PROGRAM_SECONDS)
        status, output = done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired as late:
        status, output = f"none after {PROGRAM_SECONDS} s", (late.stdout or b"") + (late.stderr or b"")
    text = output.decode(errors="replace")
    name = f"fuzz/{path.name}: kept inputs do no harm"
    tally.add("passed" if status == 0 else "failed", name, f"status {status}\n{text[-4000:]}")


def main():
    build, names = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:]
    os.chdir(pathlib.Path(__file__).resolve().parent.parent)
    tally = Tally()
    programs = sorted(build.glob("tests/test_*"))
    suites = sorted(pathlib.Path("tests/cli").glob("*.test"))
    work = [(p.name, run_program, p) for p in programs if p.suffix == "" and pathlib.Path(f"tests/{p.name}.c").exists()]
    targets = sorted(p for p in build.glob("fuzz/*") if p.suffix == "")
    work += [(f"fuzz/{p.name}", run_target, p) for p in targets if pathlib.Path(f"fuzz/seeds/{p.name}").is_dir()]
    work += [(f"cli/{p.stem}", lambda path, tally: run_cases(path, build, tally), p) for p in suites]
    for name, run, path in work:
        if names and name not in names:
            continue
        begin, before = time.monotonic(), tally.passed
        run(path, tally)
        print(f"{name}: {tally.passed - before} passed, {time.monotonic() - begin:.1f} s", flush=True)
    skipped = f", {tally.skipped} skipped" if tally.skipped else ""
    print(f"{tally.passed} passed, {tally.failed} failed{skipped}", flush=True)
    sys.exit(tally.failed > 0 or tally.passed == 0)


main()
