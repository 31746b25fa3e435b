"""Makes a tiny model of every family with a tokenizer of its kind, and compares every task with transformers.

    python tools/check/families.py [--bert build/bert] [--keep FOLDER] [--only FAMILY...] [--tasks TASK...]

tasks     trains some steps, evaluates, predicts or embeds. The folder opens in transformers as the family's own class with
          no key missing or unexpected; scores, tags, answers, fillings and vectors are within 1e-4, ids are equal
steps     some steps without dropout, with much weight decay: every weight within 1e-4 of PyTorch's with the Trainer's groups
bytes     model.safetensors is the same with 1, 2, 3 and 7 threads, with recomputed layers, and after a kill and --resume
forms     --freeze, --memory, --micro-batch, --windows; pytorch_model.bin; info, convert and compare

Status 1 if anything differs, after all of it. Needs torch, transformers<5, sentence-transformers, tokenizers.
"""
import argparse
import csv
import inspect
import itertools
import json
import math
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

sys.path += [os.path.join(os.path.dirname(__file__), folder) for folder in ("../reference", "../golden")]
import texts as made_up
from recipe import make_optimizer, widen_weights

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

CORPUS = (made_up.SINGLES + made_up.SECONDS) * 20
SIZES = dict(hidden_size=24, num_hidden_layers=3, num_attention_heads=3, intermediate_size=40)
BOUND = 1e-4
NAUGHTY = ["", "   ", "  two  blanks  ", "<pad> in <pad> a text", "</s>", "a<mask>b", "a <mask> b [MASK] [SEP] ",
           "\u00a0caf\u0065\u0301", "\u200d", "\U0001f600\U0001f468\u200d\U0001f469", "x" * 40, "it 's 1,000.5!", "ﬁ Ⅸ ½"]


# ---- tokenizers

def special(start, separator, pad, unknown, mask):
    return dict(cls_token=start, bos_token=start, sep_token=separator, eos_token=separator, pad_token=pad,
                unk_token=unknown, mask_token=mask)


ANGLED = special("<s>", "</s>", "<pad>", "<unk>", "<mask>")
BRACKETED = special("[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]")


def wordpiece(cls, folder, first=()):
    pieces = made_up.make_vocabulary(380)
    pieces = [*first, *pieces[5:], "<mask>"] if first else pieces
    path = folder / "words.txt"
    path.write_text("".join(p + "\n" for p in pieces), encoding="utf-8")
    return cls(vocab_file=str(path), model_max_length=64)


def byte_level(cls, first, prefix, names, **options):
    made = Tokenizer(models.BPE())
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=prefix), decoders.ByteLevel()
    made.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=400, special_tokens=first, show_progress=False,
                                                         initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    if cls is transformers.RobertaTokenizerFast:
        ends = [(token, made.token_to_id(token)) for token in (names["sep_token"], names["cls_token"])]
        made.post_processor = processors.RobertaProcessing(*ends, add_prefix_space=prefix)
    else:
        made.normalizer = normalizers.NFC()
        frame(made, "[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1")
    mask = transformers.AddedToken(names["mask_token"], lstrip=True, special=True)
    return cls(tokenizer_object=made, model_max_length=64, **{**names, "mask_token": mask}, **options)


def unigram(cls, first, names, single, pair, normalizer=None, **options):
    made = Tokenizer(models.Unigram())
    made.normalizer = normalizer or normalizers.NFKC()
    made.pre_tokenizer, made.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    made.train_from_iterator(CORPUS, trainers.UnigramTrainer(vocab_size=300, special_tokens=first, show_progress=False,
                                                             unk_token=names["unk_token"]))
    mask = transformers.AddedToken(names["mask_token"], lstrip=True, special=True)
    made.add_special_tokens([mask])
    frame(made, single, pair)
    return cls(tokenizer_object=made, model_max_length=64, **{**names, "mask_token": mask}, **options)


def frame(made, single, pair):
    tokens = {piece.split(":")[0] for piece in (single + " " + pair).split()} - {"$A", "$B"}
    made.post_processor = processors.TemplateProcessing(single=single, pair=pair, special_tokens=[
        (token, made.token_to_id(token)) for token in sorted(tokens)])


