"""Training alone and beside one busy process, in turns between builds.

    python3 bench/busy.py build [OTHER_BUILD...] [--rounds 5] [--models base,tiny] [--demo demo]

base is the benchmark's model of 12 layers of 768 with random weights, tiny the tests' of 3 layers of 24; each step has 32
texts. Each round trains with every build in turn, A B A B, with the default number of threads and with one, without and
with a process that does nothing but keep a processor busy. A figure is tokens a second: the median of the rounds, with the
least and the most; within a process it is the median of its steps after the first. Standard output: a table in Markdown.
Needs the standard library alone, and a machine with nothing else to do: the load it found is printed.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

from cases import run_child
from models import Writer, make_models

ROOT = pathlib.Path(__file__).resolve().parent.parent
BATCH, LABELS = 32, ("bad", "fair", "good")
TINY = ROOT / "tests/data/golden/gelu"
# words a text, most tokens, steps
SIZES = {"base": (30, 32, 6), "tiny": (30, 32, 200)}


class Busy:
    """A process that keeps one processor busy, if wanted."""

    def __init__(self, wanted):
        self.wanted, self.process = wanted, None

    def __enter__(self):
        if self.wanted:
            self.process = subprocess.Popen([sys.executable, "-c", "while True: pass"])

    def __exit__(self, *_):
        if self.process:
            self.process.kill()
            self.process.wait()


def write_texts(path, model, folder):
    words, _, steps = SIZES[model]
    writer = Writer(folder / "vocab.txt")
    writer.table(path, [words] * (BATCH * steps), LABELS)


def measure(build, folder, table, model, threads, work):
    """Tokens a second of one training."""
    output = work / "output"
    shutil.rmtree(output, ignore_errors=True)
    command = [build / "bert", "train", folder, "--train", table, "--output", output, "--epochs", 1, "--batch-size", BATCH,
               "--max-length", SIZES[model][1], "--quiet"]
    run_child(command + (["--threads", threads] if threads else []))
    steps = [json.loads(line) for line in (output / "timings.jsonl").read_text().splitlines()][1:]
    return statistics.median(step["tokens"] / step["seconds"] for step in steps)


def spread(values):
    return f"{statistics.median(values):,.0f} ({min(values):,.0f} to {max(values):,.0f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("builds", type=pathlib.Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--models", default="base,tiny")
    parser.add_argument("--demo", type=pathlib.Path, default=ROOT / "demo")
    options = parser.parse_args()
    names = options.models.split(",")
    print(f"{len(os.sched_getaffinity(0))} processors, load {os.getloadavg()[0]:.2f}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        models = {**make_models(options.demo, work / "models", LABELS, [name for name in names if name != "tiny"]),
                  "tiny": TINY}
        for name in names:
            write_texts(work / f"{name}.tsv", name, models[name])
        cases = [(name, threads, busy) for name in names for threads in (None, 1) for busy in (False, True)]
        found = {(case, build): [] for case in cases for build in options.builds}
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
            for case in cases:
                name, threads, busy = case
                for build in options.builds:
                    with Busy(busy):
                        found[case, build].append(measure(build, models[name], work / f"{name}.tsv", name, threads, work))
    print("| tokens/s |", " | ".join(map(str, options.builds)), "|")
    print("|---|" + "---|" * len(options.builds))
    for case in cases:
        name, threads, busy = case
        title = f"{name}, {'one thread' if threads else 'default threads'}, {'beside a busy process' if busy else 'alone'}"
        print(f"| {title} |", " | ".join(spread(found[case, build]) for build in options.builds), "|")


if __name__ == "__main__":
    main()
