/* test_data_summary.c: what is told of the data before training on them, through bert.h's dry runs
 * of a tiny model. */
#include "bert.h"
#include "scratch.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

typedef struct heard {
    char warnings[4096]; /* a line each */
    json_t *summary;
    bert_observer observer;
} heard;

static void listen(void *context, const bert_event *event)
{
    heard *h = context;
    size_t used = strlen(h->warnings);
    if (event->kind == BERT_EVENT_WARNING)
        snprintf(h->warnings + used, sizeof h->warnings - used, "%s\n", event->text);
    if (event->kind != BERT_EVENT_DATA) return;
    assert_null(h->summary); /* it is told once */
    h->summary = json_loads(event->text, 0, NULL);
}

static bert_train_options options_of(const char *const *train, const char *dev, heard *h)
{
    bert_train_options o = bert_train_options_default();
    o.model = "tests/data/golden/gelu";
    o.train = train;
    o.train_count = 1;
    o.dev = dev;
    o.dry_run = true;
    o.max_length = 32;
    o.threads = 1;
    h->observer = bert_observer_default();
    h->observer.tell = listen;
    h->observer.context = h;
    o.observer = &h->observer;
    return o;
}

/* Asserts that the object has these members with these values, others aside. */
static void assert_has(const json_t *object, const char *wanted)
{
    const char *name;
    json_t *value, *members = json_loads(wanted, 0, NULL);
    assert_non_null(members);
    json_object_foreach(members, name, value)
    {
        json_t *own = json_object_get(object, name);
        if (json_equal(own, value)) continue;
        char *got = own ? json_dumps(own, JSON_ENCODE_ANY) : strdup("nothing"),
             *want = json_dumps(value, JSON_ENCODE_ANY);
        fail_msg("%s: wanted %s, got %s", name, want, got);
    }
    json_decref(members);
}

static const json_t *part(const heard *h, const char *name)
{
    return json_object_get(h->summary, name);
}

static const char train_text[] = "text\tlabel\n"
                                 "good film\tgood\n"
                                 "Good  FILM\tbad\n"
                                 "bad film\tbad\n"
                                 "\tgood\n"
                                 "dull dull dull dull dull dull dull dull dull dull\tbad\n";
static const char dev_text[] = "text\tlabel\n"
                               "GOOD film \tgood\n"
                               "a plot\tbad\n"
                               "good film\tgood\n";

static void rows_labels_lengths_and_repeats_are_counted(void **state)
{
    heard h = { 0 };
    const char *train = scratch_text(state, "train.tsv", train_text),
               *dev = scratch_text(state, "dev.tsv", dev_text);
    bert_train_options o = options_of(&train, dev, &h);
    o.max_length = 6;
    assert_done(bert_train(&o));
    assert_has(part(&h, "train"),
               "{\"rows\":5,\"units\":5,\"labels\":{\"bad\":3,\"good\":2},\"tokens\":{\"median\":"
               "4.0,\"percentile_95\":12,\"longest\":12},\"truncated\":1,"
               "\"max_length_for_99_percent\":12,\"empty\":1,\"repeated\":1,\"contradicting\":1}");
    assert_has(part(&h, "dev"),
               "{\"rows\":3,\"units\":3,\"labels\":{\"bad\":1,\"good\":2},\"tokens\":{\"median\":"
               "4.0,\"percentile_95\":4,\"longest\":4},\"truncated\":0,\"empty\":0,\"repeated\":1,"
               "\"contradicting\":0}");
    assert_has(h.summary, "{\"leaked\":2,\"labels_unseen\":[],\"task\":\"classify\","
                          "\"max_length\":6}");
    assert_string_equal(
        h.warnings,
        "training data: 1 text stands with different labels; what they have in common cannot be "
        "learnt\n"
        "training data: 20.0 % of the texts are cut at 6 tokens; max_length 12 would cut fewer "
        "than 1 %\n"
        "2 of 3 dev texts (66.7 %) stand in the training data too; their score says what was "
        "remembered, not what was learnt\n");
    json_decref(h.summary);
}

