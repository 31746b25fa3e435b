/* test_alarms.c: what a run says of numbers that go wrong. */
#include "base/file.h"
#include "bert.h"
#include "tensors/tensors.h"
#include "toy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

/* A copy of the model with another number at `index` of one of its tensors. */
static const char *model_with(void **state, const char *folder, const char *from,
                              const char *tensor, size_t index, float number)
{
    static const char *const files[] = { "config.json", "vocab.txt", "tokenizer_config.json" };
    char path[256];
    size_t count;
    assert_int_equal(mkdir(scratch_path(state, folder), 0777), 0);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", from, files[i]);
        assert_done(file_copy(path, NULL, in_folder(state, folder, files[i])));
    }
    snprintf(path, sizeof path, "%s/model.safetensors", from);
    char *bytes = file_text(path, &count);
    tensor_file *file;
    assert_done(tensor_file_open(from, &file));
    const tensor_info *info = tensor_file_find(file, tensor);
    assert_non_null(info);
    const void *whole = tensor_file_at(file, 0)->data;
    for (size_t i = 0; i < tensor_file_count(file); i++)
        if (tensor_file_at(file, i)->data < whole) whole = tensor_file_at(file, i)->data;
    size_t begin = 8 + *(const uint64_t *)(const void *)bytes;
    begin += (size_t)((const char *)info->data - (const char *)whole);
    memcpy(bytes + begin + index * sizeof number, &number, sizeof number);
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    scratch_write(state, path, (slice){ bytes, count });
    tensor_file_free(file);
    free(bytes);
    return scratch_path(state, folder);
}

enum { WIDTH = 24, ID_OF_BAD = 119 };

static void a_loss_that_is_not_finite_is_traced_to_layer_and_examples(void **state)
{
    heard h = { 0 };
    const char *train = toy_data(state, "train.tsv", same_labels);
    bert_train_options o = toy_options(state, &train, &h);
    o.shuffle = false;
    const char *big = model_with(state, "big", toy_model,
                                 "bert.encoder.layer.1.attention.self.value.bias", 0, 3e38f);
    o.model = model_with(state, "deep", big, "bert.encoder.layer.1.attention.output.dense.weight",
                         0, 100.0f);
    assert_failed(bert_train(&o), BERT_NUMERIC,
                  "step 1: the loss is not finite: it begins in layer 2 of 3, with ");
    assert_non_null(strstr(bert_error(), "train.tsv:2, "));
    assert_non_null(strstr(bert_error(), "train.tsv:4, ...; try a lower learning_rate"));

    /* Two numbers that are finite alone and whose sum is not: where the word meets the type. */
    const char *half =
        model_with(state, "half", toy_model, "bert.embeddings.word_embeddings.weight",
                   ID_OF_BAD * WIDTH, 3e38f);
    o.model =
        model_with(state, "word", half, "bert.embeddings.token_type_embeddings.weight", 0, 1e38f);
    assert_failed(bert_train(&o), BERT_NUMERIC,
                  "step 1: the loss is not finite: it begins in the embeddings, with ");
    assert_non_null(strstr(bert_error(), "train.tsv:2, "));
    assert_null(strstr(bert_error(), "train.tsv:3"));
    assert_non_null(strstr(bert_error(), "train.tsv:5, "));
    assert_non_null(strstr(bert_error(), "train.tsv:8; try"));
    assert_false(folder_exists(o.output));
}

static void a_gradient_that_is_not_finite_is_traced_too(void **state)
{
    heard h = { 0 };
    const char *train = toy_data(state, "train.tsv", same_labels);
    bert_train_options o = toy_options(state, &train, &h);
    o.model = model_with(state, "steep", toy_model, "classifier.weight", 0, 3e38f);
    assert_failed(bert_train(&o), BERT_NUMERIC,
                  "step 1: the gradient is not finite: it begins in ");
    assert_non_null(strstr(bert_error(), "'bert.pooler.dense.weight', with "));
    assert_non_null(strstr(bert_error(), "train.tsv:"));
    assert_false(folder_exists(o.output));
}

static void a_loss_that_rises_or_does_not_fall_is_said(void **state)
{
    heard h = { 0 };
    const char *train = toy_data(state, "train.tsv", same_labels);
    bert_train_options o = toy_options(state, &train, &h);
    o.epochs = 12;
    o.learning_rate = 1e-9;
    assert_done(bert_train(&o));
    assert_non_null(strstr(h.text, "warning: the loss has not fallen: "));

    heard higher = { 0 };
    o = toy_options(state, &train, &higher);
    o.epochs = 12;
    o.learning_rate = 1.0;
    o.warmup = 0.3;
    o.schedule = "constant";
    o.overwrite = true;
    assert_done(bert_train(&o));
    assert_non_null(strstr(higher.text, "warning: the loss has risen from "));
    assert_null(strstr(higher.text, "has not fallen"));

    heard good = { 0 };
    o = toy_options(state, &train, &good);
    o.epochs = 12;
    o.overwrite = true;
    assert_done(bert_train(&o));
    assert_null(strstr(good.text, "the loss has"));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_open, scratch_close)
    const struct CMUnitTest tests[] = {
        CASE(a_loss_that_is_not_finite_is_traced_to_layer_and_examples),
        CASE(a_gradient_that_is_not_finite_is_traced_too),
        CASE(a_loss_that_rises_or_does_not_fall_is_said),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
