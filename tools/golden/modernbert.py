"""Makes the golden models of ModernBERT, tests/data/modernbert, with PyTorch and transformers (eager attention, float32).

    python tools/golden/modernbert.py [FOLDER]

Needs torch, transformers<5, safetensors. FOLDER is tests/data/modernbert unless given; its README.md, which this also
writes, says what differs from tests/data/heads, whose tasks these are. Every run on one machine and one set of versions
writes the same bytes.
"""
import copy
import os
import pathlib
import platform
import sys
import types

import heads_tasks as heads
import texts as golden_texts
sys.path.append(os.path.join(os.path.dirname(__file__), "../reference"))
import recipe
from recipe import draw_batches, draw_sequence, largest_distance, open_tokenizer, pack, take_gradients, write_numbers

import torch
import torch.nn.functional as F
import transformers
from transformers import ModernBertConfig

STEPS = 20


def alone(name):
    """transformers' class of that name, which computes each sequence by itself: a padding token whose window holds padding
    alone becomes NaN there, and so do gradients. Token types are passed over."""
    base = getattr(transformers, name)

    def forward(self, input_ids, attention_mask, token_type_ids=None):
        ids, masks = (t.flatten(0, -2) for t in (input_ids, attention_mask))
        made = []
        for row, mask in zip(ids, masks):
            one = row[mask.bool()].unsqueeze(0)
            made.append(base.forward(self, one.unsqueeze(0) if input_ids.dim() == 3 else one))
        whole = {}
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

    return type(name, (base,), dict(forward=forward))


def of(task, name):
    return type(task.__name__, (task,), dict(model_class=alone(name)))


Weighted = of(heads.Weighted, "ModernBertForSequenceClassification")
Regress = of(heads.Regress, "ModernBertForSequenceClassification")
Tag = of(heads.Tag, "ModernBertForTokenClassification")
Answer = of(heads.Answer, "ModernBertForQuestionAnswering")
Choose = of(heads.Choose, "ModernBertForMultipleChoice")
Fill = of(heads.Fill, "ModernBertForMaskedLM")
Scores = of(heads.Scores, "ModernBertModel")


def shape(vocab, hidden, layers, head_count, inner, positions, act, window, **more):
    return dict(vocab_size=vocab, hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=head_count,
                intermediate_size=inner, max_position_embeddings=positions, hidden_activation=act, local_attention=window,
                pad_token_id=0, cls_token_id=2, bos_token_id=2, sep_token_id=3, eos_token_id=3, **more)


# A window of w lets a token see w // 2 others on each side. blind: parameters that the loss does not see.
CASES = {
    "classify": dict(task=Weighted, config=shape(347, 20, 4, 5, 31, 150, "gelu", 9), count=12, batch=5, rate=0.005,
                     length=40, seed=31),
    "regress": dict(task=Regress, config=shape(331, 24, 2, 2, 37, 70, "silu", 6, classifier_pooling="mean",
                                               classifier_activation="gelu_new", norm_eps=1e-6), count=12, batch=5,
                    rate=0.002, length=24, seed=32),
    "tag": dict(task=Tag, config=shape(310, 18, 3, 3, 29, 140, "gelu", 40, global_attn_every_n_layers=2,
                                       global_rope_theta=5000.0, local_rope_theta=100.0), count=12, batch=5, rate=0.005,
                length=24, seed=33),
    "answer": dict(task=Answer, config=shape(341, 20, 3, 1, 33, 100, "gelu", 12), count=12, batch=5, rate=0.005, length=28,
                   seed=44, blind=("classifier.bias",)),
    "choose": dict(task=Choose, config=shape(303, 24, 2, 3, 35, 35, "gelu_new", 4, global_attn_every_n_layers=1), count=7,
                   batch=3, rate=0.01, length=20, seed=35, blind=("classifier.bias",)),
    "fill": dict(task=Fill, config=shape(317, 20, 2, 2, 27, 90, "gelu", 8, local_rope_theta=None), count=12, batch=5,
                 rate=0.01, length=24, seed=36),
    "similar": dict(task=Scores, config=shape(329, 20, 1, 5, 26, 34, "gelu", 16), count=8, batch=3, rate=0.005, length=16,
                    seed=37),
}


def is_plain(name):
    """Without weight decay, by the rule of transformers' Trainer."""
    return name.endswith("bias") or any(part in name for part in (".norm", "_norm"))


def make_optimizer(model, rate):
    groups = [dict(params=[p for n, p in model.named_parameters() if is_plain(n) == plain], weight_decay=decay)
              for plain, decay in ((False, 0.01), (True, 0.0))]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.999), eps=1e-8)


recipe.make_optimizer = make_optimizer


def make_model(case):
    task, generator = case["task"], torch.Generator().manual_seed(case["seed"])
    config = ModernBertConfig(**case["config"], **task.options(case), reference_compile=False)
    model = task.model_class._from_config(config, attn_implementation="eager")
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(0.0, 0.3, generator=generator)
            if name.endswith("norm.weight"):
                parameter.add_(1.0)
    return model


