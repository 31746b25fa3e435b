#!/usr/bin/env python3
"""Writes tests/data/tokenizer/classes.json: folders of a tokenizer's files with the classes that name
them, and what transformers' AutoTokenizer makes of a few texts in each.

    python tools/golden/tokenizer_classes.py tests/data/tokenizer/classes.json

{"bases": {name: {file: content}}, "cases": [{"base", "files": {file: content}, "wanted", "typed"}], "texts"}:
a case's folder holds the files of its base and its own; a content is an object, or a text. "wanted" has
for each text its ids and their offsets in code points, or is null where the reference refuses the folder; "typed": does it give token types?
"""

import json
import logging
import sys
import tempfile
from pathlib import Path

import tokenizers
import transformers
from transformers import AutoTokenizer

VOCABULARY = ("[PAD] [UNK] [CLS] [SEP] [MASK] <s> </s> <unk> <mask> <cls> <sep> [ ] < > / a b hello h ##é ##e ##llo world "
              "WORLD Héllo Hello caf ##é café cafe 中 国 ##国 mask pad [QUESTION]").split()
TEXTS = ["Héllo WORLD café 中国", "a [MASK] b [mask] [ mask ]", "a <mask> b<s>a</s> <pad> <PAD> <cls> <sep> <unk>",
         "[PAD] [pad] [CLS]a[SEP] [UNK] <x> <X>"]
BERTS = ["Bert", "ConvBert", "DPRContextEncoder", "DPRQuestionEncoder", "DistilBert", "Electra", "LayoutLM", "Lxmert",
         "MobileBert", "RetriBert", "SqueezeBert"]
MAP = {"unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]"}


def json_file(**normalizer):
    vocabulary = {token: i for i, token in enumerate(dict.fromkeys(VOCABULARY))}
    root = json.loads(tokenizers.BertWordPieceTokenizer(vocabulary).to_str())
    root["normalizer"].update(normalizer)
    return root


def bases():
    padded = json_file()
    padded["padding"] = {"strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0,
                         "pad_token": "<pad>"}
    more = json_file(lowercase=False)
    more["added_tokens"].append({"id": len(set(VOCABULARY)), "content": "<x>", "single_word": False, "lstrip": False, "rstrip": True,
                                 "normalized": True, "special": False})
    ordinary = json_file()
    ordinary["added_tokens"].append({**more["added_tokens"][-1], "rstrip": False})
    for token in ordinary["added_tokens"]:
        token.update(special=False, normalized=False)
    vocab = "\n".join(dict.fromkeys(VOCABULARY)) + "\n"
    return {"lower": {"tokenizer.json": json_file()}, "cased": {"tokenizer.json": json_file(lowercase=False, strip_accents=False)},
            "whole": {"tokenizer.json": json_file(lowercase=False, handle_chinese_chars=False)}, "padded": {"tokenizer.json": padded},
            "more": {"tokenizer.json": more}, "ordinary": {"tokenizer.json": ordinary}, "vocab": {"vocab.txt": vocab}}


def cases():
    def case(base, options, **files):
        return {"base": base, "files": {**({} if options is None else {"tokenizer_config.json": options}),
                                        **{name + ".json": content for name, content in files.items()}}}

    for name in BERTS:
        yield case("cased", {"tokenizer_class": name + "Tokenizer"})
        yield case("cased", {"tokenizer_class": name + "TokenizerFast", "do_lower_case": False, "strip_accents": True})
        yield case("vocab", {"tokenizer_class": name + "Tokenizer", "tokenize_chinese_chars": False})
    for name in ["FunnelTokenizer", "FunnelTokenizerFast", "MPNetTokenizer", "MPNetTokenizerFast"]:
        for base in "lower", "cased", "more":
            yield case(base, {"tokenizer_class": name})
        yield case("cased", {"tokenizer_class": name, **MAP, "do_lower_case": False})
        yield case("lower", {"tokenizer_class": name}, special_tokens_map=MAP)
        yield case("more", {"tokenizer_class": name, "mask_token": "<x>"})
    for name in ["PreTrainedTokenizer", "PreTrainedTokenizerFast"]:
        for base in "lower", "cased", "whole", "padded", "more":
            yield case(base, {"tokenizer_class": name})
            yield case(base, {"tokenizer_class": name, "do_lower_case": base == "cased", "strip_accents": True})
        yield case("cased", {"tokenizer_class": name, **MAP})
        yield case("more", {"tokenizer_class": name, "mask_token": "<mask>", "pad_token": None}, special_tokens_map={"cls_token": "<cls>"})
        yield case("padded", {"tokenizer_class": name, "pad_token": None})
        yield case("vocab", {"tokenizer_class": name, **MAP})
    for name in ["MPNetTokenizer", "BertTokenizer", "PreTrainedTokenizerFast"]:
        yield case("more", {"tokenizer_class": name, "mask_token": "<x>", "added_tokens_decoder": {}})
        yield case("more", {"tokenizer_class": name, "added_tokens_decoder": {"8": {"content": "<mask>", "rstrip": True, "normalized": False}}})
    for options in {}, {"added_tokens_decoder": {}}, {"mask_token": "[MASK]"}:
        yield case("ordinary", {"split_special_tokens": True, **options})
    yield from added_cases(case)
    for name in "BertTokenizer", "DistilBertTokenizer", "PreTrainedTokenizerFast":
        for inputs in [], ["input_ids", "attention_mask"], ["input_ids", "token_type_ids", "attention_mask"]:
            yield case("cased", {"tokenizer_class": name, "model_input_names": inputs, **MAP})
    for base in "lower", "cased", "vocab":
        for options in None, {}, {"tokenizer_class": None}:
            yield case(base, options, config={"model_type": "bert", "tokenizer_class": "PreTrainedTokenizerFast"})
            yield case(base, options, config={"model_type": "bert", "tokenizer_class": "BertTokenizer"})
            yield case(base, options, config={"model_type": "bert", "tokenizer_class": None})
            yield case(base, options, config={"model_type": "bert"})
        yield case(base, {"tokenizer_class": "BertTokenizer"}, config={"model_type": "bert", "tokenizer_class": "FooTokenizer"})
        yield case(base, {}, config={"model_type": "bert", "tokenizer_class": "FooTokenizer"})
        yield case(base, {"tokenizer_class": "FooTokenizer"})


