#!/usr/bin/env python3
"""Writes tests/data/unigram: small tokenizers made of SentencePiece's model files and of
tokenizer.json, and what transformers' fast classes make of awkward texts with them.

    python tools/golden/unigram.py tests/data/unigram

It needs the package sentencepiece beside those of the other scripts. golden.json is as
tools/golden/tokenizer.py writes it; the sums of normalized texts are not compared. Models are trained
without a map of characters and get a small one, which holds what SentencePiece's own do not.
classes.json is as tools/golden/tokenizer_classes.py writes it; {"copy": path} is a file of the repository.
"""

import json
import random
import shutil
import sys
import tempfile
from pathlib import Path

import sentencepiece
import tokenizer as texts
import tokenizer_classes
import tokenizers
import transformers
from charsmap import make_charsmap
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import AutoTokenizer
from transformers.utils import logging

# Sources that are found before their grapheme ends, that go, that grow, whose beginnings are in the map too.
CHARSMAP = {"\t": " ", "\n": " ", "\r": " ", "\u00a0": " ", "\u200b": "", "\u00ad": "", "\u2122": "TM", "\ufb01": "fi", "e\u0301": "\u00e9",
            "\u00e0": "a", "\u0623": "\u0627", "\uff9e": "\u3099", "\u2581": " ", "\u0600": "<", "\ufdfa": "ab cd " * 3, "\U0001f600": ":)"}

AWKWARD = texts.AWKWARD + [
    "<mask>", "a <mask> b<mask>", "<s>x</s> <pad> <unk>y <usr>(a) <new>e anew", "[MASK] a [MASK]b[UNK] [PAD]c<usr>",
    "``quoted'' '' `` 1,000 7, 8, it's", "  lead  two   trail  ", "\u200bleads \u00adgo", "\u2122\u200b x\u2122\u00ad\u200by",
    "e\u0301\u0323 e\u0323\u0301 \u0600a\u0301 \u0600b", "\r\n\r\na\u0301\r\n", "aaaaaaa hahahaha ...... !!!!!!!", "\u2581a \u2581\u2581b\u2581",
    "<s>NOTUSED </s>NOTUSED <unk>NOTUSED x", "\u0600\u1100\u1161\u0301 \u0915\u094d\u0937\u0301 \u00a9\u200d\u00ae\u0301", "\ufdfa\ufdfa \U0001f600\U0001f600",
    "\ufb01\u2122" * 20, "\u00ad", "\u200b \u200b", "a\u0301\u0301\u0301 \u0e33\u0301"]


def train(target, **options):
    """A SentencePiece model with the map of characters above."""
    with tempfile.TemporaryDirectory() as name:
        prose = Path(name) / "prose.txt"
        prose.write_text(texts.PROSE * 3 + "1,000 12, 7, 8, a, b, hahaha aaaa ....\n" * 3, encoding="utf-8")
        sentencepiece.SentencePieceTrainer.train(input=str(prose), model_prefix=f"{name}/m", hard_vocab_limit=False, minloglevel=2,
                                                 normalization_rule_name="identity", num_threads=1, **options)
        model = sentencepiece_model_pb2.ModelProto.FromString((Path(name) / "m.model").read_bytes())
    model.normalizer_spec.precompiled_charsmap = make_charsmap(CHARSMAP)
    model.trainer_spec.ClearField("input")  # names of scratch files
    model.trainer_spec.ClearField("model_prefix")
    target.write_bytes(model.SerializeToString())


def write(path, value):
    texts.write(path, value)


