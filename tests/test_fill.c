/* test_fill.c: masked words: what is drawn, what is learned from it, what is answered. */
#include "base/rng.h"
#include "bert.h"
#include "compute/compute.h"
#include "data/dataset.h"
#include "scratch.h"
#include "tasks/masking.h"
#include "tensors/tensors.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char model[] = "tests/data/golden/gelu";

/* ---- what is drawn */

static tokenizer *toy_tokenizer(void)
{
    tokenizer *t;
    assert_done(tokenizer_open(model, &t));
    return t;
}

static masking toy_masking(const tokenizer *t, double share, bool whole_words)
{
    masking m;
    assert_done(masking_init(t, share, whole_words, &m));
    return m;
}

/* Is `count` of `total` within three standard deviations of `share`? */
static void assert_share(const char *what, size_t count, size_t total, double share)
{
    double mean = share * (double)total, deviation = sqrt(mean * (1.0 - share));
    if (!(fabs((double)count - mean) <= 3.0 * deviation))
        fail_msg("%s: %zu of %zu, wanted %.0f +- %.0f", what, count, total, mean, deviation);
}

enum { EXAMPLES = 10000, TOKENS = 100 };

static void a_million_tokens_are_masked_in_their_shares(void **state)
{
    (void)state;
    tokenizer *t = toy_tokenizer();
    masking m = toy_masking(t, 0.15, false);
    size_t chosen = 0, masks = 0, kept = 0, others = 0;
    int32_t ids[TOKENS];
    for (size_t i = 0; i < TOKENS; i++) ids[i] = 40; /* one of the letters */
    for (uint32_t example = 0; example < EXAMPLES; example++) {
        for (size_t token = 0; token < TOKENS; token++) {
            if (!masking_chooses(&m, rng_key(42, 7), example, ids, token)) continue;
            int32_t shown = masking_shows(&m, rng_key(42, 7), example, token, ids[token]);
            chosen++;
            masks += shown == m.mask;
            kept += shown == ids[token];
            others += shown != m.mask && shown != ids[token];
            assert_true(shown >= 0 && (size_t)shown < m.vocabulary);
        }
    }
    double any = 0.1 / (double)m.vocabulary; /* the random piece may be [MASK], or the same */
    assert_share("chosen", chosen, EXAMPLES * TOKENS, 0.15);
    assert_share("[MASK]", masks, chosen, 0.8 + any);
    assert_share("kept", kept, chosen, 0.1 + any);
    assert_share("random", others, chosen, 0.1 - 2.0 * any);
    masking_release(&m);
    tokenizer_free(t);
}

static void special_tokens_are_never_chosen(void **state)
{
    (void)state;
    tokenizer *t = toy_tokenizer();
    masking m = toy_masking(t, 1.0, false);
    const int32_t ids[] = { 2, 40, 1, 4, 0, 41, 3 }; /* [CLS] . [UNK] [MASK] [PAD] . [SEP] */
    const bool wanted[] = { false, true, false, false, false, true, false };
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        assert_int_equal(masking_chooses(&m, 1, 0, ids, i), wanted[i]);
    masking_release(&m);
    tokenizer_free(t);
}

static void pieces_of_a_word_are_chosen_together(void **state)
{
    (void)state;
    tokenizer *t = toy_tokenizer();
    masking m = toy_masking(t, 0.15, true);
    const char *const text = "unbelievably good";
    tokenizer_encoding encoding = { 0 };
    assert_done(tokenizer_encode(t, slice_of(text), (slice){ NULL, 0 }, SIZE_MAX,
                                 TRUNCATE_LONGEST_FIRST, &encoding));
    size_t pieces = masking_longest(&m, encoding.ids, encoding.count), words = 0;
    assert_true(pieces > 2);
    for (uint32_t example = 0; example < EXAMPLES; example++) {
        bool first = masking_chooses(&m, 9, example, encoding.ids, 1);
        for (size_t i = 2; i <= pieces; i++)
            assert_int_equal(masking_chooses(&m, 9, example, encoding.ids, i), first);
        words += first;
    }
    assert_share("words", words, EXAMPLES, 0.15);
    tokenizer_encoding_release(&encoding);
    masking_release(&m);
    tokenizer_free(t);
}

static void room_is_asked_for_ten_deviations_and_never_more_than_all(void **state)
{
    (void)state;
    assert_in_range(masking_most(0.15, 1, 4096), 614 + 228, 4096 / 4);
    assert_int_equal(masking_most(0.15, 1, 20), 20);
    assert_int_equal(masking_most(1.0, 1, 4096), 4096);
    assert_true(masking_most(0.15, 5, 4096) > masking_most(0.15, 1, 4096));
}

