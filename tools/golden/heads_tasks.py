"""The tasks of heads.py: what each asks, its outputs and its loss in PyTorch, its texts. Not a command.

An example is dict(sequences=[dict(ids=, types=)...]) and the task's targets. A task is a class with
    model_class, groups        transformers' class; how many sequences an example has
    options(case)              of the configuration: labels and so on
    draw_targets(draw, i, e)   adds random targets to example number i
    outputs(model, examples)   what the model computes, packed: no row stands for padding
    loss(rows, examples)       of these outputs, in plain torch
    class_loss(...)            the same as transformers' class computes it, where it does
    targets(examples)          tensors to record
    read_texts(folder, tokenizer, length)   writes the data file; its examples
    answers(model, examples)   what else to record of them
"""
import csv
import io
import json
import os
import sys

import heads_texts as made_up
sys.path.append(os.path.join(os.path.dirname(__file__), "../reference"))
from recipe import pad_batch  # sets transformers up: stands before it

import torch
import torch.nn.functional as F
from transformers import (BertForMaskedLM, BertForMultipleChoice, BertForQuestionAnswering,
                          BertForSequenceClassification, BertForTokenClassification, BertModel)

IGNORED = -100


def sequences_of(examples):
    return [s for e in examples for s in e["sequences"]]


def stack(examples, key, model=None):
    """Targets as a tensor; floating ones in the model's precision."""
    values = torch.stack([torch.as_tensor(e[key]) for e in examples])
    return values.to(model.dtype) if model is not None and values.is_floating_point() else values


def pad_labels(examples):
    longest = max(len(e["labels"]) for e in examples)
    return torch.stack([F.pad(e["labels"], (0, longest - len(e["labels"])), value=IGNORED) for e in examples])


def encode(tokenizer, *texts, **options):
    encoded = tokenizer(*texts, truncation=True, **options)
    return dict(ids=torch.tensor(encoded["input_ids"]), types=torch.tensor(encoded["token_type_ids"]))


def write_lines(path, lines):
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def name_labels(names):
    return dict(id2label=dict(enumerate(names)), label2id={n: i for i, n in enumerate(names)})


class Task:
    groups = 1

    @staticmethod
    def answers(model, examples):
        return {}


class OnSequences(Task):
    """An output a sequence: a row of logits each."""
    model_class = BertForSequenceClassification

    @staticmethod
    def outputs(model, examples):
        return model(**pad_batch(sequences_of(examples))).logits

    @staticmethod
    def class_loss(model, examples):
        return model(**pad_batch(sequences_of(examples)), labels=stack(examples, "labels", model)).loss

    @staticmethod
    def targets(examples):
        return dict(labels=stack(examples, "labels"))


class Regress(OnSequences):
    @staticmethod
    def options(case):
        return dict(num_labels=1, problem_type="regression")

    @staticmethod
    def draw_targets(draw, i, e):
        e["labels"] = float(draw(-128, 129)) / 64

    @staticmethod
    def loss(rows, examples):
        return F.mse_loss(rows[:, 0], stack(examples, "labels").to(rows.dtype))

    @staticmethod
    def read_texts(folder, tokenizer, length):
        write_lines(folder / "texts.tsv", ["text\tscore"] + [f"{t}\t{score}" for t, score in made_up.SCORED])
        return [dict(sequences=[encode(tokenizer, t, max_length=length)], labels=score) for t, score in made_up.SCORED]


class Multilabel(OnSequences):
    names = ["acting", "music", "plot", "scene", "story"]
    positive_weights = [0.5, 1.0, 2.0, 3.5, 1.5]

    @classmethod
    def options(cls, case):
        return dict(problem_type="multi_label_classification", **name_labels(cls.names))

    @classmethod
    def draw_targets(cls, draw, i, e):
        e["labels"] = draw(0, 2, len(cls.names)).float() * (i != 3)  # the fourth has none

    @staticmethod
    def loss(rows, examples, weights=None):
        weights = weights if weights is None else torch.tensor(weights, dtype=rows.dtype)
        return torch.nn.BCEWithLogitsLoss(pos_weight=weights)(rows, stack(examples, "labels").to(rows.dtype))

    @classmethod
    def read_texts(cls, folder, tokenizer, length):
        write_lines(folder / "texts.tsv",
                    ["text\tlabels"] + [f"{t}\t{','.join(labels)}" for t, labels in made_up.MANY])
        return [dict(sequences=[encode(tokenizer, t, max_length=length)],
                     labels=torch.tensor([float(n in labels) for n in cls.names])) for t, labels in made_up.MANY]


