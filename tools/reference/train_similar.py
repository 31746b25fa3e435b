"""Trains vectors of sentences with sentence-transformers' own losses, as `bert train` does, and compares step by step.

    python tools/reference/train_similar.py MODEL TRAIN.tsv --limit 480 --ours mine/train_log.jsonl [--folder mine]

The columns decide, as for bert: sentence1, sentence2, score (divided by the largest): CosineSimilarityLoss; anchor,
positive and perhaps negative: MultipleNegativesRankingLoss. Takes the examples in order, without dropout, by the recipe
of tools/reference/train.py, and compares the loss of every step with the log of

    bert train MODEL --task similar --train TRAIN.tsv --limit 480 --epochs 1 --dropout 0 --no-shuffle --output mine

--folder: opens what bert saved with SentenceTransformer, in which a warning is an error, and with AutoModel, where no
weight may be missing or unexpected (but a pooler that MODEL lacks), and compares its vectors with those that BERT prints.
--dev: prints Spearman's correlation of the cosines of that file's pairs with their scores, after the training; --dropout 0.1
trains as a user does, where no loss can be compared.
Status 1 where two losses differ by more than --bound of theirs and 2e-6, or two vectors by more than 1e-5.
Needs torch, transformers<5, sentence-transformers.
"""
import argparse
import json
import logging
import math
import subprocess
import warnings

from recipe import make_optimizer

import numpy
import torch
from scipy.stats import spearmanr
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import CosineSimilarityLoss, MultipleNegativesRankingLoss
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from transformers import AutoModel, get_linear_schedule_with_warmup

COLUMNS = [["anchor", "positive", "negative"], ["anchor", "positive"], ["sentence1", "sentence2"]]

ROUNDING = 2e-6  # of cosines times 20 in float32: a ranking loss close to 0 is not known better


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("train")
    parser.add_argument("--pooling", choices=["mean", "cls"], default="mean")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=5e-5)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--ours")
    parser.add_argument("--dev")
    parser.add_argument("--bound", type=float, default=1e-4)
    parser.add_argument("--folder")
    parser.add_argument("--bert", default="build/bert")
    return parser.parse_args()


def read_rows(path, limit):
    """The texts of every row, and the scores, divided by the largest if that is above 1; None without."""
    with open(path, encoding="utf-8", newline="\n") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    header, rows = rows[0], rows[1:][:limit]
    columns = next(c for c in COLUMNS if all(name in header for name in c))
    texts = [[row[header.index(name)] for name in columns] for row in rows]
    if columns[0] == "anchor" or "score" not in header:
        return texts, None
    scores = torch.tensor([float(row[header.index("score")]) for row in rows])
    return texts, scores / max(1.0, float(scores.abs().max()))


def open_model(options):
    model = Transformer(options.model, max_seq_length=options.max_length, config_kwargs=dict(
        hidden_dropout_prob=options.dropout, attention_probs_dropout_prob=options.dropout))
    pooling = Pooling(model.get_embedding_dimension(), pooling_mode=options.pooling)
    return SentenceTransformer(modules=[model, pooling], device="cpu")


def train(options, model, texts, scores):
    """Yields the loss of every step."""
    compute_loss = MultipleNegativesRankingLoss(model) if scores is None else CosineSimilarityLoss(model)
    optimizer = make_optimizer(model, options.lr)
    steps = math.ceil(len(texts) / options.batch_size)
    schedule = get_linear_schedule_with_warmup(optimizer, math.ceil(0.1 * steps), steps)
    model.train()
    for begin in range(0, len(texts), options.batch_size):
        end = begin + options.batch_size
        columns = [model.preprocess(list(column)) for column in zip(*texts[begin:end])]
        loss = compute_loss(columns, None if scores is None else scores[begin:end])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        yield loss.item()


def measure_spearman(options, model):
    """Of the cosines of the pairs of --dev with their scores."""
    texts, scores = read_rows(options.dev, None)
    first, second = [model.encode(list(column), normalize_embeddings=True) for column in zip(*texts)]
    return float(spearmanr((first * second).sum(1), scores.numpy())[0])


def compare_losses(options, theirs):
    with open(options.ours, encoding="utf-8") as file:
        ours = [json.loads(line)["loss"] for line in file]
    if len(ours) != len(theirs):
        raise SystemExit(f"{len(ours)} steps here, {len(theirs)} there")
    furthest = max(max(0.0, abs(a - b) - ROUNDING) / max(abs(b), ROUNDING) for a, b in zip(ours, theirs))
    print(f"{len(ours)} steps, losses from {theirs[0]:.6f} to {theirs[-1]:.6f} within {furthest:.1e}")
    if not furthest <= options.bound:
        raise SystemExit("\n".join(f"step {i}: {a} here, {b} there" for i, (a, b) in enumerate(zip(ours, theirs), 1)))


class Refusal(logging.Handler):
    def emit(self, record):
        raise SystemExit(f"a warning: {record.getMessage()}")


def check_folder(options, texts):
    warnings.simplefilter("error")
    for name in ("sentence_transformers", "transformers"):
        logging.getLogger(name).addHandler(Refusal(level=logging.WARNING))
        logging.getLogger(name).setLevel(logging.WARNING)
    model = SentenceTransformer(options.folder, device="cpu")
    command = [options.bert, "embed", options.folder, "--pooling", options.pooling, "--normalize", "--quiet"]
    answers = subprocess.run(command, input="".join(text + "\n" for text in texts), text=True, check=True,
                             stdout=subprocess.PIPE).stdout.splitlines()
    ours = numpy.array([json.loads(line)["embedding"] for line in answers])
    furthest = float(numpy.abs(ours - model.encode(texts)).max())
    for name in ("sentence_transformers", "transformers"):
        logging.getLogger(name).setLevel(logging.ERROR)
    _, report = AutoModel.from_pretrained(options.folder, output_loading_info=True)
    faults = {kind: keys for kind, keys in report.items() if keys}
    print(f"{options.folder}: at most {model.max_seq_length} tokens, {len(texts)} vectors within {furthest:.1e}, "
          f"faults of AutoModel: {faults or 'none'}")
    if not furthest <= 1e-5:
        raise SystemExit("vectors differ")


def main():
    options = parse_options()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    texts, scores = read_rows(options.train, options.limit)
    model = open_model(options)
    losses = list(train(options, model, texts, scores))
    if options.ours:
        compare_losses(options, losses)
    if options.dev:
        print(json.dumps(dict(seed=options.seed, loss=losses[-1], spearman=measure_spearman(options, model))))
    if options.folder:
        check_folder(options, [row[0] for row in texts[:64]])


if __name__ == "__main__":
    main()
