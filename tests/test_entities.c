/* test_entities.c: entities and their scores equal seqeval's (tests/data/entities.json, made by
 * tools/golden/entities.py). */
#include "metrics/entities.h"

#include "json/json.h"
#include "scratch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TAGS_MAX = 64 };

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static int golden_open(void **state)
{
    json_t *golden;
    assert_done(json_read_object("tests/data/entities.json", &golden));
    *state = golden;
    return 0;
}

static int golden_close(void **state)
{
    json_decref(*state);
    return 0;
}

static slice slice_of_json(const json_t *text)
{
    return (slice){ json_string_value(text), json_string_length(text) };
}

static size_t tags_of_json(const json_t *array, slice *tags)
{
    size_t count = json_array_size(array);
    assert_true(count <= TAGS_MAX);
    for (size_t i = 0; i < count; i++) tags[i] = slice_of_json(json_array_get(array, i));
    return count;
}

/* Splits at single spaces; `text` must outlive the tags. */
static size_t tags_of_text(const char *text, slice *tags)
{
    size_t count = 0;
    while (*text) {
        size_t length = strcspn(text, " ");
        assert_true(count < TAGS_MAX);
        tags[count++] = (slice){ text, length };
        text += length + (text[length] == ' ');
    }
    return count;
}

static void assert_entities(const json_t *want, const entity_list *have, const json_t *sentence)
{
    bool same = json_array_size(want) == have->count;
    for (size_t i = 0; same && i < have->count; i++) {
        const json_t *row = json_array_get(want, i);
        same = slice_equal(have->items[i].type, slice_of_json(json_array_get(row, 0))) &&
               have->items[i].begin == (size_t)json_integer_value(json_array_get(row, 1)) &&
               have->items[i].end == (size_t)json_integer_value(json_array_get(row, 2)) + 1;
    }
    if (same) return;
    print_error("%s\nwanted %s\nhave", json_dumps(sentence, 0), json_dumps(want, 0));
    for (size_t i = 0; i < have->count; i++)
        print_error(" %.*s %zu..%zu", (int)have->items[i].type.count, have->items[i].type.bytes,
                    have->items[i].begin, have->items[i].end);
    fail_msg("the entities differ");
}

static void entities_equal_seqevals(void **state)
{
    size_t index;
    json_t *found;
    entity_list list = { 0 };
    json_array_foreach(json_object_get(*state, "found"), index, found)
    {
        const json_t *sentence = json_object_get(found, "tags");
        const json_t *want = json_object_get(found, "entities");
        slice tags[TAGS_MAX];
        size_t count = tags_of_json(sentence, tags);
        list.count = 0;
        if (json_is_null(want)) {
            assert_failed(entities_find(tags, count, &list), BERT_DATA, "is empty");
            assert_int_equal(list.count, 0);
            continue;
        }
        assert_done(entities_find(tags, count, &list));
        assert_entities(want, &list, sentence);
    }
    assert_int_equal(index, 2633);
    entity_list_release(&list);
}

static void assert_rates(entity_rates have, const json_t *want, const char *name, size_t index)
{
    double values[] = { have.precision, have.recall, have.f1, (double)have.support };
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        double value = json_number_value(json_array_get(want, i));
        if (!(fabs(values[i] - value) <= 1e-12))
            fail_msg("case %zu, %s, number %zu is %.17g, not %.17g", index, name, i, values[i],
                     value);
    }
}

static void assert_tallies(const entity_score *score, const json_t *scored, size_t index)
{
    size_t count;
    const entity_tally *tallies = entity_score_tallies(score, &count);
    const json_t *rows = json_object_get(scored, "tallies");
    assert_int_equal(count, json_array_size(rows));
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(rows, i);
        const char *type = json_string_value(json_array_get(row, 0));
        if (!slice_equal(tallies[i].type, slice_of(type)))
            fail_msg("case %zu: type %zu is %.*s, not %s", index, i, (int)tallies[i].type.count,
                     tallies[i].type.bytes, type);
        uint64_t have[] = { tallies[i].truths, tallies[i].answers, tallies[i].right };
        for (size_t k = 0; k < COUNT_OF(have); k++) {
            uint64_t want = (uint64_t)json_integer_value(json_array_get(row, k + 1));
            if (have[k] != want)
                fail_msg("case %zu: count %zu of %s is %zu, not %zu", index, k, type,
                         (size_t)have[k], (size_t)want);
        }
        assert_rates(entity_tally_rates(&tallies[i]),
                     json_array_get(json_object_get(scored, "types"), i), type, index);
    }
}