class Weighted(OnSequences):
    names = ["bad", "fair", "fine", "good"]
    weights, smoothing = [0.5, 1.0, 2.5, 1.5], 0.1
    class_loss = None  # knows neither weights nor smoothing

    @classmethod
    def options(cls, case):
        return dict(problem_type="single_label_classification", **name_labels(cls.names))

    @classmethod
    def draw_targets(cls, draw, i, e):
        e["labels"] = int(draw(0, len(cls.names)))

    @classmethod
    def loss(cls, rows, examples):
        weights = torch.tensor(cls.weights, dtype=rows.dtype)
        return torch.nn.CrossEntropyLoss(weight=weights, label_smoothing=cls.smoothing)(rows, stack(examples, "labels"))

    @classmethod
    def read_texts(cls, folder, tokenizer, length):
        write_lines(folder / "texts.tsv", ["text\tlabel"] + [f"{t}\t{label}" for t, label in made_up.GRADED])
        return [dict(sequences=[encode(tokenizer, t, max_length=length)], labels=cls.names.index(label))
                for t, label in made_up.GRADED]


class OnTokens(Task):
    """An output a token; a label a token, IGNORED where none is asked."""

    @staticmethod
    def class_loss(model, examples):
        return model(**pad_batch(sequences_of(examples)), labels=pad_labels(examples)).loss

    @staticmethod
    def targets(examples):
        return dict(labels=torch.cat([e["labels"] for e in examples]))


class Tag(OnTokens):
    model_class = BertForTokenClassification
    names = ["B-a", "B-b", "I-a", "I-b", "O"]

    @classmethod
    def options(cls, case):
        return name_labels(cls.names)

    @classmethod
    def draw_targets(cls, draw, i, e):
        count = len(e["sequences"][0]["ids"])
        e["labels"] = torch.where(draw(0, 10, count) < 3, IGNORED, draw(0, len(cls.names), count))
        e["labels"][0] = e["labels"][-1] = IGNORED

    @staticmethod
    def outputs(model, examples):
        batch = pad_batch(sequences_of(examples))
        return model(**batch).logits[batch["attention_mask"].bool()]

    @staticmethod
    def loss(rows, examples):
        return F.cross_entropy(rows, torch.cat([e["labels"] for e in examples]), ignore_index=IGNORED)

    @classmethod
    def read_texts(cls, folder, tokenizer, length):
        sentences = [[pair.rsplit("/", 1) for pair in s.split(" ")] for s in made_up.TAGGED]
        write_lines(folder / "texts.conll", ["\n".join("\t".join(p) for p in s) + "\n" for s in sentences])
        examples = []
        for words, tags in (zip(*s) for s in sentences):
            encoded = tokenizer(list(words), is_split_into_words=True, truncation=True, max_length=length)
            places = encoded.word_ids()
            labels = [IGNORED if w is None or w == before else cls.names.index(tags[w])
                      for before, w in zip([None] + places, places)]
            examples.append(dict(labels=torch.tensor(labels), sequences=[dict(
                ids=torch.tensor(encoded["input_ids"]), types=torch.tensor(encoded["token_type_ids"]))]))
        return examples


class Fill(OnTokens):
    model_class = BertForMaskedLM

    @staticmethod
    def options(case):
        return {}

    @staticmethod
    def draw_targets(draw, i, e):
        """About a fifth is asked, of that 8 of 10 as [MASK], 1 as another id, 1 as it is."""
        ids = e["sequences"][0]["ids"]
        asked, way = draw(0, 5, len(ids)) == 0, draw(0, 10, len(ids))
        asked[0] = asked[-1] = False
        asked[1:-1] |= ids[1:-1] == 0
        e["labels"] = torch.where(asked, ids.clamp(min=5), IGNORED)
        others = draw(5, 300, len(ids))
        ids[asked & (way < 8) & (ids != 0)] = 4
        ids[asked & (way == 8) & (ids != 0)] = others[asked & (way == 8) & (ids != 0)]

    @staticmethod
    def outputs(model, examples):
        logits = model(**pad_batch(sequences_of(examples))).logits
        return logits[pad_labels(examples) != IGNORED]

    @staticmethod
    def loss(rows, examples):
        labels = torch.cat([e["labels"] for e in examples])
        return F.cross_entropy(rows, labels[labels != IGNORED])

    @staticmethod
    def read_texts(folder, tokenizer, length):
        write_lines(folder / "texts.txt", made_up.FILLED)
        examples = [dict(sequences=[encode(tokenizer, t, max_length=length)]) for t in made_up.FILLED]
        for e in examples:  # labels only so that outputs() finds the masks
            ids = e["sequences"][0]["ids"]
            e["labels"] = torch.where(ids == 4, 0, IGNORED)
        return examples