/* ---- sequences that want nothing */

enum { HEADS = 2, WIDTH = 8, KEYS = 7 };

static void attention_of_no_queries(const char *isa)
{
    setenv("BERT_ISA", isa, 1);
    compute *on;
    assert_done(compute_cpu_open(2, &on));
    assert_done(on->reserve(on, &(compute_limits){ .rows = KEYS, .width = WIDTH, .keys = KEYS }));
    float q[2 * WIDTH], k[KEYS * WIDTH], v[KEYS * WIDTH], y[2 * WIDTH], dy[2 * WIDTH];
    for (size_t i = 0; i < 2 * WIDTH; i++) q[i] = sinf((float)i), dy[i] = cosf(3.0f * (float)i);
    for (size_t i = 0; i < KEYS * WIDTH; i++) k[i] = sinf(7.0f * (float)i), v[i] = cosf((float)i);

    /* 3 keys without a query, then 4 keys with two queries; and the latter alone. */
    const uint32_t both_queries[] = { 0, 0, 2 }, both_keys[] = { 0, 3, 7 };
    const uint32_t queries[] = { 0, 2 }, keys[] = { 0, 4 };
    attention_shape both = { .heads = HEADS,
                             .head_width = WIDTH / HEADS,
                             .sequences = 2,
                             .query_starts = both_queries,
                             .key_starts = both_keys };
    attention_shape alone = { .heads = HEADS,
                              .head_width = WIDTH / HEADS,
                              .sequences = 1,
                              .query_starts = queries,
                              .key_starts = keys };
    dropout none = { 0 };
    float dq[2][2 * WIDTH], dk[2][KEYS * WIDTH], dv[2][KEYS * WIDTH], alone_y[2 * WIDTH];
    for (size_t i = 0; i < KEYS * WIDTH; i++) dk[0][i] = dv[0][i] = NAN;
    on->attention_forward(on, &both, &none, q, k, v, y);
    on->attention_backward(on, &both, &none, dy, q, k, v, dq[0], dk[0], dv[0], NULL);
    size_t from = 3 * WIDTH;
    on->attention_forward(on, &alone, &none, q, k + from, v + from, alone_y);
    on->attention_backward(on, &alone, &none, dy, q, k + from, v + from, dq[1], dk[1], dv[1], NULL);
    assert_done(on->status(on));
    for (size_t i = 0; i < from; i++) assert_true(dk[0][i] == 0.0f && dv[0][i] == 0.0f);
    assert_memory_equal(y, alone_y, sizeof y);
    assert_memory_equal(dq[0], dq[1], sizeof dq[0]);
    assert_memory_equal(dk[0] + from, dk[1], 4 * WIDTH * sizeof(float));
    assert_memory_equal(dv[0] + from, dv[1], 4 * WIDTH * sizeof(float));
    compute_free(on);
    unsetenv("BERT_ISA");
}

static void keys_without_queries_get_no_gradient(void **state)
{
    (void)state;
    attention_of_no_queries("ref");
    attention_of_no_queries("avx512");
}

/* ---- data */

static void lines_and_tables_are_read_without_labels(void **state)
{
    const char *paths[] = { scratch_text(state, "a.txt", "one line\n\n  \nanother\r\n"),
                            scratch_text(state, "b.tsv", "id\ttext\n1\tthird\n2\tfourth\n") };
    dataset_request request = { .form = FORM_LINES, .limit = 3 };
    dataset d;
    assert_done(dataset_open(paths, 2, &request, &d));
    const char *const texts[] = { "one line", "another", "third" };
    const size_t lines[] = { 1, 4, 2 };
    assert_int_equal(d.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(slice_equal(d.rows[i].text, slice_of(texts[i])));
        assert_null(d.rows[i].label.bytes);
        assert_int_equal(d.rows[i].line, lines[i]);
    }
    dataset_release(&d);
}

/* ---- training */

typedef struct heard {
    char text[8192];
    size_t steps;
    double first_loss, last_loss;
    bert_observer observer;
} heard;

static void listen(void *context, const bert_event *event)
{
    heard *h = context;
    size_t used = strlen(h->text);
    if (event->kind == BERT_EVENT_NOTE || event->kind == BERT_EVENT_WARNING)
        snprintf(h->text + used, sizeof h->text - used, "%s\n", event->text);
    if (event->kind != BERT_EVENT_STEP) return;
    if (h->steps++ == 0) h->first_loss = event->loss;
    h->last_loss = event->loss;
}

