/* test_model.c: a model folder is read whatever its age and names, and refused with a sentence
 * where it lies; texts become PyTorch's logits; embeddings and sessions keep bert.h's promises. */
#include "base/file.h"
#include "bert_program.h"
#include "golden.h"
#include "golden_tasks.h"
#include "scratch.h"
#include "tensors/safetensors_write.h"
#include "tensors/tensors.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char model[] = "tests/data/golden/gelu";

/* A copy of the model in the scratch folder, its weights changed by `change` (NULL: as they are).
 * Returns its path. */
typedef void tensors_change(tensor_out *tensors, size_t *count);

static void file_from_model(void **state, const char *name)
{
    char from[256];
    snprintf(from, sizeof from, "%s/%s", model, name);
    assert_done(file_copy(from, NULL, scratch_path(state, name)));
}

static const char *model_copy(void **state, tensors_change *change)
{
    tensor_file *file;
    static tensor_out tensors[256];
    size_t count;
    file_from_model(state, "config.json");
    file_from_model(state, "vocab.txt");
    file_from_model(state, "tokenizer_config.json");
    assert_done(tensor_file_open(model, &file));
    count = tensor_file_count(file);
    assert_true(count < 250);
    for (size_t i = 0; i < count; i++) {
        const tensor_info *info = tensor_file_at(file, i);
        tensors[i] = (tensor_out){ .name = info->name,
                                   .rows = info->shape[0],
                                   .cols = info->dimensions == 2 ? info->shape[1] : 0,
                                   .data = info->data };
    }
    if (change) change(tensors, &count);
    assert_done(tensor_file_write(NULL, scratch_path(state, "model.safetensors"), tensors, count));
    tensor_file_free(file);
    return scratch_path(state, ".");
}

static size_t tensor_named(const tensor_out *tensors, size_t count, const char *part)
{
    for (size_t i = 0; i < count; i++)
        if (strstr(tensors[i].name, part)) return i;
    fail_msg("no tensor is named like %s", part);
    return 0;
}

/* Replaces a piece of config.json. */
static void config_change(void **state, const char *from, const char *to)
{
    size_t count;
    char *text = file_text(scratch_path(state, "config.json"), &count);
    scratch_replaced(state, "config.json", text, from, to);
    free(text);
}

static void logits_of(const char *folder, float *logits)
{
    bert_model *m;
    bert_session *s;
    bert_session_options options = bert_session_options_default();
    bert_input input = { .text = { "the film was good", 17 } };
    assert_done(bert_model_open(folder, &m));
    assert_done(bert_session_new(m, &options, &s));
    assert_done(bert_predict(s, &input, 1, logits));
    bert_session_free(s);
    bert_model_free(m);
}

static void assert_refused(const char *folder, bert_status status, const char *words)
{
    bert_model *m = NULL;
    assert_failed(bert_model_open(folder, &m), status, words);
    assert_null(m);
}

/* ---- names and kinds */

static void as_google_named_them(tensor_out *tensors, size_t *count)
{
    static char names[256][128];
    for (size_t i = 0; i < *count; i++) {
        const char *name = tensors[i].name;
        snprintf(names[i], sizeof names[i], "%s", strncmp(name, "bert.", 5) == 0 ? name + 5 : name);
        char *norm = strstr(names[i], "LayerNorm.");
        if (norm)
            strcpy(norm + strlen("LayerNorm."),
                   strstr(name, "LayerNorm.weight") ? "gamma" : "beta");
        tensors[i].name = names[i];
    }
    tensors[*count] = tensors[0];
    tensors[(*count)++].name = "cls.predictions.bias";
}

static void old_names_and_extra_tensors_give_the_same_logits(void **state)
{
    float want[3], have[3];
    logits_of(model, want);
    const char *folder = model_copy(state, as_google_named_them);
    logits_of(folder, have);
    assert_memory_equal(want, have, sizeof want);
    bert_model *m;
    assert_done(bert_model_open(folder, &m));
    assert_int_equal(bert_model_get_info(m).ignored_tensors, 1);
    bert_model_free(m);
}