static void scores_equal_seqevals(void **state)
{
    size_t index;
    json_t *scored;
    json_array_foreach(json_object_get(*state, "scored"), index, scored)
    {
        const json_t *truths = json_object_get(scored, "truth");
        const json_t *answers = json_object_get(scored, "answer");
        entity_score *score;
        assert_done(entity_score_open(&score));
        for (size_t i = 0; i < json_array_size(truths); i++) {
            slice truth[TAGS_MAX], answer[TAGS_MAX];
            size_t count = tags_of_json(json_array_get(truths, i), truth);
            assert_int_equal(tags_of_json(json_array_get(answers, i), answer), count);
            assert_done(entity_score_add(score, truth, answer, count));
        }
        assert_tallies(score, scored, index);
        assert_rates(entity_score_rates(score, ENTITY_MICRO), json_object_get(scored, "micro"),
                     "micro", index);
        assert_rates(entity_score_rates(score, ENTITY_MACRO), json_object_get(scored, "macro"),
                     "macro", index);
        assert_rates(entity_score_rates(score, ENTITY_WEIGHTED),
                     json_object_get(scored, "weighted"), "weighted", index);
        double accuracy = json_number_value(json_object_get(scored, "accuracy"));
        assert_true(fabs(entity_score_accuracy(score) - accuracy) <= 1e-12);
        entity_score_free(score);
    }
    assert_int_equal(index, 275);
}

/* Entities as "TYPE begin-end", end exclusive. */
static void assert_spelled(const char *text, const char *want)
{
    slice tags[TAGS_MAX];
    size_t count = tags_of_text(text, tags), used = 0;
    entity_list list = { 0 };
    char have[512] = "";
    assert_done(entities_find(tags, count, &list));
    for (size_t i = 0; i < list.count; i++)
        used += (size_t)snprintf(have + used, sizeof have - used, "%s%.*s %zu-%zu", i ? ", " : "",
                                 (int)list.items[i].type.count, list.items[i].type.bytes,
                                 list.items[i].begin, list.items[i].end);
    entity_list_release(&list);
    assert_string_equal(have, want);
}

static void every_scheme_spells_its_entities(void **state)
{
    (void)state;
    assert_spelled("", "");
    assert_spelled("O O", "");
    assert_spelled("B-PER I-PER O B-LOC", "PER 0-2, LOC 3-4");
    assert_spelled("B-PER B-PER I-PER", "PER 0-1, PER 1-3");
    assert_spelled("I-PER I-PER B-PER O I-LOC", "PER 0-2, PER 2-3, LOC 4-5");
    assert_spelled("B-PER I-PER E-PER S-PER S-LOC", "PER 0-3, PER 3-4, LOC 4-5");
    assert_spelled("B-PER I-PER L-PER U-LOC O", "PER 0-3, LOC 3-4");
    assert_spelled("U-PER U-PER", "PER 0-2");
}

static void malformed_tags_spell_what_seqeval_reads(void **state)
{
    (void)state;
    assert_spelled("O I-PER I-PER", "PER 1-3");
    assert_spelled("B-PER I-LOC", "PER 0-1, LOC 1-2");
    assert_spelled("E-PER E-PER I-PER", "PER 0-1, PER 1-2, PER 2-3");
    assert_spelled("S-PER I-PER E-PER O", "PER 0-1, PER 1-3");
    assert_spelled("O-PER I-PER O-PER", "PER 1-2");
    assert_spelled("O .-PER I-PER", "PER 0-3");
    assert_spelled("NOUN VERB", "OUN 0-1, ERB 1-2");
}

static void a_type_is_what_follows_the_first_dash(void **state)
{
    (void)state;
    assert_spelled("B-creative-work I-creative-work", "creative-work 0-2");
    assert_spelled("B--PER", "-PER 0-1");
    assert_spelled("PER-B PER-I", "B 0-1, I 1-2");
    assert_spelled("B_PER BPER", "_PER 0-1, PER 1-2");
    assert_spelled("B I- B-_", "_ 0-2, _ 2-3");
    assert_spelled("É-PER 日本", "PER 0-1, 本 1-2");
}

static void a_tag_without_type_begins_nothing_after_an_outside_word(void **state)
{
    (void)state;
    assert_spelled("X B-PER", "_ 0-1, PER 1-2");
    assert_spelled("- O", "");
    assert_spelled("B-PER O X B-LOC", "PER 0-1, _ 0-3, LOC 3-4");
}

