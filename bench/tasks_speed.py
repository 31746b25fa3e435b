"""Training speed of pairs, tagging and answers next to single sentences: operations executed per second.

    python3 bench/tasks_speed.py [--rounds 3] [--program build/bert] [--demo demo] [--data ../shared/data] [--threads N]

The same model learns single sentences, pairs, tags and answers in turn, A B C D A B C D, each a fresh process: three
steps to warm up, then the operations of ten steps, as bench/operations.py counts them, over their seconds. Ratios of one
run can be compared, whatever the machine's peak is. Standard output: one JSON line; standard error: a line for people.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

from operations import count_training

WARM, STEPS = 3, 10
CASES = {
    "single sentences": ("demo", "train.tsv", ["--task", "classify"], True),
    "pairs": ("mrpc", "train.tsv", ["--task", "classify"], True),
    "tags": ("bc5cdr", "train.conll", ["--task", "tag", "--max-length", "256"], False),
    "answers": ("squad_v1", "train.json", ["--task", "answer", "--batch-size", "16"], False),
}


def measure(options, name):
    folder, file, more, first_only = CASES[name]
    data = options.demo / file if folder == "demo" else options.data / folder / file
    config = json.loads((options.demo / "model" / "config.json").read_text())
    with tempfile.TemporaryDirectory() as scratch:
        output = pathlib.Path(scratch) / "output"
        subprocess.run([options.program, "train", options.demo / "model", "--train", data, "--output", output,
                        "--max-steps", str(WARM + STEPS), "--no-shuffle", "--quiet", "--threads", str(options.threads),
                        *more], check=True, stdout=subprocess.DEVNULL)
        steps = [json.loads(line) for line in (output / "timings.jsonl").read_text().splitlines()][WARM:]
    return sum(count_training(config, s, first_only) for s in steps) / sum(s["seconds"] for s in steps) / 1e9


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--program", default="build/bert")
    parser.add_argument("--demo", type=pathlib.Path, default=pathlib.Path("demo"))
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path("../shared/data"))
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    speeds = {name: [] for name in CASES}
    for number in range(options.rounds):
        for name in CASES:
            speeds[name].append(measure(options, name))
        print(f"round {number + 1}: " + ", ".join(f"{n} {s[-1]:.0f}" for n, s in speeds.items()) + " GFLOP/s",
              file=sys.stderr)
    base = statistics.median(speeds["single sentences"])
    answer = {name: dict(gflops=round(statistics.median(s), 1), least=round(min(s), 1), most=round(max(s), 1),
                         of_single_sentences=round(statistics.median(s) / base, 3)) for name, s in speeds.items()}
    print(json.dumps(dict(threads=options.threads, **answer)))


if __name__ == "__main__":
    main()
