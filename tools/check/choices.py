"""Loads a model for multiple choice that `bert train` saved with transformers, and compares its scores with ours.

    build/bert predict DIR CHOICES.csv > ANSWERS.jsonl
    python tools/check/choices.py DIR CHOICES.csv ANSWERS.jsonl [--max-length 128] [--bound 1e-4]

CHOICES.csv has the columns sent1, ending0, ending1, ... and perhaps sent2. Status 1 if a tensor is missing or unexpected,
or a score further than the bound. Needs torch, transformers<5.
"""
import argparse
import csv
import json

import torch
from transformers import AutoModelForMultipleChoice, AutoTokenizer


def open_strictly(folder):
    model, report = AutoModelForMultipleChoice.from_pretrained(folder, output_loading_info=True)
    faults = [f"{kind}: {keys}" for kind, keys in report.items() if keys]
    if faults:
        raise SystemExit(f"{folder} does not load cleanly\n" + "\n".join(faults))
    return model.eval()


@torch.inference_mode()
def compute_scores(model, tokenizer, row, max_length):
    endings = [row[name] for name in row if name.startswith("ending")]
    seconds = [f"{row['sent2']} {ending}" if "sent2" in row else ending for ending in endings]
    batch = tokenizer([row["sent1"]] * len(endings), seconds, truncation=True, max_length=max_length, padding=True,
                      return_tensors="pt")
    return model(**{name: tensor[None] for name, tensor in batch.items()}).logits.softmax(-1)[0].tolist()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("choices")
    parser.add_argument("answers")
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--bound", type=float, default=1e-4)
    options = parser.parse_args()
    model, tokenizer = open_strictly(options.folder), AutoTokenizer.from_pretrained(options.folder)
    with open(options.choices, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with open(options.answers, encoding="utf-8") as file:
        ours = [json.loads(line)["scores"] for line in file]
    if len(ours) != len(rows):
        raise SystemExit(f"{len(ours)} answers to {len(rows)} rows")
    furthest = max(abs(a - b) for row, scores in zip(rows, ours)
                   for a, b in zip(compute_scores(model, tokenizer, row, options.max_length), scores, strict=True))
    print(f"{options.folder}: no key missing or unexpected; {len(rows)} choices, scores within {furthest:.1e}")
    if not furthest <= options.bound:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
