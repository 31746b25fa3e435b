/* test_squad.c: SQuAD's scores are transformers' and its characters Python's
 * (tests/data/squad.json, made by tools/golden/squad.py). */
#include "json/json.h"
#include "metrics/squad.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <utf8proc.h>

#include <cmocka.h>

enum { SCALARS_END = 0x110000, SCALAR_COUNT = 0x110000 - 0x800, TRUTHS_MAX = 8 };

static int golden_load(void **state)
{
    json_t *golden;
    assert_done(json_read_object("tests/data/squad.json", &golden));
    *state = golden;
    return 0;
}

static int golden_drop(void **state)
{
    json_decref(*state);
    return 0;
}

static slice slice_of_json(const json_t *text)
{
    return (slice){ json_string_value(text), json_string_length(text) };
}

static void assert_normalized(slice text, slice want)
{
    squad_text have = { 0 };
    assert_done(squad_normalize(text, &have));
    if (!slice_equal((slice){ have.bytes, have.count }, want))
        fail_msg("\"%.*s\" became \"%.*s\", not \"%.*s\"", (int)text.count, text.bytes,
                 (int)have.count, have.bytes, (int)want.count, want.bytes);
    squad_text_release(&have);
}

static void normalized_texts_are_transformers(void **state)
{
    size_t index;
    json_t *pair;
    json_array_foreach(json_object_get(*state, "texts"), index, pair)
    {
        assert_normalized(slice_of_json(json_array_get(pair, 0)),
                          slice_of_json(json_array_get(pair, 1)));
    }
    assert_int_equal(index, 2213);
}

static void a_byte_that_is_no_utf8_is_kept_and_parts_words(void **state)
{
    (void)state;
    assert_normalized(slice_of("The\xFFthe \xC3"), slice_of("\xFF \xC3"));
    assert_normalized(slice_of("\xE4\xB8!X"), slice_of("\xE4\xB8x"));
    assert_normalized((slice){ "\0THE\0", 5 }, (slice){ "\0 \0", 3 });
}

static size_t truths_of(const json_t *texts, slice truths[TRUTHS_MAX])
{
    size_t index;
    json_t *text;
    json_array_foreach(texts, index, text)
    {
        assert_true(index < TRUTHS_MAX);
        truths[index] = slice_of_json(text);
    }
    return index;
}

static void scores_are_transformers_to_the_last_bit(void **state)
{
    squad_scratch scratch = { 0 };
    size_t index;
    json_t *row;
    json_array_foreach(json_object_get(*state, "scores"), index, row)
    {
        slice truths[TRUTHS_MAX], prediction = slice_of_json(json_array_get(row, 0));
        size_t count = truths_of(json_array_get(row, 1), truths);
        squad_scores have;
        assert_done(squad_score(&scratch, prediction, truths, count, &have));
        double exact = json_number_value(json_array_get(row, 2));
        double f1 = json_number_value(json_array_get(row, 3));
        if (have.exact != exact || have.f1 != f1)
            fail_msg("question %zu, \"%s\": exact %d and f1 %.17g, not %g and %.17g", index,
                     prediction.bytes, have.exact, have.f1, exact, f1);
    }
    assert_int_equal(index, 1100);
    squad_scratch_release(&scratch);
}

static void totals_fill(squad_totals *totals, const json_t *questions)
{
    squad_scratch scratch = { 0 };
    size_t index;
    json_t *row;
    json_array_foreach(questions, index, row)
    {
        slice truths[TRUTHS_MAX], prediction = slice_of_json(json_array_get(row, 0));
        size_t count = truths_of(json_array_get(row, 1), truths);
        squad_question question = { .null_odds = json_number_value(json_array_get(row, 2)),
                                    .has_answer = count > 0,
                                    .answered = prediction.count > 0 };
        assert_done(squad_score(&scratch, prediction, truths, count, &question.score));
        assert_done(squad_totals_add(totals, &question));
    }
    squad_scratch_release(&scratch);
}

/* The script leaves out what a part without questions would say. */
static void assert_reported(size_t evaluation, const json_t *report, const char *key, double have)
{
    const json_t *want = json_object_get(report, key);
    if (have != json_number_value(want))
        fail_msg("evaluation %zu: %s is %.17g, not %.17g", evaluation, key, have,
                 json_number_value(want));
}

