#!/usr/bin/env python3
"""Compares the tokenizer with transformers' fast classes: ids and offsets must be equal.

    python tools/check/tokenizer.py MODEL [--data ../shared/data] [--quick] [--as-is]

MODEL is a folder with tokenizer.json and vocab.txt (an uncased BERT's). Folders with other options
are derived from it. With --as-is it is any folder, and compared alone, by the class that its files name. Builds nothing: build/tools/check/tokenize_stream must be there (or --program).
Sweeps every Unicode scalar value under each set of options, then all texts found in the data, pairs
with all three truncations, hand-made added tokens and damaged UTF-8. Exit status 1 at a difference.
"""

import argparse
import collections
import csv
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import numpy
from tokenizers import BertWordPieceTokenizer
from transformers import AutoTokenizer, BertTokenizerFast
from transformers.utils import logging

HOWS = ["longest_first", "only_first", "only_second"]
UNBOUNDED = 2**31 - 1
SCALARS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
# How a character is surrounded, and how many such stand in one text (a text costs more than they).
SWEEPS = {
    "alone": ("{}", 1),
    "between letters": ("a{}b ", 64),
    "between blanks": (" {} ", 64),
    "after a letter": ("e{} ", 64),
    "before marks": ("{}\u0323\u0301 ", 64),
}
SHOWN_MAX = 5

csv.field_size_limit(1 << 24)
logging.set_verbosity_error()


class Program:
    """The program under test: one process a batch, requests in and answers out."""

    def __init__(self, path, folder):
        self.command = [path, str(folder)]

    def encode(self, requests):
        """requests: [(text, pair or None, max_length, how)], texts str or bytes.
        Yields None for a refusal, else (ids, offsets, first_count)."""
        process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        writer = threading.Thread(target=self.write, args=(process.stdin, requests))
        writer.start()
        answer = memoryview(process.stdout.read())
        writer.join()
        if process.wait() != 0:
            sys.exit("tokenize_stream failed")
        at = 0
        for _ in requests:
            count, first_count = numpy.frombuffer(answer[at : at + 8], "<i4").tolist()
            at += 8
            if count < 0:
                yield None
                continue
            numbers = numpy.frombuffer(answer[at : at + 12 * count], "<i4")
            at += 12 * count
            yield numbers[:count].tolist(), numbers[count:].reshape(count, 2).tolist(), first_count

    @staticmethod
    def write(stream, requests):
        for text, pair, max_length, how in requests:
            texts = [t.encode() if isinstance(t, str) else t for t in (text, pair)]
            sizes = [-1 if t is None else len(t) for t in texts]
            stream.write(numpy.array([max_length, how, *sizes], "<i4").tobytes() + texts[0] + (texts[1] or b""))
        stream.close()


def reference_encode(reference, requests):
    """What the class says to the same; texts of one kind go in one call."""
    plain = [i for i, r in enumerate(requests) if r[1] is None and r[2] == UNBOUNDED]
    answers = [None] * len(requests)
    if plain:
        texts = [decode(requests[i][0]) for i in plain]
        encoded = reference(texts, return_offsets_mapping=True)
        for i, ids, offsets in zip(plain, encoded["input_ids"], encoded["offset_mapping"]):
            answers[i] = (ids, [list(o) for o in offsets], len(ids))
    for i, (text, pair, max_length, how) in enumerate(requests):
        if pair is None and max_length == UNBOUNDED:
            continue
        cut = dict(truncation=HOWS[how], max_length=max_length) if max_length != UNBOUNDED else {}
        try:
            # As a batch of one: a lone call takes an empty pair for none.
            texts = [[decode(text)]] if pair is None else [[decode(text)], [decode(pair)]]
            encoded = reference(*texts, return_offsets_mapping=True, **cut)
        except Exception as refusal:
            assert "too short to respect" in str(refusal), refusal
            continue
        ids, sequences = encoded["input_ids"][0], encoded.encodings[0].sequence_ids
        first = len(ids) if pair is None else sequences.index(1) if 1 in sequences else len(ids) - 1
        answers[i] = (ids, [list(o) for o in encoded["offset_mapping"][0]], first)
    return answers


def decode(text):
    return text if isinstance(text, str) else text.decode("utf-8", "ignore")


