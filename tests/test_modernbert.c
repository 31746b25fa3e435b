/* test_modernbert.c: ModernBERT's configuration of older and newer files, its tables of rotary
 * positions, its fresh heads, and the memory that long texts take. test_heads.c holds its numbers
 * against PyTorch's. */
#include "base/file.h"
#include "base/folder.h"
#include "json/json.h"
#include "model/config.h"
#include "model/heads.h"
#include "model/rotary.h"
#include "tensors/tensors.h"
#include "toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bert_status config_of(void **state, const char *members, config *c)
{
    char text[2048];
    snprintf(text, sizeof text,
             "{\"model_type\": \"modernbert\", \"hidden_size\": 24, \"num_attention_heads\": 3, "
             "\"num_hidden_layers\": 5%s%s}",
             *members ? ", " : "", members);
    scratch_text(state, "config.json", text);
    return config_read(scratch_path(state, "."), c);
}

static void assert_local(const config *c, const char *kinds)
{
    for (size_t i = 0; i < c->layers; i++) assert_int_equal(config_is_local(c, i), kinds[i] == 'l');
}

/* ---- what config.json says */

static void without_keys_the_class_has_its_defaults(void **state)
{
    config c;
    assert_done(config_of(state, "", &c));
    assert_local(&c, "gllgl");
    assert_int_equal(c.local_reach, 64);
    assert_int_equal(c.vocabulary, 50368);
    assert_int_equal(c.positions, 8192);
    assert_int_equal(c.intermediate, 1152);
    assert_int_equal(c.pad, 50283);
    assert_true(c.rotary_theta[0] == 160000.0 && c.rotary_theta[1] == 10000.0);
    assert_true(c.norm_epsilon == 1e-5);
    assert_true(c.hidden_dropout == 0.0 && c.attention_dropout == 0.0);
    assert_true(c.classifier_dropout == 0.0 && c.intermediate_dropout == 0.0);
    assert_int_equal(c.activation, ACTIVATION_GELU);
    assert_false(c.classifier_mean);
    config_release(&c);
}

static void older_keys_are_read(void **state)
{
    config c;
    assert_done(config_of(state,
                          "\"global_attn_every_n_layers\": 2, \"local_attention\": 9, "
                          "\"global_rope_theta\": 500, \"local_rope_theta\": null, "
                          "\"classifier_pooling\": \"mean\", \"classifier_activation\": \"relu\", "
                          "\"mlp_dropout\": 0.25, \"embedding_dropout\": 0.125, "
                          "\"classifier_dropout\": 0.5, \"initializer_cutoff_factor\": null",
                          &c));
    assert_local(&c, "glglg");
    assert_int_equal(c.local_reach, 4);
    assert_true(c.rotary_theta[0] == 500.0 && c.rotary_theta[1] == 500.0);
    assert_true(c.classifier_mean);
    assert_int_equal(c.transform_activation, ACTIVATION_RELU);
    assert_int_equal(c.activation, ACTIVATION_GELU);
    assert_true(c.intermediate_dropout == 0.25 && c.hidden_dropout == 0.125);
    assert_true(c.classifier_dropout == 0.5 && c.answer_dropout == 0.5 && c.choice_dropout == 0.5);
    assert_true(c.initializer_cut == 3.0);
    config_release(&c);
}

static const char newer[] =
    "\"layer_types\": [\"full_attention\", \"sliding_attention\", \"full_attention\", "
    "\"sliding_attention\", \"full_attention\"], \"rope_parameters\": {\"full_attention\": "
    "{\"rope_type\": \"default\", \"rope_theta\": 700}, \"sliding_attention\": {\"rope_type\": "
    "\"default\", \"rope_theta\": 60}}";

static void newer_keys_come_before_older_ones(void **state)
{
    char both[1024];
    config c;
    assert_done(config_of(state, newer, &c));
    assert_local(&c, "glglg");
    assert_true(c.rotary_theta[0] == 700.0 && c.rotary_theta[1] == 60.0);
    config_release(&c);
    snprintf(both, sizeof both, "\"global_attn_every_n_layers\": 3, \"global_rope_theta\": 5, %s",
             newer);
    assert_done(config_of(state, both, &c));
    assert_local(&c, "glglg");
    assert_true(c.rotary_theta[0] == 700.0);
    config_release(&c);
}

