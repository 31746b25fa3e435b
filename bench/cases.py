"""What the benchmark measures: each case has sides, functions that run one process and return what it took."""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

from models import draw_lengths
from operations import count_forward, count_training

TORCH_SIDE = pathlib.Path(__file__).resolve().parent / "torch_side.py"


def run_child(command, quiet=True):
    """(standard output, seconds, peak resident bytes) of a process from its start to its end."""
    begin = time.perf_counter()
    with subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE if quiet else None) as process:
        errors = None
        try:
            # What it says on standard error is little: the pipe holds it until the end.
            output = process.stdout.read()
            errors = process.stderr.read() if process.stderr else b""
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        except BaseException:
            process.kill()
            raise
    seconds = time.perf_counter() - begin
    if process.returncode != 0:
        raise SystemExit(f"bench: {' '.join(map(str, command))}: status {process.returncode}\n{errors.decode()}")
    return output.decode(), seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


class Case:
    """name, kind ("training", "inference" or "other") and sides by name: "bert", "pytorch", "onnx", ..."""

    def __init__(self, bench, kind, name):
        self.bench, self.kind, self.name, self.sides = bench, kind, name, {}
        self.file = bench.work / (f"{kind} {name}".replace(" ", "_").replace(",", "") + ".tsv")

    def torch(self, *words):
        output, seconds, memory = run_child([self.bench.python, TORCH_SIDE, *words])
        return json.loads(output.splitlines()[-1]), seconds, memory


class Training(Case):
    def __init__(self, bench, model, batch, kind, title, warm, steps, pads):
        """pads: {side: "longest" or tokens} for PyTorch."""
        super().__init__(bench, "training", f"{model}, {title}")
        self.folder, self.config = bench.models[model], bench.config(model)
        self.batch, self.warm, self.steps = batch, warm, steps
        self.lengths = draw_lengths(kind, batch * (warm + steps), seed=batch)
        bench.writer.table(self.file, self.lengths, bench.labels)
        self.sides["bert"] = self.ours
        for side, length in pads.items():
            if bench.python:
                self.sides[side] = lambda length=length: self.theirs(length)

    def step_tokens(self, step):
        return sum(self.lengths[step * self.batch:(step + 1) * self.batch])

    def check(self, steps):
        wanted = [self.step_tokens(step) for step in range(self.warm + self.steps)]
        if [step["tokens"] for step in steps] != wanted:
            raise SystemExit(f"bench: {self.name}: steps of other lengths than {wanted}: {steps}")
        return steps[self.warm:]

    def check_operations(self, profile, steps):
        """What is counted from the sizes of the model must be what was executed; the profile leaves out the first step."""
        executed = sum(row["products"] for row in profile["operations"])
        counted = sum(count_training(self.config, step, True) for step in steps[1:])
        if abs(executed / counted - 1) > 0.01:
            raise SystemExit(f"bench: {self.name}: {executed:.4g} operations executed, bench/operations.py counts"
                             f" {counted:.4g}")

    def ours(self):
        output = self.bench.work / "output"
        shutil.rmtree(output, ignore_errors=True)
        text, _, memory = run_child([
            self.bench.program, "train", self.folder, "--train", self.file, "--output", output, "--epochs", 1,
            "--batch-size", self.batch, "--max-length", max(self.lengths), "--no-shuffle", "--quiet", "--json",
            "--profile", "--threads", self.bench.threads])
        lines = (output / "timings.jsonl").read_text().splitlines()
        shutil.rmtree(output)
        steps = [json.loads(line) for line in lines]
        profile = json.loads(text.splitlines()[-1])["profile"]
        self.check_operations(profile, steps)
        steps = self.check(steps)
        update = [row for row in profile["operations"] if row["phase"] == "update"]
        adam = [row for row in update if row["operation"].startswith("adamw_")]
        # Rows of the word table that catch up on steps take their time, but their bytes need not move twice.
        moved = 1e-9 * sum(row["bytes"] for row in adam if row["operation"] != "adamw_catch_up_rows")
        outside = sum(row["seconds"] for row in update) / profile["seconds"]
        gflops = 1e-9 * sum(count_training(self.config, step, True) for step in steps) / sum(
            step["seconds"] for step in steps)
        return dict(seconds=statistics.median(step["seconds"] for step in steps), memory=memory, gflops=gflops,
                    gflops_without_update=gflops / (1.0 - outside),
                    update_gbytes=moved / sum(row["seconds"] for row in update),
                    adam_gbytes=moved / sum(row["seconds"] for row in adam))

    def theirs(self, length):
        told, _, memory = self.torch("train", self.folder, self.file, self.batch, length, self.warm + self.steps,
                                     self.bench.threads)
        return dict(seconds=statistics.median(step["seconds"] for step in self.check(told["steps"])), memory=memory)


