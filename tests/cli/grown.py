"""Another version of a header: every struct that begins with its size, or is filled by a size, loses its last field, or gains
some.

    python3 grown.py shorter|longer HEADER > OTHER
"""
import re
import sys

way, text = sys.argv[1], open(sys.argv[2]).read()
sized = re.findall(r"BERT_API void bert_\w+_init\((bert_\w+) \*out", text)
filled = re.findall(r"size_t size,\s*(bert_\w+) \*out", text) + re.findall(r"typedef struct (bert_event) {", text)


def other(name, body):
    if way == "longer":
        return body + "    size_t added_number;\n    const char *added_text;\n    double added_share;\n"
    declarations = [m for m in re.finditer(r"^    \w[^;]*;", re.sub(r"/\*.*?\*/", lambda c: re.sub(r"[^\n]", " ", c[0]), body,
                                                                     flags=re.S), re.M)]
    return body[:declarations[-1].start()]


for name in dict.fromkeys(sized + filled):
    text, count = re.subn(rf"(typedef struct {name} {{\n)(.*?)(\n}} {name};)",
                          lambda m: m[1] + other(name, m[2] + "\n") + m[3].lstrip("\n"), text, count=1, flags=re.S)
    assert count == 1, name
sys.stdout.write(text)
