"""Writes tests/data/losses/model.safetensors: losses and their gradients by PyTorch and sentence-transformers, in double.

    python tools/golden/losses.py

Needs torch, transformers<5, sentence-transformers, safetensors. Tensors are named OPERATION.CASE.NAME, all float32 (so
that what opens a model folder opens them); what goes into an operation is exact in float32, and `loss` is two floats
whose sum is the double. Every run on one machine and one set of versions writes the same bytes.
"""
import os
import pathlib
import sys

sys.path.append(os.path.join(os.path.dirname(__file__), "../reference"))
from recipe import write_numbers

import torch
from sentence_transformers import util
from sentence_transformers.losses import CosineSimilarityLoss, MultipleNegativesRankingLoss
from torch.nn import BCEWithLogitsLoss, CrossEntropyLoss, MSELoss
from torch.nn.functional import normalize

SCALE = 0.375
generator = torch.Generator().manual_seed(11)


def draw(*shape, spread=1.0):
    """Double, exact in float32."""
    return (torch.randn(*shape, generator=generator) * spread).double()


def draw_labels(least, counts):
    return torch.tensor([int(torch.randint(least, count, (1,), generator=generator)) for count in counts])


def record(loss, leaf, name="gradient"):
    """The sum of the losses, and SCALE times its gradient."""
    gradient, = torch.autograd.grad(SCALE * loss, leaf)
    high = loss.detach().float()
    return {"loss": torch.stack([high, (loss.detach() - high.double()).float()]), name: gradient}


def cross_entropy(rows, classes, weighted=False, smoothing=0.0, ignored=False, spread=3.0):
    logits = draw(rows, classes, spread=spread).requires_grad_()
    labels = draw_labels(0, [classes] * rows)
    if ignored:
        labels[::2] = -100
    weights = torch.rand(classes, generator=generator) + 0.25 if weighted else None
    smoothing = float(torch.tensor(smoothing))  # as a float32 has it
    loss = CrossEntropyLoss(weights.double() if weighted else None, label_smoothing=smoothing, reduction="sum")(logits, labels)
    return dict(logits=logits, labels=labels, smoothing=torch.tensor([smoothing]), **record(loss, logits),
                **({"weights": weights} if weighted else {}))


def segment_cross_entropy(columns, sizes, ignored=False):
    starts = torch.tensor([0] + sizes).cumsum(0)
    logits = draw(sum(sizes), columns, spread=3.0).requires_grad_()
    labels = torch.stack([draw_labels(-1 if ignored else 0, sizes) for _ in range(columns)], 1)
    one = CrossEntropyLoss(reduction="sum", ignore_index=-1)
    loss = sum(one(logits[begin:end, column][None], labels[group, column][None])
               for group, (begin, end) in enumerate(zip(starts[:-1], starts[1:])) for column in range(columns))
    return dict(starts=starts, logits=logits, labels=labels, **record(loss, logits))


def sigmoid_cross_entropy(rows, classes, weighted=False, soft=False, spread=3.0):
    logits = draw(rows, classes, spread=spread).requires_grad_()
    targets = torch.rand(rows, classes, generator=generator)
    targets = (targets if soft else targets.round()).double()
    weights = torch.rand(classes, generator=generator) * 3 if weighted else None
    loss = BCEWithLogitsLoss(pos_weight=weights.double() if weighted else None, reduction="sum")(logits, targets)
    return dict(logits=logits, targets=targets, **record(loss, logits), **({"weights": weights} if weighted else {}))


def squared_error(count):
    x, targets = draw(count).requires_grad_(), draw(count)
    return dict(x=x, targets=targets, **record(MSELoss(reduction="sum")(x, targets), x))


def mean_rows(sizes, width):
    """Mean and its gradient, then length 1 and its gradient."""
    starts = torch.tensor([0] + sizes).cumsum(0)
    x, dy = draw(sum(sizes), width).requires_grad_(), draw(len(sizes), width)
    y = torch.stack([x[begin:end].mean(0) for begin, end in zip(starts[:-1], starts[1:])])
    dx, = torch.autograd.grad(y, x, dy)
    return dict(starts=starts, x=x, dy=dy, y=y, dx=dx)