class Inference(Case):
    def __init__(self, bench, model, count, title, rounds):
        super().__init__(bench, "inference", f"{model}, {title}")
        self.folder, self.config, self.count, self.rounds = bench.models[model], bench.config(model), count, rounds
        bench.writer.lines(self.file, draw_lengths("reviews", count * (rounds + 1), seed=count))
        self.sides["bert"] = self.ours
        for side, command in (("pytorch", "predict"), ("onnx", "predict-onnx")):
            if bench.python and (side != "onnx" or (self.folder / "model.onnx").exists()):
                self.sides[side] = lambda command=command: self.theirs(command)

    def ours(self):
        text, _, _ = run_child([self.bench.tool("infer"), "predict", self.folder, self.file, self.count, self.rounds,
                                self.bench.threads])
        rounds = json.loads(text)["rounds"]
        operations = sum(count_forward(self.config, dict(r, sequences=self.count), True) for r in rounds)
        return dict(seconds=statistics.median(r["seconds"] for r in rounds),
                    gflops=1e-9 * operations / sum(r["seconds"] for r in rounds))

    def theirs(self, command):
        told, _, _ = self.torch(command, self.folder, self.file, self.count, self.rounds, self.bench.threads)
        return dict(seconds=statistics.median(r["seconds"] for r in told["rounds"]))


class Tokenizing(Case):
    def __init__(self, bench, model, texts, rounds):
        super().__init__(bench, "other", f"tokenizing {len(texts):,} English sentences, one thread")
        self.file.write_text("".join(text + "\n" for text in texts), encoding="utf-8")
        self.folder, self.rounds, self.texts = bench.models[model], rounds, len(texts)
        self.sides["bert"] = lambda: self.figures(json.loads(run_child(
            [bench.tool("infer"), "tokenize", self.folder, self.file, rounds])[0]))
        if bench.python:
            self.sides["tokenizers"] = lambda: self.figures(self.torch("tokenize", self.folder, self.file, rounds)[0])

    def figures(self, told):
        self.check(told["rounds"])
        return dict(seconds=statistics.median(r["seconds"] for r in told["rounds"]))

    def check(self, rounds):
        """Both sides must have found as many tokens."""
        tokens = {r["tokens"] for r in rounds} | ({self.tokens} if hasattr(self, "tokens") else set())
        if len(tokens) != 1:
            raise SystemExit(f"bench: {self.name}: the sides find different numbers of tokens: {tokens}")
        self.tokens, = tokens


class Processes(Case):
    """Whole processes from start to end: answering a line, evaluating a file."""

    def __init__(self, bench, name, ours, theirs):
        super().__init__(bench, "other", name)
        self.sides["bert"] = lambda: dict(seconds=run_child([bench.program, *ours])[1])
        if bench.python:
            self.sides["pytorch"] = lambda: dict(seconds=self.torch(*theirs)[1])


def list_cases(bench, quick):
    """The cases for the models that the bench has."""
    longest = {"pytorch": "longest"}
    for model in bench.models:
        warm, steps = (1, 2) if quick else (1, 3) if model == "base" else (2, 8)
        for batch, kind, title, pads in (
                (32, "reviews", "32 reviews", {**longest, "pytorch 128": 128}),
                (2, "reviews", "2 reviews", {"pytorch 128": 128}),
                (32, 128, "32 x 128", longest),
                (16, 384, "16 x 384", longest)):
            if quick and kind != "reviews":
                continue
            yield Training(bench, model, batch, kind, title, warm, steps if batch > 2 or quick else 4 * steps, pads)
    for model in bench.models:
        yield Inference(bench, model, 1, "1 review", 5 if quick else 30)
        yield Inference(bench, model, 32, "32 reviews", 2 if quick else 8)
    small = "mini" if "mini" in bench.models else next(iter(bench.models))
    folder, line = bench.models[small], bench.work / "line.txt"
    yield Tokenizing(bench, small, bench.english(), 2 if quick else 10)
    bench.writer.lines(line, [27])
    yield Processes(bench, f"{small}, one answer from process start",
                    ["predict", folder, line, "--threads", bench.threads], ["start", folder, line])
    yield Processes(bench, f"{small}, evaluating {bench.dev_count:,} sentences of SST-2 from process start"
                    if bench.is_sst2 else f"{small}, evaluating {bench.dev_count:,} reviews from process start",
                    ["evaluate", folder, "--data", bench.dev, "--quiet", "--threads", bench.threads],
                    ["evaluate", folder, bench.dev])
