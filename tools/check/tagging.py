"""Compares the task `tag` with transformers, seqeval and scikit-learn.

    python tools/check/tagging.py encode MODEL FILE.conll... [--max-length 256]
    python tools/check/tagging.py evaluate DIR FILE.conll [--max-length 256]
    python tools/check/tagging.py pipeline DIR FILE.conll
    python tools/check/tagging.py golden tests/data/heads/tag tests/data/heads/tag/texts.conll > tests/data/tagging.json

encode: ids and labels of every sentence against tokenizer(words, is_split_into_words=True), and that windows cut no word
that fits one and answer each word once (build/tools/check/encode_tags must be there).
evaluate: DIR loads in transformers without a missing or unexpected key; every word's logits and the metrics of
`bert evaluate` against seqeval's or scikit-learn's; the file that `bert predict` prints has the same tags.
pipeline: `bert predict --aggregate` on the sentences as plain text against TokenClassificationPipeline, by all strategies.
golden: what the pipeline answers to the sentences as text, for tests/test_tag.c.

--limit N takes the first sentences, --program another build's bert. Status 1 at a difference. Needs torch,
transformers<5, seqeval, scikit-learn.
"""
import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import warnings

sys.path.append(os.path.join(os.path.dirname(__file__), "../reference"))
from recipe import open_tokenizer, pad_batch

import torch
from seqeval.metrics import f1_score, precision_score, recall_score
from sklearn.metrics import accuracy_score
from sklearn.metrics import f1_score as class_f1_score
from transformers import AutoModelForTokenClassification, TokenClassificationPipeline

STRATEGIES = ["none", "simple", "first", "average", "max"]
BOUND = 1e-4
NOT_ASKED = -1


def read_conll(path, limit=None):
    """(words, tags) of every sentence; the last column is the tag."""
    sentences, words, tags = [], [], []
    with open(path, encoding="utf-8", newline="\n") as file:
        for line in [*file, "\n"]:
            columns = line.rstrip("\r\n").split("\t")
            if line.strip():
                words.append(columns[0])
                tags.append(columns[-1])
            elif words:
                sentences.append((words, tags))
                words, tags = [], []
    return sentences[:limit]


def write_conll(sentences, path):
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join("".join(f"{w}\t{t}\n" for w, t in zip(*s)) for s in sentences))


def run(program, *arguments):
    return subprocess.run([program, *map(str, arguments)], check=True, stdout=subprocess.PIPE).stdout.decode()


def first_pieces(places):
    """Where each word's first piece stands, {word: token}."""
    found = {}
    for token, word in enumerate(places):
        if word is not None:
            found.setdefault(word, token)
    return found


def encode_words(tokenizer, words, max_length):
    return tokenizer(words, is_split_into_words=True, truncation=True, max_length=max_length)


# ---- encode

def wanted_unit(tokenizer, words, tags, labels, max_length):
    encoded = encode_words(tokenizer, words, max_length)
    asked = [NOT_ASKED] * len(encoded["input_ids"])
    for word, token in first_pieces(encoded.word_ids()).items():
        asked[token] = labels.index(tags[word])
    return encoded["input_ids"], asked


def windows_fit(units, ids, boundaries, begin_after=-1, end=0):
    """Is there a way to lay the windows over the tokens, without a gap and each between boundaries?"""
    if not units:
        return end == len(ids)
    inner = units[0]["ids"][1:-1]
    return any(ids[b:b + len(inner)] == inner and {b, b + len(inner)} <= boundaries
               and windows_fit(units[1:], ids, boundaries, b, b + len(inner))
               for b in range(begin_after + 1, end + 1) if b + len(inner) > end or not ids)


def check_windows(units, tokenizer, sentences, length):
    """Windows answer each word that has a piece once, and begin and end between words where those fit."""
    by_row = {}
    for unit in units:
        by_row.setdefault(unit["row"], []).append(unit)
    for row, (words, _) in enumerate(sentences):
        encoded = tokenizer(words, is_split_into_words=True)
        places, ids = encoded.word_ids()[1:-1], encoded["input_ids"][1:-1]
        answered = sorted(item for unit in by_row[row] for item in unit["items"] if item >= 0)
        if answered != sorted(set(places)):
            raise SystemExit(f"sentence {row + 1}: words {answered} are answered")
        fits = all(places.count(p) <= length - 2 for p in set(places))
        boundaries = {i for i in range(len(places) + 1)
                      if not fits or i in (0, len(places)) or places[i] != places[i - 1]}
        if not windows_fit(by_row[row], ids, boundaries):
            raise SystemExit(f"sentence {row + 1}: a window cuts a word or leaves a gap: {by_row[row]}")
    return sum(len(u) > 1 for u in by_row.values())


