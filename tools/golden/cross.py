#!/usr/bin/env python3
"""Writes tests/data/cross: a tiny BERT with a head of one output, and cases.json: what says of its answers whether they
are the output or its logistic function, and the answers for a few pairs of texts.

    python tools/golden/cross.py tests/data/cross

Needs torch, transformers<5, sentence-transformers 5, safetensors. cases.json is {"pairs", "cases": [{"name", "config":
what config.json has besides, "files": {path: object} beside it, "scores": one for each pair}]}. The scores are those of
CrossEncoder(folder).predict() where a function is named, of transformers' pipeline else; where nothing is said at all both
are asked, and are the same.
"""
import json
import logging
import os
import pathlib
import shutil
import sys
import tempfile

sys.path.append(os.path.join(os.path.dirname(__file__), "../reference"))
from recipe import widen_weights  # sets transformers up: stands before it

import sentence_transformers
import transformers
from sentence_transformers import CrossEncoder
from transformers import BertConfig, BertForSequenceClassification, pipeline

WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] a b c d e ##a ##b ##c film dull fine".split()
PAIRS = [["a fine film", "dull"], ["", "film film film"], ["abc dull fine a b c d e", "e d c b a film fine dull abc"]]
SIGMOID, IDENTITY = "torch.nn.modules.activation.Sigmoid", "torch.nn.modules.linear.Identity"
OLD = "sbert_ce_default_activation_function"


def whole(function):
    """As version 5 lays a CrossEncoder out."""
    return {"modules.json": [dict(idx=0, name="0", path="", type="sentence_transformers.base.modules.transformer.Transformer")],
            "config_sentence_transformers.json": dict(model_type="CrossEncoder", activation_fn=function, prompts={}, default_prompt_name=None),
            "sentence_bert_config.json": dict(transformer_task="sequence-classification", module_output_name="scores",
                                              modality_config={"text": dict(method="forward", method_output_name="logits")})}


CASES = [
    dict(name="nothing_said"),
    dict(name="regression", config=dict(problem_type="regression")),
    dict(name="old_identity", config={OLD: IDENTITY}),
    dict(name="old_sigmoid_of_regression", config={OLD: SIGMOID, "problem_type": "regression"}),
    dict(name="nested_identity", config=dict(sentence_transformers=dict(activation_fn=IDENTITY, version="4.1.0"))),
    dict(name="nested_sigmoid", config=dict(sentence_transformers=dict(activation_fn="torch.nn.Sigmoid"))),
    dict(name="nested_stands_above_old", config={OLD: SIGMOID, "sentence_transformers": dict(activation_fn=IDENTITY)}),
    dict(name="nested_null", config={OLD: IDENTITY, "sentence_transformers": dict(activation_fn=None)}),
    dict(name="old_null", config={OLD: None}),
    dict(name="version_5_sigmoid", files=whole(SIGMOID)),
    dict(name="version_5_identity_stands_above", config={OLD: SIGMOID}, files=whole(IDENTITY)),
    dict(name="version_5_null", config={OLD: IDENTITY}, files=whole(None)),
]


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


def write_model(folder):
    config = BertConfig(vocab_size=len(WORDS), hidden_size=12, num_hidden_layers=1, num_attention_heads=2, intermediate_size=20,
                        max_position_embeddings=24, num_labels=1)
    model = BertForSequenceClassification._from_config(config, attn_implementation="eager")
    widen_weights(model, 17)
    model.save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n", encoding="utf-8")
    write_json(folder / "tokenizer_config.json", dict(do_lower_case=False, tokenizer_class="BertTokenizer", model_max_length=24))


def numbers(values):
    return [float(f"{float(x):.9g}") for x in values]


def crossed(folder):
    return numbers(CrossEncoder(str(folder), device="cpu").predict(PAIRS))


def piped(folder):
    ask = pipeline("text-classification", str(folder), device="cpu")
    return numbers(ask(dict(text=a, text_pair=b))["score"] for a, b in PAIRS)


def answer(case, model):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        shutil.copytree(model, folder, dirs_exist_ok=True)
        config = json.loads((folder / "config.json").read_text())
        write_json(folder / "config.json", {**config, **case["config"]})
        for path, value in case["files"].items():
            write_json(folder / path, value)
        if "problem_type" in case["config"] and OLD not in case["config"]:
            return piped(folder)
        scores = crossed(folder)
        if not case["config"] and not case["files"]:
            assert max(abs(a - b) for a, b in zip(scores, piped(folder))) < 1e-6
        return scores


def main():
    folder = pathlib.Path(sys.argv[1])
    logging.disable(logging.WARNING)
    shutil.rmtree(folder, ignore_errors=True)
    model = folder / "model"
    model.mkdir(parents=True)
    write_model(model)
    cases = [dict(dict(config={}, files={}), **case) for case in CASES]
    cases = [dict(case, scores=answer(case, model)) for case in cases]
    write_json(folder / "cases.json", dict(pairs=PAIRS, cases=cases))
    print(f"sentence-transformers {sentence_transformers.__version__}, transformers {transformers.__version__}")


if __name__ == "__main__":
    main()
