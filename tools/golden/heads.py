"""Makes the golden models of every task, tests/data/heads, with PyTorch and transformers (eager attention, float32).

    python tools/golden/heads.py [FOLDER]

Needs torch, transformers<5, safetensors. FOLDER is tests/data/heads unless given; its README.md, which this also
writes, says what every file holds. tools/golden/heads_tasks.py has the tasks, tools/golden/heads_texts.py their texts. Every
run on one machine and one set of versions writes the same bytes.
"""
import copy
import os
import pathlib
import platform
import sys

import heads_tasks as heads
import texts as golden_texts
sys.path.append(os.path.join(os.path.dirname(__file__), "../reference"))
from recipe import (draw_batches, draw_sequence, largest_distance, open_tokenizer, pack, take_gradients, take_steps,
                       widen_weights, write_numbers)

import torch
import transformers
from safetensors import safe_open
from transformers import BertConfig

STEPS = 20


def shape(vocab, hidden, layers, head_count, inner, positions, act, types=2, eps=1e-12):
    return dict(vocab_size=vocab, hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=head_count,
                intermediate_size=inner, max_position_embeddings=positions, hidden_act=act, type_vocab_size=types,
                layer_norm_eps=eps, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)


# blind: parameters that the loss does not see, as it does not see the bias of a key.
CASES = {
    "regress": dict(task=heads.Regress, config=shape(331, 21, 2, 3, 50, 37, "gelu", types=1), count=12, batch=5,
                    rate=0.005, length=24, seed=11),
    "multilabel": dict(task=heads.Multilabel, config=shape(320, 22, 1, 2, 45, 40, "gelu_new", eps=1e-5), count=12,
                       batch=5, rate=0.01, length=24, seed=112),
    "weighted": dict(task=heads.Weighted, config=shape(347, 20, 2, 5, 44, 33, "relu", eps=1e-6), count=12, batch=5,
                     rate=0.02, length=24, seed=113),
    "tag": dict(task=heads.Tag, config=shape(310, 24, 2, 3, 52, 36, "silu", eps=1e-7), count=12, batch=5, rate=0.01,
                length=24, seed=14),
    "answer": dict(task=heads.Answer, config=shape(341, 20, 2, 1, 41, 39, "gelu"), count=12, batch=5, rate=0.01,
                   length=28, seed=215, blind=("qa_outputs.bias", "layer.1.output.LayerNorm.bias")),
    "choose": dict(task=heads.Choose, config=shape(303, 27, 1, 3, 49, 35, "tanh", eps=1e-5), count=7, batch=3,
                   rate=0.02, length=20, seed=16, blind=("classifier.bias",)),
    "fill": dict(task=heads.Fill, config=shape(317, 20, 2, 4, 43, 38, "gelu", types=1), count=12, batch=5, rate=0.02,
                 length=24, seed=17),
    "similar_score": dict(task=heads.Scores, config=shape(329, 25, 1, 5, 47, 34, "gelu_new", eps=1e-5), count=8, batch=3,
                          rate=0.01, length=16, seed=18, pooler=True),
    "similar_cls": dict(task=heads.ScoresOfCls, config=shape(313, 21, 3, 3, 46, 36, "relu"), count=8, batch=3, rate=0.005,
                        length=16, seed=19, pooler=False),
    "similar_pairs": dict(task=heads.Pairs, config=shape(305, 22, 2, 1, 48, 40, "gelu", eps=1e-6), count=8, batch=4,
                          rate=0.01, length=16, seed=20, pooler=False),
    "similar_triples": dict(task=heads.Triples, config=shape(311, 36, 1, 4, 51, 33, "silu", types=1), count=6, batch=4,
                            rate=0.01, length=16, seed=21, pooler=True),
}


def blind_names(case):
    return ("key.bias", *case.get("blind", ()))


def make_model(case):
    task = case["task"]
    config = BertConfig(**case["config"], **task.options(case))
    options = dict(add_pooling_layer=case["pooler"]) if "pooler" in case else {}
    model = task.model_class._from_config(config, attn_implementation="eager", **options)
    widen_weights(model, case["seed"])
    return model


def make_examples(case):
    generator = torch.Generator().manual_seed(100 + case["seed"])
    draw = lambda low, high, count=1: torch.randint(low, high, (count,), generator=generator)
    groups, examples = case["task"].groups, []
    for i in range(case["count"]):
        sequences = [draw_sequence(draw, i * groups + k, case["config"]) for k in range(groups)]
        examples.append(dict(sequences=sequences))
        case["task"].draw_targets(draw, i, examples[-1])
    return examples


