"""The made-up vocabulary and texts of the golden models (see models.py). Not a command."""
import json
import string

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

WORDS = """
the a an and or but not is was are were it this that film story acting music ending plot scene actor
good bad great poor fine dull bright funny sad slow fast long short warm cold true false
love like hate enjoy watch see saw hear heard think felt find found
very quite rather too so never always often again once all every some no
i you he she we they my your his her our their me him them
to of in on at with for from by as than then when where why how
""".split()

SUFFIXES = ["##ing", "##ed", "##er", "##est", "##ly", "##s", "##ness", "##ful", "##able"]

SINGLES = [
    "A great film, and the acting was fine.",
    "The plot was so dull that I never want to see it again!",
    "Quite good; rather long.",
    "Café naïveté: not so bad?",
    "It's the WORST ending I have ever seen... I hated it, I hated every scene of it, and then it went on.",
    "bright funny warm",
    "He liked it (she did not): 3/10 vs. 9/10.",
    "日本 movie \u2014 slow, sad \u00a0and true",
    "unwatchableness 2024 #1 @home",
    "no",
    "  They found   the music\twarmer than the story.  ",
    "As fast as the fastest and as long as the longest, with all of the sadness of that cold, cold ending.",
]

SECONDS = [
    "The film was great.",
    "I never liked the plot.",
    "So long, so good.",
    "café",
    "The ending was not liked by all.",
    "dull cold slow",
    "9/10 or 3/10?",
    "Japan: a slow, sad film",
    "[MASK] it again [SEP] and again",
    ".",
    "The music is warm; the story is not.",
    "It was short. It was so short that he saw it again and again, and again, and then once again with her.",
]


def make_vocabulary(pieces):
    """The first `pieces` entries: specials, single characters, words, suffixes, then syllables."""
    characters = list(string.ascii_lowercase + string.digits)
    entries = SPECIALS + list(string.punctuation) + characters + ["##" + c for c in characters]
    entries += sorted(set(WORDS)) + SUFFIXES
    syllables = [c + v for c in "bcdfghjklmnpqrstvwxyz" for v in "aeiou"]
    entries += syllables + ["##" + s for s in syllables]
    entries = list(dict.fromkeys(entries))
    assert len(entries) >= pieces
    return entries[:pieces]


def write_tokenizer(folder, config):
    """vocab.txt and tokenizer_config.json for a model of this configuration (a dict)."""
    pieces = make_vocabulary(config["vocab_size"])
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    options = dict(tokenizer_class="BertTokenizer", do_lower_case=True, tokenize_chinese_chars=True, strip_accents=None,
                   model_max_length=config["max_position_embeddings"], cls_token="[CLS]", sep_token="[SEP]",
                   pad_token="[PAD]", unk_token="[UNK]", mask_token="[MASK]")
    (folder / "tokenizer_config.json").write_text(json.dumps(options, indent=2) + "\n")
