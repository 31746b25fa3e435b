"""Checks the metadata of model cards as the Hugging Face Hub reads them.

    python3 tools/check/card.py README.md...

Needs PyYAML; where huggingface_hub is installed, its ModelCard reads them as well. Prints "card: well" for each
and exits 0; else a line that says what is wrong, and exits 1. Nothing is sent anywhere.
"""
import importlib.util
import pathlib
import re
import sys

import yaml

LIBRARIES = {"transformers", "sentence-transformers"}
PIPELINES = {"text-classification", "token-classification", "question-answering", "multiple-choice", "fill-mask",
             "sentence-similarity"}


def metadata_of(text):
    found = re.match(r"---\n(.*?\n)---\n", text, re.S)
    if not found:
        raise ValueError("it does not begin with metadata between two lines '---'")
    return yaml.safe_load(found[1])


def faults(data):
    """A sentence for each member that the Hub would not take."""
    if data.get("library_name") not in LIBRARIES:
        yield f"library_name is {data.get('library_name')!r}"
    if data.get("pipeline_tag") not in PIPELINES:
        yield f"pipeline_tag is {data.get('pipeline_tag')!r}"
    for name in ("license", "base_model"):
        value = data.get(name, "unknown")
        if not isinstance(value, str) or not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", value):
            yield f"{name} is {value!r}"
    for name in ("tags", "metrics"):
        if not all(isinstance(item, str) for item in data.get(name, [])):
            yield f"{name} holds what is no text"
    for model in data.get("model-index", []):
        for result in model["results"]:
            if result["task"]["type"] != data["pipeline_tag"]:
                yield f"the result's task is {result['task']['type']!r}"
            if not all(isinstance(result["dataset"][key], str) for key in ("name", "type")):
                yield f"the result's dataset is {result['dataset']}"
            for metric in result["metrics"]:
                if not isinstance(metric["value"], (int, float)) or metric["type"] not in data["metrics"]:
                    yield f"the metric is {metric}"


def check_hub(text, data):
    """What the Hub's own reader makes of it must be what YAML says."""
    from huggingface_hub import ModelCard
    card = ModelCard(text)
    results = [metric for model in data.get("model-index", []) for result in model["results"]
               for metric in result["metrics"]]
    if len(card.data.eval_results or []) != len(results):
        yield f"huggingface_hub finds {len(card.data.eval_results or [])} results of {len(results)}"
    if card.data.license != data["license"] or card.data.library_name != data["library_name"]:
        yield "huggingface_hub reads another license or library"


def main():
    failed = False
    hub = importlib.util.find_spec("huggingface_hub") is not None
    for path in sys.argv[1:]:
        text = pathlib.Path(path).read_text()
        try:
            data = metadata_of(text)
            found = list(faults(data)) + (list(check_hub(text, data)) if hub else [])
        except (ValueError, KeyError, TypeError, yaml.YAMLError) as wrong:
            found = [f"{type(wrong).__name__}: {wrong}"]
        for line in found:
            print(f"{path}: {line}")
        failed = failed or bool(found)
        if not found:
            print(f"{path}: card: well" + ("" if hub else " (not read by huggingface_hub, which is not installed)"))
    sys.exit(failed)


main()
