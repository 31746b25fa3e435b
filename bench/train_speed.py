"""Training speed next to PyTorch's: real tokens per second (padding not counted) by the demo's recipe.

    python bench/train_speed.py [--rounds 5] [--program build/bert] [--demo demo] [--threads N]

Runs both in turn, A B A B, each round a fresh process of each: three steps to warm up, then the median of ten. Both see
the same batches of 32 reviews in the file's order, AdamW and the model's own dropout; PyTorch pads to the longest and
has fused AdamW and scaled dot product attention. The data come from tools/fetch.sh. Needs an idle machine; the load it
found is in the answer. Standard output: one JSON line; standard error: a line for people.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

WARM, STEPS = 3, 10
TORCH_BENCH = pathlib.Path(__file__).resolve().parent.parent / "tools" / "train_torch.py"


def measure_ours(options):
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder) / "output"
        subprocess.run([options.program, "train", f"{options.demo}/model", "--train", f"{options.demo}/train.tsv",
                        "--output", output, "--max-steps", str(WARM + STEPS), "--no-shuffle", "--quiet",
                        "--threads", str(options.threads)], check=True, stdout=subprocess.DEVNULL)
        lines = [json.loads(line) for line in (output / "timings.jsonl").read_text().splitlines()]
    timed = [line["tokens"] / line["seconds"] for line in lines[WARM:]]
    if len(timed) != STEPS:
        raise SystemExit(f"{options.program} timed {len(lines)} steps, not {WARM + STEPS}")
    return statistics.median(timed)


def measure_torch(options):
    answer = subprocess.run([sys.executable, TORCH_BENCH, "--model", f"{options.demo}/model", "--train",
                             f"{options.demo}/train.tsv", "--bench", "--json", "--no-shuffle",
                             "--threads", str(options.threads)], check=True, stdout=subprocess.PIPE)
    return json.loads(answer.stdout)["tokens_per_second"]


def summarize(speeds):
    return dict(median=round(statistics.median(speeds), 1), least=round(min(speeds), 1), most=round(max(speeds), 1),
                rounds=[round(s, 1) for s in speeds])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--program", default="build/bert")
    parser.add_argument("--demo", default="demo")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    load, ours, torch = os.getloadavg()[0], [], []
    for number in range(options.rounds):
        ours.append(measure_ours(options))
        torch.append(measure_torch(options))
        print(f"round {number + 1}: bert {ours[-1]:.0f}, torch {torch[-1]:.0f} tokens/s", file=sys.stderr)
    ratio = statistics.median(ours) / statistics.median(torch)
    ratios = [a / b for a, b in zip(ours, torch)]
    print(json.dumps(dict(unit="real tokens per second of training", threads=options.threads, load=round(load, 2),
                          bert=summarize(ours), torch=summarize(torch), ratio=round(ratio, 3),
                          ratio_of_rounds=[round(min(ratios), 3), round(max(ratios), 3)])))
    print(f"bert {statistics.median(ours):.0f} ({min(ours):.0f}-{max(ours):.0f}), torch {statistics.median(torch):.0f}"
          f" ({min(torch):.0f}-{max(torch):.0f}) tokens/s: {ratio:.2f} times PyTorch's", file=sys.stderr)


if __name__ == "__main__":
    main()
