/* bert.c: BERT. transformers: models/bert/modeling_bert.py. Older files say gamma for
 * LayerNorm.weight, beta for LayerNorm.bias (tensor_names.h). */
#include "model/config.h"
#include "model/families/names.h"

/* cls.predictions.decoder.weight is the word table, its bias the one here; neither is stored. */
static const param_names names = {
    BERT_EMBEDDING_NAMES,
    BERT_TYPE_NAMES,
    BERT_LAYER_NAMES,
    BERT_POOLER_NAMES,
    BERT_CLASSIFIER_NAMES,
    BERT_SPANS_NAMES,
    .transform_dense_weight = "cls.predictions.transform.dense.weight",
    .transform_dense_bias = "cls.predictions.transform.dense.bias",
    .transform_norm_gain = "cls.predictions.transform.LayerNorm.weight",
    .transform_norm_shift = "cls.predictions.transform.LayerNorm.bias",
    .masked_bias = "cls.predictions.bias",
};

static const config defaults = { .vocabulary = 30522,
                                 .hidden = 768,
                                 .layers = 12,
                                 .attention_heads = 12,
                                 .intermediate = 3072,
                                 .positions = 512,
                                 .types = 2,
                                 .hidden_dropout = 0.1,
                                 .attention_dropout = 0.1,
                                 .norm_epsilon = 1e-12 };

const family family_bert = { .name = "BERT",
                             .model_type = "bert",
                             .class_prefix = "Bert",
                             .prefix = "bert",
                             .names = &names,
                             .decoder = "cls.predictions.decoder.weight",
                             .keys = &family_keys_usual,
                             .defaults = &defaults,
                             .layer = LAYER_POST_NORM,
                             .sequence = &dense_pooler,
                             .choice = &dense_pooler,
                             .tensorflow = true,
                             .pretraining_masks = true };
