"""Compares `bert embed` with sentence-transformers.

    python tools/check/vectors.py BERT FOLDER...

Needs sentence-transformers. The texts have up to 600 words, so that some are longer than any BERT takes. Prints a line a
folder, and exits 1 where a number differs by more than 1e-5.
"""
import json
import subprocess
import sys

from sentence_transformers import SentenceTransformer

WORDS = "the film was a fine story of an actor who could not end his old plot and she saw it".split()
TEXTS = [" ".join(WORDS[(i * 7) % len(WORDS)] for i in range(count)) for count in (1, 3, 10, 100, 300, 600)]


def vectors_of(bert, folder):
    done = subprocess.run([bert, "embed", folder], input="\n".join(TEXTS), capture_output=True, text=True, check=True)
    return [json.loads(line)["embedding"] for line in done.stdout.splitlines()]


def main(bert, folders):
    worst = 0.0
    for folder in folders:
        theirs = SentenceTransformer(folder, device="cpu")
        wanted = theirs.encode(TEXTS, convert_to_numpy=True)
        ours = vectors_of(bert, folder)
        apart = max(abs(a - float(b)) for row, want in zip(ours, wanted, strict=True)
                    for a, b in zip(row, want, strict=True))
        print(f"{folder}: {len(ours)} texts cut to {theirs.max_seq_length} tokens, at most {apart:.1e} apart")
        worst = max(worst, apart)
    return worst > 1e-5


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
