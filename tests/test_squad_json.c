#include "rows/squad.h"

#include "scratch.h"

#include "base/file.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void answers_render(FILE *stream, const squad_answer *answers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fprintf(stream, "|%.*s@%zu", (int)answers[i].text.count, answers[i].text.bytes,
                answers[i].start);
}

static void question_render(FILE *stream, const squad_question *q)
{
    fprintf(stream, "%.*s|%.*s|%.*s", (int)q->id.count, q->id.bytes, (int)q->question.count,
            q->question.bytes, (int)q->context.count, q->context.bytes);
    answers_render(stream, q->answers, q->answer_count);
    fputs(q->impossible ? "|impossible" : q->labelled ? "" : "|unlabelled", stream);
    fputc(';', stream);
}

/* All of a file as one text: "id|question|context|answer@start|answer@start;" for each question. */
static bert_status squad_render(const char *path, char **out)
{
    squad *s;
    TRY(squad_open(path, &s));
    size_t bytes;
    FILE *stream = open_memstream(out, &bytes);
    assert_non_null(stream);
    squad_question question;
    bool more;
    bert_status status;
    while ((status = squad_next(s, &question, &more)) == BERT_OK && more)
        question_render(stream, &question);
    fclose(stream);
    if (status != BERT_OK) {
        free(*out);
        *out = NULL;
    }
    squad_free(s);
    return status;
}

static void assert_read(void **state, const char *text, const char *wanted)
{
    char *got = NULL;
    assert_done(squad_render(scratch_text(state, "dev.json", text), &got));
    assert_string_equal(got, wanted);
    free(got);
}

static void assert_refused(void **state, const char *text, bert_status status, const char *words)
{
    char *got = NULL;
    assert_failed(squad_render(scratch_text(state, "dev.json", text), &got), status, words);
    assert_null(got);
}

/* A file of one paragraph with these questions and a version. */
static const char *file_of(char out[1024], const char *version, const char *questions)
{
    snprintf(out, 1024,
             "{\"version\":%s,\"data\":[{\"title\":\"T\",\"paragraphs\":[{\"context\":\"C\","
             "\"qas\":[%s]}]}]}",
             version, questions);
    return out;
}

static const char version_1[] =
    "{\"data\":[{\"title\":\"A\",\"paragraphs\":[{\"context\":\"a b\",\"qas\":["
    "{\"id\":\"1\",\"question\":\"q1\",\"answers\":[{\"text\":\"a\",\"answer_start\":0}]},"
    "{\"id\":\"2\",\"question\":\"q2\",\"answers\":[{\"answer_start\":2,\"text\":\"b\"},"
    "{\"text\":\"a b\",\"answer_start\":0}]}]},{\"context\":\"none\",\"qas\":[]}]},"
    "{\"title\":\"B\",\"paragraphs\":[]},{\"paragraphs\":[{\"context\":\"caf\\u00e9 x\",\"qas\":["
    "{\"id\":\"3\",\"question\":\"q3\",\"answers\":[{\"text\":\"x\",\"answer_start\":5}]}]}]}],"
    "\"version\":\"1.1\"}";

static void questions_come_in_the_order_of_the_file(void **state)
{
    assert_read(state, version_1, "1|q1|a b|a@0;2|q2|a b|b@2|a b@0;3|q3|caf\xC3\xA9 x|x@5;");
}

static void an_impossible_question_has_no_answers(void **state)
{
    char text[1024];
    assert_read(state,
                file_of(text, "\"v2.0\"",
                        "{\"id\":\"1\",\"question\":\"q\",\"answers\":[],\"is_impossible\":true,"
                        "\"plausible_answers\":[{\"text\":\"C\",\"answer_start\":0}]},"
                        "{\"id\":\"2\",\"question\":\"q\",\"answers\":[]},"
                        "{\"id\":\"3\",\"question\":\"q\",\"is_impossible\":false,"
                        "\"answers\":[{\"text\":\"C\",\"answer_start\":0}]},"
                        "{\"id\":\"4\",\"question\":\"q\",\"is_impossible\":true,"
                        "\"answers\":[{\"text\":\"C\",\"answer_start\":0}]}"),
                "1|q|C|impossible;2|q|C|impossible;3|q|C|C@0;4|q|C|impossible;");
}

