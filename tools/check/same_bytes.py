"""Do two builds of bert make the same bytes? Trains every task with both and compares.

    python3 tools/check/same_bytes.py OLD NEW [--demo-whole | --no-demo]

OLD and NEW are commits, which are built in a scratch folder, or folders that hold a built bert, such as build.

Each task is trained on a tiny model in five variants: plain, with --memory, --micro-batch, --freeze, and killed in
the middle and resumed. Compared are train_log.jsonl, model.safetensors and what predict prints. The demo is compared
too, on a part of its data, or on all with --demo-whole. Prints a line for each case, then the count; exit 1 if a case
differs. A minute on two cores.
"""
import argparse
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests/faults")]

from disk import COUNTED, read_records  # noqa: E402
from models import Writer, make_model, read_header  # noqa: E402

TOKENIZER = ROOT / "tests/data/golden/gelu"
SHAPE = dict(hidden_size=64, num_hidden_layers=3, num_attention_heads=4, intermediate_size=160,
             max_position_embeddings=64)
TRAIN_ROWS, DEV_ROWS = 44, 18
RUN = "--epochs 2 --batch-size 8 --max-length 48 --learning-rate 0.001 --dropout 0.1 --threads 2 --quiet".split()
VARIANTS = {"plain": [], "memory": [], "micro-batch": ["--micro-batch", "3"], "freeze": ["--freeze", "1"],
            "resumed": ["--checkpoint-every", "4"]}
STOPPED_AFTER = 8  # in the second epoch; a step that --checkpoint-every saves
DEMO_ROWS = 400
FILES = ("train_log.jsonl", "model.safetensors", "answers")


class Rows:
    """Made-up labelled rows: a method for each task, which gives the lines of a file."""

    def __init__(self, writer):
        self.writer, self.random = writer, random.Random(3)

    def text(self, least=4, most=60):
        return self.writer.text(2 + self.random.randint(least, most))

    def table(self, head, count, *columns):
        return [head, *("\t".join(make() for make in columns) for _ in range(count))]

    def number(self):
        return f"{self.random.uniform(0, 5):.2f}"

    def subset(self):
        return ",".join(label for label in ("calm", "dull", "loud", "warm") if self.random.random() < 0.4)

    def classify(self, count):
        return self.table("text\tlabel", count, self.text, lambda: self.random.choice(("bad", "fair", "good")))

    def regress(self, count):
        return self.table("text\tscore", count, self.text, self.number)

    def multilabel(self, count):
        return self.table("text\tlabels", count, self.text, self.subset)

    def similar(self, count):
        return self.table("sentence1\tsentence2\tscore", count, self.text, self.text, self.number)

    def fill(self, count):
        return [self.text() for _ in range(count)]

    def tag(self, count):
        tags = ("O", "O", "B-place", "I-place", "B-name")
        return [f"{word}\t{self.random.choice(tags)}" if word else ""
                for _ in range(count) for word in [*self.text().split(), ""]]

    def choose(self, count):
        return [json.dumps(dict(text=self.text(most=20), endings=[self.text(2, 20) for _ in range(3)],
                                label=self.random.randrange(3))) for _ in range(count)]

    def answer(self, count):
        return [json.dumps(self.question(number)) for number in range(count)]

    def question(self, number):
        context = self.text(20, 90)
        words = context.split()
        first = self.random.randrange(len(words) - 3)
        answer = " ".join(words[first:first + self.random.randint(1, 3)])
        start = len(" ".join([*words[:first], ""]))
        found = dict(text=[answer], answer_start=[start]) if number % 5 else dict(text=[], answer_start=[])
        return dict(id=str(number), question=self.text(3, 8), context=context, answers=found)


SUFFIXES = dict(classify="tsv", regress="tsv", multilabel="tsv", tag="conll", answer="jsonl", choose="jsonl",
                fill="txt", similar="tsv")


