"""Loads a classifier that `bert train` saved with transformers, and compares its logits with ours.

    build/bert predict DIR TEXTS --logits > ANSWERS.jsonl
    python tools/check/checkpoint.py DIR TEXTS ANSWERS.jsonl [--max-length 128] [--bound 1e-4]

TEXTS has one text a line, or is a .tsv with a header. Status 1 if a tensor is missing, unexpected or of another shape,
or a logit further than the bound. Needs torch, transformers<5.
"""
import argparse
import json
import os
import sys

sys.path.append(os.path.join(os.path.dirname(__file__), "../reference"))
from recipe import encode, open_tokenizer, pad_batch, read_table

import torch
from transformers import AutoModelForSequenceClassification


def open_strictly(folder):
    model, report = AutoModelForSequenceClassification.from_pretrained(folder, output_loading_info=True)
    faults = [f"{kind}: {keys}" for kind, keys in report.items() if keys]
    if faults:
        raise SystemExit(f"{folder} does not load cleanly\n" + "\n".join(faults))
    return model.eval()


def read_texts(path):
    if path.endswith(".tsv"):
        return read_table(path)
    with open(path, encoding="utf-8", newline="\n") as file:
        return [([line.rstrip("\r\n")], None) for line in file]


def read_logits(path):
    with open(path, encoding="utf-8") as file:
        return torch.tensor([json.loads(line)["logits"] for line in file])


@torch.inference_mode()
def compute_logits(model, examples, size=32):
    return torch.cat([model(**pad_batch([dict(ids=e["ids"], types=e["types"]) for e in examples[i:i + size]])).logits
                      for i in range(0, len(examples), size)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("texts")
    parser.add_argument("answers")
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--bound", type=float, default=1e-4)
    options = parser.parse_args()
    model = open_strictly(options.folder)
    examples = encode(open_tokenizer(options.folder), read_texts(options.texts), [], options.max_length)
    theirs, ours = compute_logits(model, examples), read_logits(options.answers)
    if ours.shape != theirs.shape:
        raise SystemExit(f"{tuple(ours.shape)} logits here, {tuple(theirs.shape)} there")
    furthest = float((ours - theirs).abs().max())
    print(f"{options.folder}: no key missing or unexpected; {len(examples)} texts, logits within {furthest:.1e}")
    if not furthest <= options.bound:
        worst = int((ours - theirs).abs().amax(1).argmax())
        raise SystemExit(f"text {worst + 1}: {ours[worst].tolist()} here, {theirs[worst].tolist()} there")


if __name__ == "__main__":
    main()
