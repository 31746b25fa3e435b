"""The rules of this repository that a program can check. Used by `make check`.

    python3 tools/check/rules.py [BUILD]        BUILD is the folder to look for bert and libbert.so in (build)

Prints a line for each broken rule and the ranking of the longest functions. Exit 1 if a rule is broken.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

FUNCTION_LINES_MAX, FILE_LINES_MAX, RANKED = 70, 600, 8
STRIPPED_BYTES_MAX = 2_000_000

# json_put(), json_append(), json_put_members() tell a failure, and in the program json_with() and its like
JSON_CHANGE = r"\bjson_(object_set(_new)?|array_append(_new)?|(deep_)?copy|object_update)\s*\("

# What the library must not do, and the files or folders that are the one place for it.
STRAY = {
    r"\b(printf|vprintf|puts|putchar|perror)\s*\(": (),
    r"\b(stdout|stderr|stdin)\b": (),
    r"\b(exit|_exit|abort|quick_exit)\s*\(": (),
    r"\b(secure_)?getenv\s*\(": ("src/compute/cpu/kernels/isa.c", "src/api/model.c", "src/hub/environment.c",
                                    "src/hub/path_expand.c"),
    r"\b(sprintf|strcpy|strcat|gets|atoi|atof)\s*\(": (),
    JSON_CHANGE: ("src/json/json_write.c", "cli/json_lines.c"),
    r"->linear_\w+": ("src/model/linear.c", "src/compute/"),
    r"\b(rand|srand|random|time|setlocale)\s*\(": (),
    # teams of OpenMP's spin, and come out as the environment wants them; `omp simd` is about one thread
    r"#\s*pragma\s+omp\s+(?!simd)|\bomp_\w+": ("src/base/openmp.c",),
    r"\b(pthread_create|sched_yield|pthread_spin_\w+)\s*\(": ("src/base/parallel.c",),
    r"\buselocale\s*\(": ("src/base/locale.h",),
}
# Each thread has its own: the last error message, the text of the matrix library's name.
OUTLIVE_A_CALL = (("base/status.o", "message"), ("compute/cpu/matmul.o", "name."))
# Named in pages and comments: the project itself, and files of others.
OTHERS = {"bert.c", "omp.h", "format.c", "table_builder.c", "block.c", "tensor_bundle.c", "versions.h", "run_classifier.py",
          "run_squad.py", "reference.py", "activations.py", "adam.py", "sequence_labeling.py", "squad_metrics.py",
          "encoder.py", "convert_slow_tokenizer.py", "token_classification.py", "pickletools.py",
          "tokenization_utils_base.py", "tokenization_utils_fast.py", "optimization.py"}
SUFFIXES = (".c", ".h", ".def", ".inc")


def source_files(*folders):
    for folder in folders:
        yield from sorted(p for p in pathlib.Path(folder).rglob("*") if p.suffix in SUFFIXES)


COMMENT = r"/\*.*?\*/|//[^\n]*"
STRING = r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''


def blanked(text):
    return re.sub(r"[^\n]", " ", text)


def code_of(path):
    """The text with comments and strings blanked, line by line as before."""
    return re.sub(f"{COMMENT}|{STRING}", lambda found: blanked(found.group()), path.read_text(), flags=re.S)


def comments_of(path):
    """The text with all but comments blanked, line by line as before."""
    parts = re.split(f"({COMMENT})|{STRING}", path.read_text(), flags=re.S)
    return "".join((part or "") if i % 2 else blanked(part) for i, part in enumerate(parts))


def allowed_layers():
    layers = {}
    for line in pathlib.Path("tools/layers.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name, below = line.split(":")
            layers[name] = set(below.split())
    return layers


def check_layers():
    """A folder of src includes from itself, from include/ and from the folders it names."""
    layers = allowed_layers()
    for path in source_files("src", "cli"):
        folder = path.parts[1] if path.parts[0] == "src" else path.parts[0]
        if folder not in layers:
            yield f"{path}: the folder has no line in tools/layers.txt"
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found = re.match(r'\s*#\s*include\s+"([^"/]+)/', line)
            if found and found[1] != folder and found[1] not in layers[folder]:
                yield f"{path}:{number}: {folder} must not include from {found[1]}"


def check_stray():
    for folder, strays, where in (("src", STRAY, "in the library"), ("cli", {JSON_CHANGE: STRAY[JSON_CHANGE]}, "there")):
        for path in source_files(folder):
            for number, line in enumerate(code_of(path).splitlines(), 1):
                for pattern, places in strays.items():
                    found = re.search(pattern, line)
                    if found and not str(path).startswith(places):
                        yield f"{path}:{number}: '{found.group()}' does not belong {where}"


def check_heads():
    """Others ask a head for its facts (src/model/heads.h) and never which one it is: a particular head is named by its own
    definition, by heads.c and by the initialisers of tasks. tasks.c looks for the task of a model's head."""
    names = re.search(r"extern const head ([^;]*);", pathlib.Path("src/model/heads.h").read_text())[1]
    named = r"\b(" + "|".join(name.strip() for name in names.split(",")) + r")\b"
    compared = r"->head\s*[!=]=|[!=]=\s*[\w.>-]*->head\b(?!->)"
    for path in source_files("src"):
        tasks = path.parts[1] == "tasks"
        for number, line in enumerate(code_of(path).splitlines(), 1):
            own = re.match(r"const head \w+ = {", line) or (tasks and re.match(r"\s*\.head = &\w+,\s*$", line))
            if re.search(named, line) and not own and not path.match("model/heads.*"):
                yield f"{path}:{number}: names a particular head; ask task->head for a fact of it (src/model/heads.h)"
            if re.search(compared, line) and not path.match("tasks/tasks.c"):
                yield f"{path}:{number}: compares heads; ask the head for a fact of it (src/model/heads.h)"


