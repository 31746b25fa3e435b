/* test_deberta.c: what DeBERTa's config.json says is read as transformers reads it: buckets of
 * distances (tests/data/disentangled, made by tools/golden/disentangled.py), defaults, terms; and
 * what is not known here is refused by name. */
#include "model/config.h"
#include "model/params.h"
#include "scratch.h"
#include "tensors/tensors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A small model's config.json with these members in it. */
static bert_status read_with(void **state, const char *members, config *out)
{
    char text[1024];
    snprintf(
        text, sizeof text,
        "{\"model_type\": \"deberta-v2\", \"vocab_size\": 30, \"hidden_size\": 12,"
        " \"num_hidden_layers\": 2, \"num_attention_heads\": 3, \"intermediate_size\": 20%s%s}",
        *members ? ", " : "", members);
    scratch_text(state, "config.json", text);
    return config_read(scratch_folder(state), out);
}

static void buckets_equal_transformers(void **state)
{
    static const char *const names[] = { "256.512.512", "64.34.34",     "7.30.50",
                                         "2.3.20",      "320.1024.600", "-1.20.45" };
    tensor_file *numbers;
    assert_done(tensor_file_open("tests/data/disentangled", &numbers));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[64], members[512];
        int buckets, furthest, longest;
        assert_int_equal(sscanf(names[i], "%d.%d.%d", &buckets, &furthest, &longest), 3);
        snprintf(
            members, sizeof members,
            "\"relative_attention\": true, \"pos_att_type\": \"c2p\", \"position_buckets\": %d,"
            " \"max_relative_positions\": %d, \"max_position_embeddings\": %d",
            buckets, furthest, longest);
        config c;
        assert_done(read_with(state, members, &c));

        snprintf(name, sizeof name, "rows.%s", names[i]);
        const tensor_info *info = tensor_file_find(numbers, name);
        assert_non_null(info);
        float *want = malloc(info->count * sizeof *want);
        tensor_to_float(info, want);
        assert_int_equal(info->count, 2 * longest - 1);
        assert_int_equal(config_length_most(&c), longest);
        for (size_t k = 0; k < info->count; k++)
            if (c.distances[k + 1] != (uint16_t)want[k])
                fail_msg("%s: distance %zd has row %u, not %g", name,
                         (ptrdiff_t)k - (ptrdiff_t)longest + 1, c.distances[k + 1],
                         (double)want[k]);
        free(want);
        config_release(&c);
    }
    tensor_file_free(numbers);
}