static void no_answers_make_a_question_impossible_in_version_2_only(void **state)
{
    static const struct {
        const char *version;
        bool is_2;
    } versions[] = {
        { "\"v2.0\"", true }, { "\"2.0\"", true }, { "2", true },     { "2.0", true },
        { "\"1.1\"", false }, { "\"v1\"", false }, { "null", false }, { "1.1", false },
        { "3", false },       { "\"v\"", false },  { "\"\"", false },
    };
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        char text[1024];
        file_of(text, versions[i].version, "{\"id\":\"1\",\"question\":\"q\",\"answers\":[]}");
        assert_read(state, text, versions[i].is_2 ? "1|q|C|impossible;" : "1|q|C;");
    }
}

static void a_question_without_answers_to_learn_from_is_unlabelled(void **state)
{
    char text[1024];
    assert_read(state,
                file_of(text, "\"v2.0\"",
                        "{\"id\":\"1\",\"question\":\"q\"},"
                        "{\"id\":\"2\",\"question\":\"q\",\"answers\":null,\"is_impossible\":null},"
                        "{\"id\":\"3\",\"question\":\"q\",\"is_impossible\":false}"),
                "1|q|C|unlabelled;2|q|C|unlabelled;3|q|C;");
}

static void a_flat_file_has_a_question_a_row(void **state)
{
    assert_read(state,
                "{\"version\":\"0.1.0\",\"data\":["
                "{\"id\":\"1\",\"question\":\"q1\",\"context\":\"a b\",\"title\":\"T\","
                "\"answers\":{\"text\":[\"b\",\"a\"],\"answer_start\":[2,0]}},"
                "{\"id\":\"2\",\"question\":\"q2\",\"context\":\"c\","
                "\"answers\":{\"text\":[],\"answer_start\":[]}},"
                "{\"id\":\"3\",\"question\":\"q3\",\"context\":\"d\"}]}",
                "1|q1|a b|b@2|a@0;2|q2|c|impossible;3|q3|d|unlabelled;");
}

static void a_number_is_an_id_by_its_text(void **state)
{
    char text[1024];
    assert_read(state,
                file_of(text, "1",
                        "{\"id\":17,\"question\":\"q\"},{\"id\":100.0,\"question\":\"\"},"
                        "{\"id\":\"\",\"question\":\"q\"}"),
                "17|q|C|unlabelled;100.0||C|unlabelled;|q|C|unlabelled;");
}

static void texts_and_place_outlast_the_step(void **state)
{
    squad *s;
    squad_question first, second;
    bool more;
    const char *path = scratch_text(state, "dev.json", version_1);
    assert_done(squad_open(path, &s));
    assert_done(squad_next(s, &first, &more));
    assert_done(squad_next(s, &second, &more));
    assert_true(more);
    assert_true(slice_equal(first.id, slice_of("1")));
    assert_ptr_equal(first.context.bytes, second.context.bytes);
    char place[256];
    snprintf(place, sizeof place, "%s: article 1, paragraph 1, question 2 (id 2)", path);
    assert_string_equal(squad_place(s), place);
    assert_done(squad_next(s, &second, &more));
    snprintf(place, sizeof place, "%s: article 3, paragraph 1, question 1 (id 3)", path);
    assert_string_equal(squad_place(s), place);
    for (int i = 0; i < 2; i++) { /* the end stays the end */
        assert_done(squad_next(s, &second, &more));
        assert_false(more);
    }
    squad_free(s);
    squad_free(NULL);
}