def record_outputs(model, examples, task, prefix=""):
    """What the model answers in eval mode, what was asked, and what is derived from both."""
    model.eval()
    with torch.no_grad():
        rows = task.outputs(model, examples)
        record = {"embeddings" if issubclass(task, heads.Embed) else "logits": rows, **task.targets(examples),
                  **task.answers(model, examples)}
    return {**{prefix + n: t for n, t in record.items()}, **pack(heads.sequences_of(examples), prefix)}


def record_case(model, examples, case):
    """Changes the model. Options of the loss stand beside it."""
    task = case["task"]
    compute_loss = lambda some=examples, **options: task.loss(task.outputs(model, some), some, **options)
    record = dict(**record_outputs(model, examples, task), **take_gradients(model, compute_loss),
                  groups=torch.tensor([task.groups]))
    if task.class_loss:
        own, theirs = float(record["loss"][0]), float(task.class_loss(model, examples).detach())
        assert abs(own - theirs) < 1e-5 * theirs, f"{task.__name__}: transformers has another loss: {own} and {theirs}"
    if task is heads.Weighted:
        record.update(class_weights=torch.tensor(task.weights), smoothing=torch.tensor([task.smoothing]))
    if task is heads.Multilabel:
        second = take_gradients(model, lambda: compute_loss(weights=task.positive_weights))
        record.update({"pos_weight": torch.tensor(task.positive_weights),
                       **{f"pos_weight.{n}": t for n, t in second.items()}})
    if issubclass(task, heads.Ranking):
        record["scale"] = torch.tensor([task.scale])
    batches = draw_batches(case["count"], case["batch"], STEPS, 200 + case["seed"])
    return {**record, **take_steps(model, case["rate"], batches, lambda batch: compute_loss([examples[i] for i in batch]))}


def record_texts(model, folder, case):
    examples = case["task"].read_texts(folder, open_tokenizer(folder), case["length"])
    return record_outputs(model, examples, case["task"], "texts.")


def check(name, case, numbers, folder):
    """That the numbers can tell a wrong program; the norm of the weakest gradient."""
    parameters = {n.removeprefix("final.") for n in numbers if n.startswith("final.")}
    with safe_open(folder / "model.safetensors", "pt") as file:
        assert set(file.keys()) == parameters, f"{name}: other names in the file: {set(file.keys()) ^ parameters}"
    without = {n for n in parameters if f"grad.{n}" not in numbers}
    assert without == ({"pooler.dense.weight", "pooler.dense.bias"} if case.get("pooler") else set()), without
    weakest = min(float(t.norm()) for n, t in numbers.items() if "grad." in n and not n.endswith(blind_names(case)))
    assert weakest > 1e-3, f"{name}: a gradient of norm {weakest}"
    for n, t in numbers.items():
        assert "grad." not in n or not n.endswith(blind_names(case)) or t.abs().max() < 1e-6, f"{name}: {n} is not blind"
    pad = numbers[next(n for n in numbers if n.startswith("grad.") and n.endswith("word_embeddings.weight"))][0]
    assert bool(pad.any()) == (case["task"] is heads.Fill), f"{name}: the gradient of the [PAD] row"
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
    texts = record_texts(model, folder, case)
    double = record_case(copy.deepcopy(model).double(), examples, case)
    single = record_case(model, examples, case)
    weakest, losses = check(name, case, single, folder), single["steps.loss"]
    texts = {n: t for n, t in texts.items() if not (case["task"] is heads.Fill and n == "texts.labels")}
    write_numbers({**single, **texts}, folder / "numbers")

    outputs = "embeddings" if "embeddings" in single else "logits"
    distances = [largest_distance(single, double, p, blind_names(case))
                 for p in (outputs, "loss", "grad.", "steps.loss", "final.")]
    return [name, f"{weakest:.1e}", f"{losses[:3].mean():.3f}", f"{losses[-3:].mean():.3f}",
            *[f"{d:.1e}" for d in distances]]


def describe_case(name, case):
    c = case["config"]
    sizes = "{hidden_size} x {num_hidden_layers}, {num_attention_heads} heads, {hidden_act}".format(**c)
    pooler = {True: ", pooler", False: ", no pooler"}.get(case.get("pooler"), "")
    return [f"`{name}`", f"`{case['task'].model_class.__name__}`{pooler}", sizes, f"{c['layer_norm_eps']:g}",
            str(c["type_vocab_size"]), f"{case['count']} x {case['task'].groups}", str(case["batch"]), str(case["rate"]),
            str(case["length"])]


