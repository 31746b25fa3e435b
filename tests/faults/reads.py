"""Reads that fail, are cut short or interrupted, at every call that a small run makes for its files: the run gives what it
always gives, or says in one sentence which file it was and ends with 1; then --resume goes on to the same bytes.

    python3 tests/faults/reads.py KIND STRIDE [FIRST]    every STRIDE-th call of train, train --resume, evaluate, predict of
                                                    a table and of standard input; KINDs are those of reads.c, with a
                                                    plus at the end: all calls from there on

Needs $BUILD (build) with bert, tests/faults/reads.so and writes.so, and $GOLDEN, a small model with texts.tsv. Prints a line
of figures; exit 1 if a run came out otherwise.
"""
import filecmp
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(os.environ["BUILD"])
SAME = ("model.safetensors", "train_log.jsonl", "eval_results.json", "config.json")
CONCERNED = {"error": (), "interrupt": ("open", "read"), "short": ("read",), "page": ("mmap",)}  # (): any
MEMORY = "/dev/shm"  # where syncing takes no time
MUST_SUCCEED = ("interrupt", "short")


class Done:
    """What a command gave."""

    def __init__(self, words, text=None, **environment):
        done = subprocess.run(words, input=text, capture_output=True, timeout=120, env={**os.environ, **environment})
        self.status, self.out, self.said = done.returncode, done.stdout, done.stderr.decode(errors="replace")

    def sentences(self):
        return [line for line in self.said.splitlines() if re.match("bert: (?!warning: )", line)]