def xlm_r(cls=transformers.XLMRobertaTokenizerFast, first=("<s>", "<pad>", "</s>", "<unk>")):
    return unigram(cls, list(first), ANGLED, "<s> $A </s>", "<s> $A </s> </s> $B </s>")


def bracketed(cls, first, names=BRACKETED, **options):
    return unigram(cls, first, names, "[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", **options)


# ---- models: prefix of their classes, tokenizer, configuration

PADDED = dict(max_position_embeddings=66, layer_norm_eps=1e-5)
FAMILIES = {
    "bert": ("Bert", lambda f: wordpiece(transformers.BertTokenizerFast, f), dict(max_position_embeddings=64)),
    "bert-xlmr": ("Bert", lambda f: xlm_r(), dict(max_position_embeddings=64)),
    "roberta": ("Roberta", lambda f: byte_level(transformers.RobertaTokenizerFast,
                                                ["<s>", "<pad>", "</s>", "<unk>", "<mask>"], False, ANGLED),
                dict(PADDED, type_vocab_size=1)),
    "roberta-prefix": ("Roberta", lambda f: byte_level(transformers.RobertaTokenizerFast,
                                                       ["<s>", "<pad>", "</s>", "<unk>", "<mask>"], True, ANGLED,
                                                       add_prefix_space=True), dict(PADDED, type_vocab_size=1)),
    "xlm-roberta": ("XLMRoberta", lambda f: xlm_r(), dict(PADDED, type_vocab_size=1)),
    "camembert": ("Camembert", lambda f: xlm_r(transformers.CamembertTokenizerFast,
                                               ("<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED", "<s>",
                                                "</s>")), dict(PADDED, type_vocab_size=1, bos_token_id=5, eos_token_id=6)),
    "distilbert": ("DistilBert", lambda f: wordpiece(transformers.DistilBertTokenizerFast, f),
                   dict(dim=24, n_layers=3, n_heads=3, hidden_dim=40, max_position_embeddings=64)),
    "electra": ("Electra", lambda f: wordpiece(transformers.ElectraTokenizerFast, f),
                dict(embedding_size=16, max_position_embeddings=64)),
    "albert": ("Albert", lambda f: bracketed(transformers.AlbertTokenizerFast, ["<pad>", "<unk>", "[CLS]", "[SEP]"],
                                             names=special("[CLS]", "[SEP]", "<pad>", "<unk>", "[MASK]")),
               dict(embedding_size=16, max_position_embeddings=64, hidden_dropout_prob=0.1,
                    attention_probs_dropout_prob=0.1)),
    "mpnet": ("MPNet", lambda f: wordpiece(transformers.MPNetTokenizerFast, f, ("<s>", "<pad>", "</s>", "[UNK]")), PADDED),
    "modernbert": ("ModernBert", lambda f: byte_level(transformers.PreTrainedTokenizerFast,
                                                      ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"], False, BRACKETED,
                                                      model_input_names=["input_ids", "attention_mask"]),
                   dict(max_position_embeddings=64, local_attention=8, pad_token_id=3, cls_token_id=1, bos_token_id=1,
                        sep_token_id=2, eos_token_id=2, attention_dropout=0.1, mlp_dropout=0.1, embedding_dropout=0.1,
                        classifier_dropout=0.1, reference_compile=False)),
    "deberta-v2": ("DebertaV2", lambda f: bracketed(transformers.DebertaV2TokenizerFast,
                                                    ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]),
                   dict(max_position_embeddings=64, relative_attention=True, position_buckets=8, share_att_key=True,
                        norm_rel_ebd="layer_norm", pos_att_type=["p2c", "c2p"], position_biased_input=False,
                        type_vocab_size=0)),
}


def make_model(name, folder):
    prefix, tokenizer, options = FAMILIES[name]
    folder.mkdir(parents=True)
    tokens = tokenizer(folder)
    sizes = {} if "dim" in options else SIZES
    torch.manual_seed(7)
    config = getattr(transformers, prefix + "Config")(**{**sizes, **options}, vocab_size=len(tokens))
    model = getattr(transformers, prefix + "ForMaskedLM")(config)
    widen_weights(model, 7)
    model.save_pretrained(folder)
    tokens.save_pretrained(folder)


# ---- tasks: a file of data, and what transformers answers

