"""Compares `bert embed` with sentence-transformers.

    python tools/check/vectors.py BERT FOLDER... [--data ../shared/data [--count 1000]] [--threads N]

Needs sentence-transformers. The texts have up to 600 words, so that some are longer than any BERT takes. With --data they
are that many of the data's texts, drawn from all of its files in turn: XQuAD's paragraphs in five scripts and whole reviews
among them, and some that are empty or nearly so. Prints a line a folder, and exits 1 where a number differs by more than
1e-5.
"""
import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import torch
from sentence_transformers import SentenceTransformer

WORDS = "the film was a fine story of an actor who could not end his old plot and she saw it".split()
MADE = [" ".join(WORDS[(i * 7) % len(WORDS)] for i in range(count)) for count in (1, 3, 10, 100, 300, 600)]
EMPTY = ["", " ", "\t\n", ".", "\u200b", "\u3000", "\u0301", "<s>", "</s></s>", "<mask>", "\u4e2d", "\U0001f600"]


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bert")
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    return parser.parse_args()


def draw_texts(data, count):
    """As many of each file as of any other, while there are enough; the made ones and the empty ones are in it."""
    from tokenizer import read_texts
    draw, texts = random.Random(1), MADE + EMPTY
    files = [path for path in sorted(data.rglob("*")) if path.suffix in (".tsv", ".csv", ".json", ".jsonl", ".conll", ".txt")
             and path.name != "LICENSE.txt"]
    by_file = [[text for text in read_texts(path) if len(text) > 2] for path in files]
    for found in by_file:
        draw.shuffle(found)
    while len(texts) < count:
        texts += [found.pop() for found in by_file if found]
    return texts[:count]


def vectors_of(options, folder, texts):
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.writelines(json.dumps(dict(text=text)) + "\n" for text in texts)
        file.flush()
        done = subprocess.run([options.bert, "embed", folder, file.name, "--threads", str(options.threads)],
                              stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line)["embedding"] for line in done.stdout.splitlines()]


def main():
    options, worst = parse_options(), 0.0
    torch.set_num_threads(options.threads)
    texts = draw_texts(options.data, options.count) if options.data else MADE
    for folder in options.folders:
        theirs = SentenceTransformer(folder, device="cpu")
        wanted = theirs.encode(texts, convert_to_numpy=True)
        ours = vectors_of(options, folder, texts)
        apart = [max(abs(a - float(b)) for a, b in zip(row, want, strict=True))
                 for row, want in zip(ours, wanted, strict=True)]
        furthest = max(range(len(texts)), key=apart.__getitem__)
        print(f"{folder}: {len(ours)} texts cut to {theirs.max_seq_length} tokens, at most {max(apart):.1e} apart "
              f"({texts[furthest][:40]!r})")
        worst = max(worst, *apart)
    return not worst <= 1e-5


if __name__ == "__main__":
    sys.exit(main())