def check_tasks():
    """A task is one file in src/tasks and a line in tasks.def: elsewhere its facts are asked for (bert_task_info in bert.h,
    task/task.h), and no code goes by which task it is."""
    names = "|".join(re.findall(r"^TASK\((\w+)\)", pathlib.Path("src/tasks/tasks.def").read_text(), re.M))
    signs = {rf"\btask_({names})\b": "names a particular task",
             rf'\b(\w*cmp|\w*equal|\w*coll)\s*\([^;{{}}]*"({names})"': "compares with a task's name",
             rf'"({names})"[^;{{}},]*[!=]=|[!=]=\s*"({names})"': "compares with a task's name",
             rf"^\s*[A-Z_]+\(\s*({names})\b": "has a line for a particular task",
             rf"\bcase\s+\w*_({names.upper()})\b": "goes by which task it is"}
    for path in [p for p in source_files("include", "src", "cli") if p.parts[:2] != ("src", "tasks")]:
        text = re.sub(r"/\*.*?\*/|//[^\n]*", lambda c: re.sub(r"[^\n]", " ", c.group()), path.read_text(), flags=re.S)
        for sign, what in signs.items():
            for found in re.finditer(sign, text, re.M):
                line = text.count("\n", 0, found.end()) + 1
                yield f"{path}:{line}: {what}; put the fact into its bert_task_info or struct task"


def check_fields():
    """A message of the library names a field of bert.h's structs by FIELD() or fail_field() (base/status.h), which call it as
    the caller does; the pages of a run (src/report) are for users of the program."""
    fields = set(re.findall(r"OPTION\((?:\w+, )\w+, (\w+),", pathlib.Path("include/bert_options.def").read_text()))
    for path in source_files("src"):
        text = re.sub(r"/\*.*?\*/", lambda c: re.sub(r"[^\n]", " ", c.group()), path.read_text(), flags=re.S)
        for found in re.finditer(r'\bFIELD\((\w+)\)|\bfail_field\(\s*\w+,\s*"([^"]*)"', text):
            name = found[1] or found[2]
            if name not in fields and not path.match("base/status.h"):
                yield f"{path}:{text.count(chr(10), 0, found.start()) + 1}: include/bert_options.def has no field '{name}'"
        for found in re.finditer(r'"(?:\\.|[^"\\\n])*"', text):
            if re.search(r"(?<!\w)--[a-z]", found[0]) and path.parts[1] != "report":
                yield f"{path}:{text.count(chr(10), 0, found.start()) + 1}: names an option; a C program has fields: FIELD()"


def check_locale():
    """A public function that reads or writes text begins by leaving the program's locale (base/locale.h)."""
    for path in source_files("src/api"):
        text = code_of(path)
        for found in re.finditer(r"^(?:bert_status|bool) (bert_\w+)\([^{;]*\)\n\{\n(.*)\n", text, re.M):
            if found[2].strip() != "LOCALE_PLAIN;":
                line = text.count("\n", 0, found.start()) + 1
                yield f"{path}:{line}: {found[1]} does not begin with LOCALE_PLAIN"


