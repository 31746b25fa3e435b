"""The tokenizers with real pieces next to `tokenizers`, one thread each, on the same lines.

    tools/fetch.sh demo model mpnet bpe pieces
    BENCH_PYTHON=.venv/bin/python python3 bench/tokenizers_speed.py [--rounds 3] [--data ../shared/data] [FOLDER...]

Each round runs both sides of every case in turn, A B A B, a fresh process each; within a process it is the median of five
passes over the lines. A ratio is taken within a round; told are the median of the rounds, the least and the most. Both
sides must find as many tokens. FOLDERs are those that the first line fetches unless given. Standard library only.
"""
import argparse
import json
import os
import pathlib
import statistics
import tempfile

from cases import TORCH_SIDE, run_child

FOLDERS = ["demo/model", "demo/mpnet", "demo/bpe", "demo/pieces"]
PASSES = 5


def read_lines(options):
    """English reviews, and sentences in three other scripts."""
    reviews = (options.demo / "train.tsv").read_text(encoding="utf-8").splitlines()[1:]
    yield "English", [line.split("\t")[0] for line in reviews]
    others = [options.data / "unicode" / f"pud_{name}.txt" for name in ("zh", "ar", "ko")]
    if all(path.exists() for path in others):
        yield "zh, ar, ko", [line for path in others for line in path.read_text(encoding="utf-8").split("\n") if line]


def measure(command):
    told = json.loads(run_child([*command, PASSES])[0].splitlines()[-1])["rounds"]
    return statistics.median(r["seconds"] for r in told), told[0]["tokens"]


def compare(options, folder, file):
    """Ours over theirs, a ratio a round, and the tokens a second of both."""
    ratios, speeds = [], ([], [])
    for _ in range(options.rounds):
        ours, count = measure([options.build / "bench/infer", "tokenize", folder, file])
        theirs, wanted = measure([options.python, TORCH_SIDE, "tokenize", folder, file])
        if count != wanted:
            raise SystemExit(f"{folder}: {count} tokens here, {wanted} there")
        ratios.append(theirs / ours)
        for speed, seconds in zip(speeds, (ours, theirs)):
            speed.append(count / seconds)
    return ratios, [statistics.median(speed) for speed in speeds]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", default=FOLDERS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--demo", type=pathlib.Path, default=pathlib.Path("demo"))
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path("../shared/data"))
    options = parser.parse_args()
    options.python = os.environ.get("BENCH_PYTHON")
    if not options.python:
        parser.error("BENCH_PYTHON names no interpreter with transformers")
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    print(f"load {os.getloadavg()[0]:.1f}\n\n| folder | lines | tokens a second, ours | tokenizers | ratio |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for title, lines in read_lines(options):
            file = pathlib.Path(scratch) / "lines.txt"
            file.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
            for folder in options.folders:
                ratios, (ours, theirs) = compare(options, folder, file)
                print(f"| {folder} | {len(lines):,} {title} | {ours:,.0f} | {theirs:,.0f} | "
                      f"{statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f}) |", flush=True)


if __name__ == "__main__":
    main()
