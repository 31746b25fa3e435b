#include "rows/conll.h"

#include "scratch.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void sentence_render(FILE *stream, const conll_sentence *s)
{
    fprintf(stream, "%zu:", s->line);
    assert_int_equal(s->line, s->numbers[0]);
    for (size_t i = 0; i < s->count; i++) {
        fprintf(stream, "%s%.*s", i ? " " : "", (int)s->words[i].count, s->words[i].bytes);
        if (s->tags) fprintf(stream, "/%.*s", (int)s->tags[i].count, s->tags[i].bytes);
    }
    fputc(';', stream);
}

/* All of a file as one text: "LINE:word/tag word/tag;" for each sentence. */
static bert_status conll_render(const char *path, char **out)
{
    conll *c;
    TRY(conll_open(path, &c));
    size_t bytes;
    FILE *stream = open_memstream(out, &bytes);
    assert_non_null(stream);
    conll_sentence sentence;
    bool more;
    bert_status status;
    while ((status = conll_next(c, &sentence, &more)) == BERT_OK && more)
        sentence_render(stream, &sentence);
    fclose(stream);
    if (status != BERT_OK) {
        free(*out);
        *out = NULL;
    }
    conll_free(c);
    return status;
}

static void assert_read(void **state, const char *name, const char *text, const char *wanted)
{
    char *got = NULL;
    assert_done(conll_render(scratch_text(state, name, text), &got));
    assert_string_equal(got, wanted);
    free(got);
}

static void assert_refused(void **state, const char *name, slice bytes, bert_status status,
                           const char *words)
{
    char *got = NULL;
    assert_failed(conll_render(scratch_write(state, name, bytes), &got), status, words);
    assert_null(got);
}

static void blank_lines_stand_between_sentences(void **state)
{
    assert_read(state, "a.conll", "EU\tB-ORG\nrejects\tO\n\nPeter\tB-PER\n",
                "1:EU/B-ORG rejects/O;4:Peter/B-PER;");
    assert_read(state, "a.bio", "\n\r\nEU\tB\r\nx\tO\r\n \t\r\n\r\n\nPeter\tB",
                "3:EU/B x/O;8:Peter/B;");
    assert_read(state, "a.IOB", "\xEF\xBB\xBF\xC3\xA9\tO\n\n\n", "1:\xC3\xA9/O;");
}

static void the_word_is_first_and_the_tag_last(void **state)
{
    assert_read(state, "a.iob2", "EU NNP B-NP B-ORG\nrejects  VBZ B-VP   O \n",
                "1:EU/B-ORG rejects/O;");
    assert_read(state, "a.iobes", "New York\tNNP\tS-LOC\nx y \tIN\t O \n",
                "1:New York/S-LOC x y/O;");
    /* A TAB in the line wins, line by line. */
    assert_read(state, "a.conll", "EU B-ORG\na b\tO\n", "1:EU/B-ORG a b/O;");
    assert_read(state, "a.conll", "#\tO\n# O\n", "1:#/O #/O;");
}

static const char conllu[] = "# sent_id = 1\n"
                             "# text = Don't ask New York.\n"
                             "1-2\tDon't\t_\t_\t_\t_\t_\t_\t_\t_\n"
                             "1\tDo\tdo\tAUX\tVB\t_\t3\taux\t_\t_\n"
                             "2\tn't\tnot\tPART\tRB\t_\t3\tadvmod\t_\t_\n"
                             "3\task\task\tVERB\tVB\t_\t0\troot\t_\t_\n"
                             "3.1\task\task\tVERB\tVB\t_\t_\t_\t_\t_\n"
                             "4\tNew York\tNew York\tPROPN\tNNP\t_\t3\tobj\t_\t_\n"
                             "\n"
                             "# newpar\n"
                             "1\t#\t#\t_\t_\t_\t_\t_\t_\t_\n";

