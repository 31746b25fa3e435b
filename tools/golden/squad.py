"""Writes tests/data/squad.json: normalized texts and scores by transformers' squad_metrics, and what Python's str and re hold
of every character; and tests/data/correlation.json: correlations by scipy.

    python tools/golden/squad.py

Needs transformers<5, numpy and scipy.
"""
import json
import os
import random
import re
import types
import unicodedata
import warnings

import numpy
import scipy.stats
from transformers.data.metrics.squad_metrics import compute_exact, get_raw_scores, normalize_answer, squad_evaluate

SCALARS = [code for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF]

# Pieces to make texts of: what the normalization looks at, and what stands close to it.
PIECES = {
    "article": ["a", "an", "the", "A", "An", "THE", "tHe", "thé", "ａ", "ⓐ", "ана", "them", "ab"],
    "punctuation": list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") + list("–—‘’“”…«»·、。！＇。"),
    "space": [" "] * 8 + list("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2009\u200a\u2028\u2029\u202f\u205f\u3000"),
    "no space": list("\u200b\u200c\u200d\u2060\ufeff\u180e\x08\x1b\x7f\xad"),
    "case": list("İIıßẞÀÉÑǅǈǲΩKÅȺȾӀႠᏣꙀＡ𐐀𝐀𞤀ⅣⓂªºʰŉΆΰ"),
    "sigma": list("ΣΣΣΣσςΑΟΕ") + ["ΟΔΟΣ", "ΑΣ", "Σ'", "Σ.", "ΑΣ\u0301", "ΣΑΣ", "Σ:", "Σ·", "Σʰ", "Σª", "ΣⅣ", "Σ🄰", "Σ中"],
    "wide": list("中文日本語한국어の々〇ไทยहिन्दीعربيעברית"),
    "picture": ["😀", "👩\u200d👩", "🇫🇷", "✌🏽", "♥\ufe0f", "№", "™", "©", "€", "°"],
    "mark": list("\u0301\u0307\u0308\u0327\u0345\u20dd\u093e\u0e31"),
    "number": ["1", "42", "3.5", "1,000", "½", "²", "Ⅻ", "٣", "१", "①", "𝟘", "〇"],
    "word": ["Paris", "new", "York", "of", "is", "Normans", "10th", "century", "x", "B"],
}


def text_of(generator, pieces, parted):
    """A text of so many pieces, a space behind this share of them. Three times in ten the kind stays, so that kinds meet themselves."""
    kinds, kind, parts = list(PIECES), "word", []
    for _ in range(pieces):
        if generator.random() < 0.7:
            kind = generator.choice(kinds)
        parts.append(generator.choice(PIECES[kind]))
        if generator.random() < parted:
            parts.append(" ")
    return "".join(parts)


def near(generator, text):
    """The text with words lost, doubled, moved or dressed, so that pairs share some of their words."""
    words = text.split(" ")
    for _ in range(generator.randrange(4)):
        at = generator.randrange(len(words))
        change = generator.randrange(5)
        if change == 0 and len(words) > 1:
            words.pop(at)
        elif change == 1:
            words.insert(at, words[at])
        elif change == 2:
            generator.shuffle(words)
        elif change == 3:
            words[at] = words[at].upper() + "."
        else:
            words.insert(at, generator.choice(PIECES["article"]))
    return " ".join(words)


def question(generator):
    """A prediction and the answers that are right: none, or one to four, some of which normalization leaves empty."""
    source = text_of(generator, generator.randrange(1, 8), 0.7)
    truths = [near(generator, source) for _ in range(generator.randrange(5))]
    if generator.random() < 0.1:
        truths.insert(0, generator.choice(["", "the", " ", "A.", "..."]))
    prediction = near(generator, source) if generator.random() < 0.85 else generator.choice([source, "", "the", "—"])
    return prediction, truths


def example_of(name, truths):
    return types.SimpleNamespace(qas_id=name, answers=[{"text": truth} for truth in truths])


def scored(prediction, truths):
    exact, f1 = get_raw_scores([example_of(0, truths)], {0: prediction})
    return [prediction, truths, exact[0], f1[0]]


def evaluation(generator, count, odds, threshold, part):
    """squad_evaluate() of `count` questions; `part` is the share of those that may lack an answer."""
    texts = ["Paris", "the Paris", "new York", "New York City", "York city of new York", "", "the", "x"]
    rows = []
    for _ in range(count):
        truths = [] if generator.random() < part else [generator.choice(texts) for _ in range(generator.randrange(1, 4))]
        rows.append([generator.choice(texts), truths, odds(generator)])
    examples = [example_of(i, truths) for i, (_, truths, _) in enumerate(rows)]
    found = squad_evaluate(examples, {i: row[0] for i, row in enumerate(rows)}, {i: row[2] for i, row in enumerate(rows)}, threshold)
    return {"questions": rows, "threshold": threshold, "report": found}


def ranges(codes):
    """[first, last, first, last, ...]"""
    found = []
    for code in codes:
        if found and found[-1] == code - 1:
            found[-1] = code
        else:
            found += [code, code]
    return found


def lower_ranges():
    """[first, last, step, difference, ...] of the characters whose lower case is one other character."""
    found = []
    for code in SCALARS:
        lower = chr(code).lower()
        if lower == chr(code) or len(lower) > 1:
            continue
        difference = ord(lower) - code
        if found and found[-1][3] == difference and (code - found[-1][1] == found[-1][2] or
                                                     found[-1][0] == found[-1][1] and code - found[-1][1] == 2):
            found[-1][1:3] = code, code - found[-1][1]
        else:
            found.append([code, code, 1, difference])
    return [number for row in found for number in row]