static const char *toy_lines(void **state)
{
    static const char *const ends[] = { "bad", "fair", "good" };
    char text[4096] = "";
    for (size_t i = 0; i < 60; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "the film was %s and the plot was %s\n",
                 ends[i % 3], ends[i % 3]);
    }
    return scratch_text(state, "lines.txt", text);
}

static bert_train_options toy_options(void **state, const char *const *train, heard *h)
{
    bert_train_options o = bert_train_options_default();
    o.model = model;
    o.task = "fill";
    o.train = train;
    o.train_count = 1;
    o.output = scratch_path(state, "out");
    o.learning_rate = 3e-3;
    o.max_length = 32;
    o.batch_size = 8;
    h->observer = bert_observer_default();
    h->observer.tell = listen;
    h->observer.context = h;
    o.observer = &h->observer;
    return o;
}

static json_t *toy_evaluation(const char *folder, const char *data)
{
    bert_evaluate_options e = bert_evaluate_options_default();
    char *text;
    e.model = folder;
    e.data = &data;
    e.data_count = 1;
    assert_done(bert_evaluate(&e, &text));
    json_t *metrics = json_loads(text, 0, NULL);
    bert_free(text);
    return metrics;
}

static json_t *file_json(void **state, const char *name)
{
    size_t count;
    char *text = file_text(scratch_path(state, name), &count);
    json_t *object = json_loads(text, 0, NULL);
    free(text);
    assert_non_null(object);
    return object;
}

static double number(const json_t *object, const char *name)
{
    assert_true(json_is_number(json_object_get(object, name)));
    return json_number_value(json_object_get(object, name));
}

static void the_loss_falls_and_evaluation_asks_for_the_same_words_in_any_batch(void **state)
{
    heard h = { 0 };
    const char *train = toy_lines(state);
    bert_train_options o = toy_options(state, &train, &h);
    o.epochs = 10;
    o.dev = train;
    bert_task_options own = bert_task_options_default();
    o.task_options = &own;
    own.mask_share = 0.3;
    assert_done(bert_train(&o));
    assert_non_null(strstr(h.text, "head: drawn fresh"));
    assert_true(h.last_loss < 0.5 * h.first_loss);

    /* In training as few at once as a step has, here all; the share is the run's. */
    json_t *then = file_json(state, "out/eval_results.json");
    json_t *now = toy_evaluation(o.output, train);
    double loss = number(now, "eval_loss");
    assert_true(fabs(loss - number(then, "eval_loss")) < 1e-5 * loss);
    assert_true(number(now, "eval_masked_tokens") == number(then, "eval_masked_tokens"));
    assert_true(number(now, "eval_masked_tokens") > 100.0);
    assert_true(fabs(log(number(now, "eval_perplexity")) - loss) < 1e-9);
    assert_true(number(now, "eval_top5_accuracy") >= number(now, "eval_top1_accuracy"));
    assert_true(number(now, "eval_top1_accuracy") > 0.3);
    json_decref(then);
    json_decref(now);
}

static void a_split_step_asks_for_the_same_words(void **state)
{
    const char *train = toy_lines(state), *const outputs[] = { "whole", "split" };
    double losses[2];
    for (size_t i = 0; i < 2; i++) {
        heard h = { 0 };
        bert_train_options o = toy_options(state, &train, &h);
        o.output = scratch_path(state, outputs[i]);
        o.dropout = 0.2;
        o.max_steps = 4;
        o.micro_batch = i ? 3 : 0;
        o.threads = 1 + i;
        assert_done(bert_train(&o));
        losses[i] = h.last_loss;
    }
    assert_true(fabs(losses[0] - losses[1]) < 1e-5 * losses[0]);
}

static void a_step_that_asks_for_nothing_is_a_step(void **state)
{
    heard h = { 0 };
    const char *train = toy_lines(state);
    bert_train_options o = toy_options(state, &train, &h);
    bert_task_options own = bert_task_options_default();
    o.task_options = &own;
    own.mask_share = 1e-6;
    o.max_steps = 3;
    assert_done(bert_train(&o));
    assert_int_equal(h.steps, 3);
    assert_true(h.first_loss == 0.0 && h.last_loss == 0.0);
}

static bool same_tensor(const tensor_info *a, const tensor_info *b)
{
    return memcmp(a->data, b->data, a->count * sizeof(float)) == 0;
}

