"""Compares `--task answer` with transformers: windows, the steps of a training run, and the answers of a trained folder.

    python tools/check/answers.py windows --model demo/model FILE...
    python tools/check/answers.py train --model demo/model --train ../shared/data/squad_v1/train.json [--limit 320]
    python tools/check/answers.py answers --folder build/results/squad_v1-1 --data ../shared/data/squad_v1/dev.json

windows   every window of every question: ids, types, offsets and spans as with truncation="only_second",
          return_overflowing_tokens
train     every step's loss within 1e-4, relative, from the same fresh head, the softmax over a window's own tokens; the
          saved folder loads as AutoModelForQuestionAnswering without a key missing or unexpected, logits within 1e-4
answers   predictions.json of `bert evaluate --output` against the 20 best starts and ends of the same weights

FILE is SQuAD's JSON. Needs torch, transformers<5, numpy; `windows` the program build/tools/check/print_windows.
"""
import argparse
import itertools
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.append(os.path.join(os.path.dirname(__file__), "../reference"))
from recipe import make_optimizer, open_tokenizer, pad_batch

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from transformers import AutoModelForQuestionAnswering, get_linear_schedule_with_warmup
from transformers.data.metrics.squad_metrics import compute_exact, compute_f1

BEST, LONGEST = 20, 30


def read_questions(path, limit=None):
    document = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    paragraphs = (p for article in document["data"] for p in article["paragraphs"])
    questions = (dict(id=q["id"], question=q["question"], context=p["context"], answers=q.get("answers", []))
                 for p in paragraphs for q in p["qas"])
    return list(itertools.islice(questions, limit))


def find_span(answer, parts, offsets):
    """(0, 0) where the window does not hold the whole answer."""
    if not answer or 1 not in parts:
        return 0, 0
    begin, end = answer["answer_start"], answer["answer_start"] + len(answer["text"])
    low, high = parts.index(1), len(parts) - 1 - parts[::-1].index(1)
    if offsets[low][0] > begin or offsets[high][1] < end:
        return 0, 0
    first, last = low, high
    while first <= high and offsets[first][0] <= begin:
        first += 1
    while last >= low and offsets[last][1] >= end:
        last -= 1
    return first - 1, last + 1


def make_windows(tokenizer, questions, options):
    for row, q in enumerate(questions):
        made = tokenizer(q["question"].lstrip(), q["context"], truncation="only_second", max_length=options.max_length,
                         stride=options.stride, return_overflowing_tokens=True, return_offsets_mapping=True)
        for k, ids in enumerate(made["input_ids"]):
            parts, offsets = made.sequence_ids(k), made["offset_mapping"][k]
            yield dict(row=row, ids=ids, types=made["token_type_ids"][k], parts=parts, offsets=offsets,
                       span=find_span(q["answers"] and q["answers"][0], parts, offsets))


# ---- windows

def read_windows(options, path):
    """What the program made of the file."""
    done = subprocess.run([options.print_windows, options.model, path, str(options.max_length), str(options.stride)],
                          check=True, stdout=subprocess.PIPE)
    numbers, at = np.frombuffer(done.stdout, dtype="<i4").tolist(), 0
    while at < len(numbers):
        row, tokens, firsts, first, count, *span = numbers[at:at + 7]
        ids, offsets = numbers[at + 7:at + 7 + tokens], numbers[at + 7 + tokens:at + 7 + tokens + 2 * count]
        at += 7 + tokens + 2 * count
        yield dict(row=row, ids=ids, types=[0] * firsts + [1] * (tokens - firsts), span=tuple(span), first=first,
                   offsets=list(zip(offsets[::2], offsets[1::2])))


def window_faults(ours, theirs, places):
    """places: the byte of every code point of the context."""
    if ours is None or theirs is None:
        yield "count"
        return
    yield from (key for key in ("row", "ids", "types", "span") if ours[key] != theirs[key])
    inside = [k for k, part in enumerate(theirs["parts"]) if part == 1]
    if ours["offsets"] != [tuple(places[p] for p in theirs["offsets"][k]) for k in inside]:
        yield "offsets"
    if inside and ours["first"] != inside[0]:
        yield "first"


