/* electra.c: ELECTRA, as its discriminator is fine-tuned: BERT with embeddings of a width of their
 * own. transformers: models/electra/modeling_electra.py. */
#include "json/json.h"
#include "model/config.h"
#include "model/families/names.h"

#include <string.h>

/* The classifier of choices reads a "sequence summary", which stands outside of the encoder. */
static const param_names names = {
    BERT_EMBEDDING_NAMES,
    BERT_TYPE_NAMES,
    .embedding_projection_weight = ".embeddings_project.weight",
    .embedding_projection_bias = ".embeddings_project.bias",
    BERT_LAYER_NAMES,
    .pooler_weight = "sequence_summary.summary.weight",
    .pooler_bias = "sequence_summary.summary.bias",
    ROBERTA_DENSE_NAMES,
    BERT_CLASSIFIER_NAMES,
    BERT_SPANS_NAMES,
    .transform_dense_weight = "generator_predictions.dense.weight",
    .transform_dense_bias = "generator_predictions.dense.bias",
    .transform_norm_gain = "generator_predictions.LayerNorm.weight",
    .transform_norm_shift = "generator_predictions.LayerNorm.bias",
    .masked_bias = "generator_lm_head.bias",
};

static const config defaults = { .vocabulary = 30522,
                                 .embedding = 128,
                                 .hidden = 256,
                                 .layers = 12,
                                 .attention_heads = 4,
                                 .intermediate = 1024,
                                 .positions = 512,
                                 .types = 2,
                                 .hidden_dropout = 0.1,
                                 .attention_dropout = 0.1,
                                 .norm_epsilon = 1e-12 };

static const dense_layer sequence = { .part = PARAM_DENSE,
                                      .activation = ACTIVATION_GELU,
                                      .drops = true };
static const dense_layer choice = { .part = PARAM_POOLER, .activation = ACTIVATION_GELU };

/* What the sequence summary may be besides is used by nobody. */
static bert_status summary_check(const json_t *o, const char *path)
{
    const char *type = "first", *activation = "gelu";
    bool projects = true;
    TRY(json_get_string(o, path, "summary_type", &type));
    TRY(json_get_string(o, path, "summary_activation", &activation));
    TRY(json_get_bool(o, path, "summary_use_proj", &projects));
    if (strcmp(type, "first") == 0 && strcmp(activation, "gelu") == 0 && projects) return BERT_OK;
    return fail(BERT_UNSUPPORTED,
                "%s: of summary_type, summary_activation and summary_use_proj only \"first\", "
                "\"gelu\" and true are known",
                path);
}

static bert_status read(const json_t *o, const char *path, config *c)
{
    TRY(summary_check(o, path));
    c->projected = c->embedding != c->hidden;
    c->dense_dropout = c->classifier_dropout;
    c->choice_dropout = 0.1;
    c->transform_activation = ACTIVATION_GELU;
    return config_read_rate(o, path, "summary_last_dropout", &c->choice_dropout);
}

const family family_electra = { .name = "ELECTRA",
                                .model_type = "electra",
                                .class_prefix = "Electra",
                                .prefix = "electra",
                                .names = &names,
                                .decoder = "generator_lm_head.weight",
                                .keys = &family_keys_usual,
                                .defaults = &defaults,
                                .layer = LAYER_POST_NORM,
                                .sequence = &sequence,
                                .choice = &choice,
                                .read = read };