class Answer(Task):
    """Two outputs a token. The softmax goes over a sequence's own tokens. (transformers' class on a padded batch lets
    the padding into it; class_loss() asks it for one sequence at a time.)"""
    model_class = BertForQuestionAnswering
    stride = 6

    @staticmethod
    def options(case):
        return {}

    @staticmethod
    def draw_targets(draw, i, e):
        context = torch.nonzero(e["sequences"][0]["types"])[:-1, 0]  # its [SEP] left out
        places = sorted(int(p) for p in draw(0, max(len(context), 1), 2))
        answered = i % 4 != 3 and len(context) > 0
        e["spans"] = torch.stack([context[p] for p in places]) if answered else torch.tensor([0, 0])

    @staticmethod
    def outputs(model, examples):
        batch = pad_batch(sequences_of(examples))
        out = model(**batch)
        return torch.stack([out.start_logits, out.end_logits], dim=-1)[batch["attention_mask"].bool()]

    @staticmethod
    def loss(rows, examples):
        lengths = [len(s["ids"]) for s in sequences_of(examples)]
        return torch.stack([F.cross_entropy(r.T, e["spans"]) for r, e in zip(rows.split(lengths), examples)]).mean()

    @staticmethod
    def class_loss(model, examples):
        return torch.stack([model(**pad_batch(e["sequences"]), start_positions=e["spans"][:1],
                                  end_positions=e["spans"][1:]).loss for e in examples]).mean()

    @staticmethod
    def targets(examples):
        windows = {k: torch.cat([e[k] for e in examples]) for k in ("offsets", "parts") if k in examples[0]}
        if windows:
            windows["question"] = torch.tensor([e["question"] for e in examples])
        return dict(spans=stack(examples, "spans"), **windows)

    @staticmethod
    def questions():
        """SQuAD 2's form, and (question, context, answer's begin, answer's text) of each in order; begin None: none."""
        paragraphs, questions = [], []
        for context, asked in made_up.PARAGRAPHS:
            records = []
            for question, text, nth in asked:
                begin = None
                if text is not None:
                    begin = -1
                    for _ in range(nth + 1):
                        begin = context.index(text, begin + 1)
                questions.append((question, context, begin, text))
                records.append(dict(id=f"q{len(questions)}", question=question, is_impossible=text is None,
                                    answers=[] if text is None else [dict(text=text, answer_start=begin)]))
            paragraphs.append(dict(context=context, qas=records))
        return dict(version="v2.0", data=[dict(title="made up", paragraphs=paragraphs)]), questions

    @classmethod
    def read_texts(cls, folder, tokenizer, length):
        document, questions = cls.questions()
        (folder / "texts.json").write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        examples = []
        for number, (question, context, begin, text) in enumerate(questions):
            encoded = tokenizer(question.lstrip(), context, truncation="only_second", max_length=length,
                                stride=cls.stride, return_overflowing_tokens=True, return_offsets_mapping=True)
            for k in range(len(encoded["input_ids"])):
                parts, offsets = encoded.sequence_ids(k), encoded["offset_mapping"][k]
                span = (0, 0) if begin is None else cls.find_span(parts, offsets, begin, begin + len(text))
                examples.append(dict(
                    sequences=[dict(ids=torch.tensor(encoded["input_ids"][k]),
                                    types=torch.tensor(encoded["token_type_ids"][k]))],
                    spans=torch.tensor(span), offsets=torch.tensor(offsets), question=number,
                    parts=torch.tensor([-1 if p is None else p for p in parts])))
        return examples

    @staticmethod
    def find_span(parts, offsets, begin, end):
        """The tokens from the last that begins at or before `begin` to the first that ends at or after `end`; (0, 0)
        if the window does not hold the whole answer."""
        low, high = parts.index(1), len(parts) - 1 - parts[::-1].index(1)
        if offsets[low][0] > begin or offsets[high][1] < end:
            return 0, 0
        context = range(low, high + 1)
        return max(k for k in context if offsets[k][0] <= begin), min(k for k in context if offsets[k][1] >= end)

    @classmethod
    def answers(cls, model, examples):
        """Of each question the best span over its windows, of the 20 best starts and ends and no longer than 30
        tokens: begin and end in code points of the context, its score; and the least score of (0, 0). None of random
        ids, which have no text."""
        if "offsets" not in examples[0]:
            return {}
        rows = cls.outputs(model, examples).split([len(e["offsets"]) for e in examples])
        found = [[-1, -1, -1e9, 1e9] for _ in range(1 + examples[-1]["question"])]
        for e, r in zip(examples, rows):
            best, (starts, ends) = found[e["question"]], r.T
            best[3] = min(best[3], float(starts[0] + ends[0]))
            for i in starts.argsort(descending=True)[:20].tolist():
                for j in ends.argsort(descending=True)[:20].tolist():
                    inside = e["parts"][i] == 1 and e["parts"][j] == 1 and i <= j < i + 30
                    if inside and float(starts[i] + ends[j]) > best[2]:
                        best[:3] = int(e["offsets"][i][0]), int(e["offsets"][j][1]), float(starts[i] + ends[j])
        return dict(answers=torch.tensor(found))