static void entities_are_appended_and_a_failure_leaves_the_list(void **state)
{
    (void)state;
    slice tags[TAGS_MAX];
    entity_list list = { 0 };
    size_t count = tags_of_text("O B-PER", tags);
    assert_done(entities_find(tags, count, &list));
    assert_done(entities_find(tags, count, &list));
    assert_int_equal(list.count, 2);
    tags[0] = slice_of("");
    assert_failed(entities_find(tags, count, &list), BERT_DATA, "the tag of word 1 is empty");
    assert_int_equal(list.count, 2);
    assert_int_equal(list.items[1].begin, 1);
    entity_list_release(&list);
    assert_null(list.items);
}

static void score_add(entity_score *score, const char *truth_text, const char *answer_text)
{
    slice truth[TAGS_MAX], answer[TAGS_MAX];
    size_t count = tags_of_text(truth_text, truth);
    assert_int_equal(tags_of_text(answer_text, answer), count);
    assert_done(entity_score_add(score, truth, answer, count));
}

static void assert_rates_are(entity_rates have, double precision, double recall, double f1,
                             uint64_t support)
{
    double have_all[] = { have.precision, have.recall, have.f1 };
    double want_all[] = { precision, recall, f1 };
    for (size_t i = 0; i < COUNT_OF(have_all); i++) {
        if (!(fabs(have_all[i] - want_all[i]) <= 1e-15))
            fail_msg("number %zu is %.17g, not %.17g", i, have_all[i], want_all[i]);
    }
    assert_int_equal(have.support, support);
}

/* The example of seqeval's documentation and a LOC that is true twice, answered thrice, right once.
 */
static void averages_are_over_entities_types_and_support(void **state)
{
    (void)state;
    entity_score *score;
    assert_done(entity_score_open(&score));
    score_add(score, "O O O B-MISC I-MISC I-MISC O", "O O B-MISC I-MISC I-MISC I-MISC O");
    score_add(score, "B-PER I-PER O", "B-PER I-PER O");
    score_add(score, "B-LOC O B-LOC O O", "B-LOC O O B-LOC B-LOC");
    size_t count;
    const entity_tally *tallies = entity_score_tallies(score, &count);
    assert_int_equal(count, 3);
    assert_true(slice_equal(tallies[0].type, slice_of("LOC")));
    assert_true(slice_equal(tallies[1].type, slice_of("MISC")));
    assert_true(slice_equal(tallies[2].type, slice_of("PER")));
    assert_rates_are(entity_tally_rates(&tallies[0]), 1.0 / 3.0, 0.5, 0.4, 2);
    assert_rates_are(entity_tally_rates(&tallies[1]), 0.0, 0.0, 0.0, 1);
    assert_rates_are(entity_tally_rates(&tallies[2]), 1.0, 1.0, 1.0, 1);
    assert_rates_are(entity_score_rates(score, ENTITY_MICRO), 0.4, 0.5, 4.0 / 9.0, 4);
    assert_rates_are(entity_score_rates(score, ENTITY_MACRO), 4.0 / 9.0, 0.5, 1.4 / 3.0, 4);
    assert_rates_are(entity_score_rates(score, ENTITY_WEIGHTED), 5.0 / 12.0, 0.5, 0.45, 4);
    assert_true(fabs(entity_score_accuracy(score) - 10.0 / 15.0) < 1e-15);
    entity_score_free(score);
}

static void an_entity_ends_with_its_sentence(void **state)
{
    (void)state;
    entity_score *score;
    assert_done(entity_score_open(&score));
    score_add(score, "O B-PER", "O B-PER");
    score_add(score, "", "");
    score_add(score, "I-PER O", "I-PER O");
    assert_rates_are(entity_score_rates(score, ENTITY_MICRO), 1.0, 1.0, 1.0, 2);
    entity_score_free(score);
}

/* "X" begins nothing after the O between two sentences: what it ends began with the last entity,
 * which is another one among the answers. */
static void a_tag_without_type_reaches_back_into_the_sentence_before(void **state)
{
    (void)state;
    entity_score *score;
    assert_done(entity_score_open(&score));
    score_add(score, "B-PER O", "O B-PER");
    score_add(score, "X B-LOC", "X B-LOC");
    size_t count;
    const entity_tally *tallies = entity_score_tallies(score, &count);
    assert_int_equal(count, 3);
    assert_true(slice_equal(tallies[2].type, slice_of("_")));
    assert_int_equal(tallies[2].truths, 1);
    assert_int_equal(tallies[2].answers, 1);
    assert_int_equal(tallies[2].right, 0);
    entity_score_free(score);
}

