"""What the Python tools share: the same recipe and numbers in PyTorch. Not a command.

Needs torch, transformers<5, safetensors."""
import math
import os

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import torch
from safetensors.torch import save_file
from transformers import (AutoConfig, AutoModelForSequenceClassification, AutoTokenizer, Trainer,
                          get_linear_schedule_with_warmup)
from transformers.utils import logging

logging.set_verbosity_error()

TEXT_COLUMNS = [["text"], ["sentence"], ["sentence1", "sentence2"], ["premise", "hypothesis"]]
LABEL_COLUMNS = ["label", "labels", "score"]


def read_table(path):
    """(texts, label) of every row of a TSV with a header: one text or two, the label as written."""
    with open(path, encoding="utf-8", newline="\n") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    header = rows[0]
    columns = next(c for c in TEXT_COLUMNS if all(name in header for name in c))
    places, label = [header.index(name) for name in columns], next(header.index(n) for n in LABEL_COLUMNS if n in header)
    return [([row[i] for i in places], row[label]) for row in rows[1:]]


def order_labels(labels):
    """As numbers when all are integers, else by bytes."""
    names = set(labels)
    try:
        return sorted(names, key=int)
    except ValueError:
        return sorted(names, key=lambda name: name.encode("utf-8"))


def open_tokenizer(folder):
    return AutoTokenizer.from_pretrained(folder)


def configure(folder, labels, dropout=None, **options):
    """The folder's configuration for the labels, with `dropout` in place of all that its family has."""
    config = AutoConfig.from_pretrained(folder, num_labels=len(labels), id2label=dict(enumerate(labels)),
                                        label2id={name: i for i, name in enumerate(labels)}, **options)
    for name in [name for name in config.to_dict() if "dropout" in name and dropout is not None]:
        setattr(config, name, dropout)
    return config


def open_model(folder, labels, dropout=None, attention=None):
    """A model for the labels; its head is the folder's where that has one, else as torch's random state draws it. Its
    attention is the fastest that transformers has for the family, unless named."""
    config = configure(folder, labels, dropout, problem_type="single_label_classification")
    return AutoModelForSequenceClassification.from_pretrained(folder, config=config, attn_implementation=attention)


def encode(tokenizer, rows, labels, max_length):
    """Examples: ids and, where the family has them, types as tensors, label as a number; -1 for a label unknown."""
    numbers = {name: i for i, name in enumerate(labels)}
    examples = []
    for texts, label in rows:
        encoded = tokenizer(*texts, truncation=True, max_length=max_length)
        examples.append(dict(list_inputs(encoded), label=numbers.get(label, -1)))
    return examples


def list_inputs(encoded):
    """Ids and, where the family has them, types."""
    return {ours: torch.tensor(encoded[theirs]) for theirs, ours in (("input_ids", "ids"), ("token_type_ids", "types"))
            if theirs in encoded}


def pad_batch(examples):
    """What a model takes: padded to the longest."""
    longest = max(len(e["ids"]) for e in examples)
    rows = lambda key: torch.stack([torch.nn.functional.pad(e[key], (0, longest - len(e[key]))) for e in examples])
    mask = torch.stack([(torch.arange(longest) < len(e["ids"])).long() for e in examples])
    batch = dict(input_ids=rows("ids"), attention_mask=mask)
    if all("types" in e for e in examples):
        batch["token_type_ids"] = rows("types")
    if all("label" in e for e in examples):
        batch["labels"] = torch.tensor([e["label"] for e in examples])
    return batch


def make_optimizer(model, rate, **options):
    """AdamW as in the recipe: decay 0.01, on the weights on which transformers' Trainer has it."""
    decays = set(Trainer.get_decay_parameter_names(None, model))
    groups = [dict(params=[p for n, p in model.named_parameters() if (n in decays) == with_decay], weight_decay=decay)
              for with_decay, decay in ((True, 0.01), (False, 0.0))]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.999), eps=1e-8, **options)


