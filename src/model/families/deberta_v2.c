/* deberta_v2.c: DeBERTa-v2 and v3: scores by content and by distance (model/disentangled.c).
 * transformers: models/deberta_v2/modeling_deberta_v2.py.
 *
 * Version 3's models have no table of positions and no types. What queries and keys are multiplied
 * with for a distance comes of the table rel_embeddings, whose rows are buckets of distances. */
#include "base/memory.h"
#include "json/json.h"
#include "model/config.h"
#include "model/families/names.h"

#include <math.h>
#include <string.h>

#define SELF ".encoder.layer.#.attention.self."
#define OUTPUT ".encoder.layer.#.attention.output."
#define ENCODER_NAMES                                                                              \
    BERT_EMBEDDING_NAMES, BERT_TYPE_NAMES,                                                         \
        .embedding_projection_weight = ".embeddings.embed_proj.weight",                            \
        .embedding_distance = ".encoder.rel_embeddings.weight",                                    \
        .embedding_distance_gain = ".encoder.LayerNorm.weight",                                    \
        .embedding_distance_shift = ".encoder.LayerNorm.bias",                                     \
        .layer_query_weight = SELF "query_proj.weight",                                            \
        .layer_query_bias = SELF "query_proj.bias", .layer_key_weight = SELF "key_proj.weight",    \
        .layer_key_bias = SELF "key_proj.bias", .layer_value_weight = SELF "value_proj.weight",    \
        .layer_value_bias = SELF "value_proj.bias",                                                \
        .layer_distance_key_weight = SELF "pos_key_proj.weight",                                   \
        .layer_distance_key_bias = SELF "pos_key_proj.bias",                                       \
        .layer_distance_query_weight = SELF "pos_query_proj.weight",                               \
        .layer_distance_query_bias = SELF "pos_query_proj.bias",                                   \
        .layer_attention_weight = OUTPUT "dense.weight",                                           \
        .layer_attention_bias = OUTPUT "dense.bias",                                               \
        .layer_attention_gain = OUTPUT "LayerNorm.weight",                                         \
        .layer_attention_shift = OUTPUT "LayerNorm.bias", BERT_FEED_FORWARD_NAMES,                 \
        .dense_weight = "pooler.dense.weight", .dense_bias = "pooler.dense.bias",                  \
        BERT_CLASSIFIER_NAMES, BERT_SPANS_NAMES

static const param_names names = {
    ENCODER_NAMES,
    .transform_dense_weight = "cls.predictions.transform.dense.weight",
    .transform_dense_bias = "cls.predictions.transform.dense.bias",
    .transform_norm_gain = "cls.predictions.transform.LayerNorm.weight",
    .transform_norm_shift = "cls.predictions.transform.LayerNorm.bias",
    .masked_bias = "cls.predictions.bias",
};

/* "legacy": false: the head for masked words that the models were pretrained with. */
static const param_names pretrained_names = {
    ENCODER_NAMES,
    .transform_dense_weight = "lm_predictions.lm_head.dense.weight",
    .transform_dense_bias = "lm_predictions.lm_head.dense.bias",
    .transform_norm_gain = "lm_predictions.lm_head.LayerNorm.weight",
    .transform_norm_shift = "lm_predictions.lm_head.LayerNorm.bias",
    .masked_bias = "lm_predictions.lm_head.bias",
};

static const family_keys keys = { .hidden = "hidden_size",
                                  .layers = "num_hidden_layers",
                                  .attention_heads = "num_attention_heads",
                                  .intermediate = "intermediate_size",
                                  .activation = "hidden_act",
                                  .norm_epsilon = "layer_norm_eps",
                                  .hidden_dropout = "hidden_dropout_prob",
                                  .attention_dropout = "attention_probs_dropout_prob" };

static const config defaults = { .vocabulary = 128100,
                                 .hidden = 1536,
                                 .layers = 24,
                                 .attention_heads = 24,
                                 .intermediate = 6144,
                                 .positions = 512,
                                 .hidden_dropout = 0.1,
                                 .attention_dropout = 0.1,
                                 .norm_epsilon = 1e-7 };