static void comments_of_conllu_are_no_words(void **state)
{
    assert_read(state, "c.conll", "# sent_id = 1\n# text = a b\na\tO\nb\tO\n\n# newdoc\nc\tO\n",
                "3:a/O b/O;7:c/O;");
    assert_read(state, "c.conll", "# newpar\na O\n# newpar\n", "2:a/O #/newpar;");
    assert_read(state, "c.bio", "# id 5d22\tdomain=en\na _ _ O\n\n# id 77\nb _ _ O\n",
                "2:a/O;5:b/O;");
    assert_read(state, "c.conll", "# speaker = x\na\tO\n", "2:a/O;");
    /* A word, for it has the columns of one, or stands inside the sentence. */
    assert_read(state, "c.conll", "# O\n#tag O\n\n#tag B-X\n= O\n", "1:#/O #tag/O;4:#tag/B-X =/O;");
    assert_read(state, "c.conll", "#\tO\n\n# id\tO\n", "1:#/O;3:# id/O;");
    assert_read(state, "c.conll", "# SYM = O\na NN x O\n", "1:#/O a/O;");
    assert_refused(state, "c.conll", slice_of("a\tO\n# text = b\n"), BERT_FORMAT,
                   "c.conll:2: 4 columns where the first word");
    assert_refused(state, "c.conll", slice_of("# a b\na O\n"), BERT_FORMAT,
                   "c.conll:2: 2 columns where the first word, on line 1, has 3");
}

static void conllu_under_another_name_is_told(void **state)
{
    assert_refused(
        state, "u.conll", slice_of(conllu), BERT_FORMAT,
        "u.conll:3: ten columns, the first of them a number: is it CoNLL-U? Then name the "
        "file .conllu");
}

static void lines_may_end_in_cr(void **state)
{
    assert_read(state, "r.conll", "EU\tB-ORG\rsays\tO\r\rPeter\tB-PER\r",
                "1:EU/B-ORG says/O;4:Peter/B-PER;");
    assert_read(state, "r.conll", "EU\tB-ORG\r\r\nsays\tO\r\r\n\r\r\nPeter\tB-PER\r\r\n",
                "1:EU/B-ORG says/O;4:Peter/B-PER;");
    assert_refused(state, "r.conll", slice_of("EU\tO\nsays\tO\rPeter\tO\n"), BERT_FORMAT,
                   "r.conll:2: a CR at byte 7 of the line, where lines end in LF");
}

static void one_column_is_words_without_tags(void **state)
{
    assert_read(state, "a.conll", "EU\nrejects\n\n calls \n", "1:EU rejects;4:calls;");
}

static void document_starts_end_a_sentence_and_are_no_words(void **state)
{
    assert_read(state, "eng.conll2003",
                "-DOCSTART- -X- -X- O\n\nEU NNP I-NP I-ORG\n-DOCSTART- -X- O\nrejects VBZ I-VP O\n"
                "\n-DOCSTART-\n",
                "3:EU/I-ORG;5:rejects/O;");
    assert_refused(state, "d.conll", slice_of("-DOCSTART- -X- O\n\n-DOCSTART- -X- O\n"), BERT_DATA,
                   "d.conll: has no sentence");
}

static void conllu_gives_forms_and_universal_tags(void **state)
{
    assert_read(state, "a.conllu", conllu, "4:Do/AUX n't/PART ask/VERB New York/PROPN;11:#/_;");
}

static void numbers_and_lines_are_those_of_the_words(void **state)
{
    conll *c;
    conll_sentence s;
    bool more;
    assert_done(conll_open(scratch_text(state, "a.conllu", conllu), &c));
    assert_done(conll_next(c, &s, &more));
    assert_true(more);
    assert_int_equal(s.count, 4);
    static const size_t wanted[] = { 4, 5, 6, 8 };
    assert_memory_equal(s.numbers, wanted, sizeof wanted);
    assert_true(slice_equal(s.lines[1], slice_of("2\tn't\tnot\tPART\tRB\t_\t3\tadvmod\t_\t_")));
    conll_free(c);
    assert_done(conll_open(scratch_text(state, "a.conll", "a  b \r\nc d"), &c));
    assert_done(conll_next(c, &s, &more));
    assert_true(slice_equal(s.lines[0], slice_of("a  b ")));
    for (int i = 0; i < 2; i++) { /* the end stays the end */
        assert_done(conll_next(c, &s, &more));
        assert_false(more);
    }
    conll_free(c);
    conll_free(NULL);
}