def check_encode(options):
    tokenizer = open_tokenizer(options.model)
    tool = os.path.join(os.path.dirname(options.program), "tools/check/encode_tags")
    for path in options.files:
        sentences = read_conll(path, options.limit)
        labels = sorted({t for _, tags in sentences for t in tags}, key=lambda t: t.encode())
        with tempfile.TemporaryDirectory() as folder:
            part = os.path.join(folder, "part.conll")
            write_conll(sentences, part)
            for length in (options.max_length, 16):
                units = [json.loads(x) for x in run(tool, options.model, part, length).splitlines()]
                for number, (unit, sentence) in enumerate(zip(units, sentences, strict=True), 1):
                    ids, asked = wanted_unit(tokenizer, *sentence, labels, length)
                    if unit["ids"] != ids or unit["labels"] != asked:
                        raise SystemExit(f"{path}, sentence {number}: {unit} here, {ids} {asked} there")
            cut = 0
            for length, stride in ((24, 8), (16, 13), (8, 2)):
                units = [json.loads(x) for x in run(tool, options.model, part, length, stride).splitlines()]
                cut = check_windows(units, tokenizer, sentences, length)
        print(f"{path}: {len(sentences)} sentences, {len(labels)} tags: ids and labels equal; {cut} in windows of 8")


# ---- evaluate

def open_strictly(folder):
    model, report = AutoModelForTokenClassification.from_pretrained(folder, output_loading_info=True)
    faults = [f"{kind}: {keys}" for kind, keys in report.items() if keys]
    if faults:
        raise SystemExit(f"{folder} does not load cleanly\n" + "\n".join(faults))
    return model.eval()


@torch.inference_mode()
def word_logits(model, tokenizer, sentences, max_length, size=32):
    """Of each sentence, {word: logits}."""
    found = []
    for i in range(0, len(sentences), size):
        encoded = [encode_words(tokenizer, words, max_length) for words, _ in sentences[i:i + size]]
        batch = pad_batch([dict(ids=torch.tensor(e["input_ids"]), types=torch.tensor(e["token_type_ids"]))
                           for e in encoded])
        logits = model(**batch).logits
        found += [{word: logits[k, token] for word, token in first_pieces(e.word_ids()).items()}
                  for k, e in enumerate(encoded)]
    return found


def score_answers(truths, answers, names):
    flat_truths, flat_answers = sum(truths, []), sum(answers, [])
    scores = dict(eval_accuracy=accuracy_score(flat_truths, flat_answers))
    if any(name.startswith("B-") for name in names):
        scores.update(eval_f1=f1_score(truths, answers), eval_precision=precision_score(truths, answers),
                      eval_recall=recall_score(truths, answers))
    else:
        met = sorted(set(flat_truths) | set(flat_answers) - {"_"})
        scores.update(eval_macro_f1=class_f1_score(flat_truths, flat_answers, labels=met, average="macro",
                                                   zero_division=0))
    return scores


def check_words(ours, theirs, words):
    """The furthest of the words' logits; words without a token have none on either side."""
    if ours["tokens"] != words or {i for i, l in enumerate(ours["logits"]) if l} != set(theirs):
        raise SystemExit(f"{ours['tokens']}: other words are answered: {sorted(theirs)}")
    return max([float((torch.tensor(ours["logits"][i]) - l).abs().max()) for i, l in theirs.items()], default=0.0)


