"""Writes tests/data/disentangled/model.safetensors: DeBERTa's attention and its gradients by transformers, in double.

    python tools/golden/disentangled.py

Needs torch, transformers<5, safetensors. Tensors are named CASE.NAME, all float32; what goes in is exact in float32.
q, k, v and the tables of positions take the place of what the projections give, so the numbers are the attention's
alone. `distances` are the rows of the tables by distance, from -(longest - 1) on; `rows.BUCKETS.FURTHEST.LONGEST` are
those of other configurations. Every run on one machine and one set
of versions writes the same bytes.
"""
import os
import pathlib
import sys

sys.path.append(os.path.join(os.path.dirname(__file__), "../reference"))
from recipe import write_numbers

import torch
from transformers.models.deberta_v2.configuration_deberta_v2 import DebertaV2Config
from transformers.models.deberta_v2.modeling_deberta_v2 import DisentangledSelfAttention, build_relative_position

generator = torch.Generator().manual_seed(17)


def draw(*shape):
    """Double, exact in float32."""
    return torch.randn(*shape, generator=generator).double()


class Gives(torch.nn.Module):
    """In place of a projection."""

    def __init__(self, numbers):
        super().__init__()
        self.numbers = numbers

    def forward(self, _):
        return self.numbers[None]


def relative_position(count, attention):
    some = torch.zeros(1, count, 1)
    return build_relative_position(some, some, attention.position_buckets, attention.max_relative_positions)


def distances(count, attention):
    """The row of each distance, from query 0 and key count - 1 to query count - 1 and key 0."""
    span, rows = attention.pos_ebd_size, relative_position(count, attention)[0]
    return torch.clamp(torch.cat([rows[0].flip(0), rows[1:, 0]]) + span, 0, 2 * span - 1)


def make_attention(size, heads, terms, buckets, furthest):
    return DisentangledSelfAttention(DebertaV2Config(
        hidden_size=size, num_attention_heads=heads, relative_attention=True, pos_att_type=terms, share_att_key=False,
        position_buckets=buckets, max_relative_positions=furthest, attention_probs_dropout_prob=0.0,
        hidden_dropout_prob=0.0))


def attend(heads, width, sizes, terms, buckets, furthest):
    """Sequences one after another: nothing is padded."""
    size = heads * width
    attention = make_attention(size, heads, terms, buckets, furthest)
    span = attention.pos_ebd_size
    q, k, v, dy = (draw(sum(sizes), size) for _ in range(4))
    tables = {name: draw(2 * span, size) for name, term in [("table_key", "c2p"), ("table_query", "p2c")] if term in terms}
    leaves = dict(q=q, k=k, v=v, **tables)
    for leaf in leaves.values():
        leaf.requires_grad_()
    attention.pos_key_proj, attention.pos_query_proj = Gives(tables.get("table_key")), Gives(tables.get("table_query"))
    outputs, begin = [], 0
    for count in sizes:
        attention.query_proj, attention.key_proj, attention.value_proj = (Gives(x[begin:begin + count]) for x in (q, k, v))
        hidden = torch.zeros(1, count, size).double()
        outputs.append(attention(hidden, torch.ones(1, 1, count, count), rel_embeddings=torch.zeros(2 * span, size).double(),
                                 relative_pos=relative_position(count, attention))[0][0])
        begin += count
    y = torch.cat(outputs)
    gradients = torch.autograd.grad(y, list(leaves.values()), dy)
    return dict(sizes=torch.tensor(sizes), heads=torch.tensor([heads]), terms=torch.tensor([len(terms)]),
                distances=distances(max(sizes), attention), dy=dy, y=y, **leaves,
                **{"d" + name: gradient for name, gradient in zip(leaves, gradients)})


CASES = [
    dict(heads=2, width=5, sizes=[1, 2, 17, 40], terms=["c2p", "p2c"], buckets=8, furthest=32),
    dict(heads=1, width=3, sizes=[30, 1], terms=["p2c"], buckets=-1, furthest=12),
    dict(heads=3, width=4, sizes=[5, 9], terms=["c2p"], buckets=6, furthest=20),
    dict(heads=2, width=2, sizes=[200], terms=["p2c", "c2p"], buckets=16, furthest=64),
]
# buckets, furthest, longest: version 3's; more buckets than distances; odd; as few as there may be; texts that go beyond.
ROWS = [(256, 512, 512), (64, 34, 34), (7, 30, 50), (2, 3, 20), (320, 1024, 600), (-1, 20, 45)]


def main():
    torch.set_num_threads(1)
    numbers = {f"{i}.{name}": tensor.detach() for i, case in enumerate(CASES) for name, tensor in attend(**case).items()}
    numbers.update({f"rows.{b}.{f}.{n}": distances(n, make_attention(2, 1, ["c2p"], b, f)) for b, f, n in ROWS})
    write_numbers(numbers, pathlib.Path(__file__).resolve().parents[2] / "tests" / "data" / "disentangled")


if __name__ == "__main__":
    main()