class Choose(Task):
    """One output a sequence; the softmax goes over an example's sequences."""
    model_class, groups = BertForMultipleChoice, 3

    @staticmethod
    def options(case):
        return {}

    @classmethod
    def draw_targets(cls, draw, i, e):
        e["labels"] = int(draw(0, cls.groups))

    @classmethod
    def ask(cls, model, examples, **labels):
        batch = pad_batch(sequences_of(examples))
        return model(**{k: v.view(len(examples), cls.groups, -1) for k, v in batch.items()}, **labels)

    @classmethod
    def outputs(cls, model, examples):
        return cls.ask(model, examples).logits

    @staticmethod
    def loss(rows, examples):
        return F.cross_entropy(rows, stack(examples, "labels"))

    @classmethod
    def class_loss(cls, model, examples):
        return cls.ask(model, examples, labels=stack(examples, "labels")).loss

    @staticmethod
    def targets(examples):
        return dict(labels=stack(examples, "labels"))

    @staticmethod
    def read_texts(folder, tokenizer, length):
        file = io.StringIO()
        writer = csv.writer(file)  # RFC 4180: lines end in CR LF
        writer.writerow(["sent1", "sent2", "ending0", "ending1", "ending2", "label"])
        writer.writerows([first, second, *endings, label] for first, second, endings, label in made_up.ENDINGS)
        (folder / "texts.csv").write_bytes(file.getvalue().encode("utf-8"))
        return [dict(sequences=[encode(tokenizer, first, f"{second} {end}", max_length=length) for end in endings],
                     labels=label) for first, second, endings, label in made_up.ENDINGS]


class Embed(Task):
    """Embeddings, a row a sequence; their loss sees cosines."""
    model_class = BertModel
    class_loss = None  # of sentence-transformers; see the README
    pooling = "mean"

    @staticmethod
    def options(case):
        return {}

    @staticmethod
    def draw_targets(draw, i, e):
        pass

    @classmethod
    def outputs(cls, model, examples):
        batch = pad_batch(sequences_of(examples))
        hidden = model(**batch).last_hidden_state
        if cls.pooling == "cls":
            return hidden[:, 0]
        mask = batch["attention_mask"].unsqueeze(-1).to(hidden.dtype)
        return (hidden * mask).sum(1) / mask.sum(1)

    @classmethod
    def parted(cls, rows):
        """The first, second, ... embeddings of all examples."""
        return rows.view(-1, cls.groups, rows.shape[1]).unbind(1)

    @classmethod
    def answers(cls, model, examples):
        return dict(cosines=cls.cosines(cls.outputs(model, examples)))

    @staticmethod
    def targets(examples):
        return {}


class Scores(Embed):
    groups = 2

    @staticmethod
    def draw_targets(draw, i, e):
        e["scores"] = float(draw(0, 65)) / 64

    @classmethod
    def cosines(cls, rows):
        return torch.cosine_similarity(*cls.parted(rows))

    @classmethod
    def loss(cls, rows, examples):
        return F.mse_loss(cls.cosines(rows), stack(examples, "scores").to(rows.dtype))

    @staticmethod
    def targets(examples):
        return dict(scores=stack(examples, "scores"))

    @staticmethod
    def read_texts(folder, tokenizer, length):
        write_lines(folder / "texts.tsv",
                    ["sentence1\tsentence2\tscore"] + [f"{a}\t{b}\t{score}" for a, b, score in made_up.ALIKE])
        return [dict(sequences=[encode(tokenizer, t, max_length=length) for t in (a, b)], scores=score)
                for a, b, score in made_up.ALIKE]


class ScoresOfCls(Scores):
    pooling = "cls"


class Ranking(Embed):
    """[examples, examples x (groups - 1)]: an example's first against all second, then all third; its own second is
    the right one."""
    scale = 20.0

    @classmethod
    def cosines(cls, rows):
        first, *others = (F.normalize(part, dim=1) for part in cls.parted(rows))
        return first @ torch.cat(others).T

    @classmethod
    def loss(cls, rows, examples):
        return F.cross_entropy(cls.scale * cls.cosines(rows), torch.arange(len(examples)))

    @classmethod
    def read_texts(cls, folder, tokenizer, length):
        names, rows = ["anchor", "positive", "negative"][:cls.groups], [r[:cls.groups] for r in made_up.TRIPLES]
        write_lines(folder / "texts.tsv", ["\t".join(r) for r in [names, *rows]])
        return [dict(sequences=[encode(tokenizer, t, max_length=length) for t in r]) for r in rows]


class Pairs(Ranking):
    groups = 2


class Triples(Ranking):
    groups = 3