README = """# Golden models of every task

Tiny BERTs with random wide weights under the head of each task, and what PyTorch computes with them. Made by
`python tools/golden/heads.py` with Python {python}, torch {torch}, transformers {transformers} (eager attention,
float32, dropout 0). A folder is a model folder (`config.json`, `model.safetensors`, `vocab.txt`,
`tokenizer_config.json`), `numbers/model.safetensors` and a data file, as in `../golden`.

| folder | class | hidden x layers | epsilon | token types | examples x sequences each | examples a step | peak rate | max length of texts |
|---|---|---|---|---|---|---|---|---|
{cases}

## What is asked, and the loss

| folder | outputs, a row for | targets | loss |
|---|---|---|---|
| `regress` | `logits` [., 1], sequence | `labels`, a number a sequence | mean squared error |
| `multilabel` | `logits` [., 5], sequence | `labels` [sequences, 5], 0 or 1; the fourth has none | mean over sequences and labels of the binary cross entropy of the sigmoid. `pos_weight.loss` and `pos_weight.grad.NAME`: the same with the term of a 1 multiplied by its label's `pos_weight` (`BCEWithLogitsLoss(pos_weight)`) |
| `weighted` | `logits` [., 4], sequence | `labels`, a class a sequence | `CrossEntropyLoss(weight=class_weights, label_smoothing=smoothing)`: with p the log softmax, w the weights, e the smoothing, C classes, the sum over sequences of `-(1-e) w[y] p[y] - e/C sum_c w[c] p[c]` over the sum of `w[y]` |
| `tag` | `logits` [., 5], token | `labels`, a class a token, -100 for none | mean over the labelled tokens of the whole batch; the first sequence has none |
| `answer` | `logits` [., 2] (start, end), token | `spans` [sequences, 2]: first and last token, counted in the sequence; 0, 0: no answer | mean of the cross entropies of start and end, then over sequences. The softmax goes over the sequence's own tokens; transformers' class on a padded batch lets padding into it, so it was asked for one sequence at a time |
| `choose` | `logits` [examples, 3], example | `labels`, which of 3 | cross entropy |
| `fill` | `logits` [., vocabulary], labelled token, in order | `labels`, an id a token, -100 for none; `ids` are masked already (most `[MASK]`, some another id, some unchanged) | mean over the labelled tokens of the whole batch |
| `similar_score` | `embeddings` [., hidden], sequence: mean of the last hidden states | `scores`, a number an example | mean of (cosine - score)^2; `cosines` [examples] |
| `similar_cls` | the same, but the last hidden state of `[CLS]` | `scores` | the same |
| `similar_pairs` | mean, as `similar_score` | none | cross entropy of `scale` x `cosines` [examples, examples]: first sequence of an example against the second of all in the batch; its own is right |
| `similar_triples` | mean | none | the same with `cosines` [examples, 2 examples]: all second sequences, then all third |

The losses of the `similar` folders are those of sentence-transformers {sentence_transformers} (`CosineSimilarityLoss`,
`MultipleNegativesRankingLoss`): loss and gradients were compared once with the library's own, distance under 3e-6 of each
tensor's largest value.

## The numbers

All float32; the tokens of all sequences end to end, without padding; the sequences of an example stand together.

| tensor | shape | what |
|---|---|---|
| `ids`, `types` | tokens | the first sequence is `[CLS] [SEP]`, the second as long as the positions, the third has id 0 inside (`[PAD]`, attended as any other; it gives its row of the word table no gradient) |
| `starts` | sequences + 1 | where each sequence starts; the last is the number of tokens |
| `groups` | 1 | sequences an example |
| outputs, targets | | as above; outputs in eval mode |
| `loss`, `grad.NAME` | | of all examples as one batch |
| `steps.batch` | {steps} x examples | the examples of every optimizer step, starting from the same weights; their tokens and labels differ in number |
| `steps.loss`, `steps.grad_norm`, `steps.rate` | {steps} | loss; norm before clipping; the rate that the step ran at |
| `final.NAME` | | the parameters after the last step |
| `texts.*` | | the same tensors of the data file: `texts.ids`, `texts.types`, `texts.starts`, outputs, targets |

The steps are those of `../golden`: AdamW (0.9, 0.999, 1e-8), weight decay 0.01 but for biases and LayerNorm, clipped to
norm 1.0, linear with ceil(0.1 x {steps}) steps of warm-up.

NAME is the name in `model.safetensors`, which holds exactly the parameters of `final.`:

- `regress`, `multilabel`, `weighted`, `choose`: `bert.*` with `bert.pooler.*`, `classifier.*`. In `choose` the classifier
  has one row; `config.json` says nothing of how many sequences an example has.
- `tag`: `bert.*` without the pooler, `classifier.*`. `answer`: `bert.*` without the pooler, `qa_outputs.*`.
- `fill`: `bert.*` without the pooler, `cls.predictions.bias`, `cls.predictions.transform.dense.*`,
  `cls.predictions.transform.LayerNorm.*`. `cls.predictions.decoder.*` is absent, for its weight is
  `bert.embeddings.word_embeddings.weight` and its bias `cls.predictions.bias`. Their gradients are the sums of both uses;
  so the `[PAD]` row has one here, from the decoder, though still none from the lookup. The tied matrix decays.
- `similar_*`: a bare `BertModel`, names without `bert.`. `similar_score` and `similar_triples` keep a pooler that the loss
  does not use: it has no `grad.`, and `final.` equals what the file holds (no step and no decay).

Parameters that the loss does not see have no gradient but rounding, and Adam makes steps of full size of that: **leave
`grad.` of these to an absolute bound and `final.` of these out**: everywhere `*key.bias` (softmax over keys), in `answer`
`qa_outputs.bias` and `bert.encoder.layer.1.output.LayerNorm.bias`, the last (both add the same to every token; softmax
over tokens), in `choose` `classifier.bias` (softmax over sequences).

Largest distance between this and the same in float64, each tensor's over its largest value (so a test's bound cannot be
narrower):

| folder | weakest gradient (norm) | loss, steps 1-3 | steps {last} | outputs | loss | gradients | losses of steps | final weights |
|---|---|---|---|---|---|---|---|---|
{table}

## The data files

Ids are cut to the length above, the longer text of a pair first. `texts.` outputs are those of the weights in
`model.safetensors`.

- `texts.tsv`, header `text score` (`regress`), `text labels` (`multilabel`, names with commas between), `text label`
  (`weighted`), `sentence1 sentence2 score` (`similar_score`, `similar_cls`), `anchor positive` (`similar_pairs`),
  `anchor positive negative` (`similar_triples`). `texts.cosines` as above. Labels are numbered as in `config.json`.
- `tag`, `texts.conll`: word TAB tag, an empty line after a sentence. Encoded word by word
  (`is_split_into_words=True`); the label stands at a word's first piece, -100 elsewhere. One word is a soft hyphen and
  leaves no piece; one sentence is cut.
- `answer`, `texts.json`: SQuAD 2's form; `answer_start` counts code points. Windows of {answer_length} tokens that overlap
  by {answer_stride} (`truncation="only_second"`, `stride={answer_stride}`), questions without leading white space. Per token
  `texts.offsets` [tokens, 2] (code points of the question or context; 0, 0 of a special token) and `texts.parts` (0
  question, 1 context, -1 special token); per window `texts.question` (which question) and `texts.spans` (0, 0 where the
  window does not hold the whole answer). Per question `texts.answers` [questions, 4]: begin and end of the best span over
  its windows (code points of the context; of the 20 best starts and ends of a window, both in the context, at most 30
  tokens), start + end logit of it, and the least start + end logit of `[CLS]` over the windows.
- `choose`, `texts.csv` (RFC 4180): `sent1`, then `sent2` + a space + an ending.
- `fill`, `texts.txt`: a text a line; `texts.logits` has a row for every `[MASK]`, in order.
"""


def main():
    torch.set_num_threads(1)
    here = pathlib.Path(__file__).resolve().parents[2]
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here / "tests" / "data" / "heads"
    join = lambda rows: "\n".join("| " + " | ".join(row) + " |" for row in rows)
    table = join(make_case(name, case, folder / name) for name, case in CASES.items())
    (folder / "README.md").write_text(README.format(
        python=platform.python_version(), torch=torch.__version__, transformers=transformers.__version__,
        sentence_transformers="5.7.0", cases=join(describe_case(*item) for item in CASES.items()), steps=STEPS,
        last=f"{STEPS - 2}-{STEPS}", table=table, answer_length=CASES["answer"]["length"],
        answer_stride=heads.Answer.stride))
    print(table)


if __name__ == "__main__":
    main()
