/* distilbert.c: DistilBERT: BERT without token types and pooler. transformers:
 * models/distilbert/modeling_distilbert.py. */
#include "json/json.h"
#include "model/config.h"
#include "model/families/names.h"

static const param_names names = {
    BERT_EMBEDDING_NAMES,
    .layer_query_weight = ".transformer.layer.#.attention.q_lin.weight",
    .layer_query_bias = ".transformer.layer.#.attention.q_lin.bias",
    .layer_key_weight = ".transformer.layer.#.attention.k_lin.weight",
    .layer_key_bias = ".transformer.layer.#.attention.k_lin.bias",
    .layer_value_weight = ".transformer.layer.#.attention.v_lin.weight",
    .layer_value_bias = ".transformer.layer.#.attention.v_lin.bias",
    .layer_attention_weight = ".transformer.layer.#.attention.out_lin.weight",
    .layer_attention_bias = ".transformer.layer.#.attention.out_lin.bias",
    .layer_attention_gain = ".transformer.layer.#.sa_layer_norm.weight",
    .layer_attention_shift = ".transformer.layer.#.sa_layer_norm.bias",
    .layer_intermediate_weight = ".transformer.layer.#.ffn.lin1.weight",
    .layer_intermediate_bias = ".transformer.layer.#.ffn.lin1.bias",
    .layer_output_weight = ".transformer.layer.#.ffn.lin2.weight",
    .layer_output_bias = ".transformer.layer.#.ffn.lin2.bias",
    .layer_output_gain = ".transformer.layer.#.output_layer_norm.weight",
    .layer_output_shift = ".transformer.layer.#.output_layer_norm.bias",
    .dense_weight = "pre_classifier.weight",
    .dense_bias = "pre_classifier.bias",
    BERT_CLASSIFIER_NAMES,
    BERT_SPANS_NAMES,
    .transform_dense_weight = "vocab_transform.weight",
    .transform_dense_bias = "vocab_transform.bias",
    .transform_norm_gain = "vocab_layer_norm.weight",
    .transform_norm_shift = "vocab_layer_norm.bias",
    .masked_bias = "vocab_projector.bias",
};

static const family_keys keys = { .hidden = "dim",
                                  .layers = "n_layers",
                                  .attention_heads = "n_heads",
                                  .intermediate = "hidden_dim",
                                  .activation = "activation",
                                  .hidden_dropout = "dropout",
                                  .attention_dropout = "attention_dropout" };

static const config defaults = { .vocabulary = 30522,
                                 .hidden = 768,
                                 .layers = 6,
                                 .attention_heads = 12,
                                 .intermediate = 3072,
                                 .positions = 512,
                                 .hidden_dropout = 0.1,
                                 .attention_dropout = 0.1,
                                 .norm_epsilon = 1e-12 };

static const dense_layer dense = { .part = PARAM_DENSE, .activation = ACTIVATION_RELU };

static bert_status read(const json_t *o, const char *path, config *c)
{
    bool sinusoidal = false;
    TRY(json_get_bool(o, path, "sinusoidal_pos_embds", &sinusoidal));
    if (sinusoidal)
        return fail(BERT_UNSUPPORTED,
                    "%s: sinusoidal_pos_embds is true, positions that training leaves as they are; "
                    "only false is known",
                    path);
    c->classifier_dropout = 0.2;
    c->answer_dropout = 0.1;
    TRY(config_read_rate(o, path, "seq_classif_dropout", &c->classifier_dropout));
    TRY(config_read_rate(o, path, "qa_dropout", &c->answer_dropout));
    c->choice_dropout = c->classifier_dropout;
    c->token_dropout = c->hidden_dropout;
    return BERT_OK;
}

const family family_distilbert = { .name = "DistilBERT",
                                   .model_type = "distilbert",
                                   .class_prefix = "DistilBert",
                                   .prefix = "distilbert",
                                   .names = &names,
                                   .decoder = "vocab_projector.weight",
                                   .keys = &keys,
                                   .defaults = &defaults,
                                   .layer = LAYER_POST_NORM,
                                   .sequence = &dense,
                                   .choice = &dense,
                                   .attention_kept = true,
                                   .read = read };