static void what_is_missing_or_wrong_is_told_with_its_place(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        { "{}", "dev.json: has no 'data', the list of SQuAD's articles" },
        { "{\"data\":{}}", "dev.json: 'data' is not a list" },
        { "[]", "dev.json: holds an array where a JSON object was expected; rows that are not" },
        { " [{\"text\":\"a\"}]", "SQuAD's are read from a .jsonl, an object a line" },
        { "{\"text\":\"a\"}\r\n{\"text\":\"b\"}\n", "SQuAD's are read from a .jsonl" },
        { "{\"rows\":[]}", "SQuAD's articles; rows that are not SQuAD's are read from a .jsonl" },
        { "{\"data\":[", "dev.json:1:9: not JSON:" },
        { "{\"data\":[],\"data\":[]}", "duplicate object key" },
        { "{\"data\":[{\"paragraphs\":[]},3]}", "dev.json: article 2: 'paragraphs' is missing" },
        { "{\"data\":[{\"paragraphs\":3}]}", "dev.json: article 1: 'paragraphs' is not a list" },
        { "{\"data\":[{\"paragraphs\":[{\"qas\":[]}]}]}",
          "dev.json: article 1, paragraph 1: 'context' is missing" },
        { "{\"data\":[{\"paragraphs\":[{\"context\":\"c\",\"qas\":[]},{\"context\":[]}]}]}",
          "dev.json: article 1, paragraph 2: 'context' is not a string" },
        { "{\"data\":[{\"paragraphs\":[{\"context\":\"c\"}]}]}",
          "dev.json: article 1, paragraph 1: 'qas' is missing" },
        { "{\"data\":[{\"question\":\"q\"}]}", "dev.json: row 1: 'context' is missing" },
        { "{\"data\":[{\"question\":\"q\",\"context\":\"c\"}]}",
          "dev.json: row 1: 'id' is missing" },
        { "{\"data\":[{\"question\":1,\"context\":\"c\",\"id\":\"7\"}]}",
          "dev.json: row 1 (id 7): 'question' is not a string" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(state, cases[i].text, BERT_FORMAT, cases[i].words);
}

static void a_broken_question_is_told_with_its_id(void **state)
{
    static const struct {
        const char *question, *words;
    } cases[] = {
        { "3", "question 1: is not an object" },
        { "{\"question\":\"q\"}", "question 1: 'id' is missing" },
        { "{\"id\":[],\"question\":\"q\"}", "question 1: 'id' is not a string" },
        { "{\"id\":\"56be\"}", "question 1 (id 56be): 'question' is missing" },
        { "{\"id\":\"x\",\"question\":\"q\",\"answers\":\"C\"}",
          "question 1 (id x): 'answers' is not a list" },
        { "{\"id\":\"x\",\"question\":\"q\",\"answers\":[\"C\"]}",
          "question 1 (id x): answer 1 is not an object" },
        { "{\"id\":\"x\",\"question\":\"q\",\"answers\":[{\"answer_start\":0}]}",
          "question 1 (id x): the 'text' of answer 1 is missing" },
        { "{\"id\":\"x\",\"question\":\"q\",\"answers\":[{\"text\":\"C\"}]}",
          "question 1 (id x): the 'answer_start' of answer 1 is missing" },
        { "{\"id\":\"x\",\"question\":\"q\",\"is_impossible\":1}",
          "question 1 (id x): \"is_impossible\" must be true or false" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024], words[256];
        snprintf(words, sizeof words, "dev.json: article 1, paragraph 1, %s", cases[i].words);
        assert_refused(state, file_of(text, "1", cases[i].question), BERT_FORMAT, words);
    }
}

static void a_place_that_is_no_place_is_refused(void **state)
{
    static const struct {
        const char *start, *words;
    } cases[] = {
        { "-1", "the 'answer_start' of answer 2 is -1; it counts the context's code points" },
        { "4294967296", "the 'answer_start' of answer 2 is 4294967296; it counts" },
        { "1e300", "the 'answer_start' of answer 2 is 1.0000000000000001e+300; it counts" },
        { "99999999999999999999", "the 'answer_start' of answer 2 is 1e+20; it counts" },
        { "0.5", "the 'answer_start' of answer 2 is not a whole number" },
        { "\"0\"", "the 'answer_start' of answer 2 is not a whole number" },
        { "null", "the 'answer_start' of answer 2 is not a whole number" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024], question[256];
        snprintf(
            question, sizeof question,
            "{\"id\":\"x\",\"question\":\"q\",\"answers\":[{\"text\":\"C\",\"answer_start\":0},"
            "{\"text\":\"C\",\"answer_start\":%s}]}",
            cases[i].start);
        assert_refused(state, file_of(text, "1", question), BERT_FORMAT, cases[i].words);
    }
}

static void an_empty_answer_is_none(void **state)
{
    char text[1024];
    const char *questions = "{\"id\":\"1\",\"question\":\"q\",\"answers\":[{\"text\":\"\","
                            "\"answer_start\":0}]},"
                            "{\"id\":\"2\",\"question\":\"q\",\"answers\":{\"text\":[\"\",\"C\"],"
                            "\"answer_start\":[-1,0]}}";
    assert_read(state, file_of(text, "\"v2.0\"", questions), "1|q|C|impossible;2|q|C|C@0;");
    assert_read(state, file_of(text, "\"1.1\"", questions), "1|q|C;2|q|C|C@0;");
    assert_refused(state,
                   file_of(text, "1",
                           "{\"id\":\"1\",\"question\":\"q\",\"answers\":[{\"text\":\"\"},"
                           "{\"text\":\"C\",\"answer_start\":-1}]}"),
                   BERT_FORMAT, "the 'answer_start' of answer 2 is -1");
}

static void a_byte_order_mark_is_skipped_and_utf16_named(void **state)
{
    char text[1100] = "\xEF\xBB\xBF", *got = NULL;
    assert_read(state, strcat(text, "{\"data\":[{\"question\":\"q\",\"context\":\"c\",\"id\":1}]}"),
                "1|q|c|unlabelled;");
    const slice wide = { "{\0\"\0d\0a\0t\0a\0\"\0:\0[\0]\0}\0", 22 };
    assert_failed(squad_render(scratch_write(state, "w.json", wide), &got), BERT_FORMAT,
                  "w.json: seems to be UTF-16LE without a byte-order mark; convert it (iconv -f "
                  "UTF-16LE");
}

static void a_file_without_questions_is_refused(void **state)
{
    assert_refused(state, "{\"data\":[]}", BERT_DATA, "dev.json: has no questions");
    char text[1024];
    assert_refused(state, file_of(text, "1", ""), BERT_DATA, "dev.json: has no questions");
    squad *s = NULL;
    assert_failed(squad_open(scratch_path(state, "none.json"), &s), BERT_IO, "none.json: cannot");
    assert_null(s);
    assert_true(squad_is_kind("a.json") && squad_is_kind("b.x/c.JSON"));
    assert_false(squad_is_kind("a.jsonl") || squad_is_kind("json") || squad_is_kind("a.json/b"));
}

static void assert_answers(squad_answer_list *answers, const char *json, const char *wanted)
{
    assert_done(squad_answers_parse(slice_of(json), "train.jsonl", 7, answers));
    char *got = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&got, &bytes);
    assert_non_null(stream);
    answers_render(stream, answers->items, answers->count);
    fclose(stream);
    assert_string_equal(got, wanted);
    free(got);
}