def make_pieces(target):
    """A folder for each class that reads a model file."""
    fairseq, albert, deberta = (dict(vocab_size=n) for n in (400, 360, 620))
    albert.update(pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, pad_piece="<pad>", control_symbols=["[CLS]", "[SEP]", "[MASK]"],
                  user_defined_symbols=["(", ")", "<usr>"])
    deberta.update(pad_id=0, bos_id=1, eos_id=2, unk_id=3, pad_piece="[PAD]", bos_piece="[CLS]", eos_piece="[SEP]", unk_piece="[UNK]",
                   byte_fallback=True)
    folders = {
        "xlm-roberta": ("sentencepiece.bpe.model", fairseq, "bert", {"tokenizer_class": "XLMRobertaTokenizer", "model_max_length": 512}),
        "camembert": ("sentencepiece.bpe.model", {**fairseq, "user_defined_symbols": ["<usr>"]}, "camembert", {"truncation_side": "left"}),
        "albert": ("spiece.model", albert, "albert", None),
        "albert-cased": ("spiece.model", albert, "albert", {"do_lower_case": False, "keep_accents": True}),
        "deberta": ("spm.model", deberta, "deberta-v2", {"do_lower_case": True, "vocab_type": "spm"}),
    }
    for name, (file, options, model_type, config) in folders.items():
        (target / name).mkdir()
        train(target / name / file, **options)
        write(target / name / "config.json", {"model_type": model_type})
        if config is not None:
            write(target / name / "tokenizer_config.json", config)
    return list(folders)


def make_saved(target):
    """What save_pretrained() makes of the first of them, the model file apart."""
    AutoTokenizer.from_pretrained(target / "xlm-roberta").save_pretrained(target / "saved")
    (target / "saved" / "sentencepiece.bpe.model").unlink(missing_ok=True)
    write(target / "saved" / "config.json", {"model_type": "xlm-roberta"})


def unigram(byte_fallback):
    """A model of scores with 16 and 17 digits, some of them equal."""
    draw = random.Random(7)
    pieces = ["<unk>", "<s>", "</s>"] + ([f"<0x{byte:02X}>" for byte in range(256)] if byte_fallback else [])
    pieces += list(dict.fromkeys(p.replace("##", "") for p in texts.make_vocabulary()[5:1500]))
    pieces += ["\u2581", "aa", "aaa", "haha", "..", "...", "!!", "ab"] + ["\u2581" + p for p in pieces[300:700]]
    scores = {p: 0.0 if p.startswith("<") else -draw.choice([draw.uniform(2, 15), draw.uniform(2, 15), 7.25]) for p in pieces}
    return Tokenizer(models.Unigram(list(scores.items()), unk_id=0, byte_fallback=byte_fallback))


def save(tokenizer, folder):
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>",
                                                             special_tokens=[("<s>", 1), ("</s>", 2)])
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    write(folder / "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast"})


def make_files(target):
    """Every normalizer, and Metaspace in other ways."""
    steps = unigram(byte_fallback=False)
    steps.normalizer = normalizers.Sequence([
        normalizers.Nmt(), normalizers.Strip(), normalizers.NFC(), normalizers.Replace("ab", "b\u0301a"),
        normalizers.Replace(Regex("(?i)[xy]+|\\d{3}"), "zz"), normalizers.NFKC(),
        normalizers.Replace(Regex(" {2,}"), "\u2581"), normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase(),
        normalizers.Prepend("\u2581x")])
    steps.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never", split=False)
    save(steps, target / "steps")
    by_bytes = unigram(byte_fallback=True)
    by_bytes.normalizer = normalizers.Sequence([normalizers.Strip(left=True, right=False), normalizers.NFKD()])
    by_bytes.pre_tokenizer = pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="first")
    by_bytes.add_special_tokens(["<s>", "</s>", tokenizers.AddedToken("<mask>", lstrip=True)])
    save(by_bytes, target / "bytes")


SWEPT = ["xlm-roberta", "albert", "steps", "bytes"]  # the others' characters are normalized as one of these does

CLASS_TEXTS = ["H\u00e9llo WORLD <mask> caf\u00e9[MASK] (a) 7, ", "a <mask> b<s>a</s> <pad> <unk> <new>x <zz>", "[CLS]a[SEP] [UNK]b [unk] [PAD] <usr>y",
               "<s>NOTUSED </s>NOTUSED <unk>NOTUSED anew  new", "  The miller's ``daughter'' \u2122 "]