static double saved_number(void **state, const char *key)
{
    json_t *o;
    assert_done(json_read_object(scratch_path(state, "saved/config.json"), &o));
    double number = json_number_value(json_object_get(o, key));
    json_decref(o);
    return number;
}

static void a_newer_file_is_saved_with_the_keys_of_older_versions_too(void **state)
{
    config c;
    folder_handle folder;
    assert_done(config_of(state, newer, &c));
    assert_done(folder_make(scratch_path(state, "saved")));
    assert_done(folder_hold(scratch_path(state, "saved"), &folder));
    assert_done(config_write(&c, &folder, "ModernBertModel", false, NULL, TENSOR_F32));
    folder_release(&folder);
    config_release(&c);
    assert_true(saved_number(state, "global_attn_every_n_layers") == 2.0);
    assert_true(saved_number(state, "global_rope_theta") == 700.0);
    assert_true(saved_number(state, "local_rope_theta") == 60.0);
}

static void what_is_not_known_is_refused(void **state)
{
    static const struct {
        const char *members, *words;
        bert_status status;
    } lies[] = {
        { "\"norm_bias\": true", "norm_bias is true; only false is known", BERT_UNSUPPORTED },
        { "\"attention_bias\": true", "attention_bias", BERT_UNSUPPORTED },
        { "\"mlp_bias\": true", "mlp_bias", BERT_UNSUPPORTED },
        { "\"classifier_bias\": true", "classifier_bias", BERT_UNSUPPORTED },
        { "\"decoder_bias\": false", "decoder_bias is false; only true", BERT_UNSUPPORTED },
        { "\"classifier_pooling\": \"max\"", "classifier_pooling 'max'", BERT_UNSUPPORTED },
        { "\"rope_scaling\": {\"rope_type\": \"yarn\"}", "'yarn'", BERT_UNSUPPORTED },
        { "\"rope_scaling\": {\"type\": \"linear\"}", "'linear'", BERT_UNSUPPORTED },
        { "\"rope_parameters\": {\"full_attention\": {\"rope_type\": \"llama3\"}}", "'llama3'",
          BERT_UNSUPPORTED },
        { "\"rope_parameters\": {\"full_attention\": {\"partial_rotary_factor\": 0.5}}", "0.5",
          BERT_UNSUPPORTED },
        { "\"rope_parameters\": {\"full_attention\": {\"rope_theta\": \"big\"}}", "rope_theta",
          BERT_FORMAT },
        { "\"layer_types\": [\"full_attention\"]", "list of 5 names", BERT_FORMAT },
        { "\"layer_types\": [\"full_attention\", 1, 2, 3, 4]", "layer_types[1]", BERT_UNSUPPORTED },
        { "\"layer_types\": [\"full_attention\", \"chunked_attention\", \"full_attention\", "
          "\"full_attention\", \"full_attention\"]",
          "layer_types[1]", BERT_UNSUPPORTED },
        { "\"local_attention\": 1", "local_attention", BERT_FORMAT },
        { "\"global_attn_every_n_layers\": 0", "global_attn_every_n_layers", BERT_FORMAT },
        { "\"global_rope_theta\": 0", "global_rope_theta", BERT_FORMAT },
        { "\"intermediate_size\": 20000", "intermediate_size", BERT_FORMAT },
        { "\"classifier_activation\": \"mish\"", "classifier_activation 'mish'", BERT_UNSUPPORTED },
    };
    config c;
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++)
        assert_failed(config_of(state, lies[i].members, &c), lies[i].status, lies[i].words);
    scratch_text(
        state, "config.json",
        "{\"model_type\": \"modernbert\", \"hidden_size\": 9, \"num_attention_heads\": 3}");
    assert_failed(config_read(scratch_path(state, "."), &c), BERT_FORMAT, "is odd");
}

/* ---- rotary positions: transformers' ModernBertRotaryEmbedding of heads of 64 */

