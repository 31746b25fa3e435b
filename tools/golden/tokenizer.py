#!/usr/bin/env python3
"""Writes tests/data/tokenizer: small tokenizers, and what transformers' BertTokenizerFast makes of
awkward texts with them.

    python tools/golden/tokenizer.py tests/data/tokenizer

golden.json holds cases (a text or a pair, how it is cut, the ids and the offsets in code points;
null where the reference refuses) and sweeps: for each folder and each block of 4,096 characters
two CRC-32s, of the normalized text and of the ids and offsets that "a" + character + "b " make.
"""

import collections
import json
import random
import shutil
import struct
import sys
import zlib
from pathlib import Path

import tokenizers
import transformers
from transformers import BertTokenizerFast
from transformers.utils import logging

HOWS = ["longest_first", "only_first", "only_second"]
BLOCK = 4096

# Written for this purpose: what the vocabulary is made from.
PROSE = """
The miller's daughter walked down to the river early in the morning, before the others were awake.
She carried a basket of apples, two loaves of bread and a letter she had not dared to open.
"If it rains again," she thought, "the bridge won't hold; we'll have to go round by the old quarry."
Nothing moved on the water. Somewhere behind the willows a dog barked twice and then fell silent.
In 1894 the town had 3,412 inhabitants, seventeen bakeries and one piano - badly out of tune.
Its mayor, an unreasonably cheerful man, believed that electricity was a passing fashion.
Tokenization, normalization, unbelievable, relationships, running, runner, played, playing, replay.
Das Mädchen grüßte höflich; der Bäcker lächelte müde. Où est passée la clé du château, Élodie?
El niño comió piñas y bebió café. Åsa såg en älg vid sjön. Žluťoučký kůň úpěl ďábelské ódy.
Мельник проснулся рано и пошёл к реке. Ο μυλωνάς ξύπνησε νωρίς και πήγε στο ποτάμι.
磨坊主的女儿早上去河边。 水車小屋の娘は川へ行った。 방앗간 주인의 딸은 강으로 갔다.
नमस्ते दुनिया। ذهبت ابنة الطحان إلى النهر. בוקר טוב עולם. สวัสดีชาวโลก
"""

