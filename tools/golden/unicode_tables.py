#!/usr/bin/env python3
"""Asks the reference what it does with every Unicode character, and writes the answers as ranges.

    python tools/golden/unicode_tables.py > src/text/unicode_tables.inc

The reference (tokenizers 0.22.2, the Rust library below transformers' BertTokenizerFast) has a
Unicode of its own: its parts were built from different versions of the standard. So nothing here
comes from a Unicode file; each property is what the reference's own normalizer, pre-tokenizer or
added-token matcher was seen to do. Decompositions and combining classes themselves are left to
utf8proc: Unicode's stability policy forbids that an assigned character's ever change.
"""

import unicodedata

import tokenizers
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers

REFERENCE = "0.22.2"
SCALARS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]

# The names must be those of unicode.h, in the order of their bits.
PROPERTIES = ["CONTROL", "SPACE", "CJK", "PUNCTUATION", "MARK", "COMBINING", "DECOMPOSES", "LOWERS", "WORD",
              "LETTER", "NUMBER", "NUMERIC"]


def normalizer(**chosen):
    options = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**options, **chosen}).normalize_str


def find_word_characters():
    """A single-word added token is not matched beside a character of a word (the regex crate's \\w)."""
    tokenizer = Tokenizer(models.WordPiece({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.add_tokens([AddedToken("@", single_word=True, normalized=False)])
    added = tokenizer.token_to_id("@")
    found = set()
    for first in range(0, len(SCALARS), 4096):
        block = [c for c in SCALARS[first : first + 4096] if c != ord("@")]
        encoding = tokenizer.encode("".join("@" + chr(c) + " " for c in block))
        matched = {begin for id, (begin, _) in zip(encoding.ids, encoding.offsets) if id == added}
        found.update(c for i, c in enumerate(block) if 3 * i not in matched)
    return found


def find_properties():
    clean, cjk = normalizer(clean_text=True), normalizer(handle_chinese_chars=True)
    strip = normalizer(strip_accents=True)
    nfd, split = normalizers.NFD().normalize_str, pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    words = find_word_characters()
    # The pattern of GPT-2, in Oniguruma, and Digits, in Rust, have a Unicode each. Whitespace's \\w is that of single words.
    pattern, digits = pre_tokenizers.ByteLevel(add_prefix_space=False).pre_tokenize_str, pre_tokenizers.Digits(individual_digits=True).pre_tokenize_str
    plain = pre_tokenizers.Whitespace().pre_tokenize_str
    properties, lowered = {}, {}
    for code in SCALARS:
        c = chr(code)
        cleaned, pieces = clean("a" + c + "b"), len(split("a" + c + "b"))
        lower = normalizers.Lowercase().normalize_str(c)
        if lower != c:
            lowered[code] = lower
        assert cleaned in ("ab", "a b", "a" + c + "b") and pieces in (1, 2, 3)
        assert (cleaned == "a b") <= (pieces == 2)
        letter, number, other = (len(pattern(before + c)) == 1 for before in "a1!")
        assert letter + number + other == (pieces != 2)
        assert (plain("a" + c)[0][0] == "a" + c) == (code in words)
        decomposed = nfd(c)
        assert decomposed == c or unicodedata.normalize("NFD", c) == decomposed
        # U+0334 has the lowest combining class, 1, and U+0345 the highest, 240.
        moves = nfd(c + "\u0334") != decomposed + "\u0334" or nfd("\u0345" + c) != "\u0345" + decomposed
        assert not moves or decomposed != c or unicodedata.combining(c)
        answers = [
            cleaned == "ab",
            pieces == 2,
            cjk(c) == " " + c + " ",
            pieces == 3,
            decomposed == c and strip("a" + c) == "a",
            decomposed == c and moves,
            decomposed != c,
            lower != c,
            code in words,
            letter,
            number,
            len(digits("a" + c + "b")) == 3,
        ]
        properties[code] = sum(1 << bit for bit, yes in enumerate(answers) if yes)
    return properties, lowered


def make_ranges(properties):
    """[(first character, properties)]: each range ends where the next begins."""
    ranges = []
    for code in SCALARS:
        if not ranges or ranges[-1][1] != properties[code]:
            ranges.append((code, properties[code]))
    return ranges


def make_lower_ranges(lowered):
    """[(first, last, step, difference)] over the characters whose lower case is one character."""
    several = {code: text for code, text in lowered.items() if len(text) > 1}
    assert several == {0x130: "i\u0307"}, several  # unicode_lower() knows this one
    rows = []
    for code, text in sorted(lowered.items()):
        if code in several:
            continue
        difference = ord(text) - code
        if rows and rows[-1][3] == difference:
            first, last, step, _ = rows[-1]
            if code - last == step or (first == last and code - last <= 2):
                rows[-1] = (first, code, code - last, difference)
                continue
        rows.append((code, code, 1, difference))
    return rows


def print_rows(rows):
    line = "   "
    for row in rows:
        if len(line) + len(row) + 2 > 100:
            print(line)
            line = "   "
        line += " " + row + ","
    print(line)


def main():
    assert tokenizers.__version__ == REFERENCE, tokenizers.__version__
    properties, lowered = find_properties()
    ranges = make_ranges(properties)
    print(f"/* What tokenizers {REFERENCE} does with each character. Written by\n *")
    print(" *     python tools/golden/unicode_tables.py > src/text/unicode_tables.inc\n *")
    print(" * { first character, properties }; a range ends where the next begins. Properties: the sum of")
    for bit, name in enumerate(PROPERTIES):
        print(f" * {1 << bit:5} UNICODE_{name}")
    print(" */\n/* clang-format off */")
    print(f"static const struct property_range property_ranges[{len(ranges)}] = {{")
    print_rows(f"{{{first:#x},{value}}}" for first, value in ranges)
    print("};\n")
    print("/* The first 128 again, to be looked up at once. */")
    print("const uint16_t unicode_ascii[128] = {")
    print_rows(str(properties[code]) for code in range(128))
    print("};\n")
    lower = make_lower_ranges(lowered)
    print("/* { first, last, step, difference }: lower case of every step-th character. */")
    print(f"static const struct lower_range lower_ranges[{len(lower)}] = {{")
    print_rows("{%#x,%#x,%d,%d}" % row for row in lower)
    print("};\n/* clang-format on */")


if __name__ == "__main__":
    main()
