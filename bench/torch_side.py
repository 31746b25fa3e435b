"""The other side of the benchmark: PyTorch with transformers, ONNX Runtime and tokenizers on the same inputs.

    python torch_side.py train MODEL TABLE BATCH PAD STEPS THREADS      PAD: longest, or a number of tokens
    python torch_side.py predict MODEL FILE COUNT ROUNDS THREADS
    python torch_side.py predict-onnx MODEL FILE COUNT ROUNDS THREADS   MODEL has model.onnx, which `export` writes
    python torch_side.py export MODEL
    python torch_side.py tokenize MODEL FILE ROUNDS
    python torch_side.py start MODEL FILE                               answers the first line
    python torch_side.py evaluate MODEL TABLE
    python torch_side.py versions

Training: scaled dot product attention, fused AdamW, clipping, the model's dropout. Prediction: eval(), inference_mode(),
padded to the longest; tokenizing is not in its seconds. Used by bench/bench.py. Prints one JSON object.
"""
import importlib
import json
import os
import sys
import time

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

BENCH = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(os.path.dirname(BENCH), "tools/reference"))


def read_lines(path):
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n") for line in file]


def pad(batch, length):
    """Ids and mask of lists of ids, padded to `length`."""
    import torch
    ids = torch.tensor([ids + [0] * (length - len(ids)) for ids in batch])
    mask = torch.tensor([[1] * len(ids) + [0] * (length - len(ids)) for ids in batch])
    return dict(input_ids=ids, attention_mask=mask)


def train(folder, table, batch_size, pad_to, steps, threads):
    import torch
    from recipe import make_optimizer, open_model, open_tokenizer, order_labels, read_table
    torch.manual_seed(1)
    torch.set_num_threads(int(threads))
    rows, size = read_table(table), int(batch_size)
    labels = order_labels(label for _, label in rows)
    encoded = open_tokenizer(folder)([texts[0] for texts, _ in rows])["input_ids"]
    model = open_model(folder, labels).train()
    optimizer, told = make_optimizer(model, 5e-5, fused=True), []
    for step in range(int(steps)):
        part = slice(step * size, (step + 1) * size)
        begin = time.perf_counter()
        length = max(map(len, encoded[part])) if pad_to == "longest" else int(pad_to)
        wanted = torch.tensor([labels.index(label) for _, label in rows[part]])
        model(**pad(encoded[part], length), labels=wanted).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        told.append(dict(seconds=time.perf_counter() - begin, tokens=sum(map(len, encoded[part]))))
    return dict(steps=told)


def batches_of(folder, path, count, rounds):
    """One batch more than rounds: the first is to warm up."""
    from transformers import AutoTokenizer
    texts, count = read_lines(path), int(count)
    ids = AutoTokenizer.from_pretrained(folder)(texts)["input_ids"]
    for number in range(int(rounds) + 1):
        part = [ids[(number * count + i) % len(ids)] for i in range(count)]
        yield pad(part, max(map(len, part))), sum(map(len, part))


def run_rounds(batches, call):
    told = []
    for batch, tokens in batches:
        begin = time.perf_counter()
        call(batch)
        told.append(dict(seconds=time.perf_counter() - begin, tokens=tokens))
    return dict(rounds=told[1:])


def open_classifier(folder, attention=None):
    """attention None: the fastest that transformers has for the family."""
    from transformers import AutoModelForSequenceClassification
    return AutoModelForSequenceClassification.from_pretrained(folder, attn_implementation=attention).eval()


def predict(folder, path, count, rounds, threads):
    import torch
    torch.set_num_threads(int(threads))
    model = open_classifier(folder)
    with torch.inference_mode():
        return run_rounds(batches_of(folder, path, count, rounds), lambda batch: model(**batch))


def predict_onnx(folder, path, count, rounds, threads):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(threads)
    session = onnxruntime.InferenceSession(os.path.join(folder, "model.onnx"), options,
                                           providers=["CPUExecutionProvider"])
    batches = (({name: x.numpy() for name, x in batch.items()}, tokens)
               for batch, tokens in batches_of(folder, path, count, rounds))
    return run_rounds(batches, lambda batch: session.run(None, batch))


def export(folder):
    import torch
    ids = torch.ones(2, 16, dtype=torch.int64)
    names = ["input_ids", "attention_mask"]
    torch.onnx.export(open_classifier(folder, "eager"), (ids, ids), os.path.join(folder, "model.onnx"),
                      input_names=names, output_names=["logits"], dynamo=False, opset_version=17,
                      dynamic_axes={name: {0: "batch", 1: "length"} for name in names})
    return {}


def tokenize(folder, path, rounds):
    from transformers import AutoTokenizer
    tokenizer, texts, told = AutoTokenizer.from_pretrained(folder).backend_tokenizer, read_lines(path), []
    tokenizer.no_padding()
    for _ in range(int(rounds) + 1):
        begin = time.perf_counter()
        found = tokenizer.encode_batch(texts)
        told.append(dict(seconds=time.perf_counter() - begin, tokens=sum(len(e.ids) for e in found)))
    return dict(rounds=told[1:])


def start(folder, path):
    import torch
    from transformers import AutoTokenizer
    model, tokenizer = open_classifier(folder), AutoTokenizer.from_pretrained(folder)
    with torch.inference_mode():
        return dict(answer=int(model(**tokenizer(read_lines(path)[0], return_tensors="pt")).logits.argmax()))


def evaluate(folder, table):
    """Sorted by length, padded to the longest of 32: the fair way to do it."""
    import torch
    from transformers import AutoTokenizer
    from recipe import order_labels, read_table
    model, rows = open_classifier(folder), read_table(table)
    labels = order_labels(label for _, label in rows)
    ids = AutoTokenizer.from_pretrained(folder)([t[0] for t, _ in rows], truncation=True, max_length=128)["input_ids"]
    order, right = sorted(range(len(ids)), key=lambda i: len(ids[i])), 0
    with torch.inference_mode():
        for begin in range(0, len(order), 32):
            part = order[begin:begin + 32]
            logits = model(**pad([ids[i] for i in part], max(len(ids[i]) for i in part))).logits
            right += sum(labels[best] == rows[i][1] for best, i in zip(logits.argmax(1).tolist(), part))
    return dict(accuracy=right / len(rows))


def versions():
    found = {}
    for name in ("torch", "transformers", "tokenizers", "onnxruntime"):
        try:
            found[name] = importlib.import_module(name).__version__
        except ImportError:
            pass
    return found


def main():
    commands = {f.__name__.replace("_", "-"): f for f in (
        train, predict, predict_onnx, export, tokenize, start, evaluate, versions)}
    print(json.dumps(commands[sys.argv[1]](*sys.argv[2:])))


main()
