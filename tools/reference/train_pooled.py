"""Trains classes, a number or labels for whole texts with PyTorch, as `bert train` does, and compares step by step.

    python tools/reference/train_pooled.py head TASK MODEL TRAIN.tsv FOLDER
    python tools/reference/train_pooled.py train TASK FOLDER TRAIN.tsv --limit 320 --ours mine/train_log.jsonl

TASK is classify, regress or multilabel. `head` makes FOLDER: MODEL with a fresh head for the labels of TRAIN.tsv. `train`
takes the examples in order, without dropout, by the recipe of tools/reference/train.py, and compares the loss of every step
with the log of

    bert train FOLDER --task TASK --train TRAIN.tsv --limit 320 --epochs 1 --dropout 0 --no-shuffle --output mine

--label-file, --class-weights, --label-smoothing and --positive-weights are as bert's; the weights go into
torch.nn.CrossEntropyLoss and BCEWithLogitsLoss. Status 1 where two losses differ by more than --bound of theirs.
"""
import argparse
import json
import math
import os
import shutil

from head import TOKENIZER_FILES
from recipe import encode, make_optimizer, open_model, open_tokenizer, order_labels, pad_batch, read_table

import torch
from transformers import get_linear_schedule_with_warmup

PROBLEMS = dict(classify="single_label_classification", regress="regression", multilabel="multi_label_classification")


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["head", "train"])
    parser.add_argument("task", choices=PROBLEMS)
    parser.add_argument("model")
    parser.add_argument("train")
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--label-file")
    parser.add_argument("--class-weights")
    parser.add_argument("--positive-weights")
    parser.add_argument("--label-smoothing", type=float, default=0.0)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=5e-5)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ours")
    parser.add_argument("--bound", type=float, default=1e-4)
    return parser.parse_args()


def read_lists(rows, path):
    """The names of every row's labels, and all names in order."""
    if not path:
        lists = [[name.strip() for name in label.split(",") if name.strip()] for _, label in rows]
        return lists, order_labels(name for names in lists for name in names)
    with open(path, encoding="utf-8") as file:
        known = file.read().split("\n")
    known = [name.strip() for name in known if name.strip()]
    return [[known[int(i)] for i in label.split(",") if i.strip()] for _, label in rows], known


def read_targets(task, rows, label_file):
    """A tensor with a row an example, and the labels' names."""
    if task == "regress":
        return torch.tensor([float(label) for _, label in rows]), ["LABEL_0"]
    if task == "classify":
        names = order_labels(label for _, label in rows)
        return torch.tensor([names.index(label) for _, label in rows]), names
    lists, names = read_lists(rows, label_file)
    return torch.tensor([[float(name in row) for name in names] for row in lists]), names


def parse_weights(text, names, balanced):
    if text == "balanced":
        return torch.tensor(balanced)
    given = dict(part.split("=") for part in text.split(","))
    return torch.tensor([float(given.get(name, 1)) for name in names])


def make_loss(options, targets, names):
    if options.task == "regress":
        return lambda logits, wanted: torch.nn.functional.mse_loss(logits.squeeze(1), wanted)
    count, weights = len(targets), None
    if options.task == "classify":
        if options.class_weights:
            weights = parse_weights(options.class_weights, names,
                                    [count / (len(names) * int((targets == i).sum())) for i in range(len(names))])
        return torch.nn.CrossEntropyLoss(weight=weights, label_smoothing=options.label_smoothing)
    if options.positive_weights:
        positives = targets.sum(0).tolist()
        weights = parse_weights(options.positive_weights, names,
                                [(count - n) / n if 0 < n < count else 1.0 for n in positives])
    return torch.nn.BCEWithLogitsLoss(pos_weight=weights)


def make_head(options):
    torch.manual_seed(options.seed)
    _, names = read_targets(options.task, read_table(options.train), options.label_file)
    model = open_model(options.model, names)
    model.config.problem_type = PROBLEMS[options.task]
    model.save_pretrained(options.folder)
    os.chmod(os.path.join(options.folder, "model.safetensors"), 0o644)
    for name in TOKENIZER_FILES:
        if os.path.exists(os.path.join(options.model, name)):
            shutil.copy(os.path.join(options.model, name), options.folder)


def without_label(example):
    return {key: value for key, value in example.items() if key != "label"}


def train(options):
    """Yields the loss of every step."""
    rows = read_table(options.train)[:options.limit]
    targets, names = read_targets(options.task, rows, options.label_file)
    examples = encode(open_tokenizer(options.model), rows, [], options.max_length)
    model, compute_loss = open_model(options.model, names, dropout=0.0), make_loss(options, targets, names)
    optimizer, steps = make_optimizer(model, options.lr), math.ceil(len(rows) / options.batch_size)
    schedule = get_linear_schedule_with_warmup(optimizer, math.ceil(0.1 * steps), steps)
    model.train()
    for begin in range(0, len(rows), options.batch_size):
        part = slice(begin, begin + options.batch_size)
        logits = model(**pad_batch([without_label(e) for e in examples[part]])).logits
        loss = compute_loss(logits, targets[part])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        yield loss.item()


def main():
    options = parse_options()
    if options.action == "head":
        make_head(options)
        return
    theirs = list(train(options))
    with open(options.ours, encoding="utf-8") as file:
        ours = [json.loads(line)["loss"] for line in file]
    if len(ours) != len(theirs):
        raise SystemExit(f"{len(ours)} steps here, {len(theirs)} there")
    furthest = max(abs(a - b) / abs(b) for a, b in zip(ours, theirs))
    print(f"{options.task}: {len(ours)} steps, loss {theirs[0]:.6f} to {theirs[-1]:.6f}, ours within {furthest:.1e} of it")
    if not furthest <= options.bound:
        raise SystemExit("\n".join(f"step {i}: {a:.8f} here, {b:.8f} there" for i, (a, b) in enumerate(zip(ours, theirs), 1)))


if __name__ == "__main__":
    main()