static void answers_of_a_row_are_lists_or_pairs(void **state)
{
    (void)state;
    squad_answer_list answers = { 0 };
    char field[] = "{\"text\":[\"a\",\"b\"],\"answer_start\":[3,0]}";
    assert_answers(&answers, field, "|a@3|b@0");
    memset(field, 'x', sizeof field - 1); /* the list owns its texts */
    assert_true(slice_equal(answers.items[1].text, slice_of("b")));
    assert_answers(&answers, "[{\"text\":\"c\",\"answer_start\":1,\"answer_end\":2}]", "|c@1");
    assert_answers(&answers, "{'text': ['d'], 'answer_start': [2]}", "|d@2"); /* as Python prints */
    assert_answers(&answers, "[]", "");
    assert_answers(&answers, "{\"text\":[],\"answer_start\":[]}", "");
    squad_answer_list_release(&answers);
    squad_answer_list_release(&answers);
}

static void broken_answers_of_a_row_are_told_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *json, *words;
    } cases[] = {
        { NULL, "train.jsonl:7: 'answers' is missing in this row" },
        { "", "train.jsonl:7: 'answers' is not JSON: " },
        { "{'text': array(['a'])}", "train.jsonl:7: 'answers' is not JSON: " },
        { "{'text': ['a']}", "train.jsonl:7: 'answers' is an object without the two lists" },
        { "{\"text\":[],\"text\":[]}",
          "train.jsonl:7: 'answers' is not JSON: duplicate object key" },
        { "{\"text\":[\"a\"]}", "train.jsonl:7: 'answers' is an object without the two lists" },
        { "{\"text\":\"a\",\"answer_start\":0}", "is an object without the two lists" },
        { "{\"text\":[\"a\"],\"answer_start\":[]}",
          "train.jsonl:7: 'answers' has 1 of 'text' and 0 of 'answer_start'" },
        { "{\"text\":[\"a\",3],\"answer_start\":[0,1]}",
          "train.jsonl:7: the 'text' of answer 2 is not a string" },
        { "{\"text\":[\"a\"],\"answer_start\":[-1]}",
          "train.jsonl:7: the 'answer_start' of answer 1 is -1; it counts" },
        { "{\"text\":[\"a\"],\"answer_start\":[99999999999999999999]}",
          "train.jsonl:7: 'answers' holds a number that is too big" },
        { "[3]", "train.jsonl:7: answer 1 is not an object" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        squad_answer_list answers = { 0 };
        assert_answers(&answers, "[{\"text\":\"c\",\"answer_start\":1}]", "|c@1");
        bert_status status =
            squad_answers_parse(slice_of(cases[i].json), "train.jsonl", 7, &answers);
        assert_failed(status, BERT_FORMAT, cases[i].words);
        assert_int_equal(answers.count, 0);
        squad_answer_list_release(&answers);
    }
}

