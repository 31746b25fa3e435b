"""Which lines of the parsers the kept inputs of fuzz/ reach. Used by `make fuzz-coverage`.

    python3 tools/fuzz/coverage.py BUILD [--lines]    BUILD: targets built with clang's coverage
                                                      --lines: the lines that are not reached, too

A table on standard output, a row a file. Not counted: lines that only a lack of memory reaches (they name BERT_MEMORY
or say "out of memory"), and functions that set or write (WRITERS), which no input of a parser reaches. Exit 1 where a parser
is below 90 %.
"""
import os
import pathlib
import re
import subprocess
import sys

from corpus import unpack

WANTED = 0.90
PARSERS = ("src/json/", "src/rows/", "src/tensors/", "src/text/", "src/data/dataset", "src/model/config", "src/tasks/label_lists")
BESIDE = ("_write.c", "src/text/unicode_tables.inc")  # they read nothing
WRITERS = {"config_write", "config_put", "config_set_labels", "config_set_head", "labels_put", "thresholds_put",
           "tokenizer_copy_files", "case_write", "tensor_of_float", "half_of_bits", "brain_of_bits"}


def run(*command, **more):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True, **more).stdout


def tool(name):
    """The one that came with the clang that built the targets."""
    return run(os.environ.get("CLANG", "clang"), f"-print-prog-name={name}").strip()


def profile(build, targets):
    raw = []
    for target in targets:
        raw.append(build / "work" / f"{target.name}.profraw")
        folders = [f"fuzz/seeds/{target.name}", unpack(build, target.name), f"fuzz/found/{target.name}"]
        run(target, *folders, env={**os.environ, "LLVM_PROFILE_FILE": str(raw[-1])})
    merged = build / "work" / "all.profdata"
    run(tool("llvm-profdata"), "merge", "-o", merged, *raw)
    return merged


def records(build, targets):
    """(path, {line: count}, [(line, function)]) of each source file, as lcov's format has them."""
    objects = [part for target in targets[1:] for part in ("-object", target)]
    text = run(tool("llvm-cov"), "export", "-format=lcov", f"-instr-profile={profile(build, targets)}", targets[0], *objects)
    path, counts, functions = None, {}, []
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key == "SF":
            path, counts, functions = pathlib.Path(value), {}, []
        elif key == "DA":
            number, count = value.split(",")[:2]
            counts[int(number)] = int(count)
        elif key == "FN":
            number, name = value.split(",", 1)
            functions.append((int(number), name.split(":")[-1]))
        elif line == "end_of_record":
            yield path, counts, sorted(functions)


def statements(lines):
    """For each line the text of the statement that it is part of."""
    texts, begin = [""] * len(lines), 0
    for number, line in enumerate(lines):
        if re.search(r"[;{}]\s*(/\*.*)?$", line):
            texts[begin:number + 1] = ["\n".join(lines[begin:number + 1])] * (number + 1 - begin)
            begin = number + 1
    return texts


def counted(path, counts, functions):
    texts = statements(path.read_text().splitlines())
    for number in sorted(counts):
        within = [name for line, name in functions if line <= number]
        text = texts[number - 1] if number <= len(texts) else ""
        of_memory = "BERT_MEMORY" in text or "out of memory" in text
        if not (within and within[-1] in WRITERS) and not (of_memory and counts[number] == 0):
            yield number


def main():
    build = pathlib.Path(sys.argv[1])
    targets = sorted(p for p in build.glob("fuzz/*") if p.suffix == "")
    (build / "work").mkdir(exist_ok=True)
    low = 0
    print("| file | lines | reached |\n|---|---|---|")
    for path, counts, functions in records(build, targets):
        name = os.path.relpath(path)
        if not name.startswith(PARSERS) or name.endswith(BESIDE):
            continue
        lines = list(counted(path, counts, functions))
        missed = [number for number in lines if counts[number] == 0]
        share = 1 - len(missed) / len(lines) if lines else 1.0
        low += share < WANTED
        print(f"| {name} | {len(lines)} | {100 * share:.1f} % |")
        if "--lines" in sys.argv and missed:
            print(f"    not: {' '.join(map(str, missed))}")
    sys.exit(low > 0)


main()
