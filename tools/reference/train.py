"""Fine-tunes a classifier with PyTorch and transformers by the recipe that `bert train` follows.

    python tools/reference/train.py --model demo/model --train demo/train.tsv --dev demo/dev.tsv [--log OUT.jsonl] [--json]
    python tools/reference/train.py --model demo/model --train demo/train.tsv --bench [--json]

AdamW with decay 0.01 (not on biases and LayerNorm), clip 1.0, linear schedule with ceil(0.1 * steps) of warm-up,
batches padded to their longest, scaled dot product attention. A head that MODEL has is kept (tools/reference/head.py makes
one), so that another program can start from equal weights. Prints the dev accuracy; --bench prints the real tokens
(padding not counted) per second of ten steps after three to warm up.
"""
import argparse
import json
import math
import os
import random
import statistics
import time

from recipe import encode, make_optimizer, open_model, open_tokenizer, order_labels, pad_batch, read_table

import torch
from transformers import get_linear_schedule_with_warmup

BENCH_WARM, BENCH_STEPS = 3, 10


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--train", required=True)
    parser.add_argument("--dev")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=5e-5)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--limit", type=int, help="the first N examples")
    parser.add_argument("--dropout", type=float, help="in place of the model's own")
    parser.add_argument("--no-shuffle", action="store_true")
    parser.add_argument("--order", help="JSON lines: the list of example indices of every step, in place of shuffling")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--log", help="JSON lines: step, loss, learning_rate, grad_norm, tokens")
    parser.add_argument("--bench", action="store_true")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def plan_steps(options, count):
    """The example indices of every step."""
    if options.order:
        with open(options.order, encoding="utf-8") as file:
            return [json.loads(line) for line in file]
    generator, steps = random.Random(options.seed), []
    for _ in range(options.epochs):
        order = list(range(count))
        if not options.no_shuffle:
            generator.shuffle(order)
        steps += [order[i:i + options.batch_size] for i in range(0, count, options.batch_size)]
    return steps


def train(model, examples, steps, rate):
    """Yields a log line and the seconds of every step."""
    optimizer = make_optimizer(model, rate, fused=True)
    schedule = get_linear_schedule_with_warmup(optimizer, math.ceil(0.1 * len(steps)), len(steps))
    model.train()
    for number, indices in enumerate(steps, 1):
        start = time.perf_counter()
        batch = pad_batch([examples[i] for i in indices])
        loss = model(**batch).loss
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        applied = schedule.get_last_lr()[0]
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        line = dict(step=number, loss=loss.item(), learning_rate=applied, grad_norm=norm.item(),
                    tokens=int(batch["attention_mask"].sum()))
        yield line, time.perf_counter() - start


@torch.inference_mode()
def measure_accuracy(model, examples, size=64):
    model.eval()
    examples = sorted(examples, key=lambda e: len(e["ids"]))
    right = 0
    for i in range(0, len(examples), size):
        batch = pad_batch(examples[i:i + size])
        right += int((model(**batch).logits.argmax(1) == batch["labels"]).sum())
    return right / len(examples)


def run_bench(model, examples, steps, rate):
    timed = [(line["tokens"], seconds) for line, seconds in
             train(model, examples, steps[:BENCH_WARM + BENCH_STEPS], rate)][BENCH_WARM:]
    if len(timed) < BENCH_STEPS:
        raise SystemExit(f"--bench needs {BENCH_WARM + BENCH_STEPS} steps, and these data give {len(steps)}")
    return dict(tokens_per_second=round(statistics.median(tokens / seconds for tokens, seconds in timed), 1),
                seconds_per_step=round(statistics.median(seconds for _, seconds in timed), 4),
                tokens=sum(tokens for tokens, _ in timed), seconds=round(sum(seconds for _, seconds in timed), 3))


def run_training(model, examples, steps, rate, log):
    tokens, start, last = 0, time.perf_counter(), None
    for last, _ in train(model, examples, steps, rate):
        tokens += last["tokens"]
        if log:
            log.write(json.dumps(last) + "\n")
            log.flush()
    seconds = time.perf_counter() - start
    return dict(steps=len(steps), loss=round(last["loss"], 6), seconds=round(seconds, 1),
                tokens_per_second=round(tokens / seconds, 1))


def main():
    options = parse_options()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    rows = read_table(options.train)[:options.limit]
    labels = order_labels(label for _, label in rows)
    tokenizer = open_tokenizer(options.model)
    examples = encode(tokenizer, rows, labels, options.max_length)
    model = open_model(options.model, labels, options.dropout)
    steps = plan_steps(options, len(examples))
    if options.bench:
        result = run_bench(model, examples, steps, options.lr)
    elif options.log:
        with open(options.log, "w", encoding="utf-8") as log:
            result = run_training(model, examples, steps, options.lr, log)
    else:
        result = run_training(model, examples, steps, options.lr, None)
    if options.dev and not options.bench:
        dev = encode(tokenizer, read_table(options.dev), labels, options.max_length)
        result["dev_accuracy"] = measure_accuracy(model, dev)
    result = dict(seed=options.seed, threads=options.threads, **result)
    print(json.dumps(result) if options.json else "\n".join(f"{name}: {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