static void without_entities_all_rates_are_zero(void **state)
{
    (void)state;
    entity_score *score;
    assert_done(entity_score_open(&score));
    assert_true(entity_score_accuracy(score) == 0.0);
    score_add(score, "O O", "O O");
    for (int average = ENTITY_MICRO; average <= ENTITY_WEIGHTED; average++)
        assert_rates_are(entity_score_rates(score, (entity_average)average), 0.0, 0.0, 0.0, 0);
    assert_true(entity_score_accuracy(score) == 1.0);
    entity_score_free(score);
    entity_score_free(NULL);
}

static void an_empty_tag_leaves_the_score(void **state)
{
    (void)state;
    entity_score *score;
    assert_done(entity_score_open(&score));
    slice truth[] = { slice_of("B-PER"), slice_of("O") };
    slice answer[] = { slice_of("B-PER"), slice_of("") };
    assert_failed(entity_score_add(score, truth, answer, 2), BERT_DATA,
                  "the answered tag of word 2 is empty");
    assert_failed(entity_score_add(score, answer, truth, 2), BERT_DATA,
                  "the true tag of word 2 is empty");
    size_t count;
    entity_score_tallies(score, &count);
    assert_int_equal(count, 0);
    score_add(score, "X B-PER", "X B-PER");
    assert_rates_are(entity_score_rates(score, ENTITY_MICRO), 1.0, 1.0, 1.0, 2);
    entity_score_free(score);
}

/* The texts of the first sentence are gone when the second is counted. */
static void a_score_keeps_nothing_of_a_sentence(void **state)
{
    (void)state;
    entity_score *score;
    assert_done(entity_score_open(&score));
    char text[] = "B-PER I-PER";
    score_add(score, text, text);
    memset(text, '?', sizeof text - 1);
    score_add(score, "I-PER", "B-PER");
    size_t count;
    const entity_tally *tallies = entity_score_tallies(score, &count);
    assert_int_equal(count, 1);
    assert_true(slice_equal(tallies[0].type, slice_of("PER")));
    assert_int_equal(tallies[0].right, 2);
    entity_score_free(score);
}

static bool have_entities(const char *text)
{
    slice labels[TAGS_MAX];
    size_t count = tags_of_text(text, labels);
    return tags_have_entities(labels, count);
}

static void labels_of_entities_are_told_from_others(void **state)
{
    (void)state;
    assert_true(have_entities("O B-PER I-PER"));
    assert_true(have_entities("I-LOC I-PER O"));
    assert_true(have_entities("O S-PER"));
    assert_true(have_entities("B-NP I-NP"));
    assert_true(have_entities("[PAD] X O B-creative-work"));
    assert_true(have_entities("O B I")); /* one kind without a name */
    assert_true(have_entities("B I"));
    assert_true(have_entities("I O"));
    assert_true(have_entities("S O B I E"));
    assert_false(have_entities("B"));
    assert_false(have_entities("S O E"));
    assert_false(have_entities("B I O L U")); /* seqeval sees no entity in U */
    assert_false(have_entities("B I O X"));
    assert_false(have_entities("S V O"));
    assert_false(have_entities(""));
    assert_false(have_entities("O"));
    assert_false(have_entities("NOUN VERB PROPN X"));
    assert_false(have_entities("NN -LRB- -RRB- PRP$ WP$ O . ,"));
    assert_false(have_entities("S-- I-- N-S"));
    assert_false(have_entities("O B B- I-"));
    assert_false(have_entities("B_PER BIO-PER O"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entities_equal_seqevals),
        cmocka_unit_test(scores_equal_seqevals),
        cmocka_unit_test(every_scheme_spells_its_entities),
        cmocka_unit_test(malformed_tags_spell_what_seqeval_reads),
        cmocka_unit_test(a_type_is_what_follows_the_first_dash),
        cmocka_unit_test(a_tag_without_type_begins_nothing_after_an_outside_word),
        cmocka_unit_test(entities_are_appended_and_a_failure_leaves_the_list),
        cmocka_unit_test(averages_are_over_entities_types_and_support),
        cmocka_unit_test(an_entity_ends_with_its_sentence),
        cmocka_unit_test(a_tag_without_type_reaches_back_into_the_sentence_before),
        cmocka_unit_test(without_entities_all_rates_are_zero),
        cmocka_unit_test(an_empty_tag_leaves_the_score),
        cmocka_unit_test(a_score_keeps_nothing_of_a_sentence),
        cmocka_unit_test(labels_of_entities_are_told_from_others),
    };
    return cmocka_run_group_tests(tests, golden_open, golden_close);
}