class Bench:
    def __init__(self, folder, kind):
        self.root, self.kind, self.wrong = pathlib.Path(os.path.realpath(folder)) / "files", kind, []
        self.root.mkdir()
        self.model, self.place, self.stopped, self.good = (self.root / name for name in ("m", "place", "stopped", "good"))
        self.texts = self.model / "texts.tsv"
        shutil.copytree(os.environ["GOLDEN"], self.model)
        self.good_run = Done(self.train(self.good / "o"))
        self.lines = b"".join(line.split(b"\t")[0] + b"\n" for line in self.texts.read_bytes().splitlines())

    def train(self, output, *more):
        return [BUILD / "bert", "train", self.model, "--train", self.texts, "--dev", self.texts, "--output", output,
                "--epochs", "2", "--batch-size", "4", "--max-length", "32", "--dropout", "0.1", "--threads", "1",
                "--keep-best", "--quiet", "--checkpoint-every", "2", *more]

    def stop(self):
        """A run that was killed after a checkpoint, to resume from."""
        self.stopped.mkdir()
        for write in range(20, 200):
            Done(self.train(self.stopped / "o"), LD_PRELOAD=str(BUILD / "tests/faults/writes.so"), FAULT_KILL=str(write))
            steps = self.steps_saved(self.stopped)
            if steps:
                return
            shutil.rmtree(self.stopped / "o.partial", ignore_errors=True)
        sys.exit("no checkpoint was left")

    @staticmethod
    def steps_saved(place):
        names = [path.name for folder in ("o", "o.partial") for path in (place / folder).glob("checkpoint-*.ckpt")]
        return sorted(int(re.search(r"\d+", name)[0]) for name in names)

    def disturbed(self, words, text, log=None, **fault):
        more = {f"FAULT_{name.upper()}": str(value) for name, value in fault.items()}
        if log:
            more["FAULT_LOG"] = str(log)
        return Done(words, text, LD_PRELOAD=str(BUILD / "tests/faults/reads.so"), FAULT_ROOT=str(self.root), **more)

    def same(self, place):
        return [name for name in SAME if not filecmp.cmp(self.good / "o" / name, place / "o" / name, False)]

    def check_resume(self, what, least, rescued):
        """The run that failed is gone on with. `rescued`: it has put its best epoch in its place."""
        ended, steps = (self.place / "o").exists(), self.steps_saved(self.place)
        if ended and not rescued and self.same(self.place):
            self.wrong.append(f"{what}: an output that is not whole")
        if steps[-1:] < least and not ended:
            self.wrong.append(f"{what}: checkpoints {steps} are left, there were {least}")
        done = Done(self.train(self.place / "o", "--resume"))
        if done.status != 0 or self.same(self.place) or os.listdir(self.place) != ["o"]:
            self.wrong.append(f"{what}: resumed, status {done.status}, {sorted(os.listdir(self.place))}\n{done.said}")
        elif not ended and steps:
            resumed = json.loads((self.place / "o/run.json").read_text()).get("resumed", [0])
            if resumed[-1] < steps[-1]:
                self.wrong.append(f"{what}: resumed after {resumed[-1]} with {steps} there")

    def check(self, what, done, wanted, failing):
        """Did a disturbed command do as it should?"""
        kind = self.kind.rstrip("+")
        if done.status == 0:
            other_start = "checkpoint-" in failing[0][1]  # the one before it is taken, and more is told of on the way
            if wanted.out != done.out and not other_start:
                self.wrong.append(f"{what}: another output\n{done.said}")
            return
        sentences = done.sentences()
        paths = [(call, pathlib.PurePath(path.removesuffix(".partial"))) for call, path in failing]
        names = [path.name for _, path in paths] + [path.parent.name + ": " for call, path in paths if call == "stat"]
        path = paths[0][1]
        if kind in MUST_SUCCEED or done.status != 1 or len(sentences) != 1:
            self.wrong.append(f"{what}: status {done.status}\n{done.said}")
        elif not any(name in sentences[0] for name in names):
            self.wrong.append(f"{what}: the message does not tell of {path}\n{done.said}")
        if not wanted.out.startswith(done.out):
            self.wrong.append(f"{what}: an answer is half written\n{done.out}")

    def every(self, name, words, text, stride, first):
        """All trials of one command; returns how many there were and how many ended with a sentence."""
        log, is_train, least = self.root.parent / "log", name.startswith("train"), []
        trials = told = 0

        def begin():
            shutil.rmtree(self.place, ignore_errors=True)
            if name == "train --resume":
                shutil.copytree(self.stopped, self.place)
            else:
                self.place.mkdir()

        begin()
        wanted = self.disturbed(words, text, log)
        if wanted.status != 0:
            sys.exit(wanted.said)
        kind, plus = self.kind.rstrip("+"), "+" * self.kind.endswith("+")
        calls = [line.split(" ", 1) for line in log.read_text().splitlines()]
        calls = [(call, path) for call, path in calls if not CONCERNED[kind] or call in CONCERNED[kind]]
        if name == "train --resume":
            least = self.steps_saved(self.stopped)[-1:]
        for number in range(first, len(calls) + 1, stride):
            begin()
            call, path = calls[number - 1]
            what = f"{name}, {self.kind} {number} of {len(calls)}: {call} {path}"
            done = self.disturbed(words, text, read=f"{kind}:{number}{plus}")
            self.check(what, done, wanted, calls[number - 1:] if plus else [(call, path)])
            if is_train and done.status == 0 and self.same(self.place):
                self.wrong.append(f"{what}: other bytes, and no word of it\n{done.said}")
            if is_train and done.status != 0:
                self.check_resume(what, least, "the best epoch before it is saved" in done.said)
            trials += 1
            told += done.status == 1
        return trials, told


def main():
    kind, stride = sys.argv[1], int(sys.argv[2])
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    figures = []
    with tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as folder:
        bench = Bench(folder, kind)
        bench.stop()
        commands = (("train", bench.train(bench.place / "o"), None),
                    ("train --resume", bench.train(bench.place / "o", "--resume"), None),
                    ("evaluate", [BUILD / "bert", "evaluate", bench.model, "--data", bench.texts, "--quiet"], None),
                    ("predict FILE", [BUILD / "bert", "predict", bench.model, bench.texts, "--text", "sentence1"], None),
                    ("predict -", [BUILD / "bert", "predict", bench.model, "-"], bench.lines))
        for name, words, text in commands:
            trials, told = bench.every(name, words, text, stride, first)
            figures.append(f"{name} {trials} ({told} told)")
    total = len(bench.wrong)
    print(f"{kind}: {', '.join(figures)}; {total} wrong")
    print("\n".join(bench.wrong[:8]), file=sys.stderr)
    sys.exit(bool(bench.wrong))


main()
