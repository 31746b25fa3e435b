/* names.h: names that several families have from BERT (modeling_bert.py), for initializers of
 * param_names. */
#ifndef MODEL_FAMILIES_NAMES_H
#define MODEL_FAMILIES_NAMES_H

/* clang-format off */
#define BERT_EMBEDDING_NAMES                                                                       \
    .embedding_word = ".embeddings.word_embeddings.weight",                                        \
    .embedding_position = ".embeddings.position_embeddings.weight",                                \
    .embedding_norm_gain = ".embeddings.LayerNorm.weight",                                         \
    .embedding_norm_shift = ".embeddings.LayerNorm.bias"

#define BERT_TYPE_NAMES .embedding_type = ".embeddings.token_type_embeddings.weight"

#define BERT_LAYER_NAMES                                                                           \
    .layer_query_weight = ".encoder.layer.#.attention.self.query.weight",                          \
    .layer_query_bias = ".encoder.layer.#.attention.self.query.bias",                              \
    .layer_key_weight = ".encoder.layer.#.attention.self.key.weight",                              \
    .layer_key_bias = ".encoder.layer.#.attention.self.key.bias",                                  \
    .layer_value_weight = ".encoder.layer.#.attention.self.value.weight",                          \
    .layer_value_bias = ".encoder.layer.#.attention.self.value.bias",                              \
    .layer_attention_weight = ".encoder.layer.#.attention.output.dense.weight",                    \
    .layer_attention_bias = ".encoder.layer.#.attention.output.dense.bias",                        \
    .layer_attention_gain = ".encoder.layer.#.attention.output.LayerNorm.weight",                  \
    .layer_attention_shift = ".encoder.layer.#.attention.output.LayerNorm.bias",                   \
    BERT_FEED_FORWARD_NAMES

#define BERT_FEED_FORWARD_NAMES                                                                    \
    .layer_intermediate_weight = ".encoder.layer.#.intermediate.dense.weight",                     \
    .layer_intermediate_bias = ".encoder.layer.#.intermediate.dense.bias",                         \
    .layer_output_weight = ".encoder.layer.#.output.dense.weight",                                 \
    .layer_output_bias = ".encoder.layer.#.output.dense.bias",                                     \
    .layer_output_gain = ".encoder.layer.#.output.LayerNorm.weight",                               \
    .layer_output_shift = ".encoder.layer.#.output.LayerNorm.bias"

#define BERT_POOLER_NAMES                                                                          \
    .pooler_weight = ".pooler.dense.weight",                                                       \
    .pooler_bias = ".pooler.dense.bias"

#define BERT_CLASSIFIER_NAMES                                                                      \
    .classifier_weight = "classifier.weight",                                                      \
    .classifier_bias = "classifier.bias"

#define BERT_SPANS_NAMES                                                                           \
    .spans_weight = "qa_outputs.weight",                                                           \
    .spans_bias = "qa_outputs.bias"

/* A classifier of sequences with a dense layer of its own, and a head for masked words, as RoBERTa
 * has them and others after it. */
#define ROBERTA_DENSE_NAMES                                                                        \
    .dense_weight = "classifier.dense.weight",                                                     \
    .dense_bias = "classifier.dense.bias",                                                         \
    .projected_weight = "classifier.out_proj.weight",                                              \
    .projected_bias = "classifier.out_proj.bias"

#define ROBERTA_MASKED_NAMES                                                                       \
    .transform_dense_weight = "lm_head.dense.weight",                                                 \
    .transform_dense_bias = "lm_head.dense.bias",                                                     \
    .transform_norm_gain = "lm_head.layer_norm.weight",                                               \
    .transform_norm_shift = "lm_head.layer_norm.bias",                                                \
    .masked_bias = "lm_head.bias"
/* clang-format on */

#endif