static const dense_layer dense = { .part = PARAM_DENSE,
                                   .activation = ACTIVATION_GELU,
                                   .drops = true };

/* ---- config.json */

/* A whole number that may be -1, for which 0 stands in *out, or missing. */
static bert_status size_or_none(const json_t *o, const char *path, const char *key, size_t *out)
{
    const json_t *value = json_object_get(o, key);
    if (json_is_integer(value) && json_integer_value(value) < 1) {
        *out = 0;
        return BERT_OK;
    }
    return json_get_size(o, path, key, 1, 1 << 15, out);
}

/* Sizes that transformers lets differ from those of the hidden states; no model has them so. */
static bert_status size_check(const json_t *o, const char *path, const char *key, size_t expected)
{
    size_t size = expected;
    TRY(json_get_size(o, path, key, 1, 1 << 16, &size));
    if (size == expected) return BERT_OK;
    return fail(BERT_UNSUPPORTED, "%s: %s is %zu; only %zu is known here", path, key, size,
                expected);
}

static bert_status shape_check(const json_t *o, const char *path, const config *c)
{
    const json_t *kernel = json_object_get(o, "conv_kernel_size");
    if (json_is_number(kernel) && json_number_value(kernel) > 0)
        return fail(BERT_UNSUPPORTED,
                    "%s: conv_kernel_size is %g, a convolution beside the first layer; only 0 is "
                    "known",
                    path, json_number_value(kernel));
    TRY(size_check(o, path, "attention_head_size", c->hidden / c->attention_heads));
    TRY(size_check(o, path, "pooler_hidden_size", c->hidden));
    const char *activation = "gelu";
    TRY(json_get_string(o, path, "pooler_hidden_act", &activation));
    if (strcmp(activation, "gelu") == 0) return BERT_OK;
    return fail(BERT_UNSUPPORTED, "%s: pooler_hidden_act is '%s'; only 'gelu' is known", path,
                activation);
}

/* Is `word` among the words of a text that '|' parts, in any case? */
static bool text_names(const char *text, const char *word)
{
    size_t length = strlen(word);
    while (true) {
        const char *end = text + strcspn(text, "|");
        const char *last = end;
        while (text < last && strchr(" \t\n\r\f\v", *text)) text++;
        while (last > text && strchr(" \t\n\r\f\v", last[-1])) last--;
        bool same = (size_t)(last - text) == length;
        for (size_t i = 0; same && i < length; i++)
            same = (text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]) == word[i];
        if (same) return true;
        if (!*end) return false;
        text = end + 1;
    }
}

/* pos_att_type is such a text, or a list. */
static bool value_names(const json_t *value, const char *word)
{
    if (json_is_string(value)) return text_names(json_string_value(value), word);
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *text = json_string_value(json_array_get(value, i));
        if (text && strcmp(text, word) == 0) return true;
    }
    return false;
}

/* ---- distances */

/* make_log_bucket_position(): near ones have a bucket each, further ones share theirs, by the
 * logarithm as float32 has it. */
static ptrdiff_t bucket_of(ptrdiff_t distance, size_t buckets, size_t furthest)
{
    size_t middle = buckets / 2, size = (size_t)(distance < 0 ? -distance : distance);
    if (size <= middle) return distance;
    float whole = logf((float)((double)(furthest - 1) / (double)middle));
    float part = logf((float)size / (float)middle);
    ptrdiff_t bucket = (ptrdiff_t)(ceilf(part / whole * (float)(middle - 1)) + (float)middle);
    return distance < 0 ? -bucket : bucket;
}

static bert_status distances_make(config *c, size_t buckets, size_t furthest)
{
    ptrdiff_t most = (ptrdiff_t)config_length_most(c), span = (ptrdiff_t)c->disentangled.rows / 2;
    void *memory;
    TRY(memory_zeroed(2 * (size_t)most, sizeof *c->distances, &memory));
    c->distances = memory;
    for (ptrdiff_t distance = -most; distance < most; distance++) {
        ptrdiff_t row = (buckets ? bucket_of(distance, buckets, furthest) : distance) + span;
        if (row < 0) row = 0;
        if (row > 2 * span - 1) row = 2 * span - 1;
        c->distances[most + distance] = (uint16_t)row;
    }
    return BERT_OK;
}

