"""Writes tests/data/metrics.json: scores of random confusion matrices and lists of labels by scikit-learn, and learning
rates by transformers.

    python tools/golden/metrics.py

Needs scikit-learn, torch and transformers<5.
"""
import json
import os
import random

import numpy as np
import torch
from sklearn.metrics import accuracy_score, matthews_corrcoef, precision_recall_curve, precision_recall_fscore_support
from transformers import get_constant_schedule_with_warmup, get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup

SCHEDULES = {"linear": get_linear_schedule_with_warmup, "cosine": get_cosine_schedule_with_warmup}


def score(generator, classes, examples, bias):
    """A matrix [truth][answer] and its scores; `bias` draws answers towards class 0, so that some matrices lack a class."""
    truths = [generator.randrange(classes) for _ in range(examples)]
    answers = [0 if generator.random() < bias else generator.randrange(classes) for _ in range(examples)]
    matrix = [[0] * classes for _ in range(classes)]
    for truth, answer in zip(truths, answers):
        matrix[truth][answer] += 1
    macro = precision_recall_fscore_support(truths, answers, average="macro", zero_division=0)
    scores = precision_recall_fscore_support(truths, answers, labels=range(classes), zero_division=0)
    return {"counts": matrix, "accuracy": accuracy_score(truths, answers), "mcc": matthews_corrcoef(truths, answers),
            "macro_precision": macro[0], "macro_recall": macro[1], "macro_f1": macro[2],
            "per_label": [list(map(float, row)) for row in zip(*scores)]}


def best_f1(truths, scores):
    """The best that a threshold can do, 0 for a label that is never true."""
    if not truths.any():
        return 0.0
    precision, recall, _ = precision_recall_curve(truths, scores)
    return float(np.nan_to_num(2 * precision * recall / np.maximum(precision + recall, 1e-300)).max())


def score_lists(generator, labels, examples, share):
    """Truths (0, 1) and scores a row, with a few equal scores, and what a threshold of 0.5 makes of them."""
    truths = (generator.random((examples, labels)) < share).astype(int)
    scores = np.round((generator.random((examples, labels)) + 0.4 * truths) / 1.4, 2).astype(np.float32)
    answers = scores > 0.5
    entry = {"truths": truths.tolist(), "scores": scores.astype(float).tolist(), "exact": accuracy_score(truths, answers)}
    for kind in ("micro", "macro"):
        entry[kind] = list(map(float, precision_recall_fscore_support(truths, answers, average=kind, zero_division=0)[:3]))
    per_label = precision_recall_fscore_support(truths, answers, average=None, zero_division=0)
    entry["per_label"] = [list(map(float, row)) for row in zip(*per_label)]
    entry["best_f1"] = [best_f1(truths[:, i], scores[:, i]) for i in range(labels)]
    return entry


def rates(name, warmup, steps):
    """The rate of every step and of three beyond the last."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=5e-5)
    if name == "constant":
        schedule = get_constant_schedule_with_warmup(optimizer, warmup)
    else:
        schedule = SCHEDULES[name](optimizer, warmup, steps)
    values = []
    for _ in range(steps):
        values.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    return {"schedule": name, "rate": 5e-5, "warmup": warmup, "steps": steps, "rates": values}


def main():
    generator = random.Random(5)
    matrices = [score(generator, classes, examples, bias) for classes in (2, 3, 7) for examples in (1, 2, 5, 40, 300)
                for bias in (0, 0.5, 1)]
    schedules = [rates(name, warmup, steps) for name in ("linear", "cosine", "constant") for warmup, steps in ((0, 7), (3, 20), (5, 5))]
    lists = [score_lists(np.random.default_rng(9), labels, examples, share) for labels in (2, 5) for examples in (1, 7, 60)
             for share in (0, 0.2, 0.9)]
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "data", "metrics.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"matrices": matrices, "lists": lists, "schedules": schedules}, file)
        file.write("\n")


if __name__ == "__main__":
    main()
