"""Writes tests/data/entities.json: entities and their scores by seqeval for random tags, well-formed and not.

    python tools/golden/entities.py

Needs seqeval 1.2.2.
"""
import json
import math
import os
import random
import warnings

from seqeval.metrics import accuracy_score, classification_report
from seqeval.metrics.sequence_labeling import get_entities

TYPES = ("PER", "LOC", "creative-work", "é")
LETTERS = {"IOB1": "IIIBO", "BIO2": "BIIO", "IOBES": "BIESO", "BILOU": "BILUO"}
# Without a dash, without a type, with too many dashes, parts of speech, letters of several bytes.
STRANGE = ("O", "-", ".", "B", "I", "E", "S", "B-", "I-", "E-", "S-", "O-", "O-PER", ".-PER", "-PER", "--", "B--PER", "X", "X-",
           "_", "B-_", "NOUN", "PROPN", "BPER", "IPER", "b-PER", "B_PER", "É", "É-PER", "日本-PER", "日", "PER-B", "I-PER-LOC", "B-B")
AVERAGES = ("micro", "macro", "weighted")


def spans(generator, scheme, count):
    """Well-formed tags of `scheme`."""
    tags = []
    while len(tags) < count:
        if generator.random() < 0.4:
            tags.append("O")
            continue
        kind, length = generator.choice(TYPES), min(generator.choice((1, 1, 2, 3)), count - len(tags))
        inside = ["I"] * length
        if scheme == "IOB1":
            inside[0] = "B" if tags and tags[-1].endswith("-" + kind) else "I"
        elif scheme == "BIO2" or length > 1:
            inside[0] = "B"
        if scheme in ("IOBES", "BILOU"):
            inside[-1] = ("ES" if scheme == "IOBES" else "LU")[length == 1]
        tags += [f"{letter}-{kind}" for letter in inside]
    return tags


def draw(generator, kind, count):
    """`count` tags: well-formed, any of a scheme's, or any at all."""
    if kind in LETTERS:
        return spans(generator, kind, count)
    if kind == "strange":
        return [generator.choice(STRANGE) for _ in range(count)]
    letters = LETTERS[kind.removeprefix("random ")]
    tags = [f"{generator.choice(letters)}-{generator.choice(TYPES[:2])}" for _ in range(count)]
    return ["O" if tag.startswith("O") else tag for tag in tags]


KINDS = (*LETTERS, *(f"random {scheme}" for scheme in LETTERS), "strange", "strange", "strange")


def found_case(tags):
    """Entities as [type, first word, last word]; null where seqeval raises, which it does for an empty tag."""
    try:
        entities = [list(entity) for entity in get_entities(tags)]
    except IndexError:
        entities = None
    return {"tags": tags, "entities": entities}


def disturb(generator, tags, kind, share):
    """An answer to `tags`: some of them drawn again."""
    other = draw(generator, kind, len(tags))
    return [b if generator.random() < share else a for a, b in zip(tags, other)]


def tallies(truth, answer):
    """[type, truths, answers, both], by type: what seqeval counts before it divides."""
    truths, answers = set(get_entities(truth)), set(get_entities(answer))
    types = sorted({entity[0] for entity in truths | answers})
    return [[kind, *(sum(entity[0] == kind for entity in group) for group in (truths, answers, truths & answers))] for kind in types]


def rates(row):
    """[precision, recall, f1, support]; 0 for NaN, which is seqeval's macro average of no type at all."""
    return [*(0.0 if math.isnan(row[key]) else float(row[key]) for key in ("precision", "recall", "f1-score")), int(row["support"])]


def score_case(generator, kind, sentences):
    truth = [draw(generator, kind, generator.choice((0, 1, 3, 5, 8, 8))) for _ in range(sentences)]
    truth[-1] = truth[-1] or draw(generator, kind, 3)  # seqeval's accuracy divides by the number of words
    share = generator.choice((0, 0.1, 0.3, 0.3, 1))
    answer = [disturb(generator, tags, generator.choice((kind, "strange")), share) for tags in truth]
    report = classification_report(truth, answer, output_dict=True)
    counts = tallies(truth, answer)
    for name, truths, answers, right in counts:
        assert report[name]["support"] == truths
        assert math.isclose(report[name]["precision"], right / answers if answers else 0)
    return {"truth": truth, "answer": answer, "accuracy": accuracy_score(truth, answer), "tallies": counts,
            "types": [rates(report[row[0]]) for row in counts], **{name: rates(report[name + " avg"]) for name in AVERAGES}}


def lines(cases):
    return ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases)


def main():
    warnings.simplefilter("ignore")
    generator = random.Random(11)
    found = [found_case([tag]) for tag in STRANGE] + [found_case([a, b]) for a in STRANGE[:14] for b in STRANGE[:14]]
    found += [found_case(tags) for tags in ([], [""], ["B-PER", "", "O"])]
    found += [found_case(draw(generator, KINDS[i % len(KINDS)], generator.randrange(1, 9))) for i in range(2400)]
    scored = [score_case(generator, KINDS[i % len(KINDS)], generator.choice((1, 2, 4))) for i in range(275)]
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "data", "entities.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write('{"found":[\n' + lines(found) + '\n],\n"scored":[\n' + lines(scored) + "\n]}\n")


if __name__ == "__main__":
    main()