static void labels_that_differ_by_how_they_are_written_are_told(void **state)
{
    heard h = { 0 };
    const char *train = scratch_text(
        state, "train.tsv", "text\tlabel\na\tx\nb\tx \nc\tX\nd\ty z\ne\tY  z\nf\tw\ng\txx\nh\tx\n");
    bert_train_options o = options_of(&train, NULL, &h);
    assert_done(bert_train(&o));
    assert_string_equal(h.warnings,
                        "training data: 5 labels differ from another only by blanks, by case or by "
                        "how a number is written, and are labels of their own, such as 'X' and "
                        "'x'\n");
    json_decref(h.summary);

    h = (heard){ 0 };
    train = scratch_text(state, "numbers.tsv",
                         "text\tlabel\na\t0\nb\t0.0\nc\t-0\nd\t1\ne\t01\nf\t+1\ng\t1e0\n"
                         "h\t10\ni\tone\n"
                         "j\t12345678901234567890\nk\t12345678901234567891\n");
    o = options_of(&train, NULL, &h);
    o.task = "classify";
    assert_done(bert_train(&o));
    assert_string_equal(h.warnings,
                        "training data: 7 labels differ from another only by blanks, by case or by "
                        "how a number is written, and are labels of their own, such as '+1' and "
                        "'01'\n");
    json_decref(h.summary);

    h = (heard){ 0 };
    train = scratch_text(state, "apart.tsv", "text\tlabel\na\tx\nb\txy\nc\tx-y\nd\tx y\n");
    o = options_of(&train, NULL, &h);
    assert_done(bert_train(&o));
    assert_string_equal(h.warnings, "");
    json_decref(h.summary);
}

static void fewer_than_one_in_a_hundred_are_cut_at_the_length_told(void **state)
{
    const struct {
        size_t rows;
        const char *wanted;
    } cases[] = { { 200, "{\"max_length_for_99_percent\":6}" },
                  { 201, "{\"max_length_for_99_percent\":3}" } };
    for (size_t i = 0; i < 2; i++) {
        heard h = { 0 };
        char text[8192] = "text\tlabel\nso so so so\tbad\nso so so so\tbad\n";
        for (size_t row = 2; row < cases[i].rows; row++)
            strcat(text, row % 2 ? "film\tgood\n" : "plot\tbad\n");
        const char *train = scratch_text(state, "train.tsv", text);
        bert_train_options o = options_of(&train, NULL, &h);
        assert_done(bert_train(&o));
        assert_has(part(&h, "train"), cases[i].wanted);
        assert_has(part(&h, "train"), "{\"tokens\":{\"median\":3.0,\"percentile_95\":3,\"longest\":"
                                      "6}}");
        assert_true(json_is_null(part(&h, "dev")));
        json_decref(h.summary);
    }
}

static void lengths_are_those_of_whole_texts_in_windows_too(void **state)
{
    heard h = { 0 };
    const char *train = scratch_text(state, "train.tsv", train_text);
    bert_train_options o = options_of(&train, NULL, &h);
    o.max_length = 8;
    bert_task_options own = bert_task_options_default();
    o.task_options = &own;
    own.windows = true;
    own.stride = 2;
    assert_done(bert_train(&o));
    /* ten words in windows of six that share two */
    assert_has(part(&h, "train"), "{\"rows\":5,\"units\":6,\"truncated\":0,\"tokens\":{\"median\":"
                                  "4.0,\"percentile_95\":12,\"longest\":12}}");
    json_decref(h.summary);
}

static void tags_of_words_are_counted_and_those_not_in_training_named(void **state)
{
    heard h = { 0 };
    const char *train = scratch_text(state, "train.conll",
                                     "good\tB-X\nfilm\tO\nplayed\tO\n\nbad\tB-X\n\n"
                                     "good\tO\nfilm\tB-X\nplayed\tO\n\nGood\tB-X\nfilm\tO\n"
                                     "played\tO\n"),
               *dev = scratch_text(state, "dev.conll", "bad\tB-Y\nplot\tO\n\nbad\tB-X\n");
    bert_train_options o = options_of(&train, dev, &h);
    assert_done(bert_train(&o));
    assert_has(part(&h, "train"), "{\"rows\":4,\"labels\":{\"B-X\":4,\"O\":6},\"repeated\":2,"
                                  "\"contradicting\":1}");
    assert_has(part(&h, "dev"), "{\"rows\":2,\"labels\":{\"B-X\":1,\"B-Y\":1,\"O\":1}}");
    assert_has(h.summary, "{\"leaked\":1,\"labels_unseen\":[\"B-Y\"],\"task\":\"tag\"}");
    json_decref(h.summary);
}

