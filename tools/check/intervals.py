"""Compares the intervals of `bert evaluate` and `bert compare` with those that numpy draws from the models' answers.

    python tools/check/intervals.py BERT classify DIR FILE.tsv TEXT LABEL [SECOND_DIR]
    python tools/check/intervals.py BERT regress DIR FILE.tsv TEXT TEXT_PAIR LABEL
    python tools/check/intervals.py BERT tag DIR FILE.conll

The answers are those of `bert predict`; the scores scikit-learn's, scipy's and seqeval's; the resamples numpy's own. An end
of an interval by 1,000 draws has a deviation of 2 % of the width, so 10 % are allowed. Needs scikit-learn, scipy, seqeval.
"""
import csv
import json
import subprocess
import sys

import numpy as np
from scipy import stats
from sklearn.metrics import f1_score, matthews_corrcoef

RESAMPLES, ALLOWED = 2000, 0.1


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def column(path, name):
    with open(path, encoding="utf-8", newline="") as file:
        return [row[name] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


def resamples(rows, score):
    """[resamples, scores] of score(indices of the rows drawn)."""
    generator = np.random.default_rng(3)
    return np.array([score(generator.integers(0, rows, rows)) for _ in range(RESAMPLES)])


def compare(names, values, intervals):
    worst = 0.0
    for name, low, high in zip(names, *np.percentile(values, [2.5, 97.5], axis=0)):
        have = intervals[name]
        off = max(abs(have[0] - low), abs(have[1] - high)) / (high - low) if high > low else np.inf  # nothing is drawn: no test
        worst = max(worst, off)
        print(f"{name:16} [{have[0]:.4f}, {have[1]:.4f}]  numpy [{low:.4f}, {high:.4f}]  off by {100 * off:.1f} % of the width")
    return worst


def class_answers(bert, folder, path, text):
    return np.array([json.loads(line)["label"] for line in run(bert, "predict", folder, path, "--text", text).splitlines()])


def class_scores(truths, answers):
    return lambda drawn: [np.mean(truths[drawn] == answers[drawn]),
                          f1_score(truths[drawn], answers[drawn], average="macro", zero_division=0),
                          matthews_corrcoef(truths[drawn], answers[drawn])]


def classify(bert, folder, path, text, label, second=None):
    names = ["eval_accuracy", "eval_macro_f1", "eval_mcc"]
    columns = ("--data", path, "--text", text, "--label", label, "--json")
    truths = np.array(column(path, label))
    score = class_scores(truths, class_answers(bert, folder, path, text))
    if second is None:
        return compare(names, resamples(len(truths), score), json.loads(run(bert, "evaluate", folder, *columns))["intervals"])
    other = class_scores(truths, class_answers(bert, second, path, text))
    difference = resamples(len(truths), lambda drawn: np.subtract(other(drawn), score(drawn)))
    metrics = json.loads(run(bert, "compare", folder, second, *columns))["metrics"]
    return compare(names, difference, {name: metrics[name]["interval"] for name in names})


def regress(bert, folder, path, text, pair, label):
    truths = np.array(list(map(float, column(path, label))))
    lines = run(bert, "predict", folder, path, "--text", text, "--text-pair", pair).splitlines()
    answers = np.array([json.loads(line)["score"] for line in lines])
    values = resamples(len(truths), lambda d: [stats.pearsonr(answers[d], truths[d])[0], stats.spearmanr(answers[d], truths[d])[0],
                                               np.mean((answers[d] - truths[d]) ** 2), np.mean(np.abs(answers[d] - truths[d]))])
    metrics = json.loads(run(bert, "evaluate", folder, "--data", path, "--text", text, "--text-pair", pair, "--label", label, "--json"))
    return compare(["eval_pearson", "eval_spearman", "eval_mse", "eval_mae"], values, metrics["intervals"])


def sentences(text):
    """[(true tags, answered tags)] of CoNLL lines whose last two columns they are."""
    found, now = [], []
    for line in text.splitlines() + [""]:
        if line.strip() and not line.startswith("-DOCSTART-"):
            now.append(line.split()[-2:])
        elif now:
            found.append(tuple(zip(*now)))
            now = []
    return found


def tag(bert, folder, path):
    from seqeval.metrics.sequence_labeling import get_entities
    counts = []
    for truths, answers in sentences(run(bert, "predict", folder, path)):
        is_so, said = set(get_entities(list(truths))), set(get_entities(list(answers)))
        counts.append([len(is_so & said), len(said), len(is_so), sum(map(str.__eq__, truths, answers)), len(truths)])
    counts = np.array(counts)

    def score(drawn):
        right, answered, true, words_right, words = counts[drawn].sum(0)
        return [2 * right / max(answered + true, 1), right / max(answered, 1), right / max(true, 1), words_right / words]
    metrics = json.loads(run(bert, "evaluate", folder, "--data", path, "--json"))
    return compare(["eval_f1", "eval_precision", "eval_recall", "eval_accuracy"], resamples(len(counts), score), metrics["intervals"])


def main():
    worst = {"classify": classify, "regress": regress, "tag": tag}[sys.argv[2]](sys.argv[1], *sys.argv[3:])
    print("the same" if worst < ALLOWED else "NOT the same")
    sys.exit(worst >= ALLOWED)


main()
