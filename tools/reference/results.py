"""Runs everything that docs/results.md tells, and prints its tables.

    python3 tools/reference/results.py [--program build/bert] [--demo demo] [--sst2 ../shared/data/sst2] [--keep build/results]
        [--only mpnet]

What PyTorch computes is run where the environment's PYTHON names an interpreter that has torch and transformers<5;
without it those columns stay empty. PyTorch's accuracies are slow to get and do not depend on this program, so answers
that KEEP holds already (torch-NAME.jsonl, one line a seed) are not computed again; ours always are. Standard library
only. Standard output: Markdown; standard error: what is being run. Status 1 if a bound of the tables does not hold.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

from results_mpnet import list_mpnet
from results_tasks import list_tasks

SEEDS, MARGIN = (1, 2, 3), 1.5
TOOLS = pathlib.Path(__file__).resolve().parents[1]


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/bert")
    parser.add_argument("--test", default="build/tests/test_minilm")
    parser.add_argument("--demo", type=pathlib.Path, default=pathlib.Path("demo"))
    parser.add_argument("--sst2", type=pathlib.Path, default=pathlib.Path("../shared/data/sst2"))
    parser.add_argument("--keep", type=pathlib.Path, default=pathlib.Path("build/results"))
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--only", choices=["mpnet"], help="this part alone")
    options = parser.parse_args()
    options.python = os.environ.get("PYTHON")
    options.keep.mkdir(parents=True, exist_ok=True)
    return options


def run(*command, output=None):
    """Standard output as text, or into the file `output`."""
    command = [str(word) for word in command]
    print("$ " + " ".join(command) + (f" > {output}" if output else ""), file=sys.stderr, flush=True)
    if output:
        with open(output, "w", encoding="utf-8") as file:
            return subprocess.run(command, check=True, stdout=file)
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def train_ours(options, model, data, name, *more):
    folder = options.keep / name
    run(options.program, "train", model, "--train", data / "train.tsv", "--dev", data / "dev.tsv", "--output", folder,
        "--overwrite", "--quiet", "--threads", options.threads, *more)
    return folder


def train_torch(options, model, data, *more):
    return json.loads(run(options.python, TOOLS / "reference/train.py", "--model", model, "--train", data / "train.tsv",
                          "--dev", data / "dev.tsv", "--threads", options.threads, "--json", *more))


# ---- one batch

def list_batch(options):
    if not os.path.exists(options.test):
        return [f"{options.test} is not built."]
    lines = run(options.test).splitlines()
    return ["```", *[line for line in lines if line.startswith(("furthest", "skipped"))], "```"]


# ---- every step of a run without dropout

def list_steps(options):
    if not options.python:
        return ["Not run: PYTHON names no interpreter with torch."]
    head, log = options.keep / "head", options.keep / "torch-steps.jsonl"
    run(options.python, TOOLS / "reference/head.py", options.demo / "model", options.demo / "train.tsv", head)
    plain = ("--no-shuffle", "--dropout", "0")
    folder = train_ours(options, head, options.demo, "steps", *plain)
    train_torch(options, head, options.demo, *plain, "--log", log)
    answers = options.keep / "answers.jsonl"
    run(options.program, "predict", folder, options.demo / "dev.tsv", "--text", "text", "--logits", output=answers)
    steps = run(options.python, TOOLS / "check/training.py", folder / "train_log.jsonl", log)
    saved = run(options.python, TOOLS / "check/checkpoint.py", folder, options.demo / "dev.tsv", answers)
    return ["```", steps.strip(), saved.strip(), "```"]


# ---- accuracy by seed

def read_answers(path):
    if not path.exists():
        return {}
    with open(path, encoding="utf-8") as file:
        return {answer["seed"]: answer for answer in map(json.loads, file)}


def measure_torch(options, data, name, limit):
    path = options.keep / f"torch-{name}.jsonl"
    for seed in SEEDS if options.python else ():
        if seed in read_answers(path):
            continue
        answer = train_torch(options, options.demo / "model", data, "--seed", seed, *limit)
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(answer) + "\n")
    answers = read_answers(path)
    return [100 * answers[seed]["dev_accuracy"] for seed in SEEDS if seed in answers]


def measure_ours(options, data, name, limit):
    for seed in SEEDS:
        folder = train_ours(options, options.demo / "model", data, f"{name}-{seed}", "--seed", seed, *limit)
        yield 100 * json.loads((folder / "eval_results.json").read_text())["eval_accuracy"]


def show(accuracies):
    if not accuracies:
        return " | "
    mean = sum(accuracies) / len(accuracies)
    return (f"{', '.join(f'{a:.2f}' for a in accuracies)} | {mean:.2f} ({min(accuracies):.2f} to "
            f"{max(accuracies):.2f})")


def compare_accuracy(options, name, title, data, limit=()):
    """A row of the table, and whether the bound holds (where there is something to compare)."""
    if not (data / "train.tsv").exists():
        return f"| {title} | not run: no {data}/train.tsv | | | | |", True
    ours = list(measure_ours(options, data, name, limit))
    theirs = measure_torch(options, data, name, limit)
    complete = len(theirs) == len(SEEDS)
    gap = sum(ours) / len(ours) - sum(theirs) / len(theirs) if complete else None
    return (f"| {title} | {show(ours)} | {show(theirs)} | {f'{gap:+.2f}' if complete else ''} |",
            not complete or gap >= -MARGIN)


# ---- where

def list_versions(options):
    about = json.loads((options.keep / "reviews-1" / "run.json").read_text())
    yield (f"bert.c {about['bert.c']}, {about['matrix_library']}, {about['instruction_set']}; {about['processor']}, "
           f"{options.threads} threads.")
    if options.python:
        yield run(options.python, "-c", "import platform, torch, transformers; print(f'Python "
                  "{platform.python_version()}, torch {torch.__version__}, transformers {transformers.__version__}.')"
                  ).strip()


def main():
    options = parse_options()
    mpnet = ["## A model of another family", "", *list_mpnet(options, run), ""]
    if options.only:
        print("\n".join(mpnet))
        return
    tasks, tasks_held = list_tasks(options, run)
    rows, held = zip(compare_accuracy(options, "reviews", "the demo's reviews", options.demo),
                     compare_accuracy(options, "sst2", "SST-2, first 8,000", options.sst2, ("--limit", 8000)))
    print("\n".join(["## One batch", "", *list_batch(options), "", "## Every step", "", *list_steps(options), "",
                     "## Accuracy", "", "| data | ours, seeds 1 2 3 | mean (spread) | PyTorch, seeds 1 2 3 | "
                     "mean (spread) | difference |", "|---|---|---|---|---|---|", *rows, "",
                     "## Every kind of label", "", *tasks, "", *mpnet,
                     "## Where", "", *list_versions(options)]))
    if not all(held) or not tasks_held:
        raise SystemExit("a mean is further below PyTorch's than is allowed")


if __name__ == "__main__":
    main()
