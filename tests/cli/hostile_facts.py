"""Facts of a run whose texts would like to be more than texts, for build/tools/check/print_report.

    python3 hostile_facts.py FOLDER        writes FOLDER/facts.json and FOLDER/log.jsonl
"""
import json
import pathlib
import sys

folder = pathlib.Path(sys.argv[1])
names = ["<script>alert(1)</script>", "\"&<>'", "\u202eשלום <b>", "😀" * 30, "word" * 2500, "---\n- x: [y", "</td></table><h2>no</h2>",
         "\" style=\"x\" onclick=\"alert(1)", "a\tb\u0085c\u2028d\u0001", "<!-- -->]]>&lt;&#x3c;"]
count = len(names)
row = {"precision": 0.5, "recall": 0.25, "f1": 1 / 3, "support": 4}
metrics = {"eval_loss": 1e-5, "eval_accuracy": 0.1, "eval_macro_f1": 0.05, "eval_examples": 4 * count, "labels": names,
           "confusion": [[1] * count] * count, "per_label": {name: row for name in names}}
part = {"rows": 40, "labels": {name: 4 for name in names}, "tokens": {"median": 7.5, "percentile_95": 9, "longest": 12},
        "truncated": 1, "max_length_for_99_percent": 12, "empty": 0, "repeated": 2, "contradicting": 1}
options = {"model": names[0], "train": [names[1], "a/" + names[7]], "dev": f"x/{names[6]}".replace("</", "<"),
           "output": names[5] + ' "q" \\', "task": "classify", "schedule": names[0], "clip": 1.0, "max_length": 12, "seed": 42,
           "learning_rate": 5e-5, names[2]: names[3]}
facts = {
    "run": {"bert.c": names[0], "processor": names[1], "command_line": " ".join(names), "steps": 3, "options": options,
            "sha256": {name: name for name in names}, "data": {"train": part, "dev": part, "leaked": 2,
                                                               "labels_unseen": names},
            "baselines": {name: {"eval_accuracy": 0.2} for name in names[:3]},
            "evaluations": [{"epoch": e, "step": 3 * e, "metrics": {"eval_loss": 1.0, "eval_accuracy": 0.1}}
                            for e in (0, 1)]},
    "defaults": {}, "metrics": metrics, "results": {"epoch": 1.0, "train_runtime": 1.5, "train_samples": 40},
    "mistakes": [{"line": 3, "text": name, "text_pair": name, "expected": name, "answer": [name, 3],
                  "confidence": 0.9} for name in names] +
                [{"line": 4, "text": name, "word": name, "position": 1, "expected": name, "answer": name, "confidence": 0.9,
                  "wrong_words": [{"position": p, "start": s, "end": s + 3, "expected": name, "answer": name}
                                  for p, s in enumerate((0, 4, 2, 9999, -1))]} for name in names],
    "labels": names, "log": str(folder / "log.jsonl"), "base": names[4], "license": "mit"}
(folder / "facts.json").write_text(json.dumps(facts))
(folder / "log.jsonl").write_text("".join(
    json.dumps({"step": s, "epoch": 1, "loss": 1.0, "learning_rate": 0, "grad_norm": 2.0, "tokens": 9}) + "\n"
    for s in (1, 2, 3)))