static void reports_are_transformers_to_the_last_bit(void **state)
{
    size_t index;
    json_t *evaluation;
    json_array_foreach(json_object_get(*state, "evaluations"), index, evaluation)
    {
        squad_totals totals = { 0 };
        squad_report have;
        totals_fill(&totals, json_object_get(evaluation, "questions"));
        double threshold = json_number_value(json_object_get(evaluation, "threshold"));
        assert_done(squad_totals_report(&totals, threshold, &have));

        const json_t *want = json_object_get(evaluation, "report");
        assert_reported(index, want, "exact", have.all.exact);
        assert_reported(index, want, "f1", have.all.f1);
        assert_reported(index, want, "total", (double)have.all.total);
        assert_reported(index, want, "HasAns_exact", have.has_answer.exact);
        assert_reported(index, want, "HasAns_f1", have.has_answer.f1);
        assert_reported(index, want, "HasAns_total", (double)have.has_answer.total);
        assert_reported(index, want, "NoAns_exact", have.no_answer.exact);
        assert_reported(index, want, "NoAns_f1", have.no_answer.f1);
        assert_reported(index, want, "NoAns_total", (double)have.no_answer.total);
        assert_reported(index, want, "best_exact", have.best_exact);
        assert_reported(index, want, "best_exact_thresh", have.best_exact_threshold);
        assert_reported(index, want, "best_f1", have.best_f1);
        assert_reported(index, want, "best_f1_thresh", have.best_f1_threshold);
        squad_totals_release(&totals);
    }
    assert_int_equal(index, 48);
}

static void no_questions_report_zeros(void **state)
{
    (void)state;
    squad_report have;
    assert_done(squad_totals_report(&(squad_totals){ 0 }, SQUAD_TAKE_EVERY_ANSWER, &have));
    assert_int_equal(have.all.total, 0);
    assert_true(have.all.f1 == 0.0 && have.best_exact == 0.0 && have.best_f1 == 0.0);
}

static void odds_that_are_nan_come_last(void **state)
{
    (void)state;
    squad_totals totals = { 0 };
    squad_question wrong = { .null_odds = NAN, .answered = true };
    squad_question right = { .score = { true, 1.0 }, .null_odds = 7.0, .has_answer = true };
    assert_done(squad_totals_add(&totals, &wrong));
    assert_done(squad_totals_add(&totals, &right));
    squad_report have;
    assert_done(squad_totals_report(&totals, SQUAD_TAKE_EVERY_ANSWER, &have));
    assert_true(have.best_exact == 100.0 && have.best_exact_threshold == 7.0);
    assert_true(have.all.exact == 50.0);
    squad_totals_release(&totals);
}

/* What Python holds of each character. */
enum { UNASSIGNED = 1, WORD = 2, SPACE = 4, CASED = 8, IGNORABLE = 16 };

static void kinds_fill(const json_t *characters, const char *key, uint8_t kind, uint8_t *kinds)
{
    const json_t *ranges = json_object_get(characters, key);
    assert_true(json_array_size(ranges) > 0);
    for (size_t i = 0; i < json_array_size(ranges); i += 2) {
        json_int_t last = json_integer_value(json_array_get(ranges, i + 1));
        for (json_int_t c = json_integer_value(json_array_get(ranges, i)); c <= last; c++)
            kinds[c] |= kind;
    }
}

/* U+0130 is not among them. */
static void lower_fill(const json_t *ranges, int32_t *lower)
{
    for (int32_t c = 0; c < SCALARS_END; c++) lower[c] = c;
    assert_true(json_array_size(ranges) > 0);
    for (size_t i = 0; i < json_array_size(ranges); i += 4) {
        json_int_t row[4];
        for (size_t k = 0; k < 4; k++) row[k] = json_integer_value(json_array_get(ranges, i + k));
        for (json_int_t c = row[0]; c <= row[1]; c += row[2]) lower[c] = (int32_t)(c + row[3]);
    }
}

/* A text made of pieces and code points, for a probe. */
typedef struct probe {
    char bytes[64];
    size_t count;
} probe;

static void probe_text(probe *p, const char *text)
{
    memcpy(p->bytes + p->count, text, strlen(text));
    p->count += strlen(text);
}

static void probe_code(probe *p, int32_t code)
{
    p->count += (size_t)utf8proc_encode_char(code, (utf8proc_uint8_t *)p->bytes + p->count);
}

static bool became(squad_text *room, const probe *text, const probe *want)
{
    assert_done(squad_normalize((slice){ text->bytes, text->count }, room));
    return slice_equal((slice){ room->bytes, room->count }, (slice){ want->bytes, want->count });
}