def make_examples(case):
    generator = torch.Generator().manual_seed(100 + case["seed"])
    draw = lambda low, high, count=1: torch.randint(low, high, (count,), generator=generator)
    groups, examples = case["task"].groups, []
    for i in range(case["count"]):
        sequences = [draw_sequence(draw, i * groups + k, dict(case["config"], type_vocab_size=2)) for k in range(groups)]
        examples.append(dict(sequences=sequences))
        case["task"].draw_targets(draw, i, examples[-1])
    return examples


def record_outputs(model, examples, task, prefix=""):
    model.eval()
    with torch.no_grad():
        rows = task.outputs(model, examples)
        record = {"embeddings" if issubclass(task, heads.Embed) else "logits": rows, **task.targets(examples),
                  **task.answers(model, examples)}
    return {**{prefix + n: t for n, t in record.items()}, **pack(heads.sequences_of(examples), prefix)}


def record_case(model, examples, case):
    """Changes the model."""
    task = case["task"]
    compute_loss = lambda some=examples: task.loss(task.outputs(model, some), some)
    record = dict(**record_outputs(model, examples, task), **take_gradients(model, compute_loss),
                  groups=torch.tensor([task.groups]))
    if task is Weighted:
        record.update(class_weights=torch.tensor(task.weights), smoothing=torch.tensor([task.smoothing]))
    batches = draw_batches(case["count"], case["batch"], STEPS, 200 + case["seed"])
    return {**record, **recipe.take_steps(model, case["rate"], batches, lambda b: compute_loss([examples[i] for i in b]))}


def check(name, case, numbers):
    blind = case.get("blind", ())
    gradients = {n: t for n, t in numbers.items() if n.startswith("grad.") and not n.endswith(blind or "no name")}
    weakest = min(float(t.norm()) for t in gradients.values())
    assert weakest > 1e-3, f"{name}: a gradient of norm {weakest}"
    losses = numbers["steps.loss"]
    assert losses[-3:].mean() < 0.7 * losses[:3].mean(), f"{name}: the loss does not fall: {losses}"
    return weakest


def make_case(name, case, folder):
    folder.mkdir(parents=True, exist_ok=True)
    model = make_model(case)
    model.save_pretrained(folder)
    os.chmod(folder / "model.safetensors", 0o644)
    golden_texts.write_tokenizer(folder, case["config"])
    examples = make_examples(case)
    texts = record_outputs(model, case["task"].read_texts(folder, open_tokenizer(folder), case["length"]), case["task"],
                           "texts.")
    double = record_case(copy.deepcopy(model).double(), examples, case)
    single = record_case(model, examples, case)
    weakest, losses = check(name, case, single), single["steps.loss"]
    texts = {n: t for n, t in texts.items() if not (case["task"] is Fill and n == "texts.labels")}
    write_numbers({**single, **texts}, folder / "numbers")
    outputs = "embeddings" if "embeddings" in single else "logits"
    distances = [largest_distance(single, double, p, case.get("blind", ()) or ("no name",))
                 for p in (outputs, "loss", "grad.", "steps.loss", "final.")]
    c = case["config"]
    return [f"`{name}`", f"`{case['task'].model_class.__name__}`",
            f"{c['hidden_size']} x {c['num_hidden_layers']}, {c['num_attention_heads']} heads", str(c["local_attention"]),
            str(c["max_position_embeddings"]), f"{weakest:.1e}", f"{losses[:3].mean():.3f}", f"{losses[-3:].mean():.3f}",
            *[f"{d:.1e}" for d in distances]]


README = """# Golden models of ModernBERT

Tiny ModernBERTs with random wide weights under the head of each task, and what PyTorch computes with them. Made by
`python tools/golden/modernbert.py` with Python {python}, torch {torch}, transformers {transformers} (eager attention,
float32, dropout 0). Folders and numbers are those of `../heads`; names are ModernBERT's. What differs:

- A token of a local layer sees `window // 2` tokens on each side. Each model has a sequence as long as its positions: longer
  than the window, and in some longer than 64 tokens, which attention takes at a time there.
- Norms have no bias and do not decay, as transformers' Trainer has it.
- `regress` reads the mean of all tokens, the other classifiers the first one. `fill` has one theta for all layers.
- `answer` calls its last layer `classifier`. The loss does not see `classifier.bias` in `answer` and `choose`: its gradient is
  rounding, so leave it to an absolute bound and its final value out.
- `classify` is weighted and smoothed like `weighted` in `../heads`.

| folder | class | hidden x layers | window | positions | weakest gradient (norm) | loss, steps 1-3 | steps {last} | outputs | loss | gradients | losses of steps | final weights |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
{table}

The last five columns: the largest distance between this and the same in float64, each tensor's over its largest value.
"""


def main():
    torch.set_num_threads(1)
    here = pathlib.Path(__file__).resolve().parents[2]
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here / "tests" / "data" / "modernbert"
    rows = [make_case(name, case, folder / name) for name, case in CASES.items()]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    (folder / "README.md").write_text(README.format(
        python=platform.python_version(), torch=torch.__version__, transformers=transformers.__version__,
        last=f"{STEPS - 2}-{STEPS}", table=table))
    print(table)


if __name__ == "__main__":
    main()
