/* mpnet.c: MPNet: RoBERTa's embeddings without types, and a bias by distance that all layers add to
 * their scores. transformers: models/mpnet/modeling_mpnet.py. */
#include "base/memory.h"
#include "json/json.h"
#include "model/config.h"
#include "model/families/names.h"

#include <math.h>

static const param_names names = {
    BERT_EMBEDDING_NAMES,
    .embedding_distance_bias = ".encoder.relative_attention_bias.weight",
    .layer_query_weight = ".encoder.layer.#.attention.attn.q.weight",
    .layer_query_bias = ".encoder.layer.#.attention.attn.q.bias",
    .layer_key_weight = ".encoder.layer.#.attention.attn.k.weight",
    .layer_key_bias = ".encoder.layer.#.attention.attn.k.bias",
    .layer_value_weight = ".encoder.layer.#.attention.attn.v.weight",
    .layer_value_bias = ".encoder.layer.#.attention.attn.v.bias",
    .layer_attention_weight = ".encoder.layer.#.attention.attn.o.weight",
    .layer_attention_bias = ".encoder.layer.#.attention.attn.o.bias",
    .layer_attention_gain = ".encoder.layer.#.attention.LayerNorm.weight",
    .layer_attention_shift = ".encoder.layer.#.attention.LayerNorm.bias",
    BERT_FEED_FORWARD_NAMES,
    BERT_POOLER_NAMES,
    ROBERTA_DENSE_NAMES,
    BERT_CLASSIFIER_NAMES,
    BERT_SPANS_NAMES,
    ROBERTA_MASKED_NAMES,
};

static const config defaults = { .vocabulary = 30527,
                                 .hidden = 768,
                                 .layers = 12,
                                 .attention_heads = 12,
                                 .intermediate = 3072,
                                 .positions = 512,
                                 .hidden_dropout = 0.1,
                                 .attention_dropout = 0.1,
                                 .norm_epsilon = 1e-12 };

/* Half of the buckets are for keys on the left: 8 distances by themselves, then up to 128 by their
 * logarithm, in float32 as torch has it. The numbers stand in the code of compute_position_bias();
 * the configuration sizes the table alone. */
static uint16_t bucket_of(long distance)
{
    enum { HALF = 16, EXACT = 8, FURTHEST = 128 };
    long n = labs(distance), side = distance < 0 ? HALF : 0;
    if (n < EXACT) return (uint16_t)(side + n);
    float share = logf((float)n / EXACT) / (float)log((double)FURTHEST / EXACT);
    long large = EXACT + (long)(share * (HALF - EXACT));
    return (uint16_t)(side + (large < HALF ? large : HALF - 1));
}

static bert_status distances_make(config *c)
{
    size_t most = config_length_most(c);
    void *memory;
    TRY(memory_zeroed(2 * most, sizeof *c->distances, &memory));
    c->distances = memory;
    for (size_t i = 0; i < 2 * most; i++) c->distances[i] = bucket_of((long)i - (long)most);
    return BERT_OK;
}

static bert_status read(const json_t *o, const char *path, config *c)
{
    c->distance_buckets = 32;
    TRY(json_get_size(o, path, "relative_attention_num_buckets", 32, 1 << 12,
                      &c->distance_buckets));
    c->classifier_dropout = c->hidden_dropout; /* whatever classifier_dropout says */
    c->choice_dropout = c->token_dropout = c->dense_dropout = c->hidden_dropout;
    c->transform_activation = ACTIVATION_GELU;
    return distances_make(c);
}

const family family_mpnet = { .name = "MPNet",
                              .model_type = "mpnet",
                              .class_prefix = "MPNet",
                              .prefix = "mpnet",
                              .names = &names,
                              .decoder = "lm_head.decoder.weight",
                              .keys = &family_keys_usual,
                              .defaults = &defaults,
                              .layer = LAYER_POST_NORM,
                              .sequence = &dense_roberta,
                              .choice = &dense_pooler,
                              .positions_padded = true,
                              .pads_by_one = true,
                              .read = read };
