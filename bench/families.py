"""Training and answering of every family next to PyTorch: models of base size with random weights, the same texts, in turn.

    BENCH_PYTHON=.venv/bin/python python3 bench/families.py [--rounds 2] [--families bert,roberta,...] [--long]

BENCH_PYTHON is a Python with torch and transformers below 5, which also makes the models (once, in build/bench-families).
Each round runs every side of every case in turn, a fresh process each, as bench/bench.py does: a step of 32 reviews with
dropout and AdamW, one review and 32 reviews answered. PyTorch pads to the longest and has scaled dot product attention where
the family has it. --long: ModernBERT at 16 x 2,048 and 2 x 8,192 tokens instead, with memory; a side that runs out of it
says so. All models share one WordPiece vocabulary: a text has as many tokens in each. Prints a table in Markdown.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import sys

from cases import TORCH_SIDE, run_child
from models import Writer, draw_lengths
from report import duration, gbytes, spread, table, times

MAKE = """
import json, pathlib, sys
import torch, transformers
kind, folder, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
config = transformers.AutoConfig.for_model(kind, id2label={0: "a", 1: "b"}, label2id={"a": 0, "b": 1},
                                           problem_type="single_label_classification", **options)
torch.manual_seed(1)
transformers.AutoModelForSequenceClassification.from_config(config).save_pretrained(folder)
"""

# What is not the class's default, so that sizes are those of the published model of base size.
FAMILIES = {
    "bert": {},
    "roberta": dict(vocab_size=50265, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5),
    "distilbert": {},
    "electra": dict(embedding_size=768, hidden_size=768, num_attention_heads=12, intermediate_size=3072),
    "albert": dict(hidden_size=768, num_attention_heads=12, intermediate_size=3072),
    "mpnet": dict(max_position_embeddings=514, layer_norm_eps=1e-5),
    "modernbert": {},
    "deberta-v2": dict(vocab_size=128100, hidden_size=768, num_hidden_layers=12, num_attention_heads=12,
                       intermediate_size=3072, relative_attention=True, position_buckets=256, norm_rel_ebd="layer_norm",
                       share_att_key=True, pos_att_type=["p2c", "c2p"], position_biased_input=False, type_vocab_size=0,
                       layer_norm_eps=1e-7, hidden_act="gelu"),
}


class Bench:
    def __init__(self, options):
        self.build, self.threads, self.python = options.build, options.threads, os.environ.get("BENCH_PYTHON")
        if not self.python:
            raise SystemExit("bench: set BENCH_PYTHON to a Python with torch and transformers below 5")
        self.work, self.vocabulary = options.build / "bench-families", options.demo / "model/vocab.txt"
        self.writer = Writer(self.vocabulary)

    def model(self, family):
        folder = self.work / family
        if not (folder / "vocab.txt").exists():
            shutil.rmtree(folder, ignore_errors=True)
            run_child([self.python, "-c", MAKE, family, folder, json.dumps(FAMILIES[family])])
            (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer", "do_lower_case": true}')
            shutil.copy(self.vocabulary, folder)
        return folder

    def torch(self, *words):
        output, _, memory = run_child([self.python, TORCH_SIDE, *words])
        return json.loads(output.splitlines()[-1]), memory


def median(steps, warm=0):
    return statistics.median(step["seconds"] for step in steps[warm:])


class Training:
    def __init__(self, bench, family, batch, kind, warm, steps):
        self.bench, self.folder, self.batch, self.warm, self.steps = bench, bench.model(family), batch, warm, steps
        self.file = bench.work / f"train-{batch}-{kind}.tsv"
        self.lengths = draw_lengths(kind, batch * (warm + steps), seed=batch)
        bench.writer.table(self.file, self.lengths, ["a", "b"])

    def ours(self):
        output = self.bench.work / "output"
        shutil.rmtree(output, ignore_errors=True)
        _, _, memory = run_child([
            self.bench.build / "bert", "train", self.folder, "--train", self.file, "--output", output, "--epochs", 1,
            "--batch-size", self.batch, "--max-length", max(self.lengths), "--no-shuffle", "--quiet", "--threads",
            self.bench.threads])
        steps = [json.loads(line) for line in (output / "timings.jsonl").read_text().splitlines()]
        shutil.rmtree(output)
        return dict(seconds=median(steps, self.warm), memory=memory)

    def theirs(self):
        told, memory = self.bench.torch("train", self.folder, self.file, self.batch, "longest", self.warm + self.steps,
                                        self.bench.threads)
        return dict(seconds=median(told["steps"], self.warm), memory=memory)


class Answering:
    def __init__(self, bench, family, count, rounds):
        self.bench, self.folder, self.count, self.rounds = bench, bench.model(family), count, rounds
        self.file = bench.work / f"answer-{count}.txt"
        bench.writer.lines(self.file, draw_lengths("reviews", count * (rounds + 1), seed=count))

    def ours(self):
        text, _, memory = run_child([self.bench.build / "bench/infer", "predict", self.folder, self.file, self.count,
                                     self.rounds, self.bench.threads])
        return dict(seconds=median(json.loads(text)["rounds"]), memory=memory)

    def theirs(self):
        told, memory = self.bench.torch("predict", self.folder, self.file, self.count, self.rounds, self.bench.threads)
        return dict(seconds=median(told["rounds"]), memory=memory)


def try_side(name, side, measure):
    try:
        found = measure()
    except SystemExit as failure:  # killed for memory, say
        print(f"  {name}: {side}: {str(failure)[:200]}", file=sys.stderr)
        return None
    print(f"  {name}: {side} {duration(found['seconds'])}, {gbytes(found['memory'])}", file=sys.stderr, flush=True)
    return found


def figures(rounds):
    """Of a case's rounds, [(ours, theirs)]: texts for the table."""
    ours, theirs = [a for a, _ in rounds if a], [b for _, b in rounds if b]
    ratios = [b["seconds"] / a["seconds"] for a, b in rounds if a and b]
    text = lambda side: spread([r["seconds"] for r in side], duration) if side else "out of memory"
    memory = [gbytes(max(r["memory"] for r in side)) if side else "-" for side in (ours, theirs)]
    return [text(ours), text(theirs), spread(ratios, times) if ratios else "-", " / ".join(memory)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--families", default=",".join(FAMILIES))
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--demo", type=pathlib.Path, default=pathlib.Path("demo"))
    options = parser.parse_args()
    bench = Bench(options)
    cases = {}
    if options.long:
        for batch, length in ((16, 2048), (2, 8192)):
            cases[f"modernbert, training, {batch} x {length:,}"] = Training(bench, "modernbert", batch, length, 0, 1)
    for family in () if options.long else options.families.split(","):
        cases[f"{family}, training, 32 reviews"] = Training(bench, family, 32, "reviews", 1, 3)
        cases[f"{family}, 1 review"] = Answering(bench, family, 1, 20)
        cases[f"{family}, 32 reviews"] = Answering(bench, family, 32, 5)
    found = {name: [] for name in cases}
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
        for name, case in cases.items():
            found[name].append((try_side(name, "bert", case.ours), try_side(name, "pytorch", case.theirs)))
    print(table(["", "bert.c", "PyTorch", "ratio", "memory, PyTorch's beside"],
                [[name, *figures(rounds)] for name, rounds in found.items()]))


if __name__ == "__main__":
    main()
