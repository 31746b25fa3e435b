"""Makes the golden models of tests/data/golden with PyTorch and transformers (eager attention, float32).

    python tools/golden/models.py [FOLDER]

Needs torch, transformers<5, safetensors. FOLDER is tests/data/golden unless given; its README.md, which this
also writes, says what every file holds. Every run on one machine and one set of versions writes the same bytes.
"""
import copy
import os
import pathlib
import platform
import sys

import texts as golden_texts
sys.path.append(os.path.join(os.path.dirname(__file__), "../reference"))
from recipe import (draw_batches, draw_sequence, largest_distance, open_tokenizer, pack, pad_batch, record_forward,
                       record_gradients, take_steps, widen_weights, write_numbers)

import torch
import transformers
from transformers import BertConfig, BertForSequenceClassification

EXAMPLES, STEPS, BATCH, MAX_LENGTH = 12, 20, 5, 32

COMMON = dict(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, problem_type="single_label_classification")

CASES = {
    "gelu": dict(
        config=dict(vocab_size=401, hidden_size=24, num_hidden_layers=3, num_attention_heads=3, intermediate_size=56,
                    max_position_embeddings=40, hidden_act="gelu", type_vocab_size=2),
        labels=["bad", "fair", "good"], rate=0.01, pairs=True, seed=1),
    "gelu_new": dict(
        config=dict(vocab_size=303, hidden_size=36, num_hidden_layers=2, num_attention_heads=4, intermediate_size=100,
                    max_position_embeddings=33, hidden_act="gelu_new", type_vocab_size=1, layer_norm_eps=1e-5),
        labels=["0", "1"], rate=0.01, pairs=False, seed=2),
    "relu": dict(
        config=dict(vocab_size=350, hidden_size=20, num_hidden_layers=1, num_attention_heads=2, intermediate_size=44,
                    max_position_embeddings=37, hidden_act="relu", type_vocab_size=2),
        labels=["1", "2", "3", "4", "5"], rate=0.02, pairs=True, seed=3),
}


def make_model(case):
    names = dict(id2label=dict(enumerate(case["labels"])), label2id={n: i for i, n in enumerate(case["labels"])})
    model = BertForSequenceClassification._from_config(
        BertConfig(**case["config"], **COMMON, **names), attn_implementation="eager")
    widen_weights(model, case["seed"])
    return model


def make_examples(case):
    generator = torch.Generator().manual_seed(100 + case["seed"])
    draw = lambda low, high, count=1: torch.randint(low, high, (count,), generator=generator)
    return [dict(**draw_sequence(draw, i, case["config"]), label=int(draw(0, len(case["labels"]))))
            for i in range(EXAMPLES)]


def record_steps(model, examples, case):
    """Changes the model."""
    batches = draw_batches(EXAMPLES, BATCH, STEPS, 200 + case["seed"])
    return take_steps(model, case["rate"], batches,
                      lambda batch: model(**pad_batch([examples[i] for i in batch])).loss)