static bool is_ascii_punctuation(int32_t c)
{
    return c > ' ' && c < 0x7F && !(c >= '0' && c <= '9') && !((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* What is left of the character between letters: its lower case, a space, or nothing. */
static void remainder_append(probe *p, int32_t c, uint8_t kinds, int32_t lower)
{
    if (c == 0x130)
        probe_text(p, "i\xCC\x87");
    else if (kinds & SPACE)
        probe_text(p, " ");
    else if (!is_ascii_punctuation(c))
        probe_code(p, lower);
}

/* Is this character to us what it is to Python? Asked of "x" c "x" for lower case and space, of
 * c "THE" for words, and behind a sigma, with a letter after it and without, for case. */
static bool is_as_in_python(squad_text *room, int32_t c, uint8_t kinds, int32_t lower)
{
    probe between = { 0 }, between_want = { 0 };
    probe_text(&between, "x"), probe_code(&between, c), probe_text(&between, "x");
    probe_text(&between_want, "x");
    remainder_append(&between_want, c, kinds, c == 0x3A3 ? 0x3C3 : lower);
    probe_text(&between_want, "x");

    probe word = { 0 }, word_want = { 0 };
    probe_code(&word, c), probe_text(&word, "THE");
    if (!(kinds & SPACE)) remainder_append(&word_want, c, kinds, lower);
    if ((kinds & WORD) && c != 0x130) /* whose lower case ends in a mark */
        probe_text(&word_want, "the");

    probe sigma = { 0 }, sigma_want = { 0 }, ahead = { 0 }, ahead_want = { 0 };
    const char *small = "x\xCF\x83", *final = "x\xCF\x82";
    probe_text(&sigma, "x\xCE\xA3"), probe_code(&sigma, c), probe_text(&sigma, "x");
    probe_text(&sigma_want, kinds & (CASED | IGNORABLE) ? small : final);
    remainder_append(&sigma_want, c, kinds, c == 0x3A3 ? 0x3C3 : lower);
    probe_text(&sigma_want, "x");
    probe_text(&ahead, "x\xCE\xA3"), probe_code(&ahead, c), probe_text(&ahead, "5");
    probe_text(&ahead_want, kinds & CASED ? small : final);
    remainder_append(&ahead_want, c, kinds, c == 0x3A3 ? 0x3C2 : lower);
    probe_text(&ahead_want, "5");

    return became(room, &between, &between_want) && became(room, &word, &word_want) &&
           became(room, &sigma, &sigma_want) && became(room, &ahead, &ahead_want);
}

/* Python 3.11 holds Unicode 14, utf8proc 2.8 Unicode 15. Of a later utf8proc it is only asked that
 * next to nothing has changed. */
static void characters_differ_from_python_only_where_it_has_none(void **state)
{
    const json_t *characters = json_object_get(*state, "characters");
    uint8_t *kinds = calloc(SCALARS_END, 1);
    int32_t *lower = calloc(SCALARS_END, sizeof *lower);
    assert_true(kinds && lower);
    kinds_fill(characters, "unassigned", UNASSIGNED, kinds);
    kinds_fill(characters, "word", WORD, kinds);
    kinds_fill(characters, "space", SPACE, kinds);
    kinds_fill(characters, "cased", CASED, kinds);
    kinds_fill(characters, "ignorable", IGNORABLE, kinds);
    lower_fill(json_object_get(characters, "lower"), lower);

    squad_text room = { 0 };
    size_t assigned = 0, later = 0;
    for (int32_t c = 0; c < SCALARS_END; c++) {
        if (c == 0xD800) c = 0xE000;
        if (is_as_in_python(&room, c, kinds[c], lower[c])) continue;
        if (kinds[c] & UNASSIGNED) {
            later++;
        } else {
            assigned++;
            print_error("U+%04X is not as in Python\n", (unsigned)c);
        }
    }
    print_message("of %d characters %zu differ from Unicode %s, all but %zu assigned later\n",
                  SCALAR_COUNT, later + assigned,
                  json_string_value(json_object_get(characters, "unicode")), assigned);
    if (strcmp(utf8proc_unicode_version(), "15.0.0") == 0) {
        assert_int_equal(assigned, 0);
        assert_int_equal(later, 4430);
    }
    assert_true(assigned <= 64);
    squad_text_release(&room);
    free(lower);
    free(kinds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normalized_texts_are_transformers),
        cmocka_unit_test(a_byte_that_is_no_utf8_is_kept_and_parts_words),
        cmocka_unit_test(scores_are_transformers_to_the_last_bit),
        cmocka_unit_test(reports_are_transformers_to_the_last_bit),
        cmocka_unit_test(no_questions_report_zeros),
        cmocka_unit_test(odds_that_are_nan_come_last),
        cmocka_unit_test(characters_differ_from_python_only_where_it_has_none),
    };
    return cmocka_run_group_tests(tests, golden_load, golden_drop);
}