class Check:
    def __init__(self, program, reference):
        self.reference = reference
        self.program, self.compared, self.tokens, self.different = program, 0, 0, 0

    def run(self, name, folder, requests, block=50000):
        before, program = self.different, Program(self.program, folder)
        reference = self.reference.from_pretrained(folder)
        tokens = 0
        for first in range(0, len(requests), block):
            part = requests[first : first + block]
            for request, wanted, got in zip(part, reference_encode(reference, part), program.encode(part)):
                tokens += len(wanted[0]) if wanted else 0
                if wanted != got:
                    self.show(name, request, wanted, got)
        self.compared += len(requests)
        self.tokens += tokens
        print(f"{name}: {len(requests)} texts, {tokens} tokens, {self.different - before} different", flush=True)

    def show(self, name, request, wanted, got):
        self.different += 1
        if self.different <= SHOWN_MAX:
            print(f"DIFFERENT in {name}: {str(request)[:500]}\n  wanted {str(wanted)[:500]}\n  got    {str(got)[:500]}")


def whole(texts):
    return [(text, None, UNBOUNDED, 0) for text in texts]


def read_table(path):
    with open(path, encoding="utf-8", newline="") as stream:
        tabs = path.suffix == ".tsv"
        rows = csv.reader(stream, delimiter="\t" if tabs else ",", quoting=csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL)
        return [cell for row in rows for cell in row]


def read_strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from read_strings(inner)


def read_texts(path):
    """Every text of a data file, by its kind; of others every line."""
    if path.suffix in (".csv", ".tsv"):
        return read_table(path)
    text = path.read_bytes().decode("utf-8", "ignore")
    if path.suffix == ".json":
        return list(read_strings(json.loads(text)))
    if path.suffix == ".jsonl":
        return [s for line in text.splitlines() if line for s in read_strings(json.loads(line))]
    if path.suffix == ".conll":
        sentences = [[line.split("\t")[0] for line in s.split("\n")] for s in text.split("\n\n")]
        return [" ".join(words) for words in sentences]
    return text.split("\n")


def read_unicode(folder):
    """The Unicode files: their lines, and what the code points in them spell."""
    texts = []
    for path in sorted(folder.iterdir()):
        texts += read_texts(path) if path.suffix == ".json" else path.read_bytes().decode("utf-8", "ignore").split("\n")
    for line in (folder / "NormalizationTest.txt").read_text(encoding="utf-8").splitlines():
        columns = line.split("#")[0].split(";")
        if len(columns) > 5:
            texts += [spell(column) for column in columns[:5]]
            texts.append("a" + spell(columns[0]) + spell(columns[2]))
    for line in (folder / "emoji-test.txt").read_text(encoding="utf-8").splitlines():
        if ";" in line and not line.startswith("#"):
            texts += [spell(line.split(";")[0]), "a" + spell(line.split(";")[0]) + "b"]
    return texts


def spell(code_points):
    return "".join(chr(int(c, 16)) for c in code_points.split())