static void the_separator_is_that_of_the_line(void **state)
{
    (void)state;
    assert_int_equal(conll_separator(slice_of("a b")), ' ');
    assert_int_equal(conll_separator(slice_of("New York\tO")), '\t');
    assert_int_equal(conll_separator(slice_of(" word ")), '\t');
    assert_int_equal(conll_separator((slice){ NULL, 0 }), '\t');
}

static void lines_with_other_columns_are_told_with_both_counts(void **state)
{
    assert_refused(state, "t.conll", slice_of("\nEU\tO\nx\tO\n\nrejects\n"), BERT_FORMAT,
                   "t.conll:5: 1 column where the first word, on line 2, has 2; is a word or its "
                   "tag missing?");
    assert_refused(state, "t.conll", slice_of("EU\tO\nx\ty\tO\n"), BERT_FORMAT,
                   "t.conll:2: 3 columns where the first word, on line 1, has 2; is there a TAB");
    assert_refused(state, "t.conll", slice_of("EU O\nNew York O\n"), BERT_FORMAT,
                   "t.conll:2: 3 columns where the first word, on line 1, has 2; is there a space");
    assert_refused(state, "t.conllu", slice_of("# a\n1\tEU\tX\n"), BERT_FORMAT,
                   "t.conllu:2: 3 columns, and CoNLL-U has 10 with TABs between them");
    assert_refused(state, "t.conllu", slice_of("well-known NOUN\n"), BERT_FORMAT,
                   "t.conllu:1: 1 column, and CoNLL-U has 10");
    assert_refused(state, "t.conllu", slice_of("1-2\tEU\tX\n"), BERT_FORMAT,
                   "t.conllu:1: 3 columns, and CoNLL-U has 10");
}

static void an_empty_word_or_tag_is_refused(void **state)
{
    assert_refused(state, "e.conll", slice_of("a\tO\n\tO\n"), BERT_FORMAT,
                   "e.conll:2: the column of the word is empty");
    assert_refused(state, "e.conll", slice_of("a\tO\n  \tO\n"), BERT_FORMAT,
                   "e.conll:2: the column of the word is empty");
    assert_refused(state, "e.conll", slice_of("a\tO\nb\t \n"), BERT_FORMAT,
                   "e.conll:2: the column of the tag is empty");
    assert_refused(state, "e.conllu", slice_of("1\tEU\t_\t\t_\t_\t_\t_\t_\t_\n"), BERT_FORMAT,
                   "e.conllu:1: the column of the tag is empty");
}

static void bytes_that_are_no_text_are_told_with_their_place(void **state)
{
    assert_refused(state, "x.conll", slice_of("a\tO\n\ncaf\xE9\tO\n"), BERT_FORMAT,
                   "x.conll:3: not UTF-8 at byte 4 of the line");
    assert_refused(state, "x.conllu", slice_of("# caf\xE9\n"), BERT_FORMAT,
                   "x.conllu:1: not UTF-8 at byte 6 of the line");
    assert_refused(state, "x.conll", (slice){ "a\tO\nb\0\tO\n", 9 }, BERT_FORMAT,
                   "x.conll:2: a NUL at byte 2 of the line");
}

static void a_file_without_sentences_is_refused(void **state)
{
    assert_refused(state, "n.conll", slice_of(""), BERT_DATA,
                   "n.conll: has no sentence; a word a line, its tag last, was expected");
    assert_refused(state, "n.conll", slice_of("\xEF\xBB\xBF\n \n"), BERT_DATA, "has no sentence");
    assert_refused(state, "n.conllu", slice_of("# text\n\n"), BERT_DATA, "has no sentence");
}