static void code_points_are_found_by_their_bytes(void **state)
{
    (void)state;
    slice text = slice_of("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z");
    static const size_t wanted[] = { 0, 1, 3, 6, 10, 11 };
    for (size_t i = 0; i < 6; i++) assert_int_equal(utf8_byte_of(text, i), wanted[i]);
    assert_true(utf8_byte_of(text, 6) == SIZE_MAX && utf8_byte_of(text, SIZE_MAX) == SIZE_MAX);
    assert_int_equal(utf8_byte_of((slice){ NULL, 0 }, 0), 0);
    assert_true(utf8_byte_of((slice){ NULL, 0 }, 1) == SIZE_MAX);

    size_t byte = 99;
    assert_false(squad_answer_find(text, &(squad_answer){ slice_of("z"), 6 }, &byte));
    assert_false(squad_answer_find(text, &(squad_answer){ slice_of("z"), 3 }, &byte));
    assert_false(squad_answer_find(text, &(squad_answer){ slice_of("zz"), 4 }, &byte));
    assert_int_equal(byte, 99);
    assert_true(squad_answer_find(text, &(squad_answer){ slice_of("z"), 4 }, &byte));
    assert_int_equal(byte, 10);
}

typedef struct counts {
    size_t questions, answers, impossible, astray;
} counts;

static counts counts_of(const char *path)
{
    counts found = { 0 };
    squad *s;
    squad_question q;
    bool more;
    size_t byte;
    assert_done(squad_open(path, &s));
    for (;; found.questions++) {
        assert_done(squad_next(s, &q, &more));
        if (!more) break;
        assert_true(q.labelled);
        found.answers += q.answer_count;
        found.impossible += q.impossible;
        for (size_t i = 0; i < q.answer_count; i++)
            found.astray += !squad_answer_find(q.context, &q.answers[i], &byte);
    }
    squad_free(s);
    return found;
}

