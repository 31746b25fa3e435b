"""Writes tests/data/bootstrap.json: scores of rows that count several times, by scikit-learn and scipy over rows that are
repeated; bootstrap intervals by scipy.stats.bootstrap; percentiles by numpy; p-values of McNemar's test by scipy.

    python tools/golden/bootstrap.py

Needs scikit-learn and scipy.
"""
import json
import os

import numpy as np
from scipy import stats
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

CLASS_SCORES = {"accuracy": accuracy_score, "mcc": matthews_corrcoef,
                "macro_f1": lambda truths, answers: f1_score(truths, answers, average="macro", zero_division=0)}
NUMBER_SCORES = {"pearson": lambda x, y: stats.pearsonr(x, y).statistic, "spearman": lambda x, y: stats.spearmanr(x, y).statistic,
                 "mse": lambda x, y: float(np.mean((x - y) ** 2)), "mae": lambda x, y: float(np.mean(np.abs(x - y)))}


def entry(generator, scores, first, second, resamples):
    """Scores of the rows, each weights[i] times, and the intervals of all rows once."""
    weights = generator.integers(0, 4, len(first))
    repeated = np.repeat(np.arange(len(first)), weights)
    intervals = {}
    for name, score in scores.items():
        found = stats.bootstrap((first, second), score, n_resamples=resamples, vectorized=False, paired=True,
                                method="percentile", random_state=generator)
        intervals[name] = [float(found.confidence_interval.low), float(found.confidence_interval.high)]
    return {"first": first.tolist(), "second": second.tolist(), "weights": weights.tolist(),
            "scores": {name: float(score(first[repeated], second[repeated])) for name, score in scores.items()},
            "intervals": intervals}


def classes(generator, count, rows):
    truths = generator.integers(0, count, rows)
    answers = np.where(generator.random(rows) < 0.7, truths, generator.integers(0, count, rows))
    return entry(generator, CLASS_SCORES, truths, answers, 3000)


def numbers(generator, rows):
    """Truths of few levels and rounded predictions: many ties."""
    truths = np.round(generator.random(rows) * 5 * 2) / 2
    return entry(generator, NUMBER_SCORES, np.round(truths + generator.normal(0, 1, rows), 1), truths, 3000)


def mcnemar(first, second):
    """As statsmodels has it: exact below 25, chi-squared with continuity correction from there on."""
    count = first + second
    if count < 25:
        statistic = min(first, second)
        p = stats.binomtest(statistic, count, 0.5).pvalue if count else 1.0
    else:
        statistic = (abs(first - second) - 1) ** 2 / count
        p = stats.chi2.sf(statistic, 1)
    return {"only_first": first, "only_second": second, "exact": count < 25, "statistic": float(statistic), "p": float(p)}


def main():
    generator = np.random.default_rng(11)
    samples = [generator.normal(0, 1, count).tolist() for count in (1, 2, 3, 40, 41, 1000)]
    golden = {"classes": [classes(generator, 2, 60), classes(generator, 5, 400)],
              "numbers": [numbers(generator, 40), numbers(generator, 300)],
              "percentiles": [{"values": values, "interval": np.percentile(values, [2.5, 97.5]).tolist()} for values in samples],
              "mcnemar": [mcnemar(*pair) for pair in ((0, 0), (0, 1), (1, 0), (3, 3), (5, 12), (12, 12), (0, 24), (1, 24), (12, 13),
                                                      (12, 37), (37, 12), (20, 20), (100, 180), (0, 2000))]}
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "data", "bootstrap.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(golden, file)
        file.write("\n")


if __name__ == "__main__":
    main()