AWKWARD = [
    "", " ", "\t\r\n", "a", "A", "The miller's daughter", "unbelievably UNBELIEVABLE Unbelievable",
    "Hello, World! it's 1894; 3,412 (apples)...", "##ing ing## # # ## a##b", "a_b-c/d\\e|f`g~h^i",
    "$5 + 3€ = £8 §2 ©®™ °C µm ½ ¿qué? ¡sí! «mot» „Wort“ ‚x‘ ‹y› … – — ― ‐ ‑ ⁃ ・ 〜",
    "café cafe\u0301 CAFÉ CAFE\u0301 e\u0301\u0323 e\u0323\u0301 \u0301e \u0301 e \u0301e",
    "Å\u030a \u212b \u1e9b\u0323 \u01d5 \u1ed8 \u0344 \u0958 \u0f73\u0334 \u0f81\u0f71 \u302a\u0334 \ufb1d",
    "İstanbul I\u0307 ıi Iı ΣΊΣΥΦΟΣ Σας ΑΣ ς ß ẞ ﬁn ﬀ Ǆ ǅ Ω Ω K K Å ſ", "ÀÉÎÕÜ àéîõü ÅåÄäÖö Łł Øø Đđ Ħħ Ææ Œœ Þþ Ðð",
    "\x00a\x00b\x00", "a\x01b\x1fc\x7fd\x80e\x9ff\xadg", "a\ufffdb \ufffd", "a\u200bb\u200cc\u200dd\u2060e\ufefff",
    "a\u00a0b\u1680c\u2000d\u2028e\u2029f\u202fg\u205fh\u3000i\u0085j\u000bk\u000cl\u180em",
    "中文 河边a河b 水車小屋の娘 ㍿ 々 〇 ⺀ \uf900 \U0002f800 \U00020000 \U0002b740 \U0002b820 \U0002b91f \U0002b920 \U0002ceb0 \U00030000",
    "방앗간 한국어 \u1112\u1161\u11ab \uac00\u11a8 ㅎㅏㄴ ᄒ", "नमस्ते दुनिया। की क़ ড় ਲ਼ ଡ଼ ก็ น้ำ ພາສາ မြန်မာ",
    "ذَهَبَت ابنةُ الطَّحّان؟ ١٢٣ ، ؛ آ أ ؤ", "בּוֹקֶר טוֹב שׁ־ש״", "é́́́́" + "\u0301\u0323" * 50 + "x",
    "\u0e33\u0eb3 \u0f43 \u09cb \u0bca \u0d4a \u1026 \u1b06 \u11099\u110ba \U0001109a \U0001d15e \U0001d1bb",
    "😀 👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪 ☺️ ☹ ❤️ ✈ a😀b", "\U0010ffff \ue000 \U000f0000 \u0378 \ufdd0 \ufffe \U0001fffe \u1c89 \ua7da \U00010d50",
    "x" * 99, "x" * 100, "x" * 101, "é" * 100, "é" * 101, "a" * 100 + " " + "b" * 300, "中" * 30, "!" * 40,
    "[CLS] a [SEP] b [MASK] [PAD] [UNK]", "[cls] [Mask] [ MASK ] [[MASK]] [MASK][MASK]x[MASK]y", "a[SEP]b [SEP", "\u0301[MASK]\u0301", "[MA\u00adSK] [MASK\u200b] ［MASK］",
    "<x> <X> a<x>b <y>  <y> <x><y>", "New York new york NEW  YORK xNew Yorkx New Yorker, New\u00a0York", "foo Foo FOO foobar barfoo foo_ _foo foo1 föo fo\u0301o foo\u0301",
    "a  <lr>  b<lr>c\u3000<lr>\u00a0<lr>", "rivière Rivière riviere RIVIÈRE rivie\u0300re", " <sp> a <sp>", "zzz qqq zzzqqq ##zzz",
    "http://example.org/~me?q=1&r=%20#top me@example.org", "\ud7ff\ue000", "ﷺ ﷲ ﹏ ＿ ！ ａＡ １", "\u0345\u03b1 \u1fb3 ᾳ ΑΙ ᾈ Ͱ Ϗ Ꭰ ꭰ Ა ა Ⴀ ⴀ Ⅷ Ⓐ",
    "Ünïcödé ÜNÏCÖDÉ u\u0308ni\u0308co\u0308de\u0301", "won't we'll I'm o'clock rock'n'roll l’été", "a\u0338b ≠ =\u0338 ∦ ⊄", "\u180b\u180c \ufe00\ufe0f \U000e0100 \U000e0001 \U000e0041",
]

FLAGS = dict(single_word=False, lstrip=False, rstrip=False, normalized=True, special=False)
ADDED = [
    dict(FLAGS, content="<x>", normalized=False), dict(FLAGS, content="<y>", rstrip=True), dict(FLAGS, content="New York", single_word=True),
    dict(FLAGS, content="foo", single_word=True, normalized=False), dict(FLAGS, content="<lr>", lstrip=True, rstrip=True, normalized=False),
    dict(FLAGS, content="Rivière"), dict(FLAGS, content=" <sp>", normalized=False, special=True),
]


def make_vocabulary():
    words = collections.Counter()
    for word in PROSE.replace(",", " , ").replace(".", " . ").split():
        words.update([word, word.lower()])
    pieces = collections.Counter()
    for word, times in words.items():
        pieces[word] += 10 * times
        for cut in range(1, min(len(word), 6)):
            pieces[word[:cut]] += times
            pieces["##" + word[-cut:]] += times
    characters = {c for w in words for c in w} | set("!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~0123456789abcdefghijklmnopqrstuvwxyz")
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    singles = [c for c in sorted(characters)] + ["##" + c for c in sorted(characters) if c.isalnum()]
    # Decomposed and odd forms, so that a wrong normalization shows in the ids.
    odd = ["\u0301", "e\u0301", "##\u0301", "##\u0307", "i\u0307", "σ", "ς", "##σ", "##ς", "ß", "ı", "ſ", "ω", "å", "\u1112", "##\u1161", "##\u11ab", "한", "😀", "##😀", "##\u200d"]
    ranked = [p for p, _ in sorted(pieces.items(), key=lambda item: (-item[1], item[0]))]
    return list(dict.fromkeys(special + singles + odd + ranked))[:2500]


def make_json(vocabulary, **normalizer):
    tokenizer = tokenizers.BertWordPieceTokenizer({token: i for i, token in enumerate(vocabulary)})
    root = json.loads(tokenizer.to_str())
    root["normalizer"].update(normalizer)
    # Stored truncation and padding, which the class ignores.
    root["truncation"] = {"direction": "Right", "max_length": 7, "strategy": "LongestFirst", "stride": 0}
    root["padding"] = {"strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"}
    return root


