"""Trains on masked words with `bert train --task fill` and with PyTorch, from equal weights and masks, and compares.

    python tools/check/fill.py --bert build/bert --model demo/model --train ../shared/data/sst2/train.tsv
        [--whole-words] [--limit 320] [--batch-size 32] [--keep FOLDER]

Every step's loss must be within 1e-4, relative; the saved folder must load as BertForMaskedLM with no key missing or
unexpected; and fill-mask pipeline and `bert predict` must agree within 1e-5. The masks are drawn here as
src/tasks/masking.c draws them: Philox4x32-10 of (seed and step, example, token). TRAIN is a .tsv with a header, of
single texts, or a .txt. Needs torch, transformers<5.
"""
import argparse
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.append(os.path.join(os.path.dirname(__file__), "../reference"))
from recipe import make_optimizer, open_tokenizer, read_table

import torch
from transformers import BertForMaskedLM, FillMaskPipeline, get_linear_schedule_with_warmup

WORD, RNG_MASKING = 0xFFFFFFFF, 0x40000002
TOKENIZER_FILES = ["vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"]
QUESTIONS = ["the film was [MASK] .", "[MASK] is the capital of france .", "a [MASK] story , told with [MASK] ."]


def rng_key(seed, stream):
    bits = (1 << 64) - 1
    z = (seed * 0x9E3779B97F4A7C15 + stream) & bits
    for _ in range(2):
        z = (z + 0x9E3779B97F4A7C15) & bits
        z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & bits
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & bits
        z ^= z >> 31
    return z


def philox(key, counter):
    a, b, c, d = counter
    key0, key1 = key & WORD, key >> 32
    for _ in range(10):
        one, two = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = two >> 32 ^ b ^ key0, two & WORD, one >> 32 ^ d ^ key1, one & WORD
        key0, key1 = key0 + 0x9E3779B9 & WORD, key1 + 0xBB67AE85 & WORD
    return a, b, c, d


class Masking:
    def __init__(self, tokenizer, share, whole_words):
        self.share, self.whole_words, self.size = share, whole_words, len(tokenizer)
        self.mask, self.special = tokenizer.mask_token_id, set(tokenizer.all_special_ids)
        self.pieces = {i for token, i in tokenizer.get_vocab().items() if token.startswith("##")}

    def first_piece(self, ids, token):
        while (self.whole_words and token > 0 and ids[token] in self.pieces and ids[token - 1] not in self.special):
            token -= 1
        return token

    def apply(self, key, example, ids):
        """What the model sees, and the labels."""
        seen, labels = list(ids), [-100] * len(ids)
        for token, original in enumerate(ids):
            first = self.first_piece(ids, token)
            if original in self.special or philox(key, (0, first, example, RNG_MASKING))[0] / 2**32 >= self.share:
                continue
            _, which, piece, _ = philox(key, (0, token, example, RNG_MASKING))
            labels[token] = original
            if which / 2**32 < 0.8:
                seen[token] = self.mask
            elif which / 2**32 < 0.9:
                seen[token] = piece * self.size >> 32
        return seen, labels


def read_texts(path):
    if path.endswith(".tsv"):
        return [texts[0] for texts, _ in read_table(path)]
    with open(path, encoding="utf-8", newline="\n") as file:
        return [line.rstrip("\r\n") for line in file if line.strip()]


def make_head(source, folder, seed):
    """The model with a head for masked words as transformers draws it."""
    torch.manual_seed(seed)
    BertForMaskedLM.from_pretrained(source).save_pretrained(folder)
    os.chmod(folder / "model.safetensors", 0o644)
    for name in TOKENIZER_FILES:
        if os.path.exists(os.path.join(source, name)):
            shutil.copy(os.path.join(source, name), folder)


def pad(rows, value):
    longest = max(map(len, rows))
    return torch.tensor([row + [value] * (longest - len(row)) for row in rows])