def check_windows(options):
    tokenizer, failed = open_tokenizer(options.model), False
    for path in options.files:
        questions, count, wrong, spans = read_questions(path), 0, [], 0
        row, places = None, None
        for ours, theirs in itertools.zip_longest(read_windows(options, path),
                                                  make_windows(tokenizer, questions, options)):
            if theirs and theirs["row"] != row:
                row = theirs["row"]
                places = [0, *itertools.accumulate(len(c.encode()) for c in questions[row]["context"])]
            faults = list(window_faults(ours, theirs, places))
            count, spans = count + 1, spans + (theirs is not None and theirs["span"] != (0, 0))
            if faults:
                wrong.append(f"  question {row + 1}: {', '.join(faults)}")
        print(f"{path}: {len(questions)} questions, {count} windows, {spans} spans, {len(wrong)} windows differ")
        print(*wrong[:5], sep="\n", end="\n" if wrong else "")
        failed = failed or bool(wrong)
    if failed:
        raise SystemExit("windows differ")


# ---- training

def make_head(source, folder):
    """The model with a head as transformers draws it."""
    torch.manual_seed(42)
    AutoModelForQuestionAnswering.from_pretrained(source).save_pretrained(folder)
    open_tokenizer(source).save_pretrained(folder)


def run_model(model, windows):
    """(start and end logits of its own tokens) of each window."""
    batch = pad_batch([dict(ids=torch.tensor(w["ids"]), types=torch.tensor(w["types"])) for w in windows])
    out = model(**batch)
    pairs = torch.stack([out.start_logits, out.end_logits], dim=-1)
    return [p[:len(w["ids"])] for p, w in zip(pairs, windows)]


def train_torch(folder, options, windows):
    model = AutoModelForQuestionAnswering.from_pretrained(folder, hidden_dropout_prob=0.0,
                                                          attention_probs_dropout_prob=0.0).train()
    steps = math.ceil(len(windows) / options.batch_size)
    optimizer = make_optimizer(model, options.rate)
    schedule = get_linear_schedule_with_warmup(optimizer, math.ceil(0.1 * steps), steps)
    for step in range(min(steps, options.steps)):
        part = windows[step * options.batch_size:(step + 1) * options.batch_size]
        loss = torch.stack([cross_entropy(rows.T, torch.tensor(w["span"]))
                            for rows, w in zip(run_model(model, part), part)]).mean()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        yield dict(loss=loss.item(), grad_norm=norm.item())