def case_of(c):
    """What a capital sigma after a letter makes of the character behind it."""
    if "xΣ".lower() + c.lower() != ("xΣ" + c).lower():
        return "cased"
    return "none" if ("xΣ" + c + "x").lower()[1] == "ς" else "ignorable"


def characters():
    several = [code for code in SCALARS if len(chr(code).lower()) > 1]
    assert several == [0x130], several
    cases = {code: case_of(chr(code)) for code in SCALARS}
    return {
        "unicode": unicodedata.unidata_version,
        "unassigned": ranges(c for c in SCALARS if unicodedata.category(chr(c)) == "Cn"),
        "word": ranges(c for c in SCALARS if re.match(r"[^\W_]", chr(c))),
        "space": ranges(c for c in SCALARS if ("x" + chr(c) + "x").split() == ["x", "x"]),
        "cased": ranges(c for c in SCALARS if cases[c] == "cased"),
        "ignorable": ranges(c for c in SCALARS if cases[c] == "ignorable"),
        "lower": lower_ranges(),
    }


def correlation(name, predictions, truths):
    """Scores of the rows; null for what is no finite number."""
    with warnings.catch_warnings(), numpy.errstate(over="ignore"):
        warnings.simplefilter("ignore")
        pearson = float(scipy.stats.pearsonr(predictions, truths).statistic)
        spearman = float(scipy.stats.spearmanr(predictions, truths).statistic)
        differences = predictions - truths
        mse, mae = float(numpy.mean(differences**2)), float(numpy.mean(numpy.abs(differences)))
    scores = {"pearson": pearson, "spearman": spearman, "mse": mse, "mae": mae}
    return {"name": name, **{key: value if numpy.isfinite(value) else None for key, value in scores.items()}}


def rows_of(name, predictions, truths):
    predictions, truths = numpy.array(predictions, dtype=float), numpy.array(truths, dtype=float)
    rows = {"predictions": predictions.tolist(), "truths": truths.tolist()}
    return {**correlation(name, predictions, truths), **rows}


def uniform(seed, count):
    """splitmix64 of seed, seed + 1, ... as numbers in [0, 1); tests/test_correlation.c makes the same."""
    with numpy.errstate(over="ignore"):
        x = (numpy.arange(count, dtype=numpy.uint64) + numpy.uint64(seed)) * numpy.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        x ^= x >> numpy.uint64(31)
    return (x >> numpy.uint64(11)).astype(float) * 2.0**-53


def million(name, mean, spread, levels):
    """Rows that are made, not kept: noise on a common part, on top of a large mean; truths in so many levels, 0: not in levels."""
    count, common = 1000000, uniform(1, 1000000)
    predictions = mean + spread * (common + uniform(2000000, count))
    truths = mean + spread * (common + uniform(4000000, count))
    if levels:
        truths = numpy.floor(truths * levels)
    return {**correlation(name, predictions, truths), "count": count, "mean": mean, "spread": spread, "levels": levels}


def correlations(generator):
    normal = lambda count: [generator.gauss(0, 1) for _ in range(count)]
    graded = lambda count: [generator.randrange(6) for _ in range(count)]
    small = [rows_of(f"normal {n}", normal(n), normal(n)) for n in (2, 3, 10, 100)]
    small += [rows_of(f"ties {n}", graded(n), graded(n)) for n in (5, 20, 200)]
    line = [0.1 * i for i in range(30)]
    small += [
        rows_of("a line", line, [3.0 * x - 7.0 for x in line]),
        rows_of("a falling line", line, [-x for x in line]),
        rows_of("a curve", line, [x**9 for x in line]),
        rows_of("constant predictions", [0.1] * 30, line),
        rows_of("constant truths", line, [2.0] * 30),
        rows_of("huge", [1e200 * x for x in normal(20)], [1e180 * x for x in normal(20)]),
        rows_of("tiny", [1e-200 * x for x in normal(20)], [1e-180 * x for x in normal(20)]),
        rows_of("a large mean", [1e9 + x for x in normal(50)], [1e9 + x for x in normal(50)]),
        rows_of("zeros of both signs", [0.0, -0.0, 1.0, -1.0, 0.5], [1.0, 2.0, -0.0, 0.0, 3.0]),
    ]
    return small, [million("plain", 0.0, 1.0, 0), million("a large mean", 1e9, 1.0, 0), million("ties", 0.0, 2.5, 2)]


def write(name, value):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "data", name)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        file.write("\n")


def main():
    generator = random.Random(11)
    texts = ["", " ", "a", "the the", "The  Normans", "Σ", "ΑΣ", "a'n the-an", "_a_", "a_b", "İ" * 3, "Ⱥ" * 9, "a\u0301"]
    texts += [text_of(generator, generator.randrange(1, 12), 0.3) for _ in range(2200)]
    pairs = [scored(*question(generator)) for _ in range(1100)]
    assert sum(compute_exact(truths[0], prediction) for prediction, truths, _, _ in pairs if truths) > 100
    assert sum(0 < f1 < 1 for _, _, _, f1 in pairs) > 200
    few = lambda g: g.choice([-2.5, -1.0, 0.0, 0.5, 3.0])
    any_odds = lambda g: g.gauss(0, 4)
    evaluations = [evaluation(generator, count, odds, threshold, part) for count in (1, 2, 9, 40) for odds in (few, any_odds)
                   for threshold in (1.0, -0.5) for part in (0, 0.4, 1)]
    small, large = correlations(generator)
    evaluated = {"texts": [[text, normalize_answer(text)] for text in texts], "scores": pairs, "evaluations": evaluations,
                 "characters": characters()}
    write("squad.json", evaluated)
    write("correlation.json", {"rows": small, "made": large})


if __name__ == "__main__":
    main()