/* Writes the model's weights as BF16 (the upper half of a float's bits) and sets *rounded to the
 * same values in float32. */
static void bf16_write(void **state, const char *name)
{
    tensor_file *file;
    FILE *stream = fopen(scratch_path(state, name), "wb");
    char header[65536] = "{";
    size_t at = 1, offset = 0;
    assert_done(tensor_file_open(model, &file));
    for (size_t i = 0; i < tensor_file_count(file); i++) {
        const tensor_info *info = tensor_file_at(file, i);
        at += (size_t)snprintf(header + at, sizeof header - at,
                               "%s\"%s\":{\"dtype\":\"BF16\",\"shape\":[%zu", i ? "," : "",
                               info->name, info->shape[0]);
        if (info->dimensions == 2)
            at += (size_t)snprintf(header + at, sizeof header - at, ",%zu", info->shape[1]);
        at += (size_t)snprintf(header + at, sizeof header - at, "],\"data_offsets\":[%zu,%zu]}",
                               offset, offset + 2 * info->count);
        offset += 2 * info->count;
    }
    at += (size_t)snprintf(header + at, sizeof header - at, "}");
    uint64_t length = at;
    fwrite(&length, sizeof length, 1, stream);
    fwrite(header, 1, at, stream);
    for (size_t i = 0; i < tensor_file_count(file); i++) {
        const tensor_info *info = tensor_file_at(file, i);
        for (size_t k = 0; k < info->count; k++)
            fwrite((const char *)info->data + 4 * k + 2, 2, 1, stream);
    }
    assert_int_equal(fclose(stream), 0);
    tensor_file_free(file);
}

static void weights_stored_as_bf16_are_read_exactly(void **state)
{
    bert_model *m;
    model_copy(state, NULL);
    bf16_write(state, "model.safetensors");
    assert_done(bert_model_open(scratch_path(state, "."), &m));
    assert_string_equal(bert_model_parameter(m, 0).stored, "BF16");
    bert_model_free(m);
    float want[3], have[3];
    logits_of(model, want);
    logits_of(scratch_path(state, "."), have);
    for (size_t i = 0; i < 3; i++)
        assert_true(fabsf(want[i] - have[i]) < 0.05f * fmaxf(1.0f, fabsf(want[i])));
    assert_true(memcmp(want, have, sizeof want) != 0);
}

/* ---- lies */

static void without_a_layer(tensor_out *tensors, size_t *count)
{
    size_t gone = tensor_named(tensors, *count, "layer.1.output.dense.weight");
    tensors[gone] = tensors[--*count];
}

static void of_another_shape(tensor_out *tensors, size_t *count)
{
    tensor_out *t = &tensors[tensor_named(tensors, *count, "layer.1.output.dense.weight")];
    size_t rows = t->rows;
    t->rows = t->cols;
    t->cols = rows;
}

static void with_a_nan(tensor_out *tensors, size_t *count)
{
    static float numbers[24];
    numbers[7] = NAN;
    tensors[tensor_named(tensors, *count, "layer.2.attention.self.query.bias")].data = numbers;
}

static void weights_that_are_wrong_are_refused(void **state)
{
    assert_refused(model_copy(state, without_a_layer), BERT_FORMAT,
                   "has no 'bert.encoder.layer.1.output.dense.weight'");
    assert_refused(model_copy(state, of_another_shape), BERT_SHAPE,
                   "layer.1.output.dense.weight' is [56, 24]");
    assert_refused(model_copy(state, with_a_nan), BERT_NUMERIC,
                   "layer.2.attention.self.query.bias' holds NaN");
}