def train_ours(options, start, folder):
    command = [options.bert, "train", start, "--task", "answer", "--train", options.train, "--limit", options.limit,
               "--output", folder, "--epochs", 1, "--batch-size", options.batch_size, "--learning-rate", options.rate,
               "--max-length", options.max_length, "--stride", options.stride, "--dropout", 0, "--no-shuffle",
               "--threads", 1, "--quiet"]
    subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL)
    with open(folder / "train_log.jsonl", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def open_strictly(folder):
    model, report = AutoModelForQuestionAnswering.from_pretrained(folder, output_loading_info=True)
    faults = [f"{kind}: {keys}" for kind, keys in report.items() if keys]
    if faults:
        raise SystemExit(f"{folder} does not load cleanly\n" + "\n".join(faults))
    return model.eval()


def check_train(options):
    questions = read_questions(options.train, options.limit)
    with tempfile.TemporaryDirectory() as scratch:
        place = pathlib.Path(scratch)
        make_head(options.model, place / "start")
        windows = list(make_windows(open_tokenizer(options.model), questions, options))
        ours = train_ours(options, place / "start", place / "trained")
        theirs = list(train_torch(place / "start", options, windows))
        open_strictly(place / "trained")
    if len(ours) < len(theirs):
        raise SystemExit(f"{len(ours)} steps here, {len(theirs)} there")
    loss, norm = (max(abs(a[key] - b[key]) / abs(b[key]) for a, b in zip(ours, theirs))
                  for key in ("loss", "grad_norm"))
    print(f"{len(theirs)} steps of {len(windows)} windows, loss {theirs[0]['loss']:.4f} to {theirs[-1]['loss']:.4f}:"
          f" furthest {loss:.1e}, gradient norm furthest {norm:.1e}; the folder loads with no key missing or unexpected")
    if not loss <= 1e-4:
        raise SystemExit("\n".join(f"{a['step']}: {a['loss']} here, {b['loss']} there" for a, b in zip(ours, theirs)))


# ---- answers

def best_span(rows, window):
    """(score, begin, end) in code points; None where no span may be an answer."""
    best = None
    starts, ends = (np.argsort(-rows[:, k], kind="stable")[:BEST].tolist() for k in range(2))
    for i, j in itertools.product(starts, ends):
        if window["parts"][i] != 1 or window["parts"][j] != 1 or not i <= j < i + LONGEST:
            continue
        score = float(rows[i, 0] + rows[j, 1])
        if best is None or score > best[0]:
            best = score, window["offsets"][i][0], window["offsets"][j][1]
    return best


def answer_theirs(model, questions, windows, unanswerable):
    """The text and the score of each question's answer, of the best span and of none."""
    found = [[None, math.inf] for _ in questions]
    order = sorted(windows, key=lambda w: len(w["ids"]))
    for at in range(0, len(order), 16):
        part = order[at:at + 16]
        for rows, window in zip(run_model(model, part), part):
            here, rows = found[window["row"]], rows.double().numpy()
            span = best_span(rows, window)
            here[0] = max((s for s in (here[0], span) if s), key=lambda s: s[0], default=None)
            here[1] = min(here[1], float(rows[0].sum()))
    for q, (span, null) in zip(questions, found):
        empty = not span or (unanswerable and null > span[0])
        yield ("" if empty else q["context"][span[1]:span[2]]), span[0] if span else 0.0, null


def scores(questions, texts):
    """Means of exact match and F1, in per cent."""
    truths = [[a["text"] for a in q["answers"]] or [""] for q in questions]
    return [100 * sum(max(measure(t, text) for t in ts) for ts, text in zip(truths, texts)) / len(texts)
            for measure in (compute_exact, compute_f1)]


def check_answers(options):
    questions = read_questions(options.data, options.limit)
    folder = pathlib.Path(options.folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as scratch:
        command = [options.bert, "evaluate", folder, "--data", options.data, "--limit", len(questions), "--output",
                   scratch, "--max-length", options.max_length, "--stride", options.stride, "--json", "--quiet"]
        done = subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True)
        metrics = json.loads(done.stdout.splitlines()[-1])
        ours, best = (json.loads((pathlib.Path(scratch) / name).read_text(encoding="utf-8"))
                      for name in ("predictions.json", "nbest_predictions.json"))
    windows = list(make_windows(open_tokenizer(options.folder), questions, options))
    with torch.inference_mode():
        theirs = list(answer_theirs(open_strictly(options.folder), questions, windows, config.get("unanswerable")))
    differ = [(q["id"], ours[q["id"]], t[0]) for q, t in zip(questions, theirs) if ours[q["id"]] != t[0]]
    logits = [abs(best[q["id"]][0]["start_logit"] + best[q["id"]][0]["end_logit"] - t[1])
              for q, t in zip(questions, theirs) if "start_logit" in best[q["id"]][0]]
    exact, f1 = scores(questions, [t[0] for t in theirs])
    print(f"{options.data}: {len(questions)} questions, {len(windows)} windows; {len(differ)} answers differ;"
          f" best scores within {max(logits):.1e}")
    print(f"  exact match {metrics['eval_exact_match']:.4f} here, {exact:.4f} there;"
          f" F1 {metrics['eval_f1']:.4f} here, {f1:.4f} there")
    print(*(f"  {i}: '{a}' here, '{b}' there" for i, a, b in differ[:10]), sep="\n", end="\n" if differ else "")
    if len(differ) > len(questions) / 200 or not max(logits) <= 2e-4:
        raise SystemExit("the answers differ")


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bert", default="build/bert")
    parser.add_argument("--print-windows", default="build/tools/check/print_windows")
    parser.add_argument("--max-length", type=int, default=384)
    parser.add_argument("--stride", type=int, default=128)
    kinds = parser.add_subparsers(required=True)
    windows = kinds.add_parser("windows")
    windows.add_argument("--model", default="demo/model")
    windows.add_argument("files", nargs="+")
    windows.set_defaults(check=check_windows)
    train = kinds.add_parser("train")
    train.add_argument("--model", default="demo/model")
    train.add_argument("--train", required=True)
    train.add_argument("--limit", type=int, default=160)
    train.add_argument("--batch-size", type=int, default=8)
    train.add_argument("--rate", type=float, default=1e-4)
    train.add_argument("--steps", type=int, default=10**9)
    train.set_defaults(check=check_train)
    answers = kinds.add_parser("answers")
    answers.add_argument("--folder", required=True)
    answers.add_argument("--data", required=True)
    answers.add_argument("--limit", type=int)
    answers.set_defaults(check=check_answers)
    return parser.parse_args()


def main():
    options = parse_options()
    options.check(options)


if __name__ == "__main__":
    main()
