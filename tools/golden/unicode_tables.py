#!/usr/bin/env python3
"""Asks the reference what it does with every Unicode character, and writes the answers as ranges.

    python tools/golden/unicode_tables.py > src/text/unicode_tables.inc

The reference (tokenizers 0.22.2, the Rust library below transformers' BertTokenizerFast) has a
Unicode of its own: its parts were built from different versions of the standard. So nothing here
comes from a Unicode file; each property is what the reference's own normalizer, pre-tokenizer or
added-token matcher was seen to do. Decompositions, compositions and combining classes themselves
are left to utf8proc: Unicode's stability policy forbids that an assigned character's ever change.
"""

import unicodedata

import tokenizers
from charsmap import make_charsmap
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers

REFERENCE = "0.22.2"
SCALARS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]

# The names must be those of unicode.h, in the order of their bits.
PROPERTIES = ["CONTROL", "SPACE", "CJK", "PUNCTUATION", "MARK", "COMBINING", "DECOMPOSES", "LOWERS", "WORD",
              "LETTER", "NUMBER", "NUMERIC", "COMPATIBLE", "LEANS", "CHANGES_NFC", "CHANGES_NFKC",
              "ACCENT"]

# What a character does in a grapheme, in the order of unicode.h. These bits stand above the others.
CLASSES = ["OTHER", "CONTROL", "EXTEND", "INDIC_EXTEND", "LINKER", "JOINER", "SPACING", "PREPEND", "PICTOGRAPH",
           "CONSONANT", "L", "V", "T", "SYLLABLE"]
CLASS_SHIFT = 17


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


def find_classes():
    """The graphemes that Precompiled sees show where it looks up a whole one: when that has less
    than 6 bytes. So each character is mapped to X here and put where its class decides whether
    such a grapheme comes about. What could not be told apart in this way makes no difference."""
    count = lambda text: len(normalizer(text))
    normalizer = normalizers.Precompiled(make_charsmap({chr(c): "X" for c in SCALARS if c})).normalize_str
    acute, prepend, ka, virama, ssa, joiner = "\u0301", "\u0600", "\u0915", "\u094d", "\u0937", "\u200d"
    classes = {0: "CONTROL"}
    for code in SCALARS[1:]:
        c = chr(code)
        if count("a" + c) == 1:
            linker, indic = count(ka + c + ssa + acute) == 4, count(ka + virama + c + ssa + acute) == 5
            emoji = count("\u00a9" + c + joiner + "\u00ae" + acute) == 5
            assert linker <= indic <= emoji or c == joiner
            kind = "LINKER" if linker else "INDIC_EXTEND" if indic else "EXTEND" if emoji else "SPACING"
            classes[code] = "JOINER" if c == joiner else kind
        elif count(c + 2 * acute) == 2:
            classes[code] = "CONTROL"
        elif count(c + "a") == 1:
            classes[code] = "PREPEND"
        elif count("\u00a9" + joiner + c) == 3:
            classes[code] = "PICTOGRAPH"
        elif count(c + virama + ssa + acute) == 4:
            classes[code] = "CONSONANT"
        else:
            after = [count(prepend + x + c) == 3 for x in "\u1100\u1161\u11a8"]
            before = [count(c + x + acute) == 3 for x in "\u1161\u11a8"]
            classes[code] = {(1, 0, 0, 1, 0): "L", (1, 1, 0, 1, 1): "V", (0, 1, 1, 0, 1): "T", (1, 0, 0, 1, 1): "SYLLABLE",
                             (1, 0, 0, 0, 1): "SYLLABLE", (0, 0, 0, 0, 0): "OTHER"}[tuple(map(int, after + before))]
            if classes[code] == "SYLLABLE":  # every 28th of them ends in a vowel
                assert 0xAC00 <= code < 0xD7A4 and before[0] == ((code - 0xAC00) % 28 == 0)
    assert classes[ord("\r")] == classes[ord("\n")] == "CONTROL" and count("\r\n") == 1
    return classes


def find_second_halves():
    """What composes with a character before it."""
    nfd, nfc = normalizers.NFD().normalize_str, normalizers.NFC().normalize_str
    found = set()
    for code in SCALARS:
        parts = nfd(chr(code))
        if len(parts) > 1 and nfc(parts) == chr(code):
            found.add(ord(parts[-1]))
    return found


def find_properties():
    clean, cjk = normalizer(clean_text=True), normalizer(handle_chinese_chars=True)
    strip, strip_more = normalizer(strip_accents=True), normalizers.StripAccents().normalize_str
    nfc, nfkc, nfkd = (form().normalize_str for form in (normalizers.NFC, normalizers.NFKC, normalizers.NFKD))
    seconds, classes = find_second_halves(), find_classes()
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
        assert nfkd(c) == c or unicodedata.normalize("NFKD", c) == nfkd(c)
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
            nfkd(c) != c,
            ord(nfkd(c)[0]) in seconds or nfkd("\u0345" + c) != "\u0345" + nfkd(c),
            nfc(c) != c,
            nfkc(c) != c,
            strip_more("a" + c) == "a",
        ]
        properties[code] = sum(1 << bit for bit, yes in enumerate(answers) if yes)
        properties[code] |= CLASSES.index(classes[code]) << CLASS_SHIFT
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
    print(f" * and from bit {CLASS_SHIFT} on the grapheme_class.")
    print(" */\n/* clang-format off */")
    print(f"static const struct property_range property_ranges[{len(ranges)}] = {{")
    print_rows(f"{{{first:#x},{value}}}" for first, value in ranges)
    print("};\n")
    print("/* The first 128 again, to be looked up at once. */")
    print("const uint32_t unicode_ascii[128] = {")
    print_rows(str(properties[code]) for code in range(128))
    print("};\n")
    lower = make_lower_ranges(lowered)
    print("/* { first, last, step, difference }: lower case of every step-th character. */")
    print(f"static const struct lower_range lower_ranges[{len(lower)}] = {{")
    print_rows("{%#x,%#x,%d,%d}" % row for row in lower)
    print("};\n/* clang-format on */")


if __name__ == "__main__":
    main()