def record_texts(model, folder, case):
    tokenizer = open_tokenizer(folder)
    header = "sentence1\tsentence2\tlabel" if case["pairs"] else "text\tlabel"
    lines, examples = [header], []
    for i, (first, second) in enumerate(zip(golden_texts.SINGLES, golden_texts.SECONDS)):
        first, texts = first.replace("\t", " "), [first.replace("\t", " ")] + ([second] if case["pairs"] else [])
        lines.append("\t".join(texts + [case["labels"][i % len(case["labels"])]]))
        encoded = tokenizer(*texts, truncation=True, max_length=MAX_LENGTH)
        examples.append(dict(ids=torch.tensor(encoded["input_ids"]), types=torch.tensor(encoded["token_type_ids"])))
    (folder / "texts.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    model.eval()
    with torch.no_grad():
        logits = model(**pad_batch(examples)).logits
    return {"texts.logits": logits, **pack(examples, "texts.")}


def record_case(model, examples, case):
    return {**record_forward(model, examples), **record_gradients(model, examples),
            **record_steps(model, examples, case)}


def make_case(name, case, folder):
    folder.mkdir(parents=True, exist_ok=True)
    model = make_model(case)
    model.save_pretrained(folder)
    golden_texts.write_tokenizer(folder, case["config"])
    examples = make_examples(case)
    texts = record_texts(model, folder, case)
    double = record_case(copy.deepcopy(model).double(), examples, case)
    single = record_case(model, examples, case)

    gradients = {n: t for n, t in single.items() if n.startswith("grad.") and not n.endswith("key.bias")}
    weakest = min(float(t.norm()) for t in gradients.values())
    assert weakest > 1e-3, f"{name}: a gradient of norm {weakest}"
    assert not single["grad.bert.embeddings.word_embeddings.weight"][0].any(), f"{name}: the [PAD] row has a gradient"
    losses = single["steps.loss"]
    assert losses[-3:].mean() < 0.7 * losses[:3].mean(), f"{name}: the loss does not fall: {losses}"

    write_numbers({**single, **texts}, folder / "numbers")
    os.chmod(folder / "model.safetensors", 0o644)
    distances = [largest_distance(single, double, p) for p in ("logits", "hidden", "grad.", "steps.loss", "final.")]
    return [name, f"{weakest:.1e}", f"{losses[:3].mean():.3f}", f"{losses[-3:].mean():.3f}",
            *[f"{d:.1e}" for d in distances]]


README = """# Golden models

Tiny BERTs with random wide weights, and what PyTorch computes with them. Made by `python tools/golden/models.py`
with Python {python}, torch {torch}, transformers {transformers} (eager attention, float32, dropout 0).

A folder is a model folder (`config.json`, `model.safetensors`, `vocab.txt`, `tokenizer_config.json`) and two more
files.

`texts.tsv`: made-up texts, header `sentence1 sentence2 label` (`gelu`, `relu`) or `text label` (`gelu_new`, which has a
single token type). Ids are cut to {max_length}, the longer text of a pair first.

`numbers/model.safetensors` (so named that what opens a model folder opens it), all float32, the tokens of all
sequences end to end, without padding:

| tensor | shape | what |
|---|---|---|
| `ids`, `types` | tokens | {examples} sequences; id 0 stands inside one (`[PAD]`, attended as any other; its row of the word table gets no gradient) |
| `starts` | {examples} + 1 | where each sequence starts; the last is the number of tokens |
| `labels`, `logits`, `pooled`, `hidden` | | class; eval mode; `tanh` of the pooler; last hidden state of every token |
| `loss`, `grad.NAME` | | mean cross entropy over all sequences and its gradient by every parameter |
| `steps.batch` | {steps} x {batch} | the sequences of every optimizer step, starting from the same weights |
| `steps.loss`, `steps.grad_norm`, `steps.rate` | {steps} | loss; norm before clipping; the rate that the step ran at |
| `final.NAME` | | the parameters after the last step |
| `texts.ids`, `texts.types`, `texts.starts`, `texts.logits` | | of `texts.tsv` |

The steps: AdamW (0.9, 0.999, 1e-8), weight decay 0.01 but for biases and LayerNorm, gradients clipped to norm 1.0
(divided by norm + 1e-6), linear schedule with ceil(0.1 x {steps}) steps of warm-up, so that step 1 runs at rate 0; peak
rate 0.01 (`relu`: 0.02).

The gradient of a key's bias is 0 but for rounding, for softmax does not see it, and Adam makes steps of full size of
such rounding: **leave `grad.*key.bias` to an absolute bound and `final.*key.bias` out.** Largest distance between
this and the same in float64, each tensor's over its largest value (so a test's bound cannot be narrower):

| model | weakest gradient (norm) | loss, steps 1-3 | steps {last} | logits | hidden | gradients | losses of steps | final weights |
|---|---|---|---|---|---|---|---|---|
{table}
"""


def main():
    torch.set_num_threads(1)
    here = pathlib.Path(__file__).resolve().parents[2]
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here / "tests" / "data" / "golden"
    rows = [make_case(name, case, folder / name) for name, case in CASES.items()]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    (folder / "README.md").write_text(README.format(
        python=platform.python_version(), torch=torch.__version__, transformers=transformers.__version__,
        max_length=MAX_LENGTH, examples=EXAMPLES, steps=STEPS, batch=BATCH, last=f"{STEPS - 2}-{STEPS}", table=table))
    print(table)


if __name__ == "__main__":
    main()