def pack(examples, prefix=""):
    """Ids and types end to end, and where each sequence starts."""
    starts = [0]
    for e in examples:
        starts.append(starts[-1] + len(e["ids"]))
    return {prefix + "ids": torch.cat([e["ids"] for e in examples]), prefix + "starts": torch.tensor(starts),
            prefix + "types": torch.cat([e["types"] for e in examples])}


def record_forward(model, examples):
    model.eval()
    batch = pad_batch(examples)
    with torch.no_grad():
        out = model.bert(**{k: v for k, v in batch.items() if k != "labels"})
        logits = model(**batch).logits
    return dict(hidden=out.last_hidden_state[batch["attention_mask"].bool()], pooled=out.pooler_output, logits=logits,
                labels=batch["labels"], **pack(examples))


def take_gradients(model, compute_loss):
    """The loss and its gradient by every parameter that has one. Dropout must be 0 in the model's configuration."""
    model.train()
    model.zero_grad()
    loss = compute_loss()
    loss.backward()
    return dict(loss=loss.detach().reshape(1),
                **{f"grad.{n}": p.grad.clone() for n, p in model.named_parameters() if p.grad is not None})


def record_gradients(model, examples):
    return take_gradients(model, lambda: model(**pad_batch(examples)).loss)


def draw_batches(examples, size, steps, seed):
    """[steps, size]: which examples each step has."""
    generator = torch.Generator().manual_seed(seed)
    return torch.stack([torch.randperm(examples, generator=generator)[:size] for _ in range(steps)])


def take_steps(model, rate, batches, compute_loss):
    """The recipe's optimizer steps, compute_loss(batch) each, and the weights after them. Changes the model."""
    optimizer = make_optimizer(model, rate)
    schedule = get_linear_schedule_with_warmup(optimizer, math.ceil(0.1 * len(batches)), len(batches))
    losses, norms, rates = [], [], []
    model.train()
    for batch in batches:
        optimizer.zero_grad()
        loss = compute_loss(batch)
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0))
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
        losses.append(loss.detach())
    return {"steps.batch": batches, "steps.loss": torch.stack(losses), "steps.grad_norm": torch.stack(norms),
            "steps.rate": torch.tensor(rates),
            **{f"final.{n}": p.detach().clone() for n, p in model.named_parameters()}}


def widen_weights(model, seed):
    """Random weights wide enough that no gradient drowns in rounding."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(0.0, 0.3, generator=generator)
            if name.lower().endswith("norm.weight"):
                parameter.add_(1.0)


def draw_sequence(draw, i, config):
    """Random ids and types; draw(low, high, count=1) gives integers below high. Of the sequences i = 0, 1, ... of a
    model the first is [CLS] [SEP] alone, the second as long as the positions. The third has id 0, [PAD], inside it:
    attended like any other, but the lookup gives its row of the word table no gradient."""
    length = 2 if i == 0 else config["max_position_embeddings"] if i == 1 else int(draw(4, 23))
    ids = draw(5, config["vocab_size"], length)
    ids[0], ids[-1] = 2, 3
    if i == 2:
        ids[2] = 0
    types = torch.zeros(length, dtype=torch.long)
    if config["type_vocab_size"] == 2 and length > 3:
        types[int(draw(2, length - 1)):] = 1
    return dict(ids=ids, types=types)


def largest_distance(single, double, prefix, blind=("key.bias",)):
    """The largest |float32 - float64| over the tensors' names that begin with prefix, each over its largest value.
    Those that end in a name of `blind` are left out. The bias of the key has no gradient but rounding (softmax does
    not see it)."""
    names = [n for n in single if n.startswith(prefix) and not n.endswith(blind)]
    return max(float((single[n].double() - double[n]).abs().max() / double[n].abs().max()) for n in names)


def write_numbers(numbers, folder):
    """As folder/model.safetensors, all float32, so that what opens a model folder opens it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.safetensors"
    save_file({n: t.float().contiguous() for n, t in numbers.items()}, path, metadata={"format": "pt"})
    os.chmod(path, 0o644)