static void the_ending_names_the_kind(void **state)
{
    static const char *const good[] = { "a.conll",     "b/a.bio",  "a.iob",
                                        "a.iob2",      "a.IOBES",  "a.x.bio",
                                        "a.conll2003", "a.conllu", "a.conll.gz" };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) assert_true(conll_is_kind(good[i]));
    static const char *const bad[] = { "", "conll", "a.tsv", "a.gz", "a.conll/b", "a.txt" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(conll_is_kind(bad[i]));
    conll *c = NULL;
    assert_failed(
        conll_open(scratch_text(state, "a.tsv", "a\tO\n"), &c), BERT_FORMAT,
        "a.tsv: not a file of words and tags, a word a line; such files are named .conll");
    const char *path = scratch_path(state, "none.conll");
    assert_failed(conll_open(path, &c), BERT_IO, "none.conll: cannot open");
    assert_null(c);
}

static void assert_counts(const char *path, size_t wanted_sentences, size_t wanted_words)
{
    conll *c;
    conll_sentence sentence;
    bool more;
    size_t sentences = 0, words = 0;
    assert_done(conll_open(path, &c));
    for (;; sentences++) {
        assert_done(conll_next(c, &sentence, &more));
        if (!more) break;
        assert_non_null(sentence.tags);
        words += sentence.count;
    }
    if (sentences != wanted_sentences || words != wanted_words)
        fail_msg("%s: %zu sentences, %zu words; wanted %zu, %zu", path, sentences, words,
                 wanted_sentences, wanted_words);
    conll_free(c);
}

static void published_data_are_read_whole(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        size_t sentences, words;
    } sets[] = {
        { "../shared/data/wnut17/train.conll", 3394, 62730 },
        { "../shared/data/wnut17/dev.conll", 1009, 15733 },
        { "../shared/data/bc5cdr/train.conll", 4560, 118170 },
        { "../shared/data/bc5cdr/dev.conll", 4581, 117453 },
        { "../shared/data/ud_ewt_pos/train.conll", 12544, 204577 },
        { "../shared/data/ud_ewt_pos/dev.conll", 2001, 25147 },
    };
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        if (!file_exists(sets[i].path)) {
            print_message("skipped: %s is not there\n", sets[i].path);
            skip();
        }
        assert_counts(sets[i].path, sets[i].sentences, sets[i].words);
    }
}

static void damaged_files_never_break_the_reader(void **state)
{
    static const struct {
        const char *name, *text;
    } files[] = {
        { "d.conll", "\xEF\xBB\xBF-DOCSTART- O\r\n\r\ncaf\xC3\xA9\tB-X\r\n\"x\"\tO\n\n.\tO\n" },
        { "d.bio", "EU NNP I-NP B-ORG\nrejects  VBZ I-VP O\n\n. . O O\n" },
        { "d.conllu", conllu },
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char damaged[512];
        size_t refused = 0;
        for (uint64_t seed = 0; seed < 2000; seed++) {
            slice bytes = { damaged, bytes_damage(slice_of(files[i].text), seed, damaged) };
            char *text = NULL;
            refused += conll_render(scratch_write(state, files[i].name, bytes), &text) != BERT_OK;
            free(text);
        }
        assert_in_range(refused, 300, 1999);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blank_lines_stand_between_sentences),
        cmocka_unit_test(the_word_is_first_and_the_tag_last),
        cmocka_unit_test(comments_of_conllu_are_no_words),
        cmocka_unit_test(conllu_under_another_name_is_told),
        cmocka_unit_test(lines_may_end_in_cr),
        cmocka_unit_test(one_column_is_words_without_tags),
        cmocka_unit_test(document_starts_end_a_sentence_and_are_no_words),
        cmocka_unit_test(conllu_gives_forms_and_universal_tags),
        cmocka_unit_test(numbers_and_lines_are_those_of_the_words),
        cmocka_unit_test(the_separator_is_that_of_the_line),
        cmocka_unit_test(lines_with_other_columns_are_told_with_both_counts),
        cmocka_unit_test(an_empty_word_or_tag_is_refused),
        cmocka_unit_test(bytes_that_are_no_text_are_told_with_their_place),
        cmocka_unit_test(a_file_without_sentences_is_refused),
        cmocka_unit_test(the_ending_names_the_kind),
        cmocka_unit_test(published_data_are_read_whole),
        cmocka_unit_test(damaged_files_never_break_the_reader),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