static void frozen_embeddings_leave_the_table_and_train_the_head(void **state)
{
    heard h = { 0 };
    const char *train = toy_lines(state);
    bert_train_options o = toy_options(state, &train, &h);
    o.max_steps = 3;
    o.freeze = "embeddings";
    assert_done(bert_train(&o));
    tensor_file *before, *after;
    assert_done(tensor_file_open(model, &before));
    assert_done(tensor_file_open(o.output, &after));
    const char *const table = "bert.embeddings.word_embeddings.weight";
    assert_true(same_tensor(tensor_file_find(before, table), tensor_file_find(after, table)));
    const tensor_info *bias = tensor_file_find(after, "cls.predictions.bias");
    double sum = 0.0;
    for (size_t i = 0; i < bias->count; i++) sum += fabs(((const float *)bias->data)[i]);
    assert_true(sum > 0.0);
    tensor_file_free(before);
    tensor_file_free(after);
}

static void the_folder_is_one_for_masked_words_and_a_classifier_can_start_from_it(void **state)
{
    heard h = { 0 }, next = { 0 };
    const char *train = toy_lines(state);
    bert_train_options o = toy_options(state, &train, &h);
    o.max_steps = 2;
    assert_done(bert_train(&o));
    tensor_file *saved;
    assert_done(tensor_file_open(o.output, &saved));
    for (size_t i = 0; i < tensor_file_count(saved); i++) {
        const char *name = tensor_file_at(saved, i)->name;
        if (strstr(name, "decoder") || strstr(name, "pooler") ||
            strncmp(name, "classifier", 10) == 0)
            fail_msg("'%s' does not belong there", name);
    }
    assert_non_null(tensor_file_find(saved, "cls.predictions.transform.LayerNorm.weight"));
    tensor_file_free(saved);
    json_t *configuration = file_json(state, "out/config.json");
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(configuration, "architectures"), 0)),
        "BertForMaskedLM");
    json_decref(configuration);

    const char *labelled = scratch_text(state, "l.tsv", "text\tlabel\na\tx\nb\ty\nc\tx\nd\ty\n");
    bert_train_options second = toy_options(state, &labelled, &next);
    second.task = "classify";
    second.model = o.output;
    second.output = scratch_path(state, "second");
    second.max_steps = 1;
    assert_done(bert_train(&second));
    assert_non_null(strstr(next.text, "has no pooler; a fresh one is drawn"));
}

/* ---- answers */

static bert_model *trained(void **state)
{
    heard h = { 0 };
    const char *train = toy_lines(state);
    bert_train_options o = toy_options(state, &train, &h);
    o.epochs = 8;
    assert_done(bert_train(&o));
    bert_model *m;
    assert_done(bert_model_open(o.output, &m));
    return m;
}

static bert_input input_of(const char *text)
{
    return (bert_input){ .text = { text, strlen(text) } };
}

static json_t *answered(const bert_model *m, const bert_session_options *options, const char *text)
{
    bert_session *s;
    bert_input input = input_of(text);
    char *line;
    assert_done(bert_session_new(m, options, &s));
    assert_done(bert_answers(s, &input, 1, &line));
    json_t *answer = json_loads(line, 0, NULL);
    bert_free(line);
    bert_session_free(s);
    return answer;
}

static void every_blank_has_its_best_words_and_its_place(void **state)
{
    bert_model *m = trained(state);
    bert_session_options options = bert_session_options_default();
    bert_task_options own = bert_task_options_default();
    options.task_options = &own;
    own.fillings = 3;
    json_t *a = answered(m, &options, "\xC3\xBC the [MASK] was good and the [MASK] was good");
    const json_t *fillings = json_object_get(a, "fillings");
    assert_int_equal(json_array_size(fillings), 2);
    const size_t places[] = { 6, 30 };
    for (size_t i = 0; i < 2; i++) {
        const json_t *one = json_array_get(fillings, i), *best = json_object_get(one, "candidates");
        assert_int_equal(json_integer_value(json_object_get(one, "position")), places[i]);
        assert_int_equal(json_array_size(best), 3);
        double before = 1.0;
        for (size_t k = 0; k < 3; k++) {
            double score = number(json_array_get(best, k), "score");
            assert_true(score > 0.0 && score <= before);
            before = score;
        }
    }
    const char *filled = json_string_value(json_object_get(a, "filled"));
    assert_null(strstr(filled, "[MASK]"));
    assert_memory_equal(filled, "\xC3\xBC the", 6);
    json_decref(a);
    bert_model_free(m);
}

/* Words begin .. end - 1 of a text of one-token words, of which every third is hidden. */
static void blanks_text(size_t begin, size_t end, char *out)
{
    *out = '\0';
    for (size_t i = begin; i < end; i++) {
        char letter[] = { (char)('a' + i % 26), ' ', '\0' };
        strcat(out, i % 3 ? letter : "[MASK] ");
    }
}

static double first_score(const json_t *answer, size_t blank)
{
    const json_t *one = json_array_get(json_object_get(answer, "fillings"), blank);
    return number(json_array_get(json_object_get(one, "candidates"), 0), "score");
}