def write_data(folder):
    """TASK-train, TASK-dev and TASK-ask (what predict is asked) of every task."""
    folder.mkdir()
    writer = Writer(TOKENIZER / "vocab.txt")
    rows = Rows(writer)
    for task, suffix in SUFFIXES.items():
        for part, count in (("train", TRAIN_ROWS), ("dev", DEV_ROWS), ("ask", DEV_ROWS)):
            lines = getattr(rows, task)(count)
            if task == "fill" and part == "ask":
                lines = [re.sub(r"^\w+", "[MASK]", line) for line in lines]
            (folder / f"{task}-{part}.{suffix}").write_text("\n".join(lines) + "\n")


class Build:
    """A program, and a folder below `scratch` for what it makes. Commands run in `scratch`."""

    def __init__(self, name, place, scratch):
        self.name, self.scratch = name, scratch
        (scratch / name).mkdir()
        if not pathlib.Path(place, "bert").is_file():
            place = build_commit(place, scratch / f"{name}-source")
        self.program = pathlib.Path(place, "bert").resolve()

    def bert(self, *words, faults=None):
        environment = {**os.environ, "OMP_WAIT_POLICY": "passive"}  # on a busy machine threads that spin are slow
        if faults:
            environment |= dict(LD_PRELOAD=str(self.scratch / "faults/tests/faults/writes.so"), **faults)
        return subprocess.run([self.program, *words], cwd=self.scratch, env=environment, capture_output=True)

    def resumed(self, output, words):
        """Trains, is killed after checkpoint STOPPED_AFTER, and resumes. A first run, whole, tells where that is."""
        log = self.scratch / self.name / "log"
        whole = self.bert(*words, faults=dict(FAULT_LOG=str(log)))
        if whole.returncode != 0:
            return whole
        shutil.rmtree(self.scratch / output)
        killed = self.bert(*words, faults=dict(FAULT_KILL=str(after_checkpoint(log))))
        log.unlink()
        done = self.bert(*words, "--resume")
        if done.returncode == 0:
            steps = json.loads((self.scratch / output / "run.json").read_text()).get("resumed")
            if killed.returncode != -signal.SIGKILL or steps != [STOPPED_AFTER]:
                sys.exit(f"{output}: not killed and resumed after step {STOPPED_AFTER}: {killed.returncode}, {steps}")
        return done

    def case(self, case, words, ask, is_resumed):
        """Trains and asks; the folder of the files to compare, and what went wrong or None."""
        output = f"{self.name}/{case}"
        words = ["train", *words, "--output", output]
        done = self.resumed(output, words) if is_resumed else self.bert(*words)
        if done.returncode == 0:
            done = self.bert("predict", output, ask, "--threads", "2")
            (self.scratch / output / "answers").write_bytes(done.stdout)
        return self.scratch / output, done.stderr.decode(errors="replace").strip() if done.returncode else None


def run_here(*words):
    if subprocess.run(words, cwd=ROOT, stdout=sys.stderr).returncode != 0:
        sys.exit(f"failed: {' '.join(map(str, words))}")


def build_commit(commit, folder):
    """The build folder of the sources of `commit`, which are put into `folder`."""
    folder.mkdir()
    run_here("git", "archive", "--output", f"{folder}.tar", commit)
    run_here("tar", "-xf", f"{folder}.tar", "-C", folder)
    compiler = "ccache gcc" if shutil.which("ccache") else "gcc"
    run_here("make", "-C", folder, "-j2", "--silent", f"CC={compiler}", "build/bert")
    return folder / "build"


def after_checkpoint(log):
    """The number of the write, sync or rename that follows the save of checkpoint STOPPED_AFTER."""
    number, is_named = 0, False
    for kind, _, _, data in read_records(log):
        number += kind in COUNTED
        if is_named and kind == "sync":
            return number + 1
        is_named |= kind == "rename" and data.endswith(b"checkpoint-%d.ckpt" % STOPPED_AFTER)
    sys.exit(f"a run ended before step {STOPPED_AFTER} was saved")


