/* albert.c: ALBERT: layers that share their weights, and factorised embeddings. transformers:
 * models/albert/modeling_albert.py. */
#include "json/json.h"
#include "model/config.h"
#include "model/families/names.h"

#define LAYER ".encoder.albert_layer_groups.#.albert_layers.0."
static const param_names names = {
    BERT_EMBEDDING_NAMES,
    BERT_TYPE_NAMES,
    .embedding_projection_weight = ".encoder.embedding_hidden_mapping_in.weight",
    .embedding_projection_bias = ".encoder.embedding_hidden_mapping_in.bias",
    .layer_query_weight = LAYER "attention.query.weight",
    .layer_query_bias = LAYER "attention.query.bias",
    .layer_key_weight = LAYER "attention.key.weight",
    .layer_key_bias = LAYER "attention.key.bias",
    .layer_value_weight = LAYER "attention.value.weight",
    .layer_value_bias = LAYER "attention.value.bias",
    .layer_attention_weight = LAYER "attention.dense.weight",
    .layer_attention_bias = LAYER "attention.dense.bias",
    .layer_attention_gain = LAYER "attention.LayerNorm.weight",
    .layer_attention_shift = LAYER "attention.LayerNorm.bias",
    .layer_intermediate_weight = LAYER "ffn.weight",
    .layer_intermediate_bias = LAYER "ffn.bias",
    .layer_output_weight = LAYER "ffn_output.weight",
    .layer_output_bias = LAYER "ffn_output.bias",
    .layer_output_gain = LAYER "full_layer_layer_norm.weight",
    .layer_output_shift = LAYER "full_layer_layer_norm.bias",
    .pooler_weight = ".pooler.weight",
    .pooler_bias = ".pooler.bias",
    BERT_CLASSIFIER_NAMES,
    BERT_SPANS_NAMES,
    .transform_dense_weight = "predictions.dense.weight",
    .transform_dense_bias = "predictions.dense.bias",
    .transform_norm_gain = "predictions.LayerNorm.weight",
    .transform_norm_shift = "predictions.LayerNorm.bias",
    .masked_bias = "predictions.bias",
};

static const config defaults = { .vocabulary = 30000,
                                 .embedding = 128,
                                 .hidden = 4096,
                                 .layers = 12,
                                 .attention_heads = 64,
                                 .intermediate = 16384,
                                 .positions = 512,
                                 .types = 2,
                                 .activation = ACTIVATION_GELU_NEW,
                                 .norm_epsilon = 1e-12 };

static bert_status read(const json_t *o, const char *path, config *c)
{
    size_t inner = 1;
    c->layer_sets = 1;
    TRY(json_get_size(o, path, "num_hidden_groups", 1, c->layers, &c->layer_sets));
    TRY(json_get_size(o, path, "inner_group_num", 1, 1024, &inner));
    if (inner != 1)
        return fail(BERT_UNSUPPORTED, "%s: inner_group_num is %zu; only 1 is known", path, inner);
    c->projected = true;
    c->classifier_dropout = 0.1;
    TRY(config_read_rate(o, path, "classifier_dropout_prob", &c->classifier_dropout));
    c->choice_dropout = c->token_dropout = c->classifier_dropout;
    /* null: transformers' tags have the hidden states' rate, its other classes fail */
    if (json_is_null(json_object_get(o, "classifier_dropout_prob")))
        c->token_dropout = c->hidden_dropout;
    return BERT_OK;
}

const family family_albert = { .name = "ALBERT",
                               .model_type = "albert",
                               .class_prefix = "Albert",
                               .prefix = "albert",
                               .names = &names,
                               .decoder = "predictions.decoder.weight",
                               .keys = &family_keys_usual,
                               .defaults = &defaults,
                               .layer = LAYER_POST_NORM,
                               .sequence = &dense_pooler,
                               .choice = &dense_pooler,
                               .pretraining_masks = true,
                               .output_kept = true,
                               .read = read };