/* Questions and those impossible as the data's list has them; answers counted by Python's json. */
static void published_data_are_read_whole_and_every_answer_is_where_it_says(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        size_t questions, answers, impossible;
    } sets[] = {
        { "../shared/data/squad_v1/train.json", 3004, 3004, 0 },
        { "../shared/data/squad_v1/dev.json", 605, 1939, 0 },
        { "../shared/data/squad_v2/train.json", 2897, 1410, 1487 },
        { "../shared/data/squad_v2/dev.json", 609, 994, 311 },
        { "../shared/data/squad_newwiki/train.json", 3604, 10416, 0 },
        { "../shared/data/xquad/zh.json", 588, 588, 0 },
        { "../shared/data/xquad/ar.json", 588, 588, 0 },
        { "../shared/data/xquad/hi.json", 588, 588, 0 },
        { "../shared/data/xquad/ru.json", 588, 588, 0 },
        { "../shared/data/xquad/el.json", 588, 588, 0 },
    };
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        if (!file_exists(sets[i].path)) {
            print_message("skipped: %s is not there\n", sets[i].path);
            skip();
        }
        counts found = counts_of(sets[i].path);
        if (found.questions != sets[i].questions || found.answers != sets[i].answers ||
            found.impossible != sets[i].impossible || found.astray != 0)
            fail_msg("%s: %zu questions, %zu answers, %zu impossible, %zu astray; wanted %zu, %zu, "
                     "%zu, 0",
                     sets[i].path, found.questions, found.answers, found.impossible, found.astray,
                     sets[i].questions, sets[i].answers, sets[i].impossible);
    }
}

static void damaged_files_never_break_the_reader(void **state)
{
    static const char flat[] =
        "{\"version\":2,\"data\":[{\"id\":7,\"question\":\"q\",\"context\":\"caf\xC3\xA9\","
        "\"answers\":{\"text\":[\"f\",\"c\"],\"answer_start\":[2,0.0]},\"is_impossible\":false}]}";
    static const char *const files[] = { version_1, flat };
    for (size_t i = 0; i < 2; i++) {
        char damaged[1024];
        size_t refused = 0;
        assert_in_range(strlen(files[i]), 1, sizeof damaged - 17);
        for (uint64_t seed = 0; seed < 3000; seed++) {
            slice bytes = { damaged, bytes_damage(slice_of(files[i]), seed, damaged) };
            char *text = NULL;
            refused += squad_render(scratch_write(state, "d.json", bytes), &text) != BERT_OK;
            free(text);
        }
        assert_in_range(refused, 1000, 2999);
    }
}

static void damaged_answers_never_break_the_reader(void **state)
{
    (void)state;
    static const char *const fields[] = { "{\"text\":[\"\xC3\xA9\",\"b\"],\"answer_start\":[3,0]}",
                                          "[{\"text\":\"c\\u0000\",\"answer_start\":10}]" };
    squad_answer_list answers = { 0 };
    for (size_t i = 0; i < 2; i++) {
        char damaged[128];
        size_t refused = 0;
        for (uint64_t seed = 0; seed < 5000; seed++) {
            slice bytes = { damaged, bytes_damage(slice_of(fields[i]), seed, damaged) };
            refused += squad_answers_parse(bytes, "d.jsonl", 1, &answers) != BERT_OK;
        }
        assert_in_range(refused, 1000, 4999);
    }
    squad_answer_list_release(&answers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_come_in_the_order_of_the_file),
        cmocka_unit_test(an_impossible_question_has_no_answers),
        cmocka_unit_test(no_answers_make_a_question_impossible_in_version_2_only),
        cmocka_unit_test(a_question_without_answers_to_learn_from_is_unlabelled),
        cmocka_unit_test(a_flat_file_has_a_question_a_row),
        cmocka_unit_test(a_number_is_an_id_by_its_text),
        cmocka_unit_test(texts_and_place_outlast_the_step),
        cmocka_unit_test(what_is_missing_or_wrong_is_told_with_its_place),
        cmocka_unit_test(a_broken_question_is_told_with_its_id),
        cmocka_unit_test(a_place_that_is_no_place_is_refused),
        cmocka_unit_test(an_empty_answer_is_none),
        cmocka_unit_test(a_byte_order_mark_is_skipped_and_utf16_named),
        cmocka_unit_test(a_file_without_questions_is_refused),
        cmocka_unit_test(answers_of_a_row_are_lists_or_pairs),
        cmocka_unit_test(broken_answers_of_a_row_are_told_with_its_line),
        cmocka_unit_test(code_points_are_found_by_their_bytes),
        cmocka_unit_test(published_data_are_read_whole_and_every_answer_is_where_it_says),
        cmocka_unit_test(damaged_files_never_break_the_reader),
        cmocka_unit_test(damaged_answers_never_break_the_reader),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