def derive(source, folder, config, keep_json=True, files=()):
    folder.mkdir()
    for name in ["vocab.txt"] + (["tokenizer.json"] if keep_json else []):
        shutil.copy(source / name, folder / name)
    if config is not None:
        (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer", **config}))
    for name, content in files:
        (folder / name).write_text(json.dumps(content))
    return folder


def make_cased_vocabulary(texts, folder, count):
    """The commonest whole words, their beginnings, their ends and all characters, cased."""
    words = collections.Counter(w for text in texts for w in text.split())
    pieces, characters = collections.Counter(), collections.Counter()
    for word, times in words.items():
        characters.update({c: times for c in word})
        pieces[word[:20]] += times
        for cut in range(1, min(len(word), 8)):
            pieces[word[:cut]] += times
            pieces["##" + word[-cut:]] += times
    chosen = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    for character, _ in characters.most_common(count // 4):
        chosen += [character, "##" + character]
    chosen += [piece for piece, _ in pieces.most_common(count)]
    folder.mkdir()
    chosen = list(dict.fromkeys(p for p in chosen if p.split() == [p] and p.isprintable()))
    (folder / "vocab.txt").write_text("\n".join(chosen) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": False}))
    return folder


def make_added_tokens(source, folder):
    """tokenizer.json with added tokens of every kind of flag."""
    contents = ["[MASK]", "foo", "Bar", "é", "New York", "<x>", " <y>", "中", "##ing", "[X]", "[X][Y]", "A\u0301b"]
    root = json.loads((source / "tokenizer.json").read_text(encoding="utf-8"))
    root["added_tokens"] = root["added_tokens"][:4]
    draw = random.Random(5)
    for i, content in enumerate(contents):
        flags = {flag: draw.random() < 0.5 for flag in ("single_word", "lstrip", "rstrip", "normalized", "special")}
        root["added_tokens"].append({"id": 40000 + i, "content": content, **flags})
    derive(source, folder, {}, keep_json=False)
    (folder / "tokenizer.json").write_text(json.dumps(root), encoding="utf-8")
    return folder, contents + ["[CLS]", "[SEP]", "[UNK]"]


def draw_added_texts(contents, count, seed):
    draw = random.Random(seed)
    glue = [" ", "", "  ", "\u3000", "a", "_", "\u00a0", ".", "é", "\u0301", "\t\n", "word", "中", "\u200d", "A", "\x00", "İ"]
    return ["".join(draw.choice([*contents, *glue, draw.choice(contents).lower(), draw.choice(contents).upper()])
                    for _ in range(draw.randrange(1, 12))) for _ in range(count)]


def draw_pairs(texts, count, seed, special=(2, 3)):
    draw = random.Random(seed)
    pairs = []
    for _ in range(count):
        first, second = draw.choice(texts)[: draw.randrange(400)], draw.choice(texts)[: draw.randrange(400)]
        pair = None if draw.random() < 0.2 else second
        how = draw.randrange(3) if pair is not None else 0
        pairs.append((first, pair, draw.randrange(special[pair is not None], 160), how))
    return pairs


def draw_damaged(texts, count, seed):
    draw = random.Random(seed)
    damaged = []
    for _ in range(count):
        text = bytearray(draw.choice(texts)[:200].encode())
        for _ in range(draw.randrange(1, 6)):
            at = draw.randrange(len(text) + 1)
            text[at : at + draw.randrange(2)] = bytes([draw.randrange(256)])
        damaged.append(bytes(text))
    return damaged


def sweep(check, name, folder, quick, kinds):
    scalars = [chr(c) for c in SCALARS[:: 7 if quick else 1]]
    for kind in kinds:
        form, joined = SWEEPS[kind]
        texts = ["".join(form.format(c) for c in scalars[i : i + joined]) for i in range(0, len(scalars), joined)]
        check.run(f"every character {kind}, {name}", folder, whole(texts))


def make_character_vocabulary(folder, quick):
    """Every character, also inside a word: so that what one is normalized to shows in the ids."""
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    for code in SCALARS[1 : 0x20000 if quick else None]:
        pieces += [chr(code), "##" + chr(code)]
    tokenizer = BertWordPieceTokenizer({piece: i for i, piece in enumerate(pieces)})
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)


def derive_characters(scratch, name, config, quick):
    folder = scratch / ("characters " + name)
    folder.mkdir()
    shared = scratch / "tokenizer.json"
    if not shared.exists():
        make_character_vocabulary(scratch, quick)
    shutil.copy(shared, folder)
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--program", default="build/tools/check/tokenize_stream")
    parser.add_argument("--as-is", action="store_true", help="MODEL is any folder; nothing is derived from it")
    parser.add_argument("--quick", action="store_true", help="a seventh of the characters, a twentieth of the data")
    chosen = parser.parse_args()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    check = Check(chosen.program, AutoTokenizer if chosen.as_is else BertTokenizerFast)
    with tempfile.TemporaryDirectory() as scratch:
        run_as_is(check, chosen) if chosen.as_is else run_all(check, chosen, Path(scratch))
    print(f"{check.compared} texts, {check.tokens} tokens compared, {check.different} different")
    sys.exit(1 if check.different or not check.compared else 0)


def read_data(data, quick):
    """The Unicode texts, and those of every other file, each once."""
    files = [p for p in sorted(data.rglob("*")) if p.is_file() and p.parent.name not in ("unicode", data.name)]
    by_file = {p: list(dict.fromkeys(read_texts(p)))[:: 20 if quick else 1] for p in files}
    return read_unicode(data / "unicode"), by_file


def run_as_is(check, chosen):
    unicode_texts, by_file = read_data(chosen.data, chosen.quick)
    texts = [t for some in by_file.values() for t in some[::17]] + unicode_texts
    reference = AutoTokenizer.from_pretrained(chosen.model)
    special = [reference.num_special_tokens_to_add(pair) for pair in (False, True)]
    sweep(check, chosen.model.name, chosen.model, chosen.quick, SWEEPS)
    check.run("Unicode's files", chosen.model, whole(unicode_texts))
    for path, some in by_file.items():
        check.run(str(path), chosen.model, whole(some))
    count = 1000 if chosen.quick else 10000
    contents = reference.all_special_tokens
    check.run("added tokens", chosen.model, whole(draw_added_texts(contents, count, 3)))
    check.run("pairs and truncations", chosen.model, draw_pairs(texts, count, 4, special))
    check.run("damaged UTF-8", chosen.model, whole(draw_damaged(texts, count, 5)))


def run_all(check, chosen, scratch):
    data = chosen.data
    unicode_texts, by_file = read_data(data, chosen.quick)
    texts = [t for some in by_file.values() for t in some[::17]] + unicode_texts

    cased = make_cased_vocabulary(texts, scratch / "own", 20000)
    options = {
        "uncased": {},
        "cased": {"do_lower_case": False},
        "lower with accents": {"strip_accents": False},
        "cased without accents, CJK in words": {"do_lower_case": False, "strip_accents": True, "tokenize_chinese_chars": False},
    }
    # The last one from vocab.txt alone.
    folders = {name: derive(chosen.model, scratch / name, config, keep_json="CJK" not in name) for name, config in options.items()}
    for name, config in options.items():
        every = derive_characters(scratch, name, config, chosen.quick)
        sweep(check, f"{name}, each a token", every, chosen.quick, list(SWEEPS)[1:])
        shutil.rmtree(every)
    for name, folder in folders.items():
        sweep(check, name, folder, chosen.quick, list(SWEEPS))
        check.run(f"Unicode files, {name}", folder, whole(unicode_texts))
    check.run("Unicode files, own cased vocabulary", cased, whole(unicode_texts))
    for path, some in by_file.items():
        check.run(f"{path.relative_to(data)}, uncased", folders["uncased"], whole(some))
        check.run(f"{path.relative_to(data)}, own cased vocabulary", cased, whole(some[:: 1 if "xquad" in str(path) else 4]))

    count = 2000 if chosen.quick else 20000
    for name, folder in [*folders.items(), ("own cased vocabulary", cased)]:
        check.run(f"pairs, cut short, {name}", folder, draw_pairs(texts, count, 1))
        check.run(f"damaged UTF-8, {name}", folder, whole(draw_damaged(texts, count, 2)))
    utf8 = (data / "unicode" / "utf8tests.bin").read_bytes()
    check.run("published malformed UTF-8", folders["uncased"], whole([utf8, *utf8.split(b"\n")]))
    run_added(check, chosen, scratch, count)


def run_added(check, chosen, scratch, count):
    added, contents = make_added_tokens(chosen.model, scratch / "added")
    flags = dict(lstrip=True, rstrip=False, single_word=False, normalized=True, special=False)
    decoder = {"7": dict(content="foo", **flags), "103": dict(content="[MASK]", **{**flags, "special": True})}
    left = {"truncation_side": "left", "additional_special_tokens": ["<x>", "New York"], "extra_special_tokens": {"odd": "[X]"}}
    older = [("special_tokens_map.json", {"mask_token": dict(content="[MASK]", lstrip=True, rstrip=False, normalized=False, single_word=False),
                                          "additional_special_tokens": ["<x>", "é"]}),
             ("added_tokens.json", {"foo": 30522, "<x>": 30523})]
    folders = {
        "added tokens": added,
        "added tokens by configuration": derive(chosen.model, scratch / "by_configuration", {"added_tokens_decoder": decoder, **left}),
        "added tokens by configuration, vocab.txt": derive(chosen.model, scratch / "vocab", {"added_tokens_decoder": decoder, **left}, keep_json=False),
        "added tokens by older files": derive(chosen.model, scratch / "older", {"do_lower_case": False}, files=older),
        "added tokens by older files, vocab.txt": derive(chosen.model, scratch / "older_vocab", {}, keep_json=False, files=older),
        "special tokens split": derive(chosen.model, scratch / "split", {"split_special_tokens": True}),
        "no configuration": derive(chosen.model, scratch / "bare", None),
        "no configuration, vocab.txt": derive(chosen.model, scratch / "bare_vocab", None, keep_json=False),
    }
    for name, folder in folders.items():
        texts = draw_added_texts(contents, count, 3)
        check.run(name, folder, whole(texts))
        check.run(f"pairs, cut short, {name}", folder, draw_pairs(texts, count // 4, 4))


if __name__ == "__main__":
    main()
