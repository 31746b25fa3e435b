"""The benchmark: this machine's peak, then training, inference, tokenizing and start-up next to PyTorch, ONNX Runtime and
tokenizers on the same inputs in the same run.

    python3 bench/bench.py [--rounds 3] [--quick] [--models base,mini] [--threads N] [--json build/bench.json]
    BENCH_PYTHON=.venv/bin/python python3 bench/bench.py       a Python with torch, transformers<5, onnxruntime
    python3 bench/bench.py --page docs/benchmarks.md           writes the figures of --json into the page; measures nothing

Each round runs every side of every case in turn, a fresh process each, A B A B; the peak is sampled before and after every
case. A figure is the median of the rounds, with the least and the most; within a process it is the median of its steps. A
ratio is taken within a round. Standard output: tables in Markdown; standard error: what is under way; --json: everything.
Needs the standard library alone, and a machine with nothing else to do: the load it found is in the answer.
"""
import argparse
import json
import os
import pathlib
import platform
import shutil
import sys
import time

from cases import TORCH_SIDE, list_cases, run_child
from models import Writer, make_models
from report import page_update, report

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Bench:
    """What the cases share: programs, models, texts."""

    def __init__(self, options):
        self.build, self.threads = options.build, options.threads
        self.program, self.python = options.build / "bert", os.environ.get("BENCH_PYTHON") or None
        self.work = options.build / "bench-work"
        sst2 = ROOT.parent / "shared/data/sst2/dev.tsv"
        self.is_sst2 = sst2.exists()
        self.dev = sst2 if self.is_sst2 else options.demo / "dev.tsv"
        self.demo = options.demo
        rows = self.dev.read_text(encoding="utf-8").splitlines()[1:]
        self.dev_count, self.labels = len(rows), sorted({row.split("\t")[-1] for row in rows})
        self.models = make_models(options.demo, self.work, self.labels, options.models.split(","))
        self.writer = Writer(options.demo / "model/vocab.txt")
        self.peaks, self.peak_seconds = [], 0.05 if options.quick else 0.2
        self.versions = self.find_versions()

    def tool(self, name):
        return self.build / "bench" / name

    def config(self, model):
        return json.loads((self.models[model] / "config.json").read_text())

    def english(self):
        lines = (self.demo / "train.tsv").read_text(encoding="utf-8").splitlines()[1:]
        return [line.split("\t")[0] for line in lines]

    def sample_peak(self):
        os.environ["OMP_NUM_THREADS"] = str(self.threads)
        text, _, _ = run_child([self.tool("peak"), self.peak_seconds])
        del os.environ["OMP_NUM_THREADS"]
        self.peaks.append(json.loads(text))

    def find_versions(self):
        """Of the other side; exports the models for ONNX Runtime where that is installed."""
        if not self.python:
            return {}
        found = json.loads(run_child([self.python, TORCH_SIDE, "versions"])[0])
        for folder in self.models.values() if "onnxruntime" in found else ():
            print(f"exporting {folder.name} for ONNX Runtime", file=sys.stderr)
            try:
                run_child([self.python, TORCH_SIDE, "export", folder])
            except SystemExit as failure: # without the onnx package, for one
                print(f"not compared with ONNX Runtime: {failure}", file=sys.stderr)
        return found


def describe_machine():
    name, memory = platform.processor(), 0
    cpuinfo, meminfo = pathlib.Path("/proc/cpuinfo"), pathlib.Path("/proc/meminfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        name = names[0] if names else name
    if meminfo.exists():
        memory = 1024 * int(meminfo.read_text().split()[1])
    return dict(processor=name, cores=len(os.sched_getaffinity(0)), memory=memory, system=platform.platform())


def run_round(bench, cases, results):
    """Appends to results[case][side]; each result has the places of its samples of the peak."""
    for case in cases:
        bench.sample_peak()
        for side, measure in case.sides.items():
            begin = time.monotonic()
            found = measure()
            results[case][side].append(dict(found, peak=len(bench.peaks) - 1))
            print(f"  {case.kind}, {case.name}: {side} {1e3 * found['seconds']:.1f} ms"
                  f" (process {time.monotonic() - begin:.1f} s)", file=sys.stderr, flush=True)
    bench.sample_peak()


def measure(options):
    bench = Bench(options)
    cases = list(list_cases(bench, options.quick))
    results = {case: {side: [] for side in case.sides} for case in cases}
    load = os.getloadavg()[0]
    head = dict(machine=describe_machine(), threads=bench.threads, quick=options.quick, versions=bench.versions,
                bert=run_child([bench.program, "--version"])[0].split("\n"), date=time.strftime("%Y-%m-%d"))
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
        run_round(bench, cases, results)
        answer = dict(head, rounds=number + 1, load=[load, os.getloadavg()[0]], peaks=bench.peaks,
                      cases=[dict(name=case.name, kind=case.kind, sides=results[case]) for case in cases])
        options.json.write_text(json.dumps(answer, indent=1) + "\n")
    shutil.rmtree(bench.work)
    return answer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="few steps of the small model: does the benchmark work?")
    parser.add_argument("--models", help="base,mini, or mini with --quick")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--demo", type=pathlib.Path, default=pathlib.Path("demo"))
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--page", type=pathlib.Path, help="write the figures of --json into this page")
    options = parser.parse_args()
    options.json = options.json or options.build / "bench.json"
    if options.page:
        page_update(options.page, report(json.loads(options.json.read_text())))
        return
    if options.quick:
        options.rounds = 1
    options.models = options.models or ("mini" if options.quick else "base,mini")
    print(report(measure(options)))


if __name__ == "__main__":
    main()