def check_named_files():
    """A file of this repository that a page or a comment names is there. Other projects' are listed in OTHERS."""
    named = r"(?<![\w/.*<>-])((?:[\w.-]+/)*[a-z][a-z0-9_-]*\.(?:c|h|def|inc|py|test))(?!\w|[.*]\w)"
    there = {"/".join(path.parts[i:]) for folder in ("src", "cli", "include", "tests", "tools", "fuzz", "bench", "examples")
             for path in pathlib.Path(folder).rglob("*") for i in range(len(path.parts))}
    pages = [*map(pathlib.Path, ("README.md", "CONTRIBUTING.md")), *sorted(pathlib.Path("docs").rglob("*.md"))]
    texts = [(path, path.read_text()) for path in pages]
    texts += [(path, comments_of(path)) for path in source_files("src", "cli", "include", "tests", "fuzz")]
    for path, text in texts:
        for number, line in enumerate(text.splitlines(), 1):
            for name in re.findall(named, line):
                last = name.rsplit("/", 1)[-1]
                if name not in there and last not in OTHERS and not last.startswith("modeling_"):  # transformers'
                    yield f"{path}:{number}: names {name}, which is not there"


def functions_of(path):
    """(lines, first line, name) of each function: a body's braces stand in column 0 here."""
    lines = code_of(path).splitlines()
    start = None
    for number, line in enumerate(lines, 1):
        if line.rstrip() == "{":
            start = number
        elif line.startswith("}") and start:
            head = start - 1
            while head > 1 and lines[head - 2].strip() and not lines[head - 2].rstrip().endswith((";", "}", "*/")):
                head -= 1
            signature = " ".join(lines[head - 1:start - 1])
            name = re.search(r"(\w+)\s*\(", signature)
            yield number - head + 1, head, name[1] if name else "?"
            start = None


def check_lengths():
    ranking = []
    for path in source_files("src", "cli", "tests", "fuzz", "bench", "tools", "examples"):
        count = len(path.read_text().splitlines())
        if count > FILE_LINES_MAX and path.suffix != ".inc":
            yield f"{path}: {count} lines; past {FILE_LINES_MAX} a file holds two ideas"
        ranking += [(lines, f"{path}:{first}", name) for lines, first, name in functions_of(path)]
    ranking.sort(reverse=True)
    print("longest functions:")
    for lines, place, name in ranking[:RANKED]:
        print(f"  {lines:3} lines  {name}  {place}")
    for lines, place, name in ranking:
        if lines > FUNCTION_LINES_MAX:
            yield f"{place}: {name} has {lines} lines; {FUNCTION_LINES_MAX} is the wall"


def check_format():
    program = shutil.which("clang-format")
    if not program:
        print("format: not checked, for clang-format is not installed")
        return
    paths = [str(p) for p in source_files("include", "src", "cli", "tests", "fuzz", "bench", "tools", "examples")
             if p.suffix in (".c", ".h")]
    found = subprocess.run([program, "--dry-run", *paths], capture_output=True, text=True)
    for path in sorted({line.split(":")[0] for line in found.stderr.splitlines() if "warning:" in line}):
        yield f"{path}: clang-format -i would change it"


def check_symbols(build):
    """What libbert.so shows is the public interface, and the library has no variable that changes."""
    listing = subprocess.run(["nm", "-D", "--defined-only", f"{build}/libbert.so"], capture_output=True, text=True,
                             check=True).stdout
    for line in listing.splitlines():
        if not line.split()[-1].startswith("bert_"):
            yield f"libbert.so: exports {line.split()[-1]}"
    for path in sorted(pathlib.Path(build, "src").rglob("*.o")):
        table = subprocess.run(["objdump", "-t", path], capture_output=True, text=True, check=True).stdout
        for line in table.splitlines():
            found = re.search(r" ([O ]) (\.t?bss|\.t?data)\s+[0-9a-f]{16}\s+(?:\.hidden )?(\S+)", line)
            if not found or (found[1] == " " and not found[2].startswith(".t")): # objdump gives threads' variables no O
                continue
            if not any(path.match(place) and found[3].startswith(name) for place, name in OUTLIVE_A_CALL):
                yield f"{path}: '{found[3]}' is a variable that outlives a call"


def check_sizes(build):
    with tempfile.TemporaryDirectory() as folder:
        for name in ("bert", "libbert.so"):
            stripped = pathlib.Path(folder, name)
            subprocess.run(["strip", "-o", stripped, f"{build}/{name}"], check=True)
            count = stripped.stat().st_size
            print(f"{name}: {count:,} bytes stripped")
            if count > STRIPPED_BYTES_MAX:
                yield f"{name}: {count:,} bytes stripped; at most {STRIPPED_BYTES_MAX:,}"


def main():
    build = sys.argv[1] if len(sys.argv) > 1 else "build"
    broken = [*check_layers(), *check_stray(), *check_heads(), *check_tasks(), *check_fields(), *check_locale(),
              *check_named_files(), *check_lengths(), *check_format(),
              *check_symbols(build), *check_sizes(build)]
    for line in broken:
        print(line)
    print(f"check: {len(broken)} rules broken" if broken else "check: all is well")
    sys.exit(bool(broken))


main()
