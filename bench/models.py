"""Models and data for the benchmark, made on the fly with the standard library: random weights, texts of exact lengths.

A text of n tokens is n - 2 words that are single pieces of the vocabulary, between [CLS] and [SEP].
"""
import array
import json
import pathlib
import random
import re
import shutil
import struct

TOKENIZER_FILES = ["vocab.txt", "tokenizer_config.json", "special_tokens_map.json"]
POOL = 1 << 20
BASE = dict(hidden_size=768, num_hidden_layers=12, num_attention_heads=12, intermediate_size=3072)


class Normal:
    """Numbers of a normal distribution around 0: pieces of one large pool, each from a place of its own."""

    def __init__(self, deviation):
        self.random = random.Random(1)
        self.pool = array.array("f", (self.random.gauss(0.0, deviation) for _ in range(POOL))).tobytes()

    def write(self, file, count):
        while count:
            fit = min(count, POOL // 2)
            begin = 4 * self.random.randrange(POOL - fit)
            file.write(memoryview(self.pool)[begin:begin + 4 * fit])
            count -= fit


def list_shapes(config):
    """(name, shape) of every tensor of a classifier."""
    hidden, wide = config["hidden_size"], config["intermediate_size"]

    def linear(name, out, into):
        return [(f"{name}.weight", [out, into]), (f"{name}.bias", [out])]

    def norm(name):
        return [(f"{name}.LayerNorm.weight", [hidden]), (f"{name}.LayerNorm.bias", [hidden])]

    shapes = [(f"bert.embeddings.{name}.weight", [config[rows], hidden]) for name, rows in (
        ("word_embeddings", "vocab_size"), ("position_embeddings", "max_position_embeddings"),
        ("token_type_embeddings", "type_vocab_size"))]
    shapes += norm("bert.embeddings")
    for number in range(config["num_hidden_layers"]):
        layer = f"bert.encoder.layer.{number}"
        for name in ("query", "key", "value"):
            shapes += linear(f"{layer}.attention.self.{name}", hidden, hidden)
        shapes += linear(f"{layer}.attention.output.dense", hidden, hidden) + norm(f"{layer}.attention.output")
        shapes += linear(f"{layer}.intermediate.dense", wide, hidden)
        shapes += linear(f"{layer}.output.dense", hidden, wide) + norm(f"{layer}.output")
    return shapes + linear("bert.pooler.dense", hidden, hidden) + linear("classifier", len(config["id2label"]), hidden)


def count_of(shape):
    count = 1
    for size in shape:
        count *= size
    return count


def read_header(file):
    """The tensors of a .safetensors file by name, with the place of their first byte."""
    size, = struct.unpack("<Q", file.read(8))
    header = json.loads(file.read(size))
    return {name: (entry, 8 + size + entry["data_offsets"][0]) for name, entry in header.items()
            if name != "__metadata__"}


def write_tensors(path, shapes, write):
    """`write(file, name, shape)` puts out each tensor's numbers."""
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in shapes:
        begin, end = end, end + 4 * count_of(shape)
        header[name] = dict(dtype="F32", shape=shape, data_offsets=[begin, end])
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, shape in shapes:
            write(file, name, shape)


def make_model(source, folder, labels, changes, weights):
    """FOLDER becomes a classifier for `labels` with the tokenizer of `source` and its configuration with `changes`.
    Its weights are random, but for the tensors of the .safetensors file `weights`, where that is not None."""
    folder.mkdir(parents=True)
    for name in TOKENIZER_FILES:
        if (source / name).exists():
            shutil.copy(source / name, folder)
    config = json.loads((source / "config.json").read_text())
    config.update(changes, architectures=["BertForSequenceClassification"], id2label=dict(enumerate(labels)),
                  label2id={label: i for i, label in enumerate(labels)}, problem_type="single_label_classification")
    (folder / "config.json").write_text(json.dumps(config))
    normal, given = Normal(0.02), open(weights, "rb") if weights else None
    places = read_header(given) if given else {}

    def write(file, name, shape):
        entry, place = places.get(name.removeprefix("bert."), places.get(name, (None, 0)))
        if entry and entry["dtype"] == "F32" and entry["shape"] == shape:
            given.seek(place)
            file.write(given.read(4 * count_of(shape)))
        elif len(shape) == 1:
            one = struct.pack("<f", 1.0 if name.endswith("LayerNorm.weight") else 0.0)
            file.write(one * count_of(shape))
        else:
            normal.write(file, count_of(shape))

    write_tensors(folder / "model.safetensors", list_shapes(config), write)
    if given:
        given.close()


def make_models(demo, folder, labels, names):
    """base: 12 layers of 768, random; mini: the demo's 6 layers of 384 with a random head."""
    shutil.rmtree(folder, ignore_errors=True)
    source = pathlib.Path(demo) / "model"
    if "base" in names:
        make_model(source, folder / "base", labels, BASE, None)
    if "mini" in names:
        make_model(source, folder / "mini", labels, {}, source / "model.safetensors")
    return {name: folder / name for name in names}


def draw_lengths(kind, count, seed):
    """Tokens of each text: "reviews" are like review sentences, a number is the length of all."""
    if kind != "reviews":
        return [kind] * count
    generator = random.Random(seed)
    return [min(128, max(6, round(generator.gauss(27, 10)))) for _ in range(count)]


class Writer:
    """Writes made-up texts from the words of a vocabulary."""

    def __init__(self, vocabulary):
        pieces = pathlib.Path(vocabulary).read_text(encoding="utf-8").split("\n")
        self.words = [piece for piece in pieces if re.fullmatch("[a-z]{3,}", piece)]
        self.random = random.Random(2)

    def text(self, length):
        return " ".join(self.random.choices(self.words, k=length - 2))

    def table(self, path, lengths, labels):
        rows = [f"{self.text(length)}\t{labels[i % len(labels)]}\n" for i, length in enumerate(lengths)]
        path.write_text("text\tlabel\n" + "".join(rows), encoding="utf-8")

    def lines(self, path, lengths):
        path.write_text("".join(self.text(length) + "\n" for length in lengths), encoding="utf-8")
