"""The gradients of one real batch: the first 32 reviews of the demo through its 6-layer model, with PyTorch.

    python tools/golden/batch.py [--demo demo] [--digest tests/data/minilm]

Fills two folders (tools/fetch.sh has filled --demo before). Needs torch, transformers<5, safetensors, numpy.

DEMO/golden, which is not committed: the model folder with a head drawn from seed 1, and in it
numbers/model.safetensors, of the form that tests/data/golden/README.md describes (without the optimizer's steps and the
texts), 91 MB. tests/test_minilm.c compares every element where it is there.

The digest, which is committed: the batch, the head, loss and logits, and of every gradient seventy numbers
(tools/golden/digest.py), all computed in float64. Prints, and writes into its README.md, how far PyTorch's own
float32 is from it: no test's bound can be narrower.
"""
import argparse
import copy
import os
import pathlib
import platform
import sys

import digest as gradient_digest
sys.path.append(os.path.join(os.path.dirname(__file__), "../reference"))
from head import make_head
from recipe import (encode, largest_distance, open_model, open_tokenizer, order_labels, read_table, record_forward,
                       record_gradients, write_numbers)

import torch
import transformers

EXAMPLES, MAX_LENGTH, SEED = 32, 128, 1

README = """# One batch of reviews through a 6-layer model

What PyTorch computes in **float64** from the first {examples} reviews of the demo (`tools/fetch.sh`; from vaderSentiment
3.3.2, MIT) with the demo's model (all-MiniLM-L6-v2, Apache 2.0; its own weights are not here) and a head drawn from
seed {seed}. Made by `python tools/golden/batch.py` with Python {python}, torch {torch}, transformers {transformers}
(eager attention, dropout 0). The numbers are `model.safetensors`, all float32:

| tensor | what |
|---|---|
| `ids`, `types`, `starts`, `labels` | {tokens} tokens of {examples} reviews end to end, where each starts, its class |
| `head.weight`, `head.bias` | of the classifier |
| `logits`, `loss` | |
| `digest.NAME` | of a parameter's gradient: norm, largest element, 4 dot products with signs, 64 elements, by the rule in `tools/golden/digest.py` |

The gradient of a key's bias is 0 but for rounding, for softmax does not see it: leave it to an absolute bound.
PyTorch's own float32 is this far from these numbers (so a test's bound cannot be narrower):

| | |
|---|---|
{table}
"""


def read_batch(demo, folder):
    rows = read_table(demo / "train.tsv")
    labels = order_labels(label for _, label in rows)
    return encode(open_tokenizer(folder), rows[:EXAMPLES], labels, MAX_LENGTH), labels


def table_rows(numbers, name):
    """The row that each token of the batch takes of an embedding table; None for another parameter."""
    starts = numbers["starts"].tolist()
    rows = {"word": numbers["ids"], "token_type": numbers["types"],
            "position": torch.cat([torch.arange(end - begin) for begin, end in zip(starts, starts[1:])])}
    return next((r.numpy() for kind, r in rows.items() if name.endswith(f"{kind}_embeddings.weight")), None)


def digest_gradients(numbers):
    return {name.removeprefix("grad."): gradient_digest.digest(gradient.numpy(), table_rows(numbers, name))
            for name, gradient in numbers.items() if name.startswith("grad.")}


def list_distances(single, double):
    have, want = digest_gradients(single), digest_gradients(double)
    names = [n for n in want if not n.endswith("key.bias")]
    norm, dots, elements = map(max, zip(*[gradient_digest.distances(have[n], want[n]) for n in names]))
    return {"logits, over the largest": largest_distance(single, double, "logits"),
            "loss, relative": largest_distance(single, double, "loss"),
            "every element of a gradient, over its largest": largest_distance(single, double, "grad."),
            "the 64 elements, over the largest": elements, "norm, relative": norm, "dot products, over the norm": dots,
            "key biases, absolute": max(float(t.abs().max()) for n, t in single.items() if n.endswith("key.bias"))}


def write_digest(single, double, model, folder):
    head = {f"head.{name}": p.detach() for name, p in model.classifier.named_parameters()}
    batch = {name: single[name] for name in ("ids", "types", "starts", "labels")}
    digests = {f"digest.{name}": torch.from_numpy(d) for name, d in digest_gradients(double).items()}
    write_numbers({**batch, **head, "logits": double["logits"], "loss": double["loss"], **digests}, folder)
    table = "\n".join(f"| {what} | {distance:.1e} |" for what, distance in list_distances(single, double).items())
    (folder / "README.md").write_text(README.format(
        examples=EXAMPLES, seed=SEED, tokens=len(single["ids"]), table=table, python=platform.python_version(),
        torch=torch.__version__, transformers=transformers.__version__))
    print(table)


def main():
    here = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--demo", type=pathlib.Path, default=here / "demo")
    parser.add_argument("--digest", type=pathlib.Path, default=here / "tests" / "data" / "minilm")
    options = parser.parse_args()
    torch.set_num_threads(1)  # so that every run on one machine writes the same bytes
    folder = options.demo / "golden"
    make_head(options.demo / "model", options.demo / "train.tsv", folder, SEED)
    examples, labels = read_batch(options.demo, folder)
    model = open_model(folder, labels, dropout=0.0, attention="eager")
    single = {**record_forward(model, examples), **record_gradients(model, examples)}
    write_numbers(single, folder / "numbers")
    double = copy.deepcopy(model).double()
    write_digest(single, {**record_forward(double, examples), **record_gradients(double, examples)}, model,
                 options.digest)


if __name__ == "__main__":
    main()
