"""Kills a training run at many instants and goes on from what it leaves: the result must have the bytes of a run that was
never stopped.

    python3 tests/faults/kills.py every STRIDE [FIRST]    at every STRIDE-th write, sync and rename of a whole run, as the
                                                    disk stands then, and as a power failure would leave it
    python3 tests/faults/kills.py fail KIND STRIDE [FIRST]    every STRIDE-th write, sync or rename fails (disk full, ...)
    python3 tests/faults/kills.py folds STRIDE [FIRST]    as every, of a series of trainings (--folds 2); or seeds (--seeds 3)
    python3 tests/faults/kills.py random COUNT [SEED]     SIGKILL at random instants, at least a quarter of them
                                                    within a save

Needs $BUILD (build) with bert and tests/writes.so, and $GOLDEN, a small model with texts.tsv. Prints a line of figures;
exit 1 if a run did not come out the same.
"""
import filecmp
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

from disk import COUNTED, Disk, read_records

BUILD = pathlib.Path(os.environ["BUILD"])
GOLDEN = pathlib.Path(os.environ["GOLDEN"])
SAME = ("model.safetensors", "train_log.jsonl", "eval_results.json", "config.json", "folds.json", "seeds.json")
TEXTS = GOLDEN / "texts.tsv"
MEASURED = {"": ["--dev", TEXTS, "--keep-best"], "folds": ["--folds", "2"], "seeds": ["--dev", TEXTS, "--keep-best", "--seeds", "3"]}


def command(output, threads, *more, epochs, series=""):
    return [BUILD / "bert", "train", GOLDEN, "--train", TEXTS, *MEASURED[series], "--output", output, "--epochs", str(epochs),
            "--batch-size", "4", "--max-length", "32", "--dropout", "0.1", "--threads", str(threads), "--quiet", *more]


def run(words, **faults):
    names = {f"FAULT_{name.upper()}": str(value) for name, value in faults.items()}
    environment = {**os.environ, **names, "LD_PRELOAD": str(BUILD / "tests/faults/writes.so")}
    return subprocess.Popen(words, env=environment if faults else None, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE)


def finished(process):
    return process.communicate(timeout=120)[1].decode(errors="replace"), process.returncode


class Bench:
    def __init__(self, folder, epochs, every, series=""):
        self.folder, self.every, self.wrong = pathlib.Path(folder), every, []
        self.kind = {"epochs": epochs, "series": series}
        self.good = self.folder / "good"
        said, status = finished(run(command(self.good, 1, **self.kind)))
        if status != 0:
            sys.exit(said)
        self.names = [name for name in SAME if (self.good / name).exists()]

    def begin(self, place, **faults):
        return run(command(place / "o", 1, "--checkpoint-every", str(self.every), **self.kind), **faults)

    def go_on(self, place, what, step=0):
        """What the folder `place` holds is resumed, from `step` or later, and compared."""
        ended = (place / "o" / "run.json").exists()
        said, status = finished(run(command(place / "o", 3, "--checkpoint-every", str(self.every), "--resume",
                                            **self.kind)))
        others = [name for name in self.names if status == 0 and not filecmp.cmp(self.good / name, place / "o" / name, False)]
        left = sorted(p.name for p in place.iterdir())
        extra = [p.name for p in (place / "o").glob("*") if ".partial" in p.name or ".ckpt" in p.name]
        if status == 0 and not ended and step:
            resumed = json.loads((place / "o/run.json").read_text()).get("resumed", [0])
            extra += [f"resumed after step {resumed[-1]}, not {step}"] if resumed[-1] < step else []
        if status != 0 or others or left != ["o"] or extra:
            self.wrong.append(f"{what}: status {status}, others {others}, left {left} {extra}\n{said}")
        shutil.rmtree(place)


def step_saved(log):
    """The last step whose checkpoint was done with: renamed, and then its folder synced."""
    named = saved = 0
    for kind, _, _, data in read_records(log):
        checkpoint = re.search(rb"checkpoint-(\d+)\.ckpt$", data)
        if kind == "rename" and checkpoint:
            named = int(checkpoint[1])
        elif kind == "sync":
            saved = named
    return saved