/* relative_attention is true. */
static bert_status distances_read(const json_t *o, const char *path, config *c)
{
    disentangled_config *d = &c->disentangled;
    size_t buckets = 0, furthest = 0;
    bool shared = false;
    TRY(size_or_none(o, path, "position_buckets", &buckets));
    TRY(size_or_none(o, path, "max_relative_positions", &furthest));
    TRY(json_get_bool(o, path, "share_att_key", &shared));
    if (!furthest) furthest = c->positions;
    if (!d->key && !d->query)
        return fail(BERT_UNSUPPORTED,
                    "%s: relative_attention is true, but pos_att_type has neither 'c2p' nor 'p2c'",
                    path);
    if (buckets && (buckets < 2 || furthest < buckets / 2 + 2))
        return fail(BERT_UNSUPPORTED,
                    "%s: position_buckets is %zu for distances up to %zu; it must be at least 2, "
                    "and its half below that distance less 1",
                    path, buckets, furthest);
    d->own = !shared;
    d->rows = 2 * (buckets ? buckets : furthest);
    if (d->rows > UINT16_MAX)
        return fail(BERT_UNSUPPORTED, "%s: %zu rows of distances; at most %d are computed", path,
                    d->rows, UINT16_MAX);
    return distances_make(c, buckets, furthest);
}

static bert_status read(const json_t *o, const char *path, config *c)
{
    disentangled_config *d = &c->disentangled;
    const char *norm = "none";
    bool relative = false, positions = true, legacy = true;
    TRY(shape_check(o, path, c));
    TRY(json_get_size(o, path, "type_vocab_size", 0, 1024, &c->types));
    TRY(json_get_size(o, path, "embedding_size", 1, 1 << 16, &c->embedding));
    TRY(json_get_bool(o, path, "position_biased_input", &positions));
    TRY(json_get_bool(o, path, "relative_attention", &relative));
    TRY(json_get_bool(o, path, "legacy", &legacy));
    TRY(json_get_string(o, path, "norm_rel_ebd", &norm));
    c->unpositioned = !positions;
    c->projected = c->projected_first = c->embedding != c->hidden;
    if (!legacy && c->projected)
        return fail(BERT_UNSUPPORTED,
                    "%s: legacy is false and embedding_size differs from hidden_size; transformers "
                    "has no head for masked words of that kind",
                    path);
    if (!legacy) c->family = &family_deberta_v2_pretrained;

    c->classifier_dropout = c->token_dropout = c->hidden_dropout;
    c->dense_dropout = 0.0;
    TRY(config_read_rate(o, path, "cls_dropout", &c->classifier_dropout));
    TRY(config_read_rate(o, path, "pooler_dropout", &c->dense_dropout));
    c->choice_dropout = c->classifier_dropout;

    const json_t *types = json_object_get(o, "pos_att_type");
    d->key = value_names(types, "c2p");
    d->query = value_names(types, "p2c");
    d->terms = 1 + (size_t)d->key + (size_t)d->query; /* without relative_attention too */
    d->normed = text_names(norm, "layer_norm");
    if (relative) return distances_read(o, path, c);
    d->key = d->query = false;
    return BERT_OK;
}

#define DEBERTA_V2                                                                                 \
    .name = "DeBERTa", .model_type = "deberta-v2", .class_prefix = "DebertaV2",                    \
    .prefix = "deberta", .keys = &keys, .defaults = &defaults, .layer = LAYER_POST_NORM,           \
    .attention = ATTENTION_DISENTANGLED, .sequence = &dense, .choice = &dense, .read = read

const family family_deberta_v2 = { DEBERTA_V2, .names = &names,
                                   .decoder = "cls.predictions.decoder.weight" };

/* This head always shares the word table. */
const family family_deberta_v2_pretrained = { DEBERTA_V2, .names = &pretrained_names };