static void rotary_tables_are_transformers(void **state)
{
    (void)state;
    static const struct {
        size_t kind, place, pair;
        float cosine, sine;
    } wanted[] = {
        { 0, 1, 0, 0.540302336f, 0.841470957f },      { 0, 8191, 0, -0.646390498f, -0.763006806f },
        { 0, 8191, 1, -0.959715724f, 0.280972779f },  { 0, 4097, 7, -0.849771321f, 0.527151465f },
        { 0, 8000, 31, 0.997357726f, 0.0726467222f }, { 1, 8191, 1, -0.842082798f, -0.539348304f },
        { 1, 4097, 7, 0.957274258f, -0.28918153f },   { 1, 8000, 31, 0.482913792f, 0.87566793f },
    };
    enum { PAIRS = 32 };
    config c = *family_modernbert.defaults;
    c.family = &family_modernbert;
    c.layers = c.layer_sets = 1;
    c.embedding = c.hidden = 128;
    c.attention_heads = 2;
    tape_shape shape = { .tokens = 9000, .sequences = 2, .logit_rows = 1, .logit_width = 1 };
    tape t;
    compute *on;
    assert_done(compute_cpu_open(1, &on));
    assert_done(tape_open(on, &c, &shape, &t));
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        size_t at = wanted[i].place * PAIRS + wanted[i].pair;
        const rotary_table *r = &t.rotary[wanted[i].kind];
        assert_true(fabsf(r->cosine[at] - wanted[i].cosine) < 1e-7f);
        assert_true(fabsf(r->sine[at] - wanted[i].sine) < 1e-7f);
    }
    tape_release(on, &t);
    compute_free(on);
}

/* ---- fresh heads */

/* A copy of a golden model with a vocabulary, in a folder of the scratch folder. */
static const char *model_with_words(void **state, const char *name)
{
    static const char *const files[] = { "config.json", "model.safetensors" };
    static const char words[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]"
                                "\nthe\nfilm\nwas\nbad\nfair\ngood\na\nplot\nacting\n:\n!\n"
                                "0\n1\n2\n3\n4\n5\n6\n";
    char from[256], to[64];
    assert_done(folder_make(scratch_path(state, name)));
    for (size_t i = 0; i < 2; i++) {
        snprintf(from, sizeof from, "tests/data/families/%s/%s", name, files[i]);
        snprintf(to, sizeof to, "%s/%s", name, files[i]);
        assert_done(file_copy(from, NULL, scratch_path(state, to)));
    }
    snprintf(to, sizeof to, "%s/vocab.txt", name);
    scratch_text(state, to, words);
    snprintf(to, sizeof to, "%s/tokenizer_config.json", name);
    scratch_text(state, to, "{\"tokenizer_class\": \"BertTokenizer\"}");
    return scratch_path(state, name);
}

/* Of a training that changes next to nothing. */
static tensor_file *trained_from(void **state, const char *name)
{
    heard h = { 0 };
    const char *train[] = { toy_data(state, "t.tsv", same_labels) };
    bert_train_options o = toy_options(state, train, &h);
    tensor_file *file;
    o.model = model_with_words(state, name);
    o.learning_rate = 1e-12;
    o.max_steps = 1;
    assert_done(bert_train(&o));
    assert_done(tensor_file_open(scratch_path(state, "out"), &file));
    return file;
}

/* Deviation and largest of a tensor's numbers. */
static void assert_drawn(const tensor_file *file, const char *name, double deviation)
{
    const tensor_info *t = tensor_file_find(file, name);
    const float *x = t->data;
    double squares = 0.0, largest = 0.0;
    for (size_t i = 0; i < t->count; i++) {
        squares += (double)x[i] * x[i];
        largest = fmax(largest, fabs(x[i]));
    }
    /* cut off at two deviations, 0.88 of one is left; of 36 numbers known to a third */
    double found = sqrt(squares / (double)t->count) / deviation;
    if (!(largest <= 2.001 * deviation && found > 0.6 && found < 1.2))
        fail_msg("%s: %.3f deviations, the largest %.3f", name, found, largest / deviation);
}