def every(folder, stride, first, series=""):
    bench, at, resumed = Bench(folder, epochs=2, every=2, series=series), first, 0
    while True:
        place, lost, log = (bench.folder / name for name in ("killed", "lost", "log"))
        place.mkdir()
        disk = Disk(place)
        said, status = finished(bench.begin(place, log=log, kill=at))
        if status == 0:
            break
        disk.apply(read_records(log))
        disk.write_safe(lost)
        for left, what in ((place, "killed"), (lost, "power failed")):
            bench.go_on(left, f"{what} at write, sync or rename {at}", 0 if series else step_saved(log))
            resumed += 1
        log.unlink()
        at += stride
    total = sum(kind in COUNTED for kind, *_ in read_records(log))
    print(f"{total} writes, syncs and renames of a run{series and ' with --'}{series}: killed at {resumed // 2} of them, and as many power failures: "
          f"{resumed - len(bench.wrong)} of {resumed} resumed to the same bytes")
    return bench.wrong


def fails(folder, kind, stride, first):
    bench, at, told, resumed = Bench(folder, epochs=2, every=2), first, 0, 0
    while True:
        place = bench.folder / "failed"
        place.mkdir()
        said, status = finished(bench.begin(place, fail=f"{kind}:{at}"))
        if status == 0:
            break
        what = f"{kind} {at} fails"
        sentences = [line for line in said.splitlines() if not line.startswith("bert: warning: ")]
        if status == 1 and len(sentences) == 1 and sentences[0].startswith("bert: "):
            told += 1
        else:
            bench.wrong.append(f"{what}: status {status}\n{said}")
        bench.go_on(place, what)
        resumed += 1
        at += stride
    print(f"{kind}s: {told} of {resumed} failures were told, {resumed - len(bench.wrong)} of {resumed} resumed to the same "
          "bytes")
    return bench.wrong


def is_saving(log):
    """Did the run die between the opening of a temporary file and the sync of its folder, after the rename?"""
    opened = False
    if not log.exists():
        return False
    for kind, _, _, data in read_records(log):
        if kind in ("open", "truncate") and data.endswith(b".partial") and b".ckpt." in data:
            opened = True
        elif kind == "rename" and opened:
            opened = "folder"
        elif kind == "sync" and opened == "folder":
            opened = False
    return bool(opened)


def await_save(process, place, number):
    """Waits for the temporary file of the `number`-th save."""
    seen = set()
    while process.poll() is None and len(seen) < number:
        try:
            names = os.listdir(place / "o.partial")
        except FileNotFoundError:  # not yet, or no more
            continue
        seen.update(name for name in names if name.startswith("checkpoint-") and name.endswith(".partial"))


def at_random(folder, kills, seed):
    chance = random.Random(seed)
    bench = Bench(folder, epochs=14, every=6)  # 42 steps
    place, log = bench.folder / "killed", bench.folder / "log"
    begin = time.monotonic()
    place.mkdir()
    finished(bench.begin(place, log=log, sleep=400))
    whole, within, done = time.monotonic() - begin, 0, 0
    shutil.rmtree(place)
    log.unlink()
    while done < kills:
        place.mkdir()
        process = bench.begin(place, log=log, sleep=400)
        if done % 3 == 0:
            await_save(process, place, chance.randint(1, 6))
            time.sleep(chance.uniform(0, 0.006))
        else:
            time.sleep(chance.uniform(0, whole))
        process.kill()
        _, status = finished(process)
        if status != 0:  # else it was done already
            within += is_saving(log)
            done += 1
            if not (place / "o.partial").exists() and not (place / "o").exists():
                (place / "o.partial").mkdir()  # it had not begun: nothing to resume
            bench.go_on(place, f"killed at random, number {done}", step_saved(log) if log.exists() else 0)
        else:
            shutil.rmtree(place)
        log.unlink(missing_ok=True)
    print(f"{kills} kills at random instants, {within} of them within a save: {kills - len(bench.wrong)} of {kills} resumed "
          "to the same bytes")
    if 4 * within < kills:
        bench.wrong.append(f"only {within} kills were within a save")
    return bench.wrong


def main():
    mode, *numbers = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        if mode == "fail":
            wrong = fails(folder, numbers[0], *map(int, (numbers[1:] + ["1"])[:2]))
        elif mode in ("every", "folds", "seeds"):
            wrong = every(folder, int(numbers[0]), int(numbers[1]) if len(numbers) > 1 else 1, mode.replace("every", ""))
        else:
            wrong = at_random(folder, int(numbers[0]), int(numbers[1]) if len(numbers) > 1 else 1)
    print("\n".join(wrong[:5]), file=sys.stderr)
    sys.exit(bool(wrong))


main()