static void configurations_that_are_wrong_are_refused(void **state)
{
    static const struct {
        const char *from, *to, *words;
        bert_status status;
    } lies[] = {
        { "\"hidden_size\": 24", "\"hidden_size\": 25", "is no multiple of num_attention_heads 3",
          BERT_FORMAT },
        { "\"hidden_size\": 24", "\"hidden_size\": \"wide\"", "hidden_size", BERT_FORMAT },
        { "\"num_hidden_layers\": 3", "\"num_hidden_layers\": 4", "has no 'bert.encoder.layer.3",
          BERT_FORMAT },
        { "\"vocab_size\": 401", "\"vocab_size\": 300", "[401, 24]", BERT_SHAPE },
        { "\"model_type\": \"bert\"", "\"model_type\": \"gpt2\"", "'gpt2'", BERT_UNSUPPORTED },
        { "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"mish\"", "'mish'", BERT_UNSUPPORTED },
        { "\"absolute\"", "\"relative_key\"", "'relative_key'", BERT_UNSUPPORTED },
        { "\"1\": \"fair\"", "\"7\": \"fair\"", "id2label", BERT_FORMAT },
        { "\"layer_norm_eps\": 1e-12", "\"layer_norm_eps\": -1", "layer_norm_eps", BERT_FORMAT },
        { "{", "[", "config.json", BERT_FORMAT },
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        const char *folder = model_copy(state, NULL);
        config_change(state, lies[i].from, lies[i].to);
        assert_refused(folder, lies[i].status, lies[i].words);
    }
}

static void a_vocabulary_that_does_not_fit_is_refused(void **state)
{
    size_t count;
    const char *folder = model_copy(state, NULL);
    char *text = file_text(scratch_path(state, "vocab.txt"), &count), *longer;
    if (asprintf(&longer, "%sone\ntwo\nthree\n", text) < 0) fail_msg("out of memory");
    scratch_text(state, "vocab.txt", longer);
    free(longer);
    free(text);
    assert_refused(folder, BERT_SHAPE, "the weights only 401");
}

static void what_is_not_a_model_is_said_to_be_none(void **state)
{
    assert_refused(scratch_path(state, "nowhere"), BERT_IO, "no such folder");
    assert_refused(scratch_path(state, "."), BERT_IO, "no config.json");
}

/* ---- texts */

static void texts_become_pytorchs_logits(void **state)
{
    (void)state;
    static const char *const folders[] = { "tests/data/golden/gelu", "tests/data/golden/gelu_new",
                                           "tests/data/golden/relu" };
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        golden g;
        bert_table *table;
        bert_model *m;
        bert_session *s;
        size_t first, second = 0, row = 0, labels, count;
        bool more, pairs;
        golden_open(&g, folders[i], NULL, &golden_classes, NULL);
        const float *want = golden_tensor(&g, "texts.logits", &count);
        bert_session_options options = bert_session_options_default();
        options.max_length = 32;
        assert_done(bert_model_open(folders[i], &m));
        assert_done(bert_session_new(m, &options, &s));
        labels = bert_model_get_info(m).labels;
        snprintf(path, sizeof path, "%s/texts.tsv", folders[i]);
        assert_done(bert_table_open(path, &table));
        pairs = bert_table_column(table, "sentence1", &first) == BERT_OK;
        assert_done(pairs ? bert_table_column(table, "sentence2", &second)
                          : bert_table_column(table, "text", &first));
        for (; assert_done(bert_table_next(table, &more)), more; row++) {
            float have[8];
            bert_input input = { .text = bert_table_field(table, first) };
            if (pairs) input.pair = bert_table_field(table, second);
            assert_done(bert_predict(s, &input, 1, have));
            double error = largest_error(have, want + row * labels, labels);
            if (!(error < 2e-5))
                fail_msg("%s: text %zu: logits differ by %.2e", folders[i], row, error);
        }
        assert_int_equal(row * labels, count);
        bert_table_free(table);
        bert_session_free(s);
        bert_model_free(m);
        golden_close(&g);
    }
}

