"""The part of results.py that fine-tunes every task on real data and compares it with the PyTorch recipe.

The data and the recipe (reference.py, with the results of runs it has made in results.jsonl) lie beside the checkout in
../shared; without them nothing is run. Standard library only.
"""
import json
import pathlib
import statistics

SHARED = pathlib.Path("../shared")
SEEDS = (1, 2, 3)

# name, the reference's task, its metric and ours, data folder, training files, dev file, options, seeds, points allowed
TASKS = [
    ("MRPC, accuracy", "mrpc", "accuracy", "eval_accuracy", "mrpc", ["train.tsv"], "dev.tsv", [], SEEDS, 1.5),
    ("CoLA, Matthews", "cola", "mcc", "eval_mcc", "cola", ["train.tsv"], "dev.tsv", [], SEEDS, 1.5),
    ("CLINC150, accuracy", "clinc150", "accuracy", "eval_accuracy", "clinc150", ["train.tsv"], "dev.tsv",
     ["--learning-rate", "2e-4"], SEEDS, 1.5),
    ("STS-B, Pearson", "stsb", "pearson", "eval_pearson", "stsb", ["train.tsv"], "dev.tsv", ["--task", "regress"],
     SEEDS, 1.5),
    ("vader_amazon, Pearson", "vader_amazon", "pearson", "eval_pearson", "vader_amazon", ["train.tsv"], "dev.tsv",
     ["--task", "regress"], SEEDS, 1.5),
    ("GoEmotions, micro F1", "goemotions", "micro_f1", "eval_micro_f1", "goemotions", ["train.tsv"], "dev.tsv",
     ["--label-file", "LABELS", "--epochs", "1", "--learning-rate", "1e-4"], SEEDS, 1.5),
    ("WNUT-17, entity F1", "wnut17", "f1", "eval_f1", "wnut17", ["train.conll"], "dev.conll",
     ["--learning-rate", "1e-4", "--max-length", "256"], SEEDS, 1.5),
    ("BC5CDR, entity F1", "bc5cdr", "f1", "eval_f1", "bc5cdr", ["train.conll"], "dev.conll",
     ["--learning-rate", "1e-4", "--max-length", "256"], SEEDS, 1.5),
    ("EWT part of speech, accuracy", "ud_ewt_pos", "token_accuracy", "eval_accuracy", "ud_ewt_pos", ["train.conll"],
     "dev.conll", ["--learning-rate", "1e-4", "--epochs", "1", "--max-length", "256"], SEEDS, 1.5),
]
ANSWERS = ["--task", "answer", "--learning-rate", "1e-4", "--batch-size", "16", "--max-length", "384", "--stride", "128"]
for shown, key in (("EM", "exact_match"), ("F1", "f1")):
    TASKS += [
        (f"SQuAD v1, {shown}", "squad_v1", key, f"eval_{key}", "squad_v1", ["train.json"], "dev.json", ANSWERS, (1,), 2.0),
        (f"SQuAD v2, {shown}", "squad_v2", key, f"eval_{key}", "squad_v2", ["train.json"], "dev.json", ANSWERS, (1,), 2.0),
        (f"SQuAD v1 and new articles, {shown}", "squad_v1+new", key, f"eval_{key}", "squad_v1",
         ["train.json", "../squad_newwiki/train.json"], "dev.json", ANSWERS, (1,), 2.0),
    ]
# What reference.py calls the runs that results.jsonl may not hold.
REFERENCE_NAMES = {"goemotions": "goemo", "vader_amazon": "vader", "ud_ewt_pos": "pos", "squad_v1": "squad1_only",
                   "squad_v2": "squad2", "squad_v1+new": "squad1"}


def read_reference(paths):
    """(task, rows) -> answers. Runs over other training files have the same name and more rows."""
    answers = {}
    for path in paths:
        if not path.exists():
            continue
        for line in path.read_text().splitlines():
            answer = json.loads(line)
            name = answer["task"] + ("+new" if answer["task"] == "squad_v1" and answer["rows"] > 4000 else "")
            answers.setdefault(name, {})[answer["seed"]] = answer
    return answers


def percent(name, value):
    """The SQuAD script's scores are in percent already."""
    return value if name in ("exact_match", "f1") and value > 1.0 else 100 * value


def train_task(options, run, task):
    """The metric of each seed. A run that KEEP holds already, of the same program, is not made again."""
    _, name, _, metric, folder, train, dev, more, seeds, _ = task
    data = SHARED / "data" / folder
    more = [str(data / "labels.txt") if word == "LABELS" else word for word in more]
    for seed in seeds:
        output = options.keep / f"{name}-{seed}"
        results = output / "eval_results.json"
        if not results.exists():
            run(options.program, "train", options.demo / "model", "--train", *[data / file for file in train], "--dev",
                data / dev, "--output", output, "--overwrite", "--quiet", "--threads", options.threads, "--seed", seed,
                *more)
            (output / "model.safetensors").unlink()
        yield percent(metric.removeprefix("eval_"), json.loads(results.read_text())[metric])


def show(values):
    if not values:
        return " | "
    mean = statistics.fmean(values)
    return f"{', '.join(f'{v:.2f}' for v in values)} | {mean:.2f}"


def allowed_gap(ours, theirs, points):
    """The points, or two standard errors of the difference of the means if that is more."""
    error = sum(statistics.variance(v) / len(v) for v in (ours, theirs) if len(v) > 1)
    return max(points, 2 * error ** 0.5)


def compare_task(options, run, task, reference):
    title, name, key, *_, points = task
    ours = list(train_task(options, run, task))
    theirs = [percent(key, answer[key]) for _, answer in sorted(reference.get(name, {}).items())]
    if not theirs:
        return f"| {title} | {show(ours)} | not run | | |", True
    gap = statistics.fmean(ours) - statistics.fmean(theirs)
    return f"| {title} | {show(ours)} | {show(theirs)} | {gap:+.2f} |", gap >= -allowed_gap(ours, theirs, points)


def run_reference(options, run, answers):
    """The reference's runs that are wanted and not there, where PYTHON can make them."""
    script = SHARED / "reference" / "reference.py"
    for name in dict.fromkeys(task[1] for task in TASKS):
        if options.python and name not in answers:
            run("env", f"MODEL={(options.demo / 'model').resolve()}", f"RESULTS={(options.keep / 'reference.jsonl').resolve()}",
                options.python, script, f"{REFERENCE_NAMES.get(name, name)}:1")


def list_tasks(options, run):
    """Lines of the table, and whether all bounds hold."""
    if not (SHARED / "data").exists():
        return ["Not run: there is no ../shared/data."], True
    paths = [SHARED / "reference" / "results.jsonl", options.keep / "reference.jsonl"]
    run_reference(options, run, read_reference(paths))
    reference = read_reference(paths)
    rows, held = zip(*[compare_task(options, run, task, reference) for task in TASKS])
    return ["| data | ours, by seed | mean | PyTorch, by seed | mean | difference |", "|---|---|---|---|---|---|",
            *rows], all(held)
