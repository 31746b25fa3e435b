"""Makes the golden models of every family, tests/data/families, with PyTorch and transformers (eager attention,
float32).

    python tools/golden/families.py [FOLDER [CASE ...]]

Needs torch, transformers<5, safetensors. FOLDER is tests/data/families unless given; without cases all are made, and
README.md is written. A folder FAMILY_TASK is a model folder without a tokenizer, and numbers/model.safetensors as in
tests/data/heads, whose tasks these are (heads_tasks.py).
"""
import copy
import os
import pathlib
import platform
import sys
import types
from unittest import mock

import heads
import heads_tasks as tasks
sys.path.append(os.path.join(os.path.dirname(__file__), "../reference"))
from recipe import largest_distance, widen_weights, write_numbers

import torch
import torch.nn.functional as F
import transformers

OFF = dict(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
SIZES = dict(vocab_size=61, hidden_size=12, num_hidden_layers=2, num_attention_heads=3, intermediate_size=19)
RELATIVE = dict(relative_attention=True, share_att_key=True, position_buckets=6, max_position_embeddings=43)

# config: of the tiny model. typed: do its inputs have token types? length: of the longest sequence. alone: is each
# sequence computed by itself?
FAMILIES = {
    "roberta": dict(prefix="Roberta", length=23, config=dict(**SIZES, **OFF, max_position_embeddings=25, type_vocab_size=1,
                                                             layer_norm_eps=1e-5)),
    "xlm_roberta": dict(prefix="XLMRoberta", length=21, only=("classes", "fill"), config=dict(
        **SIZES, **OFF, max_position_embeddings=23, type_vocab_size=1, layer_norm_eps=1e-5)),
    "camembert": dict(prefix="Camembert", length=20, only=("classes", "similar"), config=dict(
        **SIZES, **OFF, max_position_embeddings=26, type_vocab_size=1, pad_token_id=5)),
    "distilbert": dict(prefix="DistilBert", length=23, config=dict(
        vocab_size=61, dim=12, n_layers=2, n_heads=3, hidden_dim=19, max_position_embeddings=23, dropout=0.0,
        attention_dropout=0.0, seq_classif_dropout=0.0, qa_dropout=0.0)),
    "electra": dict(prefix="Electra", length=23, typed=True, config=dict(
        **SIZES, **OFF, embedding_size=7, max_position_embeddings=23, summary_last_dropout=0.0)),
    "electra_same": dict(prefix="Electra", length=20, typed=True, only=("classes", "fill"), config=dict(
        **SIZES, **OFF, embedding_size=12, max_position_embeddings=20)),
    "albert": dict(prefix="Albert", length=23, typed=True, config=dict(
        {**SIZES, "num_hidden_layers": 5}, **OFF, num_hidden_groups=2, embedding_size=9, max_position_embeddings=23,
        classifier_dropout_prob=0.0)),
    # As version 3 is, but for its few buckets; then what its configuration may say otherwise.
    "deberta_v2": dict(prefix="DebertaV2", length=43, config=dict(**SIZES, **OFF, **RELATIVE, pos_att_type="p2c|c2p",
                                                                  norm_rel_ebd="layer_norm", position_biased_input=False)),
    "deberta_v2_own": dict(prefix="DebertaV2", length=30, typed=True, only=("classes", "similar"), config=dict(
        **SIZES, **OFF, **{**RELATIVE, "position_buckets": -1, "share_att_key": False}, pos_att_type=["c2p", "p2c"],
        max_relative_positions=9, type_vocab_size=2)),
    "deberta_v2_c2p": dict(prefix="DebertaV2", length=43, only=("tag",), config=dict(
        **SIZES, **OFF, **RELATIVE, pos_att_type=["c2p"], position_biased_input=False)),
    "deberta_v2_p2c": dict(prefix="DebertaV2", length=43, only=("fill",), config=dict(
        **SIZES, **OFF, **RELATIVE, pos_att_type="p2c", norm_rel_ebd="layer_norm", position_biased_input=False,
        legacy=False, tie_word_embeddings=False)),
    "deberta_v2_embedded": dict(prefix="DebertaV2", length=43, only=("classes", "fill"), config=dict(
        **SIZES, **OFF, **RELATIVE, pos_att_type="p2c|c2p", norm_rel_ebd="layer_norm", position_biased_input=False,
        embedding_size=7)),
    "deberta_v2_absolute": dict(prefix="DebertaV2", length=43, only=("classes",), config=dict(
        **SIZES, **OFF, pos_att_type=["c2p"], max_position_embeddings=43)),
    "mpnet": dict(prefix="MPNet", length=43, config=dict(**SIZES, **OFF, max_position_embeddings=45, layer_norm_eps=1e-5)),
}


# ModernBERT: a window of w lets a token of most layers see w // 2 others on each side; attention takes 64 tokens at a time
# there, so the longest sequence is longer than that.
MODERN = dict(**{**SIZES, "num_hidden_layers": 4}, pad_token_id=0, cls_token_id=2, bos_token_id=2, sep_token_id=3,
              eos_token_id=3, reference_compile=False)
FAMILIES["modernbert"] = dict(prefix="ModernBert", length=90, alone=True, config=dict(
    **MODERN, max_position_embeddings=90, local_attention=9))
FAMILIES["modernbert_mean"] = dict(prefix="ModernBert", length=70, alone=True, only=("classes", "choose", "fill"), config=dict(
    **MODERN, max_position_embeddings=70, local_attention=40, global_attn_every_n_layers=2, classifier_pooling="mean",
    hidden_activation="silu", classifier_activation="gelu_new", norm_eps=1e-6, global_rope_theta=500.0,
    local_rope_theta=None))


def alone(base):
    """A class of transformers that computes each sequence by itself: in ModernBERT's, padding whose window holds padding
    alone becomes NaN, and so do gradients."""
    def forward(self, input_ids, attention_mask):
        ids, masks = (t.flatten(0, -2) for t in (input_ids, attention_mask))
        made, whole = [], {}
        for row, mask in zip(ids, masks):
            one = row[mask.bool()].view(*(1,) * (input_ids.dim() - 1), -1)
            made.append(base.forward(self, one, attention_mask=torch.ones_like(one)))
        for key in made[0].keys():
            parts = [m[key] for m in made]
            if key in ("start_logits", "end_logits"):
                parts = [F.pad(t, (0, ids.shape[1] - t.shape[1])) for t in parts]
            elif parts[0].dim() == 3:
                parts = [F.pad(t, (0, 0, 0, ids.shape[1] - t.shape[1])) for t in parts]
            whole[key] = torch.cat(parts)
        if input_ids.dim() == 3:
            whole["logits"] = whole["logits"].view(input_ids.shape[:2])
        return types.SimpleNamespace(**whole)

    return type(base.__name__, (base,), dict(forward=forward))


def pad_of(family):
    return model_config(family).pad_token_id


def model_config(family, **options):
    return getattr(transformers, family["prefix"] + "Config")(**family["config"], **options)


def draw_sequence(draw, i, family):
    """As recipe.draw_sequence(), with the family's pad id inside the third sequence."""
    length = 2 if i == 0 else family["length"] if i == 1 else int(draw(4, 23 if i % 2 else 12))
    length = min(length, family["length"])
    ids = draw(6, family["config"]["vocab_size"], length)
    ids[0], ids[-1] = 2, 3
    if i == 2:
        ids[2] = pad_of(family)
    types = torch.zeros(length, dtype=torch.long)
    if family.get("typed") and length > 3:
        types[int(draw(2, length - 1)):] = 1
    return dict(ids=ids, types=types)


def pad_with(family):
    """recipe.pad_batch() as the family's forward takes it."""
    def pad_batch(examples):
        longest, pad = max(len(e["ids"]) for e in examples), pad_of(family)
        rows = lambda key, value: torch.stack([F.pad(e[key], (0, longest - len(e[key])), value=value) for e in examples])
        mask = torch.stack([(torch.arange(longest) < len(e["ids"])).long() for e in examples])
        batch = dict(input_ids=rows("ids", pad), attention_mask=mask)
        return dict(**batch, token_type_ids=rows("types", 0)) if family.get("typed") else batch
    return pad_batch


class Fill(tasks.Fill):
    @staticmethod
    def draw_targets(draw, i, e):
        ids = e["sequences"][0]["ids"]
        asked = draw(0, 4, len(ids)) == 0
        asked[0] = asked[-1] = False
        e["labels"] = torch.where(asked, ids, tasks.IGNORED)
        ids[asked & (draw(0, 10, len(ids)) < 8)] = 4


class Answer(tasks.Answer):
    @staticmethod
    def draw_targets(draw, i, e):
        last = len(e["sequences"][0]["ids"]) - 1
        places = sorted(int(p) for p in draw(1, max(last, 2), 2))
        e["spans"] = torch.tensor(places if i % 4 != 3 and last > 1 else [0, 0])


# As heads.CASES. rate: peak.
TASKS = {
    "classes": dict(task=tasks.Weighted, suffix="ForSequenceClassification", count=8, batch=4, rate=0.02),
    "tag": dict(task=tasks.Tag, suffix="ForTokenClassification", count=8, batch=4, rate=0.02),
    "fill": dict(task=Fill, suffix="ForMaskedLM", count=8, batch=4, rate=0.02),
    "answer": dict(task=Answer, suffix="ForQuestionAnswering", count=8, batch=4, rate=0.02),
    "choose": dict(task=tasks.Choose, suffix="ForMultipleChoice", count=5, batch=3, rate=0.02),
    "similar": dict(task=tasks.Scores, suffix="Model", count=5, batch=3, rate=0.01),
}

# Where to begin to look for a seed, if the first is too steep for the test's finite differences.
FIRST_SEEDS = {"electra_similar": 5000}

# Names by whose end a test knows them: the loss does not see these weights.
KEYS = ("key.bias", "k_lin.bias", "attn.k.bias", "key_proj.bias")


def cases():
    for name, family in FAMILIES.items():
        for task in family.get("only", TASKS):
            yield f"{name}_{task}", family, TASKS[task]


def make_model(family, task, seed):
    model_class = getattr(transformers, family["prefix"] + task["suffix"])
    if family.get("alone"):
        model_class = alone(model_class)
    without = task["suffix"] == "Model" and "add_pooling_layer" in model_class.__init__.__code__.co_varnames
    model = model_class._from_config(model_config(family, **task["task"].options(task)), attn_implementation="eager",
                                     **(dict(add_pooling_layer=False) if without else {}))
    widen_weights(model, seed)
    return model


def make_examples(family, task, seed):
    generator = torch.Generator().manual_seed(100 + seed)
    draw = lambda low, high, count=1: torch.randint(low, high, (count,), generator=generator)
    groups, examples = task["task"].groups, []
    for i in range(task["count"]):
        examples.append(dict(sequences=[draw_sequence(draw, i * groups + k, family) for k in range(groups)]))
        task["task"].draw_targets(draw, i, examples[-1])
    return examples


def distances(single, double):
    """Of float32 from float64; weights that the loss does not see are left out."""
    outputs = "embeddings" if "embeddings" in single else "logits"
    blind = (*KEYS, "qa_outputs.bias", "output.LayerNorm.bias", "layer_norm.bias", "classifier.bias")
    return [largest_distance(single, double, p, blind) for p in (outputs, "loss", "grad.", "steps.loss", "final.")]


def falls(losses):
    return losses[-3:].mean() < 0.7 * losses[:3].mean() and losses[-1] < 0.7 * losses[0]


def record(name, family, task):
    """Of the first seed with which the loss falls and rounding does not grow: the model as it begins, the numbers, and
    how far they are from those in float64."""
    for seed in range(FIRST_SEEDS.get(name, 0) + sum(name.encode()), 1 << 20, 1000):
        model, examples = make_model(family, task, seed), make_examples(family, task, seed)
        case, begun = dict(task, seed=seed), copy.deepcopy(model)
        single = heads.record_case(model, examples, case)
        if falls(single["steps.loss"]):
            off = distances(single, heads.record_case(copy.deepcopy(begun).double(), examples, case))
            if all(o < 1e-5 for o in off[:4]) and off[4] < 5e-5:
                return begun, single, off


def make_case(name, family, task, folder):
    folder.mkdir(parents=True, exist_ok=True)
    tasks.pad_batch = pad_with(family)
    own = task["task"].class_loss
    with mock.patch.object(task["task"], "class_loss", None if family.get("alone") else own):
        model, single, off = record(name, family, task)
    model.save_pretrained(folder)
    os.chmod(folder / "model.safetensors", 0o644)
    write_numbers(single, folder / "numbers")
    losses = single["steps.loss"]
    return [name, f"`{type(model).__name__}`", f"{losses[:3].mean():.3f}", f"{losses[-3:].mean():.3f}",
            *[f"{o:.1e}" for o in off]]


README = """# Golden models of every family

Tiny models with random wide weights under the head of each task, and what PyTorch computes with them. Made by
`python tools/golden/families.py` with Python {python}, torch {torch}, transformers {transformers} (eager attention,
float32, dropout 0). A folder FAMILY_TASK holds `config.json`, `model.safetensors` and `numbers/model.safetensors`; the
tensors of the latter are those of `../heads`, of which `classes` is called `weighted` there and `similar` `similar_score`.

The third sequence has the family's padding inside it, attended like any other: it gives its row of the word table no
gradient, and of RoBERTa's kind its position is padding's. `albert` has five layers in two groups, `electra_same` no
product behind its embeddings; `deberta_v2_..` differ in how they score by distance, `modernbert_mean` reads the mean of all
tokens. Weight decay is on what transformers' Trainer puts it on.

The last columns are the largest distance between this and the same in float64, each tensor's over its largest value, but
for weights that the loss does not see.

| folder | class | loss, steps 1-3 | steps 18-20 | outputs | loss | gradients | losses of steps | final weights |
|---|---|---|---|---|---|---|---|---|
{table}
"""


def main():
    torch.set_num_threads(1)
    here = pathlib.Path(__file__).resolve().parents[2]
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here / "tests" / "data" / "families"
    wanted = sys.argv[2:]
    rows = [make_case(name, family, task, folder / name) for name, family, task in cases() if not wanted or name in wanted]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    if not wanted:
        (folder / "README.md").write_text(README.format(
            python=platform.python_version(), torch=torch.__version__, transformers=transformers.__version__, table=table))
    print(table)


if __name__ == "__main__":
    main()
