"""Trains tags of words with PyTorch, as `bert train` does, and compares step by step.

    python tools/reference/train_tag.py head MODEL TRAIN.conll FOLDER
    python tools/reference/train_tag.py train FOLDER TRAIN.conll --limit 320 --ours mine/train_log.jsonl

`head` makes FOLDER: MODEL with a fresh head for the tags of the first --limit sentences of TRAIN.conll. `train` takes the
sentences in order, without dropout, by the recipe of tools/reference/train.py, and compares the loss of every step with the
log of

    bert train FOLDER --train TRAIN.conll --limit 320 --epochs 1 --dropout 0 --no-shuffle --output mine

Status 1 where two losses differ by more than --bound of theirs. --dev FILE prints the F1 of its entities after that, and
--dropout 0.1 trains as a user does, where no loss can be compared. Needs torch, transformers<5, seqeval.
"""
import argparse
import json
import math
import os
import shutil
import sys

sys.path.append(os.path.join(os.path.dirname(__file__), "../check"))
from tagging import encode_words, f1_score, first_pieces, read_conll
from head import TOKENIZER_FILES
from recipe import configure, list_inputs, make_optimizer, open_tokenizer, pad_batch

import torch
from transformers import AutoModelForTokenClassification, get_linear_schedule_with_warmup

IGNORED = -100


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["head", "train"])
    parser.add_argument("model")
    parser.add_argument("train")
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--limit", type=int, default=320)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=5e-5)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--ours")
    parser.add_argument("--dev")
    parser.add_argument("--bound", type=float, default=1e-4)
    return parser.parse_args()


def open_model(folder, names, dropout):
    return AutoModelForTokenClassification.from_pretrained(folder, config=configure(folder, names, dropout))


def make_head(options, names):
    open_model(options.model, names, None).save_pretrained(options.folder)
    for name in TOKENIZER_FILES:
        if os.path.exists(os.path.join(options.model, name)):
            shutil.copy(os.path.join(options.model, name), options.folder)


def encode(tokenizer, sentences, names, max_length):
    examples = []
    for words, tags in sentences:
        encoded = encode_words(tokenizer, words, max_length)
        asked = torch.full([len(encoded["input_ids"])], IGNORED)
        for word, token in first_pieces(encoded.word_ids()).items():
            asked[token] = names.index(tags[word])
        examples.append(dict(list_inputs(encoded), asked=asked))
    return examples


def train(options, names, sentences, model):
    """Yields the loss of every step."""
    examples = encode(open_tokenizer(options.model), sentences, names, options.max_length)
    parts = [examples[i:i + options.batch_size] for i in range(0, len(examples), options.batch_size)]
    optimizer = make_optimizer(model, options.lr)
    schedule = get_linear_schedule_with_warmup(optimizer, math.ceil(0.1 * len(parts)), len(parts))
    for part in parts:
        batch = pad_batch(part)
        longest = batch["input_ids"].shape[1]
        batch["labels"] = torch.stack([torch.nn.functional.pad(e["asked"], (0, longest - len(e["asked"])), value=IGNORED)
                                       for e in part])
        optimizer.zero_grad()
        loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        yield loss.item()


@torch.inference_mode()
def measure_f1(options, names, model):
    """Of entities, by seqeval; a word of which nothing is left has the tag O."""
    sentences = read_conll(options.dev)
    model.eval()
    found, examples = [], encode(open_tokenizer(options.model), sentences, names, options.max_length)
    for example, (words, _) in zip(examples, sentences):
        best = model(**pad_batch([example])).logits[0].argmax(1)
        tags = [names[i] for i in best[example["asked"] != IGNORED]]
        found.append(tags + ["O"] * (len(words) - len(tags)))
    return f1_score([tags for _, tags in sentences], found)


def compare(options, losses):
    with open(options.ours, encoding="utf-8") as file:
        ours = [json.loads(line)["loss"] for line in file]
    furthest = 0.0
    for step, (here, there) in enumerate(zip(ours, losses, strict=True), 1):
        distance = abs(here - there) / abs(there)
        furthest = max(furthest, distance)
        print(f"step {step}: {here:.7f} here, {there:.7f} there, {distance:.1e}")
    if not furthest <= options.bound:
        raise SystemExit(f"a step's loss is {furthest:.1e} off")


def main():
    options = parse_options()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    sentences = read_conll(options.train, options.limit)
    names = sorted({t for _, tags in sentences for t in tags}, key=lambda t: t.encode())
    if options.action == "head":
        make_head(options, names)
        return
    model = open_model(options.model, names, options.dropout).train()
    losses = list(train(options, names, sentences, model))
    if options.ours:
        compare(options, losses)
    if options.dev:
        print(json.dumps(dict(seed=options.seed, loss=losses[-1], f1=measure_f1(options, names, model))))


if __name__ == "__main__":
    main()
