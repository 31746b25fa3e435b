"""Memory that runs out, once or from there on, at the allocations of a whole command: it gives what it always gives, or one
sentence and status 1, with nothing but whole lines printed.

    python3 tests/faults/memory.py COUNT     about so many allocations of each command, spread over it; 0: every one

Needs $BUILD (build) with bert and tests/faults/memory.so, and $GOLDEN, a small model with texts.tsv. Prints a line of figures;
exit 1 if a command came out otherwise.
"""
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

BUILD, GOLDEN = pathlib.Path(os.environ["BUILD"]), pathlib.Path(os.environ["GOLDEN"])
COMMANDS = (["info", GOLDEN, "--json"], ["info", GOLDEN, "--parameters"],
            ["train", GOLDEN, "--train", GOLDEN / "texts.tsv", "--output", "o", "--print-options", "--json"],
            ["tokenize", GOLDEN], ["embed", GOLDEN])
LINES = b"the film\na good plot\n"


def run(words, **more):
    environment = {**os.environ, "LD_PRELOAD": str(BUILD / "tests/faults/memory.so"), "BERT_ISA": "ref", **more}
    return subprocess.run([BUILD / "bert", *words], input=LINES, capture_output=True, timeout=120, env=environment)


def faults_of(done, good):
    """What is wrong with what a command gave."""
    said = [line for line in done.stderr.decode(errors="replace").splitlines() if re.match("bert[ :]", line)]
    if done.returncode == 0 and (done.stdout, done.stderr) != (good.stdout, good.stderr):
        yield "status 0 and another output"
    if done.returncode != 0 and (done.returncode != 1 or len(said) != 1 or "memory" not in said[0]):
        yield f"status {done.returncode}, {said}"
    if not good.stdout.startswith(done.stdout.rpartition(b"\n")[0]):
        yield "another line of output"


def main():
    wanted, wrong, figures = int(sys.argv[1]), [], []
    for words in COMMANDS:
        with tempfile.NamedTemporaryFile() as log:
            good = run(words, FAULT_MEMORY="0", FAULT_LOG=log.name)
            count = int(log.read())
        trials = told = 0
        stride = max(count // wanted, 1) if wanted else 1
        for number in range(random.randint(1, stride), count + 1, stride):
            for plus in ("", "+"):
                done = run(words, FAULT_MEMORY=f"{number}{plus}")
                name = " ".join(str(word) for word in words)
                wrong += [f"{name}, {number}{plus} of {count}: {fault}" for fault in faults_of(done, good)]
                trials += 1
                told += done.returncode == 1
        figures.append(f"{words[0]} {trials} of {2 * count} ({told} told)")
    print(f"memory: {', '.join(figures)}; {len(wrong)} wrong")
    print("\n".join(wrong[:8]), file=sys.stderr)
    sys.exit(bool(wrong))


main()