def write_table(path, columns, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


def write_lines(path, rows):
    path.write_text("".join(row + "\n" for row in rows), encoding="utf-8")
    return path


def write_objects(path, rows):
    return write_lines(path, [json.dumps(row, ensure_ascii=False) for row in rows])


TEXTS = made_up.SINGLES + made_up.SECONDS
PLAIN = [t for t in TEXTS if t.isascii()] + ["Café naïveté: not so bad?", "it 's 1,000.5!"]
WORDS = [t.replace(",", " ,").split() for t in TEXTS] + [["New", "York", "\u00ad", "2024-11"], ["<mask>", "é", "x" * 20]]


class Differ(Exception):
    pass


class Bert:
    """The program."""

    def __init__(self, path):
        self.path = path

    def run(self, *arguments, input=None, status=0):
        done = subprocess.run([self.path, *map(str, arguments)], input=input, capture_output=True, text=True)
        if done.returncode != status:
            raise Differ(f"bert {' '.join(map(str, arguments))}: status {done.returncode}: {done.stderr.strip()[-400:]}")
        return done.stdout

    def objects(self, *arguments, input=None):
        return [json.loads(line) for line in self.run(*arguments, "--quiet", input=input).splitlines()]


def open_tokenizer(folder, **options):
    return transformers.AutoTokenizer.from_pretrained(folder, **options)


def encode(tokenizer, *texts, length=64, **options):
    return tokenizer(*texts, truncation=True, max_length=length, return_tensors="pt", **options)


def furthest(ours, theirs):
    ours, theirs = torch.as_tensor(ours, dtype=torch.float64), theirs.double()
    if ours.shape != theirs.shape:
        raise Differ(f"{tuple(ours.shape)} here, {tuple(theirs.shape)} there")
    return float((ours - theirs).abs().max()) if ours.numel() else 0.0


class Texts:
    """classify, regress and multilabel, of single texts or pairs."""
    suffix = "ForSequenceClassification"

    def __init__(self, label, pairs=False, task=None):
        self.label, self.pairs, self.task = label, pairs, task

    def write(self, place):
        rows = [[t, *([TEXTS[-i % len(TEXTS)]] if self.pairs else []), self.label(i)] for i, t in enumerate(TEXTS)]
        return write_table(place / "train.csv", [*(["sentence1", "sentence2"] if self.pairs else ["text"]), "label"], rows)

    def compare(self, bert, folder, model, tokenizer, place):
        rows = [(t, *([TEXTS[-i % len(TEXTS)]] if self.pairs else [])) for i, t in enumerate(TEXTS + NAUGHTY)]
        data = write_objects(place / "ask.jsonl", [dict(zip(("sentence1", "sentence2") if self.pairs else ("text",), row)) for row in rows])
        ours = [a["logits"] if "logits" in a else [a["logit"]] for a in bert.objects("predict", folder, data, "--logits")]
        ids = [a["ids"] for a in bert.objects("tokenize", folder, data, "--max-length", 64)]
        made = [encode(tokenizer, *row) for row in rows]
        for row, mine, other in zip(rows, ids, made, strict=True):
            if mine != other["input_ids"][0].tolist():
                raise Differ(f"{row!r}: ids {mine} here, {other['input_ids'][0].tolist()} there")
        return max(furthest(a, model(**e).logits[0]) for a, e in zip(ours, made, strict=True))


class Tag:
    suffix, task = "ForTokenClassification", None

    def write(self, place):
        tags = ["O", "B-x", "I-x", "B-y"]
        return write_objects(place / "train.jsonl", [dict(tokens=words, tags=[tags[len(w) % 4] for w in words])
                                                     for words in WORDS])

    def compare(self, bert, folder, model, tokenizer, place):
        ours = bert.objects("predict", folder, place / "train.jsonl", "--logits")
        worst, words_of = 0.0, tokenizer
        if getattr(tokenizer, "add_prefix_space", None) is False:  # transformers takes no words then
            words_of = open_tokenizer(folder, add_prefix_space=True)
        for words, mine in zip(WORDS, ours, strict=True):
            made = encode(words_of, words, is_split_into_words=True)
            logits, places = model(**made).logits[0], made.word_ids()
            for i in range(len(words)):
                if (i in places) != (mine["logits"][i] is not None):
                    raise Differ(f"{words}: word {i}: {mine['logits'][i]} here, tokens {places} there")
                if i in places:
                    worst = max(worst, furthest(mine["logits"][i], logits[places.index(i)]))
        return max(worst, *(self.entities(bert, folder, model, tokenizer, kind)
                            for kind in ("none", "simple", "first", "average", "max")))

    def entities(self, bert, folder, model, tokenizer, kind):
        pipeline = transformers.TokenClassificationPipeline(model=model, tokenizer=tokenizer, device="cpu")
        texts = PLAIN + ["  two  blanks  here"]
        ours = bert.objects("predict", folder, "--aggregate", kind, input="".join(t + "\n" for t in texts))
        worst = 0.0
        for text, mine in zip(texts, ours, strict=True):
            theirs = pipeline(text, aggregation_strategy=kind)
            cut = lambda e: {k: v for k, v in e.items() if k not in ("score", "start_byte", "end_byte")}
            for a, b in itertools.zip_longest(mine["entities"], theirs, fillvalue={}):
                if cut(a) != cut(b):
                    raise Differ(f"{kind}, {text!r}: {cut(a)} here, {cut(b)} there")
            worst = max([worst, *(abs(a["score"] - b["score"]) for a, b in zip(mine["entities"], theirs))])
        return worst


class Answer:
    suffix, task = "ForQuestionAnswering", None
    rows = [(q, c) for q, c in zip(made_up.SECONDS, made_up.SINGLES) if q.strip()]

    def write(self, place):
        asked = []
        for i, (question, context) in enumerate(self.rows):
            begin = context.find(context.split()[-1])
            asked.append(dict(id=str(i), question=question, context=context,
                              answers=dict(text=[context[begin:].rstrip()], answer_start=[begin])))
        return write_objects(place / "train.jsonl", asked)

    def compare(self, bert, folder, model, tokenizer, place):
        ours = bert.objects("predict", folder, place / "train.jsonl", "--answers", 20, "--answer-tokens", 30)
        worst = 0.0
        for (question, context), mine in zip(self.rows, ours, strict=True):
            made = tokenizer(question.lstrip(), context, return_tensors="pt", return_offsets_mapping=True)
            if len(made["input_ids"][0]) > 64:
                continue  # it is cut into windows: see answers.py
            places, inside = made.pop("offset_mapping")[0].tolist(), made.sequence_ids(0)
            out = model(**made)
            starts, ends = out.start_logits[0].tolist(), out.end_logits[0].tolist()
            best = lambda scores: sorted(range(len(scores)), key=lambda i: -scores[i])[:20]
            spans = sorted(((starts[i] + ends[j], places[i][0], places[j][1]) for i in best(starts) for j in best(ends)
                            if inside[i] == inside[j] == 1 and i <= j < i + 30), reverse=True)[:20]
            top = mine.get("answers", [mine])[0]
            if len(spans) < 2:
                continue
            if abs(spans[0][0] - spans[1][0]) > BOUND and (top["start"], top["end"]) != spans[0][1:]:
                raise Differ(f"{question!r} in {context!r}: {top} here, {spans[0]} there")
            share = torch.softmax(torch.tensor([s[0] for s in spans], dtype=torch.float64), 0)[0]
            worst = max(worst, abs(float(share) - top["score"]))
        return worst


class Choose:
    suffix, task = "ForMultipleChoice", None
    rows = [(t, [made_up.SECONDS[i % 12], made_up.SECONDS[(i + 3) % 12]]) for i, t in enumerate(made_up.SINGLES)]

    def write(self, place):
        return write_objects(place / "train.jsonl", [dict(sent1=t, ending0=e[0], ending1=e[1], label=i % 2)
                                                     for i, (t, e) in enumerate(self.rows)])

    def compare(self, bert, folder, model, tokenizer, place):
        ours = bert.objects("predict", folder, place / "train.jsonl")
        worst = 0.0
        for (text, endings), mine in zip(self.rows, ours, strict=True):
            logits = [model(**{k: v[None] for k, v in encode(tokenizer, text, e).items()}).logits[0, 0] for e in endings]
            worst = max(worst, furthest(mine["scores"], torch.softmax(torch.stack(logits), 0)))
        return worst


class Fill:
    suffix, task = "ForMaskedLM", None

    def write(self, place):
        return write_lines(place / "train.txt", TEXTS)

    def compare(self, bert, folder, model, tokenizer, place):
        mask = tokenizer.mask_token
        texts = [f"the film was {mask} .", f"{mask} is long", f"so{mask}.", f"a {mask} story, told with  {mask}", mask]
        pipeline = transformers.FillMaskPipeline(model=model, tokenizer=tokenizer, top_k=5)
        worst = 0.0
        for text, mine in zip(texts, bert.objects("predict", folder, input="".join(t + "\n" for t in texts)), strict=True):
            theirs = pipeline(text)
            theirs = [theirs] if isinstance(theirs[0], dict) else theirs
            for blank, other in zip(mine["fillings"], theirs, strict=True):
                for a, b in zip(blank["candidates"], other, strict=True):
                    worst = max(worst, abs(a["score"] - b["score"]))
                    if a["id"] != b["token"] or a["token"].strip() != b["token_str"].strip():
                        raise Differ(f"{text!r}: {a} here, {b} there")
            close = lambda text: "".join(text.replace("▁", " ").replace("##", "").split())
            if len(theirs) == 1 and close(mine["filled"]) != close(theirs[0][0]["sequence"]):
                raise Differ(f"{text!r}: filled {mine['filled']!r} here, {theirs[0][0]['sequence']!r} there")
        return worst


class Similar:
    suffix, task = "Model", "similar"

    def write(self, place):
        return write_table(place / "train.csv", ["sentence1", "sentence2", "score"],
                           [[a, b, i % 6 / 5] for i, (a, b) in enumerate(zip(made_up.SINGLES, made_up.SECONDS))])

    def compare(self, bert, folder, model, tokenizer, place):
        from sentence_transformers import SentenceTransformer
        texts = [t for t in TEXTS + NAUGHTY if "\r" not in t]
        ours = [a["embedding"] for a in bert.objects("embed", folder, input="".join(t + "\n" for t in texts))]
        if "add_pooling_layer" not in inspect.signature(type(model).__init__).parameters:
            return furthest(ours, torch.stack([self.mean(folder, model, encode(tokenizer, t)) for t in texts]))
        theirs = SentenceTransformer(str(folder), device="cpu").encode(texts, batch_size=1, convert_to_tensor=True)
        return furthest(ours, theirs)

    @staticmethod
    def mean(folder, model, encoded):
        """For a class that sentence-transformers 5.7 cannot open with transformers before 5."""
        vector = model(**encoded).last_hidden_state[0].mean(0)
        modules = json.loads((folder / "modules.json").read_text())
        return vector / vector.norm() if any("Normalize" in m["type"] for m in modules) else vector


TASKS = {
    "classify": Texts(lambda i: ["good", "bad", "fair"][i % 3]),
    "pairs": Texts(lambda i: ["good", "bad", "fair"][i % 3], pairs=True),
    "regress": Texts(lambda i: f"{i / 10:.1f}5", task="regress"),
    "multilabel": Texts(lambda i: ["red", "red,blue", "", "green"][i % 4], task="multilabel"),
    "tag": Tag(), "answer": Answer(), "choose": Choose(), "fill": Fill(), "similar": Similar(),
}
SHORT = {"--batch-size": 4, "--learning-rate": "5e-3", "--epochs": 1, "--threads": 1, "--max-length": 64, "--quiet": None}


def train_command(model, data, folder, options):
    """options: pairs, and flags with None."""
    return ["train", model, "--train", data, "--output", folder,
            *(word for pair in {**SHORT, **options}.items() for word in pair if word is not None)]


def train(bert, model, data, folder, options={}):
    bert.run(*train_command(model, data, folder, options))
    log = [json.loads(line) for line in (folder / "train_log.jsonl").read_text().splitlines()]
    if not log or not all(math.isfinite(step["loss"]) for step in log):
        raise Differ("a loss is not finite")
    return (folder / "model.safetensors").read_bytes()


def open_strictly(prefix, suffix, folder):
    wanted = getattr(transformers, prefix + suffix)
    base = suffix == "Model"
    cls = transformers.AutoModel if base else getattr(transformers, "Auto" + (
        "ModelForMaskedLM" if suffix == "ForMaskedLM" else "Model" + suffix))
    model, report = cls.from_pretrained(folder, output_loading_info=True)
    faults = [f"{kind}: {sorted(map(str, keys))}" for kind, keys in report.items() if keys]
    if base:  # it makes a pooler of its own where a model has none
        faults = [f for f in faults if not (f.startswith("missing") and "pooler" in f and f.count("'") == 4)]
    if faults or type(model) is not wanted:
        raise Differ(f"opens as {type(model).__name__}: {'; '.join(faults)}")
    return model.eval()


def config_faults(source, folder, head):
    """config.json has the architecture's name and all of what the source's says."""
    before, after = (json.loads((f / "config.json").read_text()) for f in (source, folder))
    changed = {"architectures", "transformers_version", "id2label", "label2id", "problem_type", "dtype", "torch_dtype"}
    lost = [k for k in before if k not in changed and after.get(k, ...) != before[k]]
    if lost or after["architectures"] != [head]:
        raise Differ(f"config.json: {lost}, {after['architectures']}")


def check_task(bert, name, source, task, place):
    prefix, kind = FAMILIES[name][0], TASKS[task]
    data = kind.write(place)
    train(bert, source, data, place / "out", {"--task": kind.task} if kind.task else {})
    config_faults(source, place / "out", prefix + kind.suffix)
    score = json.loads(bert.run("evaluate", place / "out", "--data", data, "--quiet"))["eval_loss"]
    if not math.isfinite(score):
        raise Differ(f"eval_loss {score}")
    model, tokenizer = open_strictly(prefix, kind.suffix, place / "out"), open_tokenizer(place / "out")
    with torch.inference_mode():
        return kind.compare(bert, place / "out", model, tokenizer, place)


# ---- checks of a classifier of each family

def check_steps(bert, name, source, place):
    """Some steps from equal weights, without dropout, with much decay: every weight."""
    prefix, kind = FAMILIES[name][0], TASKS["classify"]
    data = kind.write(place)
    train(bert, source, data, place / "start", {"--max-steps": 1})
    train(bert, place / "start", data, place / "out", {
        "--dropout": 0, "--weight-decay": 0.5, "--no-shuffle": None, "--max-steps": 4, "--schedule": "constant", "--warmup": 0,
        "--clip": 0, "--learning-rate": "1e-3"})
    model, tokenizer = open_strictly(prefix, kind.suffix, place / "start"), open_tokenizer(place / "start")
    optimizer = make_optimizer(model, 1e-3)
    for group in optimizer.param_groups:
        group["weight_decay"] *= 50
    labels = model.config.label2id
    for step in range(4):
        part = range(4 * step, 4 * step + 4)
        loss = torch.stack([model(**encode(tokenizer, TEXTS[i]), labels=torch.tensor([labels[kind.label(i)]])).loss
                            for i in part]).mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    trained = open_strictly(prefix, kind.suffix, place / "out").state_dict()
    apart = {key: furthest(trained[key], tensor) for key, tensor in model.state_dict().items() if tensor.is_floating_point()
             and "key" not in key}  # keys' biases have gradients of rounding alone
    worst = max(apart, key=apart.get)
    if apart[worst] > BOUND:
        raise Differ(f"{worst} is {apart[worst]:.1e} apart")
    return apart[worst]


def check_bytes(bert, name, source, place):
    data, options = TASKS["classify"].write(place), {"--dropout": 0.1, "--epochs": 2}
    first = train(bert, source, data, place / "1", options)
    for threads in (2, 3, 7):
        if train(bert, source, data, place / str(threads), {**options, "--threads": threads}) != first:
            raise Differ(f"--threads {threads} has other bytes")
    for folder, limit in (("whole", 10**9), ("recomputed", None)):
        if train(bert, source, data, place / folder, {**options, "--memory": limit or plan["needed"] - 1}) != first:
            raise Differ(f"{plan}: --memory has other bytes")
        plan = json.loads((place / folder / "run.json").read_text())["memory"]
    if not plan["layers_again"] or plan["examples_at_once"] < 4:
        raise Differ(f"--memory recomputes no layer: {plan}")
    command = train_command(source, data, place / "killed", {**options, "--checkpoint-every": 1})
    process = subprocess.Popen([bert.path, *map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not list(place.glob("killed.partial/*checkpoint*")):
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    if not (place / "killed").exists():
        bert.run(*command, "--resume")
    if (place / "killed/model.safetensors").read_bytes() != first:
        raise Differ("a run that was killed and resumed has other bytes")


def check_forms(bert, name, source, place):
    """Options and forms of the folder."""
    from safetensors.torch import load_file
    data = TASKS["classify"].write(place)
    whole = train(bert, source, data, place / "whole")
    train(bert, source, data, place / "parts", {"--micro-batch": 1})
    train(bert, source, data, place / "windows", {"--windows": None, "--max-length": 12})
    before = {k.split(".", 1)[-1]: t for k, t in load_file(source / "model.safetensors").items()}
    for what in ["embeddings"] + ["2"] * (name != "albert"):
        train(bert, source, data, place / what, {"--freeze": what})
        after = {k.split(".", 1)[-1]: t for k, t in load_file(place / what / "model.safetensors").items()}
        for key in before.keys() & after.keys():
            below = any(word in key for word in ("embeddings", "relative_attention", "layer.0.", "layer.1.", "layers.1."))
            frozen = below if what == "2" else "embeddings." in key or "relative_attention" in key or "rel_emb" in key
            if frozen and not torch.equal(before[key], after[key]):
                raise Differ(f"--freeze {what} changes {key}")
    ask = lambda folder: bert.run("predict", folder, data, "--logits", "--quiet")
    bert.run("convert", place / "whole", place / "half", "--dtype", "bf16")
    open_strictly(FAMILIES[name][0], "ForSequenceClassification", place / "half")
    shutil.copytree(place / "whole", place / "pickled")
    os.remove(place / "pickled/model.safetensors")
    torch.save(load_file(place / "whole/model.safetensors"), place / "pickled/pytorch_model.bin")
    if ask(place / "pickled") != ask(place / "whole"):
        raise Differ("pytorch_model.bin answers otherwise")
    bert.run("compare", place / "whole", place / "half", "--data", data, "--quiet")
    told = json.loads(bert.run("info", place / "whole", "--json"))
    counted = sum(p.numel() for p in open_strictly(FAMILIES[name][0], "ForSequenceClassification", place / "whole").parameters())
    if told["parameters"] != counted or len(whole) < 4 * counted:
        raise Differ(f"info tells {told['parameters']} parameters, there are {counted}")


CHECKS = {"steps": check_steps, "bytes": check_bytes, "forms": check_forms}


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bert", default="build/bert")
    parser.add_argument("--keep", type=pathlib.Path, help="folder to leave everything in")
    parser.add_argument("--only", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    parser.add_argument("--tasks", nargs="*", choices=TASKS, default=list(TASKS))
    parser.add_argument("--checks", nargs="*", choices=CHECKS, default=list(CHECKS))
    return parser.parse_args()


def attempt(what, check):
    """Prints how it went; was it well?"""
    try:
        distance = check()
    except Differ as difference:
        print(f"{what}: {difference}", flush=True)
        return False
    except Exception:
        traceback.print_exc(file=sys.stdout)
        return False
    good = distance is None or distance <= BOUND
    print(f"{what}: " + ("equal" if distance is None else f"within {distance:.1e}") + ("" if good else ", too far"),
          flush=True)
    return good


def check_family(bert, name, options, place):
    good = [attempt(f"{name} made", lambda: make_model(name, place / "model"))]
    for task in options.tasks:
        (place / task).mkdir()
        good.append(attempt(f"{name} {task}", lambda: check_task(bert, name, place / "model", task, place / task)))
    for check in options.checks:
        (place / check).mkdir()
        good.append(attempt(f"{name} {check}", lambda: CHECKS[check](bert, name, place / "model", place / check)))
    return all(good)


def main():
    options = parse_options()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        room = options.keep or pathlib.Path(scratch)
        shutil.rmtree(room, ignore_errors=True)
        bert = Bert(options.bert)
        good = [check_family(bert, name, options, room / name) for name in options.only]
    raise SystemExit(not all(good))


if __name__ == "__main__":
    main()