static void fresh_heads_are_drawn_as_transformers_draws_them(void **state)
{
    tensor_file *file = trained_from(state, "modernbert_similar");
    assert_drawn(file, "head.dense.weight", 0.02 / sqrt(2.0 * 4));
    assert_drawn(file, "classifier.weight", 1.0 / sqrt(12.0));
    const float *gain = tensor_file_find(file, "head.norm.weight")->data;
    for (size_t i = 0; i < 12; i++) assert_true(fabsf(gain[i] - 1.0f) < 1e-6f);
    assert_null(tensor_file_find(file, "decoder.bias"));
    tensor_file_free(file);
}

static void a_head_for_masked_words_hands_its_transform_on(void **state)
{
    tensor_file *before, *after = trained_from(state, "modernbert_fill");
    assert_done(tensor_file_open("tests/data/families/modernbert_fill", &before));
    const float *was = tensor_file_find(before, "head.dense.weight")->data,
                *is = tensor_file_find(after, "head.dense.weight")->data;
    for (size_t i = 0; i < 12 * 12; i++) assert_true(fabsf(was[i] - is[i]) < 1e-6f);
    assert_drawn(after, "classifier.weight", 1.0 / sqrt(12.0));
    tensor_file_free(before);
    tensor_file_free(after);
}

/* ---- a folder for sentence-transformers, which hands model_args to the class */

static bool asks_for_no_pooler(void **state, const char *model)
{
    heard h = { 0 };
    const char *train[] = { scratch_text(state, "pairs.tsv",
                                         "sentence1\tsentence2\tscore\nthe film\tgood\t1\n"
                                         "a plot\tbad\t0\n") };
    bert_train_options o = toy_options(state, train, &h);
    json_t *settings;
    o.model = model_with_words(state, model);
    o.output = scratch_path(state, "vectors");
    o.max_steps = 1;
    o.task = "similar";
    assert_done(bert_train(&o));
    assert_done(
        json_read_object(scratch_path(state, "vectors/sentence_bert_config.json"), &settings));
    bool asks = json_object_get(settings, "model_args") != NULL;
    json_decref(settings);
    return asks;
}

/* ModernBertModel takes no add_pooling_layer. */
static void vectors_of_a_family_without_a_pooler_ask_for_none(void **state)
{
    assert_false(asks_for_no_pooler(state, "modernbert_similar"));
}

static void vectors_of_a_family_with_a_pooler_ask_that_none_is_made_up(void **state)
{
    assert_true(asks_for_no_pooler(state, "mpnet_similar"));
}

/* ---- long texts */

static size_t bytes_of(size_t length)
{
    config c = *family_modernbert.defaults;
    c.family = &family_modernbert;
    c.embedding = c.hidden;
    c.layer_sets = c.layers;
    c.labels = c.outputs = 2;
    batch_limits limits = { .tokens = length, .sequences = 1 };
    tape_shape shape = head_tape_shape(&head_classifier, &c, &limits, true);
    compute_limits needs = limits_of(&c, length, length);
    size_t forward, backward;
    assert_done(tape_bytes(&c, &shape, &forward, &backward));
    return forward + backward + compute_cpu_scratch(&needs, 4);
}

static void twice_the_tokens_take_twice_the_memory(void **state)
{
    (void)state;
    double ratio = (double)bytes_of(8192) / (double)bytes_of(4096);
    assert_true(ratio > 1.7 && ratio < 2.01);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_open, scratch_close)
    const struct CMUnitTest tests[] = {
        CASE(without_keys_the_class_has_its_defaults),
        CASE(older_keys_are_read),
        CASE(newer_keys_come_before_older_ones),
        CASE(a_newer_file_is_saved_with_the_keys_of_older_versions_too),
        CASE(what_is_not_known_is_refused),
        CASE(rotary_tables_are_transformers),
        CASE(fresh_heads_are_drawn_as_transformers_draws_them),
        CASE(a_head_for_masked_words_hands_its_transform_on),
        CASE(vectors_of_a_family_without_a_pooler_ask_for_none),
        CASE(vectors_of_a_family_with_a_pooler_ask_that_none_is_made_up),
        CASE(twice_the_tokens_take_twice_the_memory),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
