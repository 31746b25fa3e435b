#!/usr/bin/env python3
"""Writes tests/data/sentence: a tiny cased BERT, and cases.json: what else folders for sentence-transformers hold
around it, and the vectors that SentenceTransformer(folder).encode() makes of a few texts in each.

    python tools/golden/sentence.py tests/data/sentence

Needs torch, transformers<5, sentence-transformers 5, safetensors. cases.json is {"texts", "cases": [{"name", "place":
the model's folder in the case's, "files": {path: object}, "asked": [{"prompt": as --prompt has it, or null,
"vectors": one of each text}]}]}. A case with "dense" has weights of Dense modules besides, tests/data/sentence/NAME.
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
import torch
import transformers
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from transformers import BertConfig, BertModel

WORDS = ("[PAD] [UNK] [CLS] [SEP] [MASK] a b c d e f i l m o q s u y A B C D E F I L M O Q S U Y é É É : ! . , "
         "##a ##b ##c ##d ##e ##f ##i ##l ##m ##o ##q ##s ##u ##y ##é ##E ##A ##L ##M film Film FILM dull Dull fine Fine "
         "café Café CAFÉ cafe query Query passage Passage Given given the The of 中 ##s").split()
TEXTS = ["a fine film", "The FILM of Dull café CAFÉ, Éclée!", "", "film film film film film film film film film film",
         "Query: 中 film. İ"]
MODULES, POOLING = "sentence_transformers.models.", "1_Pooling/config.json"
PROMPTS = {"query": "query: ", "passage": "The passage of Dull films: "}
ASKED = [None, "query", "Given the film: ", "none"]


def modules(*paths, prefix=MODULES):
    """The type is what stands behind the path's number: "2_Normalize"; the first is the model."""
    words = ["Transformer"] + [path.split("_")[1].rstrip("0123456789") for path in paths[1:]]
    return [dict(idx=i, name=str(i), path=path, type=prefix + word) for i, (path, word) in enumerate(zip(paths, words))]


def old_pooling(**modes):
    keys = ["cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens"]
    return {"word_embedding_dimension": 20, **{f"pooling_mode_{key}": modes.get(key, False) for key in keys}}


def new_modules():
    """As version 5 names them."""
    base = "sentence_transformers."
    types = ["base.modules.transformer.Transformer", "sentence_transformer.modules.pooling.Pooling",
             "sentence_transformer.modules.normalize.Normalize"]
    return [dict(idx=i, name=str(i), path=path, type=base + kind)
            for i, (path, kind) in enumerate(zip(["", "1_Pooling", "2_Normalize"], types))]


CASES = [
    dict(name="prompts", place="", files={
        "modules.json": modules("", "1_Pooling", "2_Normalize"),
        POOLING: dict(old_pooling(mean_tokens=True), include_prompt=True),
        "sentence_bert_config.json": dict(max_seq_length=24, do_lower_case=False),
        "config_sentence_transformers.json": dict(prompts=PROMPTS, default_prompt_name="passage", similarity_fn_name="cosine")}),
    dict(name="prompt_left_out", place="", files={
        "modules.json": modules("", "7_Pooling"),
        "7_Pooling/config.json": dict(old_pooling(mean_tokens=True), include_prompt=False),
        "sentence_bert_config.json": dict(max_seq_length=12, do_lower_case=False),
        "config_sentence_transformers.json": dict(prompts=PROMPTS, default_prompt_name="passage")}),
    dict(name="lower_case", place="", files={
        "modules.json": modules("", "1_Pooling"),
        POOLING: old_pooling(cls_token=True),
        "sentence_bert_config.json": dict(max_seq_length=9, do_lower_case=True)}),
    dict(name="lower_case_in_a_folder", place="0_Transformer", files={
        "modules.json": modules("0_Transformer", "1_Pooling"),
        POOLING: old_pooling(mean_tokens=True),
        "0_Transformer/sentence_bert_config.json": dict(max_seq_length=16, do_lower_case=True)}),
    dict(name="no_way_named", place="", files={
        "modules.json": modules("", "1_Pooling", "2_Dropout", "3_Normalize"),
        POOLING: old_pooling(),
        "2_Dropout/config.json": dict(dropout=0.5)}),
    dict(name="version_5", place="", files={
        "modules.json": new_modules(),
        POOLING: dict(embedding_dimension=20, pooling_mode=["mean"], include_prompt=True),
        "sentence_bert_config.json": dict(transformer_task="feature-extraction", module_output_name="token_embeddings",
                                          modality_config={"text": dict(method="forward", method_output_name="last_hidden_state")}),
        "config_sentence_transformers.json": dict(model_type="SentenceTransformer", prompts=dict(query="query: ", document=""),
                                                  default_prompt_name="query", similarity_fn_name="dot", truncate_dim=None)}),
]