static void a_text_is_answered_alone_as_among_others(void **state)
{
    (void)state;
    enum { TEXTS = 90 };
    static const char *const texts[] = { "good", "the film was bad and long", "",
                                         "a fair plot , good acting !", "x y z" };
    bert_model *m;
    bert_session *s;
    bert_session_options options = bert_session_options_default();
    options.batch_tokens = 300;
    bert_input inputs[TEXTS];
    float together[TEXTS * 3], alone[3], scores[3];
    for (size_t i = 0; i < TEXTS; i++)
        inputs[i] = (bert_input){ .text = { texts[i * 7 % 5], strlen(texts[i * 7 % 5]) } };
    assert_done(bert_model_open(model, &m));
    assert_done(bert_session_new(m, &options, &s));
    assert_done(bert_predict(s, inputs, TEXTS, together));
    for (size_t i = 0; i < TEXTS; i++) {
        assert_done(bert_predict(s, &inputs[i], 1, alone));
        for (size_t k = 0; k < 3; k++) assert_true(fabsf(alone[k] - together[i * 3 + k]) < 1e-5f);
        assert_int_equal(bert_scores(m, alone, scores), bert_scores(m, together + i * 3, scores));
        assert_true(fabsf(scores[0] + scores[1] + scores[2] - 1.0f) < 1e-6f);
    }
    assert_done(bert_predict(s, NULL, 0, together));
    bert_session_free(s);
    bert_model_free(m);
}

static void embeddings_are_what_their_names_say(void **state)
{
    (void)state;
    bert_model *m;
    bert_session *s;
    bert_session_options options = bert_session_options_default();
    bert_input input = { .text = { "the film was good", 17 } };
    enum { WIDTH = 24 };
    float cls[WIDTH], mean[WIDTH], pooled[WIDTH], unit[WIDTH], *tokens, sum[WIDTH] = { 0 };
    size_t count;
    assert_done(bert_model_open(model, &m));
    assert_done(bert_session_new(m, &options, &s));
    assert_done(bert_embed(s, &input, 1, BERT_CLS, false, cls));
    assert_done(bert_embed(s, &input, 1, BERT_MEAN, false, mean));
    assert_done(bert_embed(s, &input, 1, BERT_POOLER, false, pooled));
    assert_done(bert_embed(s, &input, 1, BERT_CLS, true, unit));
    assert_done(bert_embed_tokens(s, input, false, &tokens, &count));
    assert_int_equal(count, 6);
    double length = 0.0, cls_length = 0.0;
    for (size_t i = 0; i < WIDTH; i++) {
        for (size_t k = 0; k < count; k++) sum[i] += tokens[k * WIDTH + i];
        assert_true(fabsf(cls[i] - tokens[i]) < 1e-5f);
        assert_true(fabsf(mean[i] - sum[i] / (float)count) < 1e-5f);
        assert_true(fabsf(pooled[i]) <= 1.0f);
        length += (double)unit[i] * unit[i];
        cls_length += (double)cls[i] * cls[i];
    }
    assert_true(fabs(length - 1.0) < 1e-6);
    assert_true(fabs(cls_length - 1.0) > 1e-3);
    bert_free(tokens);
    bert_session_free(s);
    bert_model_free(m);
}

static void long_texts_are_cut_and_counted(void **state)
{
    (void)state;
    bert_model *m;
    bert_session *s;
    bert_session_options options = bert_session_options_default();
    char text[600] = "";
    float logits[3];
    size_t truncated, inputs;
    for (size_t i = 0; i < 100; i++) strcat(text, "good ");
    bert_input two[] = { { .text = { text, strlen(text) } }, { .text = { "good", 4 } } };
    assert_done(bert_model_open(model, &m));
    assert_done(bert_session_new(m, &options, &s));
    assert_done(bert_predict(s, &two[0], 1, logits));
    assert_done(bert_predict(s, &two[1], 1, logits));
    bert_session_truncated(s, &truncated, &inputs);
    assert_int_equal(truncated, 1);
    assert_int_equal(inputs, 2);
    bert_session_free(s);
    options.max_length = 41;
    s = NULL;
    assert_failed(bert_session_new(m, &options, &s), BERT_ARGUMENT, "40 positions");
    assert_null(s);
    bert_model_free(m);
}

