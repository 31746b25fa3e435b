"""The part of results.py about all-mpnet-base-v2 and two real tokenizers. Standard library only.

Everything here is next to PyTorch, sentence-transformers and tokenizers: without PYTHON or ../shared/data nothing is run.
"""
import json
import pathlib

SHARED = pathlib.Path("../shared")
TOOLS = pathlib.Path(__file__).resolve().parents[1]
ROWS = "480"
PLAIN = ("--epochs", "1", "--batch-size", "16", "--no-shuffle", "--limit", ROWS)


def train_ours(options, run, model, name, train, dev, dropout, *more):
    folder = options.keep / f"mpnet-{name}-{dropout}"
    run(options.program, "train", model, "--train", train, "--dev", dev, "--output", folder, "--overwrite", "--quiet",
        "--threads", options.threads, *PLAIN, "--dropout", dropout, *more)
    return folder


def show_ours(options, run, folder, dev, metric):
    """The metric of the dev data with its interval, in percent."""
    found = json.loads(run(options.program, "evaluate", folder, "--data", dev, "--threads", options.threads, "--quiet"))
    low, high = found["intervals"][f"eval_{metric}"]
    return f"{100 * found[f'eval_{metric}']:.1f} ({100 * low:.1f} to {100 * high:.1f})"


def compare_pair(options, run, model, train, dev):
    """Classes: tools/reference/train.py trains, checks and scores; (what is told of the losses, ours, theirs)."""
    head, log = options.keep / "mpnet-pair-head", options.keep / "mpnet-pair-torch.jsonl"
    run(options.python, TOOLS / "reference/head.py", model, train, head)
    command = (options.python, TOOLS / "reference/train.py", "--model", head, "--train", train, "--threads", options.threads,
               "--json", *PLAIN)
    plain = train_ours(options, run, head, "pair", train, dev, "0")
    run(*command, "--dropout", "0", "--log", log)
    told = run(options.python, TOOLS / "check/training.py", plain / "train_log.jsonl", log, "--bound", "1e-4")
    ours = show_ours(options, run, train_ours(options, run, head, "pair", train, dev, "0.1"), dev, "accuracy")
    return told, ours, json.loads(run(*command, "--dropout", "0.1", "--dev", dev))["dev_accuracy"]


def compare_similar(options, run, model, train, dev):
    command = (options.python, TOOLS / "reference/train_similar.py", model, train, "--batch-size", "16", "--limit", ROWS)
    task = ("--task", "similar")
    plain = train_ours(options, run, model, "similar", train, dev, "0", *task)
    told = run(*command, "--ours", plain / "train_log.jsonl", "--folder", plain, "--bert", options.program)
    ours = show_ours(options, run, train_ours(options, run, model, "similar", train, dev, "0.1", *task), dev, "spearman")
    return told.replace("\n", "; "), ours, json.loads(run(*command, "--dropout", "0.1", "--dev", dev))["spearman"]


def compare_tags(options, run, model, train, dev):
    head = options.keep / "mpnet-tag-head"
    tool = (options.python, TOOLS / "reference/train_tag.py")
    run(*tool, "head", model, train, head, "--limit", ROWS)
    command = (*tool, "train", head, train, "--batch-size", "16", "--limit", ROWS)
    plain = train_ours(options, run, head, "tag", train, dev, "0")
    told = run(*command, "--ours", plain / "train_log.jsonl")
    furthest = max(float(line.split()[-1]) for line in told.splitlines())
    ours = show_ours(options, run, train_ours(options, run, head, "tag", train, dev, "0.1"), dev, "f1")
    theirs = json.loads(run(*command, "--dropout", "0.1", "--dev", dev))["f1"]
    return f"{len(told.splitlines())} steps: furthest {furthest:.1e}", ours, theirs


TASKS = [("MRPC, accuracy", "mrpc/train.tsv", "mrpc/dev.tsv", compare_pair),
         ("STS-B (similar), Spearman", "stsb/train.tsv", "stsb/dev.tsv", compare_similar),
         ("WNUT-17, entity F1", "wnut17/train.conll", "wnut17/dev.conll", compare_tags)]


def list_mpnet(options, run):
    """Lines of Markdown. What differs by more than its bound ends the program."""
    if not options.python or not (SHARED / "data").exists():
        return ["Not run: it needs PYTHON and ../shared/data."]
    run("sh", TOOLS / "fetch.sh", options.demo, "mpnet", "bpe", "pieces")
    model = options.demo / "mpnet"
    lines = [run(options.python, TOOLS / "check/vectors.py", options.program, model, "--data", SHARED / "data")]
    for folder in ("bpe", "pieces", "mpnet"):
        told = run(options.python, TOOLS / "check/tokenizer.py", options.demo / folder, "--as-is", "--data", SHARED / "data")
        lines.append(f"{folder}: {told.splitlines()[-1]}")
    rows = []
    for title, train, dev, compare in TASKS:
        told, ours, theirs = compare(options, run, model, SHARED / "data" / train, SHARED / "data" / dev)
        rows.append(f"| {title} | {told.strip()} | {ours} | {100 * theirs:.1f} |")
    return ["```", *lines, "```", "", f"| {ROWS} rows, one epoch | losses without dropout | ours with it | PyTorch |",
            "|---|---|---|---|", *rows]
