"""Fine-tunes a model that chooses among endings with PyTorch, as `bert train` does, and compares step by step.

    python tools/reference/train_choose.py head MODEL FOLDER [--seed 1]
    python tools/reference/train_choose.py train FOLDER CHOICES.csv --limit 80 --batch-size 8 --ours mine/train_log.jsonl

`head` makes FOLDER: MODEL with a fresh head. `train` takes the examples in order, without dropout, by the recipe of
tools/reference/train.py, and compares the loss of every step with the log of

    bert train FOLDER --train CHOICES.csv --limit 80 --batch-size 8 --epochs 1 --dropout 0 --no-shuffle --output mine

CHOICES.csv has the columns sent1, perhaps sent2, ending0, ending1, ..., label. Status 1 where two losses differ by more
than --bound of theirs.
"""
import argparse
import csv
import json
import math
import os
import shutil

from head import TOKENIZER_FILES
from recipe import make_optimizer, open_tokenizer

import torch
from transformers import AutoModelForMultipleChoice, get_linear_schedule_with_warmup


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    actions = parser.add_subparsers(dest="action", required=True)
    head = actions.add_parser("head")
    head.add_argument("model")
    head.add_argument("folder")
    head.add_argument("--seed", type=int, default=1)
    train = actions.add_parser("train")
    train.add_argument("folder")
    train.add_argument("choices")
    train.add_argument("--ours", required=True)
    train.add_argument("--limit", type=int)
    train.add_argument("--batch-size", type=int, default=32)
    train.add_argument("--lr", type=float, default=5e-5)
    train.add_argument("--max-length", type=int, default=128)
    train.add_argument("--bound", type=float, default=1e-4)
    return parser.parse_args()


def make_head(options):
    torch.manual_seed(options.seed)
    AutoModelForMultipleChoice.from_pretrained(options.model).save_pretrained(options.folder)
    os.chmod(os.path.join(options.folder, "model.safetensors"), 0o644)
    for name in TOKENIZER_FILES:
        if os.path.exists(os.path.join(options.model, name)):
            shutil.copy(os.path.join(options.model, name), options.folder)


def encode(tokenizer, rows, max_length):
    """As transformers' run_swag: [rows, endings, tokens], padded to the longest."""
    firsts, seconds = [], []
    endings = [name for name in rows[0] if name.startswith("ending")]
    for row in rows:
        firsts += [row["sent1"]] * len(endings)
        seconds += [f"{row['sent2']} {row[name]}" if "sent2" in row else row[name] for name in endings]
    batch = tokenizer(firsts, seconds, truncation=True, max_length=max_length, padding=True, return_tensors="pt")
    return dict(labels=torch.tensor([int(row["label"]) for row in rows]),
                **{key: value.view(len(rows), len(endings), -1) for key, value in batch.items()})


def train(options):
    """Yields the loss of every step."""
    with open(options.choices, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[:options.limit]
    tokenizer, steps = open_tokenizer(options.folder), math.ceil(len(rows) / options.batch_size)
    model = AutoModelForMultipleChoice.from_pretrained(options.folder, hidden_dropout_prob=0.0,
                                                       attention_probs_dropout_prob=0.0, classifier_dropout=0.0)
    optimizer = make_optimizer(model, options.lr)
    schedule = get_linear_schedule_with_warmup(optimizer, math.ceil(0.1 * steps), steps)
    model.train()
    for begin in range(0, len(rows), options.batch_size):
        loss = model(**encode(tokenizer, rows[begin:begin + options.batch_size], options.max_length)).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        yield loss.item()


def compare_steps(options):
    theirs = list(train(options))
    with open(options.ours, encoding="utf-8") as file:
        ours = [json.loads(line)["loss"] for line in file]
    if len(ours) != len(theirs):
        raise SystemExit(f"{len(ours)} steps here, {len(theirs)} there")
    furthest = max(abs(a - b) / abs(b) for a, b in zip(ours, theirs))
    print(f"choose: {len(ours)} steps, loss {theirs[0]:.6f} to {theirs[-1]:.6f}, ours within {furthest:.1e} of it")
    if not furthest <= options.bound:
        raise SystemExit("\n".join(f"step {i}: {a:.8f} here, {b:.8f} there" for i, (a, b) in enumerate(zip(ours, theirs), 1)))


def main():
    options = parse_options()
    if options.action == "head":
        make_head(options)
    else:
        compare_steps(options)


if __name__ == "__main__":
    main()