def normalize_rows(rows, width):
    x, dy = draw(rows, width, spread=4.0), draw(rows, width)
    x[0], x[1] = 0.0, (x[1] * 1e-14).float()  # their lengths are held at 1e-12
    x.requires_grad_()
    y = normalize(x)
    dx, = torch.autograd.grad(y, x, dy)
    return dict(x=x, dy=dy, y=y, dx=dx)


def similarity(x, members, of_units, of_vectors):
    """The gradient by unit vectors (as float32 has them), and by the vectors that they are made of."""
    units = normalize(x).float().double().requires_grad_()
    split = lambda rows: list(rows.reshape(-1, members, rows.shape[1]).unbind(1))
    x = x.requires_grad_()
    return dict(x=x, y=units, **record(of_units(split(units)), units, "dy"),
                dx=record(of_vectors(split(x)), x)["gradient"])


def cosine_error(pairs, width):
    targets = torch.rand(pairs, generator=generator).double()
    reference = CosineSimilarityLoss(None, loss_fct=MSELoss(reduction="sum"))
    return dict(targets=targets, **similarity(
        draw(2 * pairs, width), 2, lambda pair: ((util.pairwise_dot_score(*pair) - targets) ** 2).sum(),
        lambda pair: reference.compute_loss_from_embeddings(pair, targets)))


def in_batch_negatives(units, members, width):
    by = lambda function: MultipleNegativesRankingLoss(None, scale=20.0, similarity_fct=function)
    return dict(members=torch.tensor([members]), **similarity(
        draw(units * members, width), members,
        lambda columns: units * by(util.dot_score).compute_loss_from_embeddings(columns, None),
        lambda columns: units * by(util.cos_sim).compute_loss_from_embeddings(columns, None)))


CASES = {
    cross_entropy: [dict(rows=1, classes=1), dict(rows=1, classes=3), dict(rows=5, classes=7, spread=30.0),
                    dict(rows=3, classes=513), dict(rows=6, classes=3, ignored=True),
                    dict(rows=5, classes=7, smoothing=0.1), dict(rows=5, classes=7, weighted=True),
                    dict(rows=5, classes=7, weighted=True, smoothing=0.1, ignored=True),
                    dict(rows=1, classes=1, weighted=True, smoothing=0.5), dict(rows=3, classes=512, smoothing=1.0),
                    dict(rows=3, classes=513, weighted=True, smoothing=0.2, ignored=True),
                    dict(rows=2, classes=1023, spread=30.0)],
    segment_cross_entropy: [dict(columns=1, sizes=[1]), dict(columns=2, sizes=[1, 7, 3, 40]),
                          dict(columns=2, sizes=[3, 1, 2, 2, 4, 1], ignored=True), dict(columns=1, sizes=[4, 4, 4]),
                          dict(columns=3, sizes=[5, 2], ignored=True)],
    sigmoid_cross_entropy: [dict(rows=1, classes=1), dict(rows=7, classes=3), dict(rows=3, classes=7, weighted=True),
                            dict(rows=4, classes=5, weighted=True, soft=True),
                            dict(rows=5, classes=3, spread=100.0)],
    squared_error: [dict(count=1), dict(count=7), dict(count=513)],
    mean_rows: [dict(sizes=[1], width=1), dict(sizes=[3, 1, 7, 2], width=13)],
    normalize_rows: [dict(rows=3, width=1), dict(rows=35, width=7)],
    cosine_error: [dict(pairs=1, width=3), dict(pairs=7, width=19)],
    in_batch_negatives: [dict(units=1, members=2, width=3), dict(units=7, members=2, width=19),
                         dict(units=5, members=3, width=8), dict(units=260, members=3, width=5)],
}


def main():
    torch.set_num_threads(1)
    numbers = {f"{operation.__name__}.{i}.{name}": tensor.detach() for operation, cases in CASES.items()
               for i, case in enumerate(cases) for name, tensor in operation(**case).items()}
    write_numbers(numbers, pathlib.Path(__file__).resolve().parents[2] / "tests" / "data" / "losses")


if __name__ == "__main__":
    main()
