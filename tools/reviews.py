"""Makes the demo's reviews, train.tsv and dev.tsv, from the source archive of vaderSentiment 3.3.2.

    python3 tools/reviews.py ARCHIVE FOLDER     writes FOLDER/train.tsv and FOLDER/dev.tsv
    python3 tools/reviews.py --check FOLDER     status 0 if both are there and are the ones meant

The archive is opened as a file; nothing of it runs. Standard library only.

In it: 10,605 snippets of movie reviews from Rotten Tomatoes, each with the mean of people's ratings from -4 to
4 (C.J. Hutto and E. Gilbert: VADER. ICWSM 2014). A mean of 0.5 or more is `positive`, of -0.5 or less
`negative`, the rest is left out. Order: Fisher and Yates from the back, `j = (draw * (i + 1)) >> 64`, draws
from SplitMix64 with seed 1. The first 2,000 train, the next 1,000 are held out.
"""
import hashlib
import io
import os
import pathlib
import sys
import tarfile

OUTER = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
INNER = "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt"
SEED = 1
PARTS = {  # name: (first, end, sha256)
    "train.tsv": (0, 2000, "7227f7444662e13c9d4a1430ce5dcfb91241baa7f883bcabcfd8fbacb30395ff"),
    "dev.tsv": (2000, 3000, "ebd5b91c0134f408f50df81d541759b28eaabe3fa5f5f64ed56183218bc9e57d"),
}


def read_snippets(archive):
    """(mean rating, text) of every snippet; the file is UTF-8 with CRLF: id TAB mean TAB text."""
    with tarfile.open(archive) as outer, tarfile.open(fileobj=io.BytesIO(outer.extractfile(OUTER).read())) as inner:
        lines = inner.extractfile(INNER).read().decode("utf-8").split("\n")
    rows = [line.split("\t") for line in lines if line.strip()]
    return [(float(mean), " ".join(text.split())) for _, mean, text in rows]


def label_snippets(snippets):
    """(text, label) of those with a clear rating, a text that comes twice once."""
    labels = {}
    for mean, text in snippets:
        if abs(mean) >= 0.5:
            labels.setdefault(text, "positive" if mean > 0 else "negative")
    return list(labels.items())


def splitmix64(state):
    while True:
        state = (state + 0x9E3779B97F4A7C15) % 2**64
        z = state
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
        yield z ^ (z >> 31)


def shuffle(rows, seed):
    for i, draw in zip(range(len(rows) - 1, 0, -1), splitmix64(seed)):
        j = (draw * (i + 1)) >> 64
        rows[i], rows[j] = rows[j], rows[i]


def is_meant(data, name):
    return hashlib.sha256(data).hexdigest() == PARTS[name][2]


def make(archive, folder):
    rows = label_snippets(read_snippets(archive))
    shuffle(rows, SEED)
    for name, (first, end, _) in PARTS.items():
        data = "".join(f"{text}\t{label}\n" for text, label in [("text", "label")] + rows[first:end]).encode("utf-8")
        if not is_meant(data, name):
            sys.exit(f"{name} came out with sha256 {hashlib.sha256(data).hexdigest()}, not the one this script expects")
        partial = folder / (name + ".partial")
        partial.write_bytes(data)
        os.replace(partial, folder / name)
        print(f"{folder / name}: {end - first} reviews")


def check(folder):
    files = {name: folder / name for name in PARTS}
    sys.exit(0 if all(f.is_file() and is_meant(f.read_bytes(), n) for n, f in files.items()) else 1)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    if sys.argv[1] == "--check":
        check(pathlib.Path(sys.argv[2]))
    make(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