def write(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


def make_folders(target):
    vocabulary = make_vocabulary()
    folders = {name: target / name for name in ("uncased", "cased", "accents", "added")}
    for folder in folders.values():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    write(folders["uncased"] / "tokenizer.json", make_json(vocabulary))
    (folders["cased"] / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    write(folders["cased"] / "tokenizer_config.json", {"do_lower_case": False, "strip_accents": None, "model_max_length": 512})
    (folders["accents"] / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    write(folders["accents"] / "tokenizer_config.json",
          {"do_lower_case": True, "strip_accents": False, "tokenize_chinese_chars": False, "model_max_length": 10**30, "truncation_side": "left"})
    root = make_json(vocabulary, lowercase=False, strip_accents=True)
    template = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    root["post_processor"] = json.loads(template.__getstate__())
    root["added_tokens"] += [{"id": len(vocabulary) + i, **token} for i, token in enumerate(ADDED)]
    write(folders["added"] / "tokenizer.json", root)
    write(folders["added"] / "tokenizer_config.json", {"do_lower_case": True, "tokenizer_class": "BertTokenizer"})
    write(folders["added"] / "special_tokens_map.json", {"mask_token": dict(content="[MASK]", single_word=False, lstrip=True, rstrip=False, normalized=False),
                                                       "additional_special_tokens": ["zzz"]})
    write(folders["added"] / "added_tokens.json", {"qqq": len(vocabulary) + len(ADDED)})
    return folders


def encode(reference, text, pair, max_length, how):
    cut = dict(truncation=HOWS[how], max_length=max_length) if max_length else {}
    try:
        encoded = reference(*([[text]] if pair is None else [[text], [pair]]), return_offsets_mapping=True, **cut)
    except Exception as refusal:
        assert "too short to respect" in str(refusal), refusal
        return None
    ids, sequences = encoded["input_ids"][0], encoded.encodings[0].sequence_ids
    first = len(ids) if pair is None else sequences.index(1) if 1 in sequences else len(ids) - 1
    return {"ids": ids, "offsets": [n for o in encoded["offset_mapping"][0] for n in o], "first_count": first}


def make_cases(name, reference):
    draw = random.Random(name)
    asked = [(text, None, 0, 0) for text in AWKWARD]
    long = [line for line in PROSE.splitlines() if line] + AWKWARD[:40]
    for _ in range(60):
        pair = draw.choice(long) if draw.random() < 0.85 else None
        asked.append((draw.choice(long), pair, draw.randrange(reference.num_special_tokens_to_add(pair is not None), 50), draw.randrange(3) if pair is not None else 0))
    for text, pair, max_length, how in asked:
        case = {"folder": name, "text": text, "pair": pair, "max_length": max_length, "how": how}
        yield {**case, "wanted": encode(reference, text, pair, max_length, how)}


def make_sweep(reference, plain=True):
    sums = []
    for first in range(0, 0x110000, BLOCK):
        text = "".join("a" + chr(c) + "b " for c in range(first, first + BLOCK) if not 0xD800 <= c <= 0xDFFF)
        normal = reference.backend_tokenizer.normalizer.normalize_str(text).encode() if plain else b""
        encoded = reference([text], return_offsets_mapping=True)
        numbers = encoded["input_ids"][0] + [n for o in encoded["offset_mapping"][0] for n in o]
        sums.append([zlib.crc32(normal), zlib.crc32(struct.pack(f"<{len(numbers)}i", *numbers))])
    return sums


def main():
    assert tokenizers.__version__ == "0.22.2" and transformers.__version__ < "5"
    logging.set_verbosity_error()
    target = Path(sys.argv[1])
    cases, sweeps = [], {}
    for name, folder in make_folders(target).items():
        reference = BertTokenizerFast.from_pretrained(folder)
        cases += make_cases(name, reference)
        sweeps[name] = make_sweep(reference)
    lines = ",\n".join(json.dumps(case, ensure_ascii=True, separators=(",", ":")) for case in cases)
    sums = json.dumps(sweeps, separators=(",", ":"))
    (target / "golden.json").write_text('{"cases":[\n' + lines + '\n],\n"sweeps":' + sums + "}\n")


if __name__ == "__main__":
    main()
