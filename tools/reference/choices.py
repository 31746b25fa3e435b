"""Makes multiple-choice data from the contexts of a SQuAD file: which of four sentences follows this one?

    python3 tools/reference/choices.py SQUAD.json OUT.csv [--seed 1]

For every pair of neighbouring sentences of a paragraph a row: sent1 is the first, ending0 .. ending3 are the second and
three sentences drawn from other paragraphs of the same article, shuffled; label is the index of the true one. Sentences
end at a full stop, question or exclamation mark followed by a space and a capital. Standard library only.
"""
import argparse
import csv
import json
import random
import re


def split_sentences(text):
    return [s for s in re.split(r"(?<=[.?!]) (?=[A-Z])", text.strip()) if 20 <= len(s) <= 300]


def make_rows(article, draw):
    paragraphs = [split_sentences(p["context"]) for p in article["paragraphs"]]
    for number, sentences in enumerate(paragraphs):
        others = [s for k, p in enumerate(paragraphs) if k != number for s in p]
        for first, second in zip(sentences, sentences[1:]):
            if len(others) < 3:
                continue
            endings = [second, *draw.sample(others, 3)]
            draw.shuffle(endings)
            yield [first, *endings, endings.index(second)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("squad")
    parser.add_argument("output")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    with open(options.squad, encoding="utf-8") as file:
        articles = json.load(file)["data"]
    with open(options.output, "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["sent1", "ending0", "ending1", "ending2", "ending3", "label"])
        for article in articles:
            table.writerows(make_rows(article, draw))


if __name__ == "__main__":
    main()