def added_cases(case):
    """Whether "normalized" was given, and which special tokens added_tokens.json is compared with."""
    for base in "lower", "vocab", "ordinary":
        for flags in {}, {"normalized": True}, {"special": True}, {"special": False, "normalized": False}:
            mask = {"content": "[MASK]", "lstrip": True, **flags}
            yield case(base, {"added_tokens_decoder": {"4": mask}})
            yield case(base, {"added_tokens_decoder": {"4": mask}, "mask_token": "<mask>"})
            yield case(base, {"mask_token": {"__type": "AddedToken", **mask}})
            yield case(base, {}, special_tokens_map={"mask_token": mask})
            yield case(base, {"additional_special_tokens": [{"__type": "AddedToken", **mask, "content": "<X>"}]})
            yield case(base, {"additional_special_tokens": [{"__type": "AddedToken", **mask, "content": "<X>"}],
                              "added_tokens_decoder": {"36": {**mask, "content": "<X>"}}})
    for options in {}, {"mask_token": "<x>"}:
        yield case("ordinary", options, added_tokens={"<x>": 16})
    for content, options in (
            ("[MASK]", {}), ("[MASK]", {"mask_token": "[MASK]"}), ("[MASK]", {"bos_token": "[MASK]"}),
            ("[MASK]", {"mask_token": {"__type": "AddedToken", "content": "[MASK]"}}), ("[MASK]", {"additional_special_tokens": ["[MASK]"]}),
            ("<X>", {"additional_special_tokens": ["<X>"]}), ("<X>", {"extra_special_tokens": {"x_token": "<X>"}}), ("<X>", {})):
        added = {content: 4 if content == "[MASK]" else len(set(VOCABULARY))}
        for base in "vocab", "lower", "more":
            yield case(base, options, added_tokens=added)
        yield case("vocab", options, added_tokens=added, special_tokens_map={"mask_token": "[MASK]", "additional_special_tokens": ["<X>"]})
        yield case("vocab", options, added_tokens=added, special_tokens_map={"mask_token": {"content": "[MASK]"}})


def write(folder, content):
    for name, value in content.items():
        (folder / name).write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")


def encode(reference, text):
    encoded = reference(text, return_offsets_mapping=True)
    return [encoded["input_ids"], [n for offset in encoded["offset_mapping"] for n in offset]]


def wanted(base, files):
    with tempfile.TemporaryDirectory() as name:
        write(Path(name), {"config.json": {"model_type": "bert"}, **base, **files})
        try:
            reference = AutoTokenizer.from_pretrained(name)
        except (ValueError, AttributeError) as refusal:
            print(files.get("tokenizer_config.json"), type(refusal).__name__, str(refusal)[:70])
            return {"wanted": None}
        assert reference.is_fast
        return {"wanted": [encode(reference, text) for text in TEXTS], "typed": "token_type_ids" in reference(*TEXTS[:2])}


def main():
    assert tokenizers.__version__ == "0.22.2" and transformers.__version__.startswith("4.57")
    transformers.utils.logging.set_verbosity(logging.CRITICAL)
    all_bases = bases()
    lines = [json.dumps({**case, **wanted(all_bases[case["base"]], case["files"])}, ensure_ascii=True, separators=(",", ":"))
             for case in cases()]
    head = json.dumps({"texts": TEXTS, "bases": all_bases}, ensure_ascii=True, separators=(",", ":"))
    Path(sys.argv[1]).write_text(head[:-1] + ',"cases":[\n' + ",\n".join(lines) + "\n]}\n")


if __name__ == "__main__":
    main()
