#!/usr/bin/env python3
"""Writes tests/data/tokenizer/classes.json: folders of a tokenizer's files with the classes that name
them, and what transformers' AutoTokenizer makes of a few texts in each.

    python tools/golden/tokenizer_classes.py tests/data/tokenizer/classes.json

{"bases": {name: {file: content}}, "cases": [{"base", "files": {file: content}, "wanted", "typed"}], "texts"}:
a case's folder holds the files of its base and its own; a content is an object, or a text. "wanted" has
for each text its ids and their offsets in code points, or is null where the reference refuses the folder; "typed": has the second text of a pair a type of its own?
"""

import json
import logging
import sys
import tempfile
from pathlib import Path

import tokenizers
import transformers
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer

VOCABULARY = ("[PAD] [UNK] [CLS] [SEP] [MASK] <s> </s> <unk> <mask> <cls> <sep> [ ] < > / a b hello h ##é ##e ##llo world "
              "WORLD Héllo Hello caf ##é café cafe 中 国 ##国 mask pad [QUESTION]").split()
TEXTS = ["Héllo WORLD café 中国", "a [MASK] b [mask] [ mask ]", "a <mask> b<s>a</s> <pad> <PAD> <cls> <sep> <unk>",
         "[PAD] [pad] [CLS]a[SEP] [UNK] <x> <X>", "Héllo's  hello <mask> b\n\n<mask>'ll  "]
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
            "more": {"tokenizer.json": more}, "ordinary": {"tokenizer.json": ordinary}, "vocab": {"vocab.txt": vocab},
            **byte_level_bases()}


def byte_level_bases():
    """vocab.json and merges.txt, and what a tokenizer.json has for them, with a few different post-processors."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=["<s>", "<pad>", "</s>", "<unk>"], show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(TEXTS * 3, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    vocab = {**model["vocab"], "<mask>": len(model["vocab"])}
    merges = [" ".join(pair) for pair in model["merges"]]
    model = models.BPE(vocab, [tuple(pair.split()) for pair in merges])

    def json_of(post_processor, prefix):
        whole = Tokenizer(model)
        whole.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
        whole.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", AddedToken("<mask>", lstrip=True)])
        whole.post_processor = post_processor
        return json.loads(whole.to_str())

    roberta = processors.RobertaProcessing(("</s>", vocab["</s>"]), ("<s>", vocab["<s>"]), trim_offsets=True, add_prefix_space=False)
    template = processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> $B </s>",
                                             special_tokens=[("<s>", vocab["<s>"]), ("</s>", vocab["</s>"])])
    sequence = processors.Sequence([processors.ByteLevel(trim_offsets=True, add_prefix_space=True), template])
    in_sequence = json_of(template, True)
    in_sequence["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [in_sequence["pre_tokenizer"]]}
    # The first line says a version. What follows the last end of a line is lost, and of a pair that is there twice one.
    lines = "#version: 0.2\n" + "\n".join(merges[:20] + merges[:1] + merges[20:]) + "\n" + merges[-1]
    return {"merges": {"vocab.json": vocab, "merges.txt": lines}, "roberta": {"tokenizer.json": json_of(roberta, False)},
            "prefixed": {"tokenizer.json": json_of(template, True)}, "sequence": {"tokenizer.json": json_of(sequence, True)},
            "in_sequence": {"tokenizer.json": in_sequence}}


def byte_level_cases(case):
    for base in "merges", "roberta", "prefixed", "sequence", "in_sequence":
        for name in "RobertaTokenizer", "RobertaTokenizerFast":
            for prefix in None, False, True:
                yield case(base, {"tokenizer_class": name, **({} if prefix is None else {"add_prefix_space": prefix})})
        yield case(base, {"tokenizer_class": "RobertaTokenizer", "trim_offsets": False})
        yield case(base, {"tokenizer_class": "RobertaTokenizer", "trim_offsets": False, "add_prefix_space": True})
        yield case(base, {"tokenizer_class": "RobertaTokenizer", "mask_token": "<x>"})
        yield case(base, {"tokenizer_class": "RobertaTokenizer", "mask_token": {"__type": "AddedToken", "content": "<mask>"}})
        yield case(base, {"tokenizer_class": "RobertaTokenizer", "added_tokens_decoder": {}})
        yield case(base, {"tokenizer_class": "RobertaTokenizer", "cls_token": "<cls>", "sep_token": "<pad>"})
        yield case(base, {"tokenizer_class": "RobertaTokenizer"}, special_tokens_map={
            "mask_token": {"content": "<mask>", "lstrip": True, "rstrip": True, "single_word": False, "normalized": True}, "unk_token": "<unk>"})
        yield case(base, {"tokenizer_class": "RobertaTokenizer", "truncation_side": "left"}, added_tokens={"<x>": 310})
        yield case(base, None, config={"model_type": "roberta"})
        yield case(base, {}, config={"model_type": "roberta"})
    for base in "roberta", "prefixed", "sequence", "in_sequence":
        for prefix in None, False, True:
            yield case(base, {"tokenizer_class": "PreTrainedTokenizerFast", **({} if prefix is None else {"add_prefix_space": prefix})})
        yield case(base, {"tokenizer_class": "PreTrainedTokenizerFast", "trim_offsets": False, "mask_token": "<mask>"})
        yield case(base, {"tokenizer_class": "PreTrainedTokenizerFast", "model_input_names": ["input_ids", "attention_mask"], "cls_token": "<s>"})
        yield case(base, {}, config={"model_type": "modernbert"})
    for options in None, {}, {"do_lower_case": False}, {"tokenize_chinese_chars": False}, {"mask_token": "[MASK]", "pad_token": "[PAD]"}, {"added_tokens_decoder": {}}:
        yield case("vocab", None if options is None else {"tokenizer_class": "MPNetTokenizer", **options}, config={"model_type": "mpnet"})
    for model in "distilbert", "electra", "mpnet":
        yield case("lower", {}, config={"model_type": model})


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
    yield from byte_level_cases(case)
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
        if isinstance(value, bytes):
            (folder / name).write_bytes(value)
            continue
        (folder / name).write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")


def encode(reference, text):
    encoded = reference(text, return_offsets_mapping=True)
    return [encoded["input_ids"], [n for offset in encoded["offset_mapping"] for n in offset]]


def wanted(base, files):
    with tempfile.TemporaryDirectory() as name:
        write(Path(name), {"config.json": {"model_type": "bert"}, **base, **files})
        try:
            reference = AutoTokenizer.from_pretrained(name)
        except (ValueError, AttributeError, ImportError) as refusal:  # the last where protobuf is missing, and the true one is lost
            print(files.get("tokenizer_config.json"), type(refusal).__name__, str(refusal)[:70])
            return {"wanted": None}
        assert reference.is_fast
        return {"wanted": [encode(reference, text) for text in TEXTS], "typed": 1 in reference(*TEXTS[:2]).get("token_type_ids", [])}


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