static void without_head(tensor_out *tensors, size_t *count)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++)
        if (!strstr(tensors[i].name, "classifier") && !strstr(tensors[i].name, "pooler"))
            tensors[kept++] = tensors[i];
    *count = kept;
}

static void a_model_without_a_head_does_not_guess(void **state)
{
    bert_model *m;
    bert_session *s;
    bert_session_options options = bert_session_options_default();
    bert_input input = { .text = { "good", 4 } };
    float numbers[24];
    assert_done(bert_model_open(model_copy(state, without_head), &m));
    assert_done(bert_session_new(m, &options, &s));
    assert_failed(bert_predict(s, &input, 1, numbers), BERT_ARGUMENT, "no trained head");
    assert_failed(bert_embed(s, &input, 1, BERT_POOLER, false, numbers), BERT_ARGUMENT,
                  "no pooler");
    assert_done(bert_embed(s, &input, 1, BERT_MEAN, false, numbers));
    bert_session_free(s);
    bert_model_free(m);
}

static void a_head_for_something_else_is_not_read_as_classes(void **state)
{
    bert_model *m;
    bert_session *s;
    bert_session_options options = bert_session_options_default();
    bert_input input = { .text = { "good", 4 } };
    float numbers[3];
    const char *folder = model_copy(state, NULL);
    config_change(state, "single_label_classification", "ordinal");
    assert_done(bert_model_open(folder, &m));
    assert_done(bert_session_new(m, &options, &s));
    assert_failed(bert_predict(s, &input, 1, numbers), BERT_UNSUPPORTED, "'ordinal'");
    bert_session_free(s);
    bert_model_free(m);
}

static void training_memory_adds_up(void **state)
{
    (void)state;
    bert_model *m;
    bert_memory whole, split;
    assert_done(bert_model_open(model, &m));
    bert_train_options o = bert_train_options_default();
    o.max_length = 40;
    assert_done(bert_training_memory(m, &o, sizeof whole, &whole));
    o.micro_batch = 4;
    assert_done(bert_training_memory(m, &o, sizeof split, &split));
    assert_int_equal(whole.total, whole.weights + whole.gradients + whole.moments +
                                      whole.activations + whole.scratch + whole.program);
    assert_int_equal(whole.examples_at_once, 32);
    assert_int_equal(split.examples_at_once, 4);
    assert_true(split.activations < whole.activations / 4);
    assert_int_equal(split.moments, whole.moments);
    o.batch_size = SIZE_MAX;
    o.micro_batch = 0;
    assert_failed(bert_training_memory(m, &o, sizeof whole, &whole), BERT_ARGUMENT,
                  "batch_size is");
    bert_model_free(m);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_open, scratch_close)
    const struct CMUnitTest tests[] = {
        CASE(old_names_and_extra_tensors_give_the_same_logits),
        CASE(weights_stored_as_bf16_are_read_exactly),
        CASE(weights_that_are_wrong_are_refused),
        CASE(configurations_that_are_wrong_are_refused),
        CASE(a_vocabulary_that_does_not_fit_is_refused),
        CASE(what_is_not_a_model_is_said_to_be_none),
        CASE(texts_become_pytorchs_logits),
        CASE(a_text_is_answered_alone_as_among_others),
        CASE(embeddings_are_what_their_names_say),
        CASE(long_texts_are_cut_and_counted),
        CASE(a_model_without_a_head_does_not_guess),
        CASE(a_head_for_something_else_is_not_read_as_classes),
        CASE(training_memory_adds_up),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