static void sentences_that_are_cut_have_their_whole_length(void **state)
{
    heard whole = { 0 }, cut = { 0 };
    const char *train = scratch_text(state, "train.conll",
                                     "good\tB-X\nfilm\tO\nunwatchably\tO\n.\tO\n\nbad\tB-X\n");
    bert_train_options o = options_of(&train, NULL, &whole);
    assert_done(bert_train(&o));
    o = options_of(&train, NULL, &cut);
    o.max_length = 4;
    assert_done(bert_train(&o));
    assert_has(part(&whole, "train"), "{\"truncated\":0}");
    assert_has(part(&cut, "train"), "{\"truncated\":1}");
    assert_true(json_equal(json_object_get(part(&whole, "train"), "tokens"),
                           json_object_get(part(&cut, "train"), "tokens")));
    json_decref(whole.summary);
    json_decref(cut.summary);
}

static void labels_in_another_order_are_no_contradiction(void **state)
{
    heard h = { 0 };
    const char *train = scratch_text(state, "train.tsv",
                                     "text\tlabels\ngood film\tjoy,love\ngood film\tlove, joy\n"
                                     "bad film\tjoy\nbad film\tlove\nplot\t\n");
    bert_train_options o = options_of(&train, NULL, &h);
    assert_done(bert_train(&o));
    assert_has(part(&h, "train"), "{\"labels\":{\"joy\":3,\"love\":3},\"repeated\":2,"
                                  "\"contradicting\":1}");
    json_decref(h.summary);
}

static void each_text_of_a_choice_and_of_a_triple_has_its_length(void **state)
{
    heard h = { 0 }, g = { 0 };
    const char *choices = scratch_text(state, "c.tsv",
                                       "text\tending0\tending1\tlabel\n"
                                       "so so\tfilm\tso so so so\t1\nfilm\tplot\tplot plot\t0\n"),
               *pairs = scratch_text(state, "p.tsv",
                                     "anchor\tpositive\nso so so so so\tfilm\nfilm\tso so\n");
    bert_train_options o = options_of(&choices, NULL, &h);
    o.max_length = 8;
    assert_done(bert_train(&o));
    /* [CLS] so so [SEP] so so so so [SEP] is cut to 8 */
    assert_has(part(&h, "train"), "{\"tokens\":{\"median\":7.5,\"percentile_95\":9,\"longest\":9},"
                                  "\"truncated\":1,\"labels\":{}}");
    o = options_of(&pairs, NULL, &g);
    o.max_length = 5;
    assert_done(bert_train(&o));
    assert_has(part(&g, "train"), "{\"tokens\":{\"median\":5.5,\"percentile_95\":7,\"longest\":7},"
                                  "\"truncated\":1}");
    json_decref(h.summary);
    json_decref(g.summary);
}

static void a_dry_run_tells_time_and_memory_and_writes_nothing(void **state)
{
    heard h = { 0 };
    struct stat info;
    const char *train = scratch_text(state, "train.tsv", train_text);
    bert_train_options o = options_of(&train, NULL, &h);
    o.output = scratch_path(state, "out");
    o.epochs = 7;
    o.batch_size = 2;
    assert_done(bert_train(&o));
    assert_int_not_equal(stat(o.output, &info), 0);
    assert_int_not_equal(stat(scratch_path(state, "out.partial"), &info), 0);
    const json_t *time = part(&h, "time");
    assert_int_equal(json_integer_value(json_object_get(time, "steps")), 21);
    assert_true(json_real_value(json_object_get(time, "seconds")) > 0.0);
    assert_true(json_integer_value(json_object_get(part(&h, "memory"), "needed")) > 1000000);
    json_decref(h.summary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_labels_lengths_and_repeats_are_counted, scratch_open,
                                        scratch_close),
        cmocka_unit_test_setup_teardown(labels_that_differ_by_how_they_are_written_are_told,
                                        scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(fewer_than_one_in_a_hundred_are_cut_at_the_length_told,
                                        scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(lengths_are_those_of_whole_texts_in_windows_too,
                                        scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(tags_of_words_are_counted_and_those_not_in_training_named,
                                        scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(sentences_that_are_cut_have_their_whole_length,
                                        scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(labels_in_another_order_are_no_contradiction, scratch_open,
                                        scratch_close),
        cmocka_unit_test_setup_teardown(each_text_of_a_choice_and_of_a_triple_has_its_length,
                                        scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(a_dry_run_tells_time_and_memory_and_writes_nothing,
                                        scratch_open, scratch_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
