#!/usr/bin/env python3
"""Writes tests/data/bpe: small tokenizers of byte pairs and of whole words, with the pre-tokenizers and post-processors that
go with them, and what transformers' fast classes make of awkward texts with them.

    python tools/golden/bpe.py tests/data/bpe

golden.json is as tools/golden/tokenizer.py writes it; the sums of normalized texts are not compared.
"""

import json
import shutil
import sys
from pathlib import Path

import tokenizer as texts
import tokenizers
import transformers
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer
from transformers.utils import logging

AWKWARD = texts.AWKWARD + [
    "<mask>", "a <mask> b<mask>", "  <mask>\u3000 <mask>it's", "<s>x</s> <pad> <unk>y \u0120the the", "a  b   c\n\n d\t\te \r\n", "it's IT'S we'll 'll 're'S ''s",
    " 12 1a2 \u00bd\u0663\u09ea 12345678", "the-final--countdown --", "e" * 40, "a\u0301b \u0301", "a two two  two\u3000 b", "\u3000\u3000 x", "[MASK] [MASK][CLS]x",
    "hello" * 100, "\u4e2d" * 60, "    if x:\n        return  y"]

# Of the usual ones the longest. Its characters have the Unicode of the machine's Oniguruma: no new ones there.
PATTERN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
ALPHABET = pre_tokenizers.ByteLevel.alphabet()
SPECIALS = ["<s>", "<pad>", "</s>", "<unk>"]


def trained(model, pre_tokenizer, trainer=trainers.BpeTrainer, size=480, special_tokens=SPECIALS, **options):
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.train_from_iterator([texts.PROSE] * 3, trainer(vocab_size=size, special_tokens=special_tokens, show_progress=False, **options))
    return tokenizer


def framed(tokenizer, template="roberta", prefix=False, trim=True):
    cls, sep = (("<s>", tokenizer.token_to_id("<s>")), ("</s>", tokenizer.token_to_id("</s>")))
    tokenizer.post_processor = {
        "roberta": lambda: processors.RobertaProcessing(sep, cls, trim_offsets=trim, add_prefix_space=prefix),
        "bert": lambda: processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> $B:1 </s>:1", special_tokens=[cls, sep]),
        "trimmed": lambda: processors.Sequence([
            processors.ByteLevel(trim_offsets=True, add_prefix_space=prefix),
            processors.TemplateProcessing(single="<s> $A </s> </s>", pair="<s> <s> $A $B:1 </s>:1", special_tokens=[cls, sep])]),
    }[template]()
    return tokenizer


def save(tokenizer, folder, **config):
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    texts.write(folder / "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", **config})


def make_byte_level(target):
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    roberta = trained(models.BPE(), byte_level, initial_alphabet=ALPHABET)
    mask = AddedToken("<mask>", lstrip=True, special=True)
    model = json.loads(roberta.to_str())["model"]
    (target / "merges").mkdir()
    texts.write(target / "merges" / "vocab.json", {**model["vocab"], "<mask>": len(model["vocab"])})
    (target / "merges" / "merges.txt").write_text("#version: 0.2\n" + "".join(" ".join(pair) + "\n" for pair in model["merges"]), encoding="utf-8")
    texts.write(target / "merges" / "tokenizer_config.json", {"tokenizer_class": "RobertaTokenizer", "model_max_length": 512})
    texts.write(target / "merges" / "config.json", {"model_type": "roberta"})

    roberta.add_special_tokens([*SPECIALS, mask])
    roberta.add_tokens([AddedToken(" two", lstrip=True, rstrip=True), AddedToken("\u0120the"), AddedToken("\u3000", normalized=False)])
    roberta.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    save(framed(roberta, prefix=True), target / "prefixed", tokenizer_class="RobertaTokenizerFast", add_prefix_space=True, truncation_side="left")
    save(framed(roberta, "trimmed"), target / "trimmed", add_prefix_space=True)

    modern = trained(models.BPE(), byte_level, initial_alphabet=ALPHABET, special_tokens=[])
    modern.normalizer = normalizers.NFC()
    modern.add_special_tokens([*SPECIALS, "[CLS]", AddedToken("[MASK]", lstrip=True)])
    modern.add_tokens([AddedToken(" " * n, normalized=True) for n in range(2, 5)])
    save(framed(modern, "bert"), target / "modern", model_input_names=["input_ids", "attention_mask"])

    pattern = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(PATTERN), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    save(framed(trained(models.BPE(ignore_merges=True), pattern, initial_alphabet=ALPHABET), "bert"), target / "pattern")
    digits = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=True)])
    save(framed(trained(models.BPE(), digits, size=320, limit_alphabet=50), prefix=True), target / "dropped")


def make_words(target):
    affixes = dict(continuing_subword_prefix="@@", end_of_word_suffix="</w>")
    save(framed(trained(models.BPE(unk_token="<unk>", fuse_unk=True, **affixes), pre_tokenizers.Whitespace(), limit_alphabet=60, **affixes), "bert"), target / "affixes")
    single = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Digits(individual_digits=False)])
    save(framed(trained(models.BPE(unk_token="<unk>"), single, limit_alphabet=60), "bert"), target / "unfused")
    some = [f"<0x{byte:02X}>" for byte in range(256) if byte != 0xB8]
    save(framed(trained(models.BPE(unk_token="<unk>", byte_fallback=True), pre_tokenizers.WhitespaceSplit(), size=700, limit_alphabet=40,
                        special_tokens=SPECIALS + some), "bert"), target / "fallback")
    steps = pre_tokenizers.Sequence([
        pre_tokenizers.Split("the", "merged_with_next"), pre_tokenizers.Split(Regex("[aeiou]+(?=n)|x*"), "contiguous"), pre_tokenizers.Split("r ", "merged_with_previous", invert=True),
        pre_tokenizers.Punctuation("merged_with_previous"), pre_tokenizers.Split(Regex(r"\d{1,2}"), "removed", invert=False), pre_tokenizers.WhitespaceSplit()])
    words = trained(models.WordLevel(unk_token="<unk>"), steps, trainers.WordLevelTrainer, size=200)
    save(framed(words, "bert"), target / "words")


def main():
    assert tokenizers.__version__ == "0.22.2" and transformers.__version__.startswith("4.57")
    logging.set_verbosity_error()
    target = Path(sys.argv[1])
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    make_byte_level(target)
    make_words(target)
    cases, sweeps = [], {}
    for folder in sorted(path for path in target.iterdir() if path.is_dir()):
        # What a pattern makes of a character that is newer than the machine's Oniguruma is its own affair.
        texts.AWKWARD = [text for text in AWKWARD if folder.name not in ("pattern", "words") or "\u1c89" not in text]
        reference = AutoTokenizer.from_pretrained(folder)
        assert reference.is_fast
        cases += texts.make_cases(folder.name, reference)
        if folder.name in ("prefixed", "affixes", "unfused", "dropped"):
            sweeps[folder.name] = texts.make_sweep(reference, plain=False)
    lines = ",\n".join(json.dumps(case, ensure_ascii=True, separators=(",", ":")) for case in cases)
    (target / "golden.json").write_text('{"cases":[\n' + lines + '\n],\n"sweeps":' + json.dumps(sweeps, separators=(",", ":")) + "}\n")


if __name__ == "__main__":
    main()