static void terms_are_a_text_or_a_list(void **state)
{
    static const struct {
        const char *value;
        bool key, query;
    } cases[] = {
        { "\"p2c|c2p\"", true, true },   { "\" C2P | p2p\"", true, false },
        { "\"p2c\"", false, true },      { "[\"c2p\", \"p2c\"]", true, true },
        { "[\"p2c\", 3]", false, true }, { "\"c2p|\"", true, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char members[256];
        config c;
        snprintf(members, sizeof members, "\"relative_attention\": true, \"pos_att_type\": %s",
                 cases[i].value);
        assert_done(read_with(state, members, &c));
        assert_int_equal(c.disentangled.key, cases[i].key);
        assert_int_equal(c.disentangled.query, cases[i].query);
        assert_int_equal(c.disentangled.terms, 1 + cases[i].key + cases[i].query);
        config_release(&c);
    }
}

/* Nothing said: DebertaV2Config's defaults, which are no model's. */
static void defaults_are_those_of_transformers(void **state)
{
    config c;
    assert_done(read_with(state, "", &c));
    assert_int_equal(c.positions, 512);
    assert_int_equal(c.types, 0);
    assert_int_equal(c.pad, 0);
    assert_false(c.unpositioned);
    assert_int_equal(c.disentangled.rows, 0);
    assert_int_equal(c.disentangled.terms, 1);
    assert_false(c.disentangled.normed);
    assert_true(c.norm_epsilon == 1e-7);
    assert_true(c.classifier_dropout == 0.1 && c.choice_dropout == 0.1 && c.token_dropout == 0.1);
    assert_true(c.dense_dropout == 0.0 && c.answer_dropout < 0.0);
    config_release(&c);

    assert_done(read_with(state,
                          "\"cls_dropout\": 0.25, \"pooler_dropout\": 0.5, \"classifier_dropout\": "
                          "0.75, \"relative_attention\": true, \"pos_att_type\": [\"c2p\"]",
                          &c));
    assert_true(c.classifier_dropout == 0.25 && c.choice_dropout == 0.25);
    assert_true(c.dense_dropout == 0.5 && c.token_dropout == 0.1);
    assert_int_equal(c.disentangled.rows, 1024); /* as many distances as positions, either way */
    assert_true(c.disentangled.own);
    config_release(&c);

    assert_done(read_with(state, "\"cls_dropout\": null", &c));
    assert_true(c.classifier_dropout == 0.1);
    config_release(&c);
}

static void what_is_not_known_is_refused_by_name(void **state)
{
    static const struct {
        const char *members, *words;
    } cases[] = {
        { "\"conv_kernel_size\": 3", "conv_kernel_size is 3" },
        { "\"attention_head_size\": 5", "attention_head_size is 5; only 4" },
        { "\"pooler_hidden_size\": 13", "pooler_hidden_size is 13" },
        { "\"pooler_hidden_act\": \"tanh\"", "pooler_hidden_act is 'tanh'" },
        { "\"legacy\": false, \"embedding_size\": 8", "legacy is false" },
        { "\"relative_attention\": true", "neither 'c2p' nor 'p2c'" },
        { "\"relative_attention\": true, \"pos_att_type\": \"c2p\", \"position_buckets\": 1",
          "position_buckets is 1" },
        { "\"relative_attention\": true, \"pos_att_type\": \"c2p\", \"position_buckets\": 64,"
          " \"max_relative_positions\": 33",
          "position_buckets is 64 for distances up to 33" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        config c;
        assert_failed(read_with(state, cases[i].members, &c), BERT_UNSUPPORTED, cases[i].words);
    }
    config c;
    assert_done(read_with(state, "\"conv_kernel_size\": 0, \"attention_head_size\": 4", &c));
    config_release(&c);
}

/* The weights of a configuration, by name. */
static const param_entry *entry_named(const param_entry *entries, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(entries[i].name, name) == 0) return &entries[i];
    return NULL;
}

#define SELF "deberta.encoder.layer.1.attention.self."

static void distances_decay_and_count_as_embeddings(void **state)
{
    config c;
    param_entry *entries;
    size_t count;
    assert_done(read_with(state,
                          "\"relative_attention\": true, \"pos_att_type\": \"p2c|c2p\","
                          " \"share_att_key\": true, \"position_buckets\": 6,"
                          " \"norm_rel_ebd\": \"layer_norm\", \"position_biased_input\": false",
                          &c));
    assert_done(params_list(&c, PARAMS_ENCODER, &entries, &count));
    const param_entry *table = entry_named(entries, count, "deberta.encoder.rel_embeddings.weight");
    assert_non_null(table);
    assert_int_equal(table->rows, 12);
    assert_true(table->decay && table->part == PARAM_EMBEDDING && !table->products);
    const param_entry *gain = entry_named(entries, count, "deberta.encoder.LayerNorm.weight");
    assert_true(gain && !gain->decay && gain->gain);
    assert_null(entry_named(entries, count, "deberta.embeddings.position_embeddings.weight"));
    assert_null(entry_named(entries, count, "deberta.embeddings.token_type_embeddings.weight"));
    assert_null(entry_named(entries, count, SELF "pos_key_proj.weight"));
    assert_int_equal(entry_named(entries, count, SELF "key_proj.weight")->products, 2);
    assert_int_equal(entry_named(entries, count, SELF "query_proj.weight")->products, 2);
    assert_int_equal(entry_named(entries, count, SELF "value_proj.weight")->products, 1);
    free(entries);
    config_release(&c);

    assert_done(read_with(state, "\"relative_attention\": true, \"pos_att_type\": \"c2p\"", &c));
    assert_done(params_list(&c, PARAMS_ENCODER, &entries, &count));
    assert_non_null(entry_named(entries, count, SELF "pos_key_proj.weight"));
    assert_null(entry_named(entries, count, SELF "pos_query_proj.weight"));
    assert_int_equal(entry_named(entries, count, SELF "key_proj.weight")->products, 1);
    free(entries);
    config_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(buckets_equal_transformers, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(terms_are_a_text_or_a_list, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(defaults_are_those_of_transformers, scratch_open,
                                        scratch_close),
        cmocka_unit_test_setup_teardown(what_is_not_known_is_refused_by_name, scratch_open,
                                        scratch_close),
        cmocka_unit_test_setup_teardown(distances_decay_and_count_as_embeddings, scratch_open,
                                        scratch_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