def train_torch(folder, options, examples):
    """The loss of every step."""
    model = BertForMaskedLM.from_pretrained(folder, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0).train()
    masking = Masking(open_tokenizer(folder), options.share, options.whole_words)
    steps = math.ceil(len(examples) / options.batch_size)
    optimizer = make_optimizer(model, options.rate)
    schedule = get_linear_schedule_with_warmup(optimizer, math.ceil(0.1 * steps), steps)
    for step in range(steps):
        part = examples[step * options.batch_size:(step + 1) * options.batch_size]
        made = [masking.apply(rng_key(options.seed, step + 1), i, ids) for i, ids in enumerate(part)]
        attention = pad([[1] * len(ids) for ids in part], 0)
        loss = model(input_ids=pad([seen for seen, _ in made], 0), attention_mask=attention,
                     labels=pad([labels for _, labels in made], -100)).loss
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        yield dict(loss=loss.item(), grad_norm=norm.item())


def train_ours(options, start, folder):
    command = [options.bert, "train", start, "--task", "fill", "--train", options.train, "--limit", options.limit,
               "--output", folder, "--epochs", 1, "--batch-size", options.batch_size, "--learning-rate", options.rate,
               "--max-length", options.max_length, "--seed", options.seed, "--mask-share", options.share,
               "--dropout", 0, "--no-shuffle", "--threads", 1, "--quiet"] + ["--whole-words"] * options.whole_words
    subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL)
    with open(folder / "train_log.jsonl", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def compare_steps(ours, theirs):
    if len(ours) != len(theirs):
        raise SystemExit(f"{len(ours)} steps here, {len(theirs)} there")
    loss, norm = (max(abs(a[key] - b[key]) / abs(b[key]) for a, b in zip(ours, theirs))
                  for key in ("loss", "grad_norm"))
    print(f"{len(ours)} steps, loss {theirs[0]['loss']:.4f} to {theirs[-1]['loss']:.4f}: furthest {loss:.1e},"
          f" gradient norm furthest {norm:.1e}")
    if not loss <= 1e-4:
        raise SystemExit("\n".join(f"{a['step']}: {a['loss']} here, {b['loss']} there" for a, b in zip(ours, theirs)))


def open_strictly(folder):
    model, report = BertForMaskedLM.from_pretrained(folder, output_loading_info=True)
    faults = [f"{kind}: {keys}" for kind, keys in report.items() if keys]
    if faults:
        raise SystemExit(f"{folder} does not load cleanly\n" + "\n".join(faults))
    return model.eval()


def compare_answers(options, folder):
    answers = subprocess.run([options.bert, "predict", str(folder), "--threads", "1"], check=True, capture_output=True,
                             input="\n".join(QUESTIONS) + "\n", text=True).stdout.splitlines()
    pipeline = FillMaskPipeline(model=open_strictly(folder), tokenizer=open_tokenizer(folder), top_k=5)
    furthest = 0.0
    for question, line in zip(QUESTIONS, answers, strict=True):
        theirs = pipeline(question)
        theirs = [theirs] if isinstance(theirs[0], dict) else theirs
        for one, blank in zip(theirs, json.loads(line)["fillings"], strict=True):
            for a, b in zip(blank["candidates"], one, strict=True):
                furthest = max(furthest, abs(a["score"] - b["score"]))
                if a["id"] != b["token"]:
                    raise SystemExit(f"{question}: {a} here, {b} there")
    print(f"{folder.name}: no key missing or unexpected; {len(QUESTIONS)} questions, scores within {furthest:.1e}")
    if not furthest <= 1e-5:
        raise SystemExit("the scores differ")


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bert", default="build/bert")
    parser.add_argument("--model", default="demo/model")
    parser.add_argument("--train", required=True)
    parser.add_argument("--limit", type=int, default=320)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--rate", type=float, default=5e-5)
    parser.add_argument("--share", type=float, default=0.15)
    parser.add_argument("--whole-words", action="store_true")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--keep", type=pathlib.Path, help="folder for the two models")
    return parser.parse_args()


def main():
    options = parse_options()
    with tempfile.TemporaryDirectory() as scratch:
        place = options.keep or pathlib.Path(scratch)
        place.mkdir(exist_ok=True)
        make_head(options.model, place / "start", options.seed)
        ours = train_ours(options, place / "start", place / "trained")
        tokenizer = open_tokenizer(place / "start")
        examples = tokenizer(read_texts(options.train)[:options.limit], truncation=True,
                             max_length=options.max_length)["input_ids"]
        compare_steps(ours, list(train_torch(place / "start", options, examples)))
        compare_answers(options, place / "trained")


if __name__ == "__main__":
    main()