def dense_case(name, file, out, function, normalize, half=False, **more):
    """A module behind the pooling, whose weights stand in `file` of tests/data/sentence/dense_NAME."""
    paths = ["", "1_Pooling", "2_Dense"] + ["3_Normalize"] * normalize
    return dict(name="dense_" + name, place="", dense=dict(file=file, half=half), files={
        "modules.json": modules(*paths),
        POOLING: old_pooling(mean_tokens=True),
        "2_Dense/config.json": {k: v for k, v in dict(dict(in_features=20, out_features=out, bias=True,
                                                           activation_function=function), **more).items() if v is not None},
        "sentence_bert_config.json": dict(max_seq_length=24, do_lower_case=False),
        "config_sentence_transformers.json": dict(prompts=PROMPTS)})


ACTIVATION = "torch.nn.modules.activation."
CASES += [
    dense_case("tanh", "pytorch_model.bin", 12, ACTIVATION + "Tanh", False),
    dense_case("wide", "model.safetensors", 31, "torch.nn.modules.linear.Identity", True, bias=False),
    dense_case("gelu", "model.safetensors", 20, ACTIVATION + "GELU", True, half=True,
               module_input_name="sentence_embedding", module_output_name="sentence_embedding"),
    dense_case("relu", "model.safetensors", 9, "torch.nn.ReLU", False),
    dense_case("unsaid", "model.safetensors", 7, None, True, bias=None),
    dense_case("silu", "model.safetensors", 3, ACTIVATION + "SiLU", False),
]


def write_dense(case, folder):
    path, options = folder / case["name"], case["dense"]
    module = case["files"]["2_Dense/config.json"]
    torch.manual_seed(sum(case["name"].encode()))
    linear = torch.nn.Linear(20, module["out_features"], bias=module.get("bias", True))
    with torch.no_grad():
        for p in linear.parameters():
            p.normal_(0.0, 0.6)
    weights = {"linear." + k: v.half() if options["half"] else v for k, v in linear.state_dict().items()}
    path.mkdir()
    if options["file"].endswith(".bin"):
        torch.save(weights, path / options["file"])
    else:
        save_file(weights, str(path / options["file"]))


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_model(folder):
    config = BertConfig(vocab_size=len(dict.fromkeys(WORDS)), hidden_size=20, num_hidden_layers=2, num_attention_heads=4,
                        intermediate_size=36, max_position_embeddings=24)
    model = BertModel._from_config(config, attn_implementation="eager", add_pooling_layer=False)
    widen_weights(model, 31)
    model.save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(dict.fromkeys(WORDS)) + "\n", encoding="utf-8")
    write_json(folder / "tokenizer_config.json", dict(do_lower_case=False, tokenizer_class="BertTokenizer", model_max_length=24))


def encode(folder, prompt):
    model = SentenceTransformer(str(folder), device="cpu")
    if prompt is None:
        asked = {}
    elif prompt == "none":
        asked = dict(prompt="")
    else:
        asked = dict(prompt_name=prompt) if prompt in model.prompts else dict(prompt=prompt)
    return [[float(f"{x:.9g}") for x in row] for row in model.encode(TEXTS, **asked).tolist()]


def answer(case, model, data):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for path, value in case["files"].items():
            write_json(folder / path, value)
        (folder / case["place"]).mkdir(exist_ok=True)
        for path in model.iterdir():
            shutil.copy(path, folder / case["place"])
        for module in case["files"]["modules.json"][1:]:
            (folder / module["path"]).mkdir(exist_ok=True)
        if "dense" in case:
            shutil.copy(data / case["name"] / case["dense"]["file"], folder / "2_Dense")
        named = case["files"].get("config_sentence_transformers.json", {}).get("prompts", {})
        return [dict(prompt=p, vectors=encode(folder, p)) for p in ASKED if p != "query" or p in named]


def main():
    folder = pathlib.Path(sys.argv[1])
    logging.disable(logging.WARNING)
    shutil.rmtree(folder, ignore_errors=True)
    model = folder / "model"
    model.mkdir(parents=True)
    write_model(model)
    for case in CASES:
        if "dense" in case:
            write_dense(case, folder)
    cases = [dict(case, asked=answer(case, model, folder)) for case in CASES]
    write_json(folder / "cases.json", dict(texts=TEXTS, cases=cases))
    print(f"sentence-transformers {sentence_transformers.__version__}, transformers {transformers.__version__}")


if __name__ == "__main__":
    main()