static void windows_answer_every_blank_once_by_the_first_that_holds_it(void **state)
{
    bert_model *m = trained(state);
    bert_session_options options = bert_session_options_default();
    char text[1024], second[1024];
    options.max_length = 16; /* of which 14 are the text's, and 9 new */
    bert_task_options own = bert_task_options_default();
    options.task_options = &own;
    own.windows = true;
    own.stride = 5;
    blanks_text(0, 40, text);
    blanks_text(9, 23, second);
    json_t *whole = answered(m, &options, text), *alone = answered(m, &options, second);
    const json_t *fillings = json_object_get(whole, "fillings");
    assert_int_equal(json_array_size(fillings), 14);
    for (size_t i = 0, at = 0; i < 14; i++, at += 11)
        assert_int_equal(
            json_integer_value(json_object_get(json_array_get(fillings, i), "position")), at);
    for (size_t i = 0; i < 3; i++) /* words 15, 18 and 21 */
        assert_true(fabs(first_score(whole, 5 + i) - first_score(alone, 2 + i)) < 1e-6);
    assert_true(fabs(first_score(whole, 5) - first_score(alone, 3)) > 1e-5);
    json_decref(whole);
    json_decref(alone);
    bert_model_free(m);
}

static void texts_that_cannot_be_filled_are_refused_by_their_number(void **state)
{
    bert_model *m = trained(state);
    bert_session *s;
    bert_session_options options = bert_session_options_default();
    char *lines[2];
    options.max_length = 8;
    assert_done(bert_session_new(m, &options, &s));
    bert_input inputs[] = { input_of("a [MASK]"), input_of("mask") };
    assert_failed(bert_answers(s, inputs, 2, lines), BERT_DATA, "input:2: the text has no [MASK]");
    inputs[1] = input_of("a b c [MASK] e f g h i j [MASK]");
    assert_failed(bert_answers(s, inputs, 2, lines), BERT_DATA, "loses 1 of its 2 [MASK]");
    inputs[1] = input_of("a [MASK]");
    inputs[1].pair = inputs[0].text;
    assert_failed(bert_answers(s, inputs, 2, lines), BERT_DATA, "single texts");
    bert_session_free(s);
    bert_model_free(m);
}

/* The folder's files with another configuration. */
static void a_decoder_of_its_own_is_refused(void **state)
{
    heard h = { 0 };
    const char *train = toy_lines(state);
    bert_train_options o = toy_options(state, &train, &h);
    o.max_steps = 1;
    assert_done(bert_train(&o));
    json_t *configuration = file_json(state, "out/config.json");
    json_object_set_new(configuration, "tie_word_embeddings", json_false());
    assert_int_equal(json_dump_file(configuration, scratch_path(state, "out/config.json"), 0), 0);
    json_decref(configuration);
    o.model = scratch_path(state, "out");
    o.output = scratch_path(state, "second");
    assert_failed(bert_train(&o), BERT_UNSUPPORTED, "tie_word_embeddings");
    bert_model *m;
    bert_session *s;
    bert_input input = input_of("a [MASK]");
    char *line;
    bert_session_options options = bert_session_options_default();
    assert_done(bert_model_open(o.model, &m));
    assert_done(bert_session_new(m, &options, &s));
    assert_failed(bert_answers(s, &input, 1, &line), BERT_UNSUPPORTED, "tie_word_embeddings");
    bert_session_free(s);
    bert_model_free(m);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_open, scratch_close)
    const struct CMUnitTest tests[] = {
        CASE(a_million_tokens_are_masked_in_their_shares),
        CASE(special_tokens_are_never_chosen),
        CASE(pieces_of_a_word_are_chosen_together),
        CASE(room_is_asked_for_ten_deviations_and_never_more_than_all),
        CASE(keys_without_queries_get_no_gradient),
        CASE(lines_and_tables_are_read_without_labels),
        CASE(the_loss_falls_and_evaluation_asks_for_the_same_words_in_any_batch),
        CASE(a_split_step_asks_for_the_same_words),
        CASE(a_step_that_asks_for_nothing_is_a_step),
        CASE(frozen_embeddings_leave_the_table_and_train_the_head),
        CASE(the_folder_is_one_for_masked_words_and_a_classifier_can_start_from_it),
        CASE(every_blank_has_its_best_words_and_its_place),
        CASE(windows_answer_every_blank_once_by_the_first_that_holds_it),
        CASE(texts_that_cannot_be_filled_are_refused_by_their_number),
        CASE(a_decoder_of_its_own_is_refused),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