def check_evaluate(options):
    model, tokenizer = open_strictly(options.model), open_tokenizer(options.model)
    names = [model.config.id2label[i] for i in range(model.config.num_labels)]
    sentences = read_conll(options.files[0], options.limit)
    theirs = word_logits(model, tokenizer, sentences, options.max_length)
    missing = "O" if "O" in names else "_"
    answers = [[names[int(found[i].argmax())] if i in found else missing for i in range(len(words))]
               for (words, _), found in zip(sentences, theirs)]
    with tempfile.TemporaryDirectory() as folder:
        part, table = os.path.join(folder, "part.conll"), os.path.join(folder, "part.jsonl")
        write_conll(sentences, part)
        with open(table, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(dict(tokens=words)) + "\n" for words, _ in sentences)
        length = ("--max-length", options.max_length, "--threads", 1)
        lines = [json.loads(x) for x in run(options.program, "predict", options.model, table, "--logits",
                                            *length).splitlines()]
        furthest = max(check_words(a, b, words) for a, b, (words, _) in zip(lines, theirs, sentences, strict=True))
        printed = run(options.program, "predict", options.model, part, *length)
        metrics = json.loads(run(options.program, "evaluate", options.model, "--data", part, "--quiet", *length))
    with_tags = "\n".join("".join(f"{w}\t{t}\t{a}\n" for w, t, a in zip(*s, tags))
                          for s, tags in zip(sentences, answers))
    print(f"{options.model}: no key missing or unexpected, {len(names)} labels; {len(sentences)} sentences, logits"
          f" within {furthest:.1e}")
    if furthest > BOUND:
        raise SystemExit("that is too far")
    if printed != with_tags:
        raise SystemExit("bert predict prints other tags")
    for name, value in score_answers([tags for _, tags in sentences], answers, names).items():
        print(f"{name}: {metrics[name]:.6f} here, {value:.6f} there")
        if abs(metrics[name] - value) > 1e-6:
            raise SystemExit("they differ")


# ---- pipeline

def entity_faults(ours, theirs, text):
    for mine, other in zip(ours["entities"], theirs, strict=True):
        place = {key: mine.pop(key) for key in ("start_byte", "end_byte")}
        if mine.keys() != other.keys():
            yield f"keys {sorted(mine)} here, {sorted(other)} there"
        if any(mine[key] != other[key] for key in other if key != "score"):
            yield f"{mine} here, {other} there"
        if abs(mine["score"] - other["score"]) > BOUND:
            yield f"{mine['word']}: score {mine['score']} here, {other['score']} there"
        if text.encode()[place["start_byte"]:place["end_byte"]] != text[other["start"]:other["end"]].encode():
            yield f"{mine['word']}: bytes {place}"


def check_pipeline(options):
    tokenizer = open_tokenizer(options.model)
    texts = [" ".join(words) for words, _ in read_conll(options.files[0], options.limit)]
    pipeline = TokenClassificationPipeline(model=open_strictly(options.model), tokenizer=tokenizer, device="cpu")
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("".join(text + "\n" for text in texts))
        file.flush()
        for strategy in STRATEGIES:
            ours = [json.loads(x) for x in run(options.program, "predict", options.model, file.name, "--aggregate",
                                               strategy, "--max-length", 512, "--threads", 1).splitlines()]
            count = 0
            for text, mine in zip(texts, ours, strict=True):
                theirs = pipeline(text, aggregation_strategy=strategy)
                if len(theirs) != len(mine["entities"]):
                    raise SystemExit(f"{strategy}, {text!r}: {mine['entities']} here, {theirs} there")
                for fault in entity_faults(mine, theirs, text):
                    raise SystemExit(f"{strategy}, {text!r}: {fault}")
                count += len(theirs)
            print(f"{strategy}: {len(texts)} texts, {count} entities: equal, scores within {BOUND}")


def mixed_texts(pipeline, words, count):
    """Made-up texts of these words in which an entity goes over punctuation, which its `word` closes up to."""
    draw, found = random.Random(1), []
    for _ in range(10000):
        text = " ".join(draw.choice([*words, ",", ".", "!", "'s", "'"]) for _ in range(8))
        if any(re.search(r"\w[,.!']", e["word"]) for e in pipeline(text, aggregation_strategy="simple")):
            found.append(text)
        if len(found) == count:
            return found
    raise SystemExit("the model tags too little")


def print_golden(options):
    pipeline = TokenClassificationPipeline(model=open_strictly(options.model), tokenizer=open_tokenizer(options.model),
                                           device="cpu")
    sentences = [words for words, _ in read_conll(options.files[0], options.limit)]
    texts = [" ".join(words[:10]) for words in sentences] + ["", "it's the unwatchable, coldest films' ending ."]
    texts += mixed_texts(pipeline, sorted(set(sum(sentences, []))), 6)
    print(json.dumps([dict(text=text, **{s: pipeline(text, aggregation_strategy=s) for s in STRATEGIES})
                      for text in texts], ensure_ascii=False, default=float, separators=(",", ":")))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("check", choices=["encode", "evaluate", "pipeline", "golden"])
    parser.add_argument("model")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--max-length", type=int, default=256)
    parser.add_argument("--limit", type=int, default=300)
    parser.add_argument("--program", default="build/bert")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    dict(encode=check_encode, evaluate=check_evaluate, pipeline=check_pipeline,
         golden=print_golden)[options.check](options)


if __name__ == "__main__":
    main()