def class_cases():
    def case(base, options, **files):
        return {"base": base, "files": {**({} if options is None else {"tokenizer_config.json": options}),
                                        **{name + ".json": content for name, content in files.items()}}}

    mask = {"content": "<mask>", "lstrip": True, "rstrip": False, "normalized": False, "single_word": False}
    square = {**mask, "content": "[MASK]"}
    decoder = {"0": {**mask, "content": "<s>", "lstrip": False, "special": True}, "9": {**mask, "content": "<zz>", "special": False}}
    names = {"xlm-roberta": "XLMRoberta", "camembert": "Camembert", "albert": "Albert", "deberta": "DebertaV2"}
    for base, name in names.items():
        model = {"model_type": {"deberta": "deberta-v2"}.get(base, base)}
        own = square if base in ("albert", "deberta") else mask
        for options in None, {}, {"do_lower_case": True}, {"do_lower_case": False}, {"keep_accents": True}, {"split_by_punct": True}:
            yield case(base, options, config=model)
        for fast in "", "Fast":
            yield case(base, {"tokenizer_class": f"{name}Tokenizer{fast}", "model_max_length": 512})
        yield case(base, {"mask_token": {"__type": "AddedToken", **own}}, config=model)
        yield case(base, {"mask_token": own["content"], "additional_special_tokens": ["<zz>"]}, config=model)
        yield case(base, {}, config=model, special_tokens_map={"mask_token": {**own, "normalized": True}, "unk_token": "<unk>"})
        yield case(base, {}, config=model, added_tokens={"<new>": 500})
        yield case(base, {"added_tokens_decoder": decoder}, config=model)
        yield case(base, {"unk_token": "<zz>"}, config=model)
        yield case(base, {"tokenizer_class": "PreTrainedTokenizerFast"}, config=model)
    for name in names.values():
        yield case("saved", {"tokenizer_class": name + "Tokenizer"})
        yield case("saved", {"tokenizer_class": name + "TokenizerFast", "do_lower_case": True, "mask_token": "<zz>"})


def write_classes(target):
    """The model files are copied from where this script just put them."""
    here = {name: {path.name: {"copy": f"tests/data/unigram/{name}/{path.name}"} for path in sorted((target / name).glob("*.model"))}
            for name in ("xlm-roberta", "camembert", "albert", "deberta")}
    here["saved"] = {"tokenizer.json": {"copy": "tests/data/unigram/saved/tokenizer.json"}}
    tokenizer_classes.TEXTS = CLASS_TEXTS
    lines = []
    for case in class_cases():
        files = {name: (target / case["base"] / name).read_bytes() for name in here[case["base"]]}
        lines.append(json.dumps({**case, **tokenizer_classes.wanted(files, case["files"])}, ensure_ascii=True, separators=(",", ":")))
    head = json.dumps({"texts": CLASS_TEXTS, "bases": here}, ensure_ascii=True, separators=(",", ":"))
    (target / "classes.json").write_text(head[:-1] + ',"cases":[\n' + ",\n".join(lines) + "\n]}\n")


def main():
    assert tokenizers.__version__ == "0.22.2" and transformers.__version__.startswith("4.57")
    logging.set_verbosity_error()
    target = Path(sys.argv[1])
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    names = make_pieces(target)
    make_saved(target)
    make_files(target)
    write_classes(target)
    texts.AWKWARD = AWKWARD
    cases, sweeps = [], {}
    for name in [*names, "saved", "steps", "bytes"]:
        reference = AutoTokenizer.from_pretrained(target / name)
        assert reference.is_fast
        cases += texts.make_cases(name, reference)
        if name in SWEPT:
            sweeps[name] = texts.make_sweep(reference)
    lines = ",\n".join(json.dumps(case, ensure_ascii=True, separators=(",", ":")) for case in cases)
    (target / "golden.json").write_text('{"cases":[\n' + lines + '\n],\n"sweeps":' + json.dumps(sweeps, separators=(",", ":")) + "}\n")


if __name__ == "__main__":
    main()