def place_of(path, at):
    """Byte `at` of a file, for a person: its line, or the byte and its tensor."""
    if path.suffix != ".safetensors":
        return f"line {path.read_bytes()[:at].count(10) + 1}"
    with open(path, "rb") as file:
        begins = sorted((place, name) for name, (_, place) in read_header(file).items())
    return f"byte {at} ({([name for place, name in begins if place <= at] or ['header'])[-1]})"


def differences(old, new):
    """A phrase for each file that differs."""
    for name in FILES:
        a, b = (old / name).read_bytes(), (new / name).read_bytes()
        if a != b:
            at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
            yield f"{name} differs from {place_of(old / name, at)}"


def compare(builds, task, variant, words, ask):
    """Prints the line of a case and returns whether it is the same."""
    (old, old_said), (new, new_said) = (b.case(f"{task}-{variant}", [*words, *more(variant, b, words)], ask,
                                               variant == "resumed") for b in builds)
    if old_said and new_said:
        sys.exit(f"{task} {variant}: both fail: {new_said}")
    found = [f"{b.name} fails: {said}" for b, said in zip(builds, (old_said, new_said)) if said]
    found = found or list(differences(old, new))
    print(f"{task:10} {variant:12} {'; '.join(found) or 'the same'}", flush=True)
    for folder in (old, new):
        shutil.rmtree(folder, ignore_errors=True)
    return not found


def memory_limit(build, words):
    """The least --memory that `build` takes, which leaves it neither all layers' activations nor a whole batch at once. What
    the libraries hold is counted in it and may differ between builds, so each has its own."""
    def tried(limit):
        return build.bert("train", *words, "--dry-run", "--json", "--memory", str(limit))

    too_little, enough = 1, 10**9
    while enough - too_little > 10000:
        limit = (too_little + enough) // 2
        too_little, enough = (limit, enough) if tried(limit).returncode else (too_little, limit)
    plan = json.loads(tried(enough).stdout)["memory"]
    if not (plan["layers_again"] and plan["examples_at_once"] < 8):
        sys.exit(f"--memory {enough} limits nothing: {plan}")
    return ["--memory", str(enough)]


def more(variant, build, words):
    return memory_limit(build, words) if variant == "memory" else VARIANTS.get(variant, [])


def compare_tasks(builds):
    for task, suffix in SUFFIXES.items():
        train, dev, ask = (f"data/{task}-{part}.{suffix}" for part in ("train", "dev", "ask"))
        words = ["model", "--task", task, "--train", train, "--dev", dev, *RUN]
        for variant in VARIANTS:
            yield compare(builds, task, variant, words, ask)


def compare_demo(builds, scratch, is_whole):
    demo = ROOT / "demo"
    if not (demo / "model").is_dir():
        print("demo       skipped: make demo-data fetches its data")
        return
    dev = scratch / "data/demo.tsv"
    rows = (demo / "dev.tsv").read_text().splitlines(keepends=True)
    dev.write_text("".join(rows if is_whole else rows[:DEMO_ROWS // 4]))
    words = [demo / "model", "--train", demo / "train.tsv", "--dev", dev, "--threads", "2", "--quiet"]
    part = [] if is_whole else ["--epochs", "1", "--limit", str(DEMO_ROWS)]
    yield compare(builds, "demo", "whole" if is_whole else "part", [*words, *part], dev)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old")
    parser.add_argument("new")
    demo = parser.add_mutually_exclusive_group()
    demo.add_argument("--demo-whole", action="store_true", help="the demo on all its data (minutes more)")
    demo.add_argument("--no-demo", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        run_here("make", "--silent", f"BUILD={scratch}/faults", f"{scratch}/faults/tests/faults/writes.so")
        write_data(scratch / "data")
        make_model(TOKENIZER, scratch / "model", ["bad", "fair", "good"], SHAPE, None)
        builds = [Build(name, getattr(options, name), scratch) for name in ("old", "new")]
        same = list(compare_tasks(builds))
        same += [] if options.no_demo else compare_demo(builds, scratch, options.demo_whole)
    print(f"{sum(same)} of {len(same)} cases are the same")
    sys.exit(not all(same))


main()
