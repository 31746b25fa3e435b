"""Writes tests/data/metrics.json: scores of random confusion matrices by scikit-learn, and learning rates by transformers.

    python tools/make_metrics_golden.py

Needs scikit-learn, torch and transformers<5.
"""
import json
import os
import random

import torch
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef
from transformers import get_constant_schedule_with_warmup, get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup

SCHEDULES = {"linear": get_linear_schedule_with_warmup, "cosine": get_cosine_schedule_with_warmup}


def score(generator, classes, examples, bias):
    """A matrix [truth][answer] and its scores; `bias` draws answers towards class 0, so that some matrices lack a class."""
    truths = [generator.randrange(classes) for _ in range(examples)]
    answers = [0 if generator.random() < bias else generator.randrange(classes) for _ in range(examples)]
    matrix = [[0] * classes for _ in range(classes)]
    for truth, answer in zip(truths, answers):
        matrix[truth][answer] += 1
    return {"counts": matrix, "accuracy": accuracy_score(truths, answers), "mcc": matthews_corrcoef(truths, answers),
            "macro_f1": f1_score(truths, answers, average="macro")}


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
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "data", "metrics.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"matrices": matrices, "schedules": schedules}, file)
        file.write("\n")


if __name__ == "__main__":
    main()
