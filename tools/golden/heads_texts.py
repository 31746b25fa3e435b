"""The made-up texts of the golden models of every task (see heads.py). Not a command.

The vocabulary has ASCII alone, so what is not folded into it becomes [UNK]."""

SCORED = [
    ("A great film, and the acting was fine.", 1.75),
    ("The plot was so dull that I never want to see it again!", -2.0),
    ("Quite good; rather long.", 0.5),
    ("Café naïveté: not so bad?", 0.25),
    ("It's the WORST ending I have ever seen... I hated it, I hated every scene of it, and then it went on.", -1.875),
    ("no", -0.15),
    ("日本 movie \u2014 slow, sad \u00a0and true", 0.0),
]

MANY = [
    ("The acting was fine, the music was not.", ["acting", "music"]),
    ("I liked the story, the plot and every scene of it.", ["plot", "scene", "story"]),
    ("A dull ending", ["plot"]),
    ("Ça! the scene with the cold old actor…", ["acting", "scene"]),
    ("acting, music, plot, scene, story: all of them, all of the time, and all of it was as good as it ever was",
     ["acting", "music", "plot", "scene", "story"]),
    ("Warm music.", ["music"]),
]

GRADED = [
    ("I hated every scene of it.", "bad"),
    ("He liked it (she did not): 3/10 vs. 9/10.", "fair"),
    ("The music was warmer than the story.", "fine"),
    ("bright funny warm", "good"),
    ("unwatchableness 2024 #1 @home", "bad"),
    ("As fast as the fastest and as long as the longest, with all of the sadness of that cold, cold ending.", "fair"),
    ("\U0001f600 good \U0001f600", "good"),
]

# A word that is cut into pieces is labelled at its first; the soft hyphen leaves no piece, and so no label at all.
TAGGED = [
    "The/O actor/B-a of/O that/O story/B-b",
    "Naïveté/B-a vs./O 3/10/B-b ,/O he/O said/O",
    "日本/B-a film/I-a \u00ad/O music/B-b unwatchableness/I-b",
    "No/O",
    "It/O was/O the/O coldest/B-b old/I-b ending/I-b of/O all/O the/O long/B-a sad/I-a films/I-a that/O they/O saw/O "
    "again/O and/O again/O with/O her/B-a and/O him/B-a",
    "WARM/B-b music/I-b from/O Zbigniew/B-a Q./I-a Vuković/I-a",
]

# Contexts, and questions with the answer's text and which of its occurrences it is; None where there is no answer.
# "é" once as one code point and once as two; a letter of four bytes in UTF-8 stands before an answer.
PARAGRAPHS = [
    ("The café\u2019s old film \u2014 \U0001f3ac \u2014 was slow, but the music was warm. The actor never liked the ending, "
     "and he never saw the story again. Once, in the cold, they heard the cafe\u0301 music again and it was as good as "
     "it ever was.",
     [("What was warm?", "the music", 0), ("  Who never liked the ending?", "The actor", 0),
      ("Where did they hear it again?", "in the cold", 0), ("What was heard?", "cafe\u0301 music", 0),
      ("Was the plot bad?", None, 0)]),
    ("日本の movie: a slow, sad film of the story.",
     [("Which movie?", "日本", 0), ("Was it slow?", "a slow, sad film", 0), ("Why?", None, 0)]),
    ("Naïve people like the bright ending. Others like the dull ending. All of them saw the film with their actor; "
     "some felt that it was too long, and some that it was too short.",
     [("What do others like?", "the dull ending", 0), ("Which word is last?", "short", 0),
      ("Was it they that felt it, then and there?", "some felt", 0),
      ("Which of the two?", "some", 1)]),
]

ENDINGS = [
    ("The film was slow.", "The actor", ["saw it again.", "is a warm plot", "and then, and then, and so on and on."], 0),
    ("They heard the music, \"café\" by name.", "He", ["felt sad", "was", "heard a story, too; it was very long and dull"], 1),
    ("A scene,\nthen another", "She thought", ["that it was fine, and said so", "no", "\U0001f600"], 2),
    ("As fast as the fastest and as long as the longest story of them all", "In the cold ending they",
     ["never saw the actor who once was so funny and so bright again", "went", "liked it."], 0),
    ("日本", "The movie", ["is good", "is bad", "is neither good nor bad, as every other movie is"], 2),
]

ALIKE = [
    ("A great film.", "The film was great.", 0.96),
    ("I never liked the plot.", "So long, so good.", 0.08),
    ("Café naïveté", "café", 0.52),
    ("It's the WORST ending I have ever seen, I hated it, I hated every scene of it, and then it went on and on.",
     "The ending was not liked by all.", 0.6),
    ("日本 movie", "Japan: a slow, sad film", 0.64),
    ("no", ".", 0.0),
]

TRIPLES = [
    ("A great film.", "The film was great.", "The film was not great."),
    ("Who liked the plot?", "I liked the plot.", "The music is warm; the story is not."),
    ("Café naïveté", "naive café", "9/10 or 3/10?"),
    ("It was so short that he saw it again and again, and again, and then once again with her, and so did all of us.",
     "It was short.", "It was long."),
    ("日本 movie", "Japan: a slow, sad film", "dull cold slow"),
]

FILLED = [
    "The [MASK] was great, and the acting was [MASK].",
    "no mask is in this one",
    "[MASK]",
    "Café [MASK] again: 日本 [MASK]!",
    "As fast as the fastest and as long as the longest, with all of the sadness of that cold, cold ending, they saw the "
    "[MASK] again.",
]
