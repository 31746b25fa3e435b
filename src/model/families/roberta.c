/* roberta.c: RoBERTa, and what is built as it is: XLM-RoBERTa and CamemBERT. transformers:
 * models/roberta/modeling_roberta.py, models/xlm_roberta, models/camembert.
 *
 * One row of token types is added to every token; positions begin behind padding's. The classifier
 * of sequences has a dense layer of its own, that of choices reads the encoder's pooler. */
#include "model/config.h"
#include "model/families/names.h"

static const param_names names = {
    BERT_EMBEDDING_NAMES, BERT_TYPE_NAMES,       BERT_LAYER_NAMES, BERT_POOLER_NAMES,
    ROBERTA_DENSE_NAMES,  BERT_CLASSIFIER_NAMES, BERT_SPANS_NAMES, ROBERTA_MASKED_NAMES,
};

#define SIZES                                                                                      \
    .hidden = 768, .layers = 12, .attention_heads = 12, .intermediate = 3072, .positions = 512,    \
    .types = 2, .pad = 1, .hidden_dropout = 0.1, .attention_dropout = 0.1, .norm_epsilon = 1e-12

static const config defaults = { .vocabulary = 50265, SIZES };
static const config others_defaults = { .vocabulary = 30522, SIZES };

static bert_status read(const json_t *o, const char *path, config *c)
{
    (void)o;
    (void)path;
    c->dense_dropout = c->classifier_dropout;
    c->choice_dropout = c->hidden_dropout;
    c->transform_activation = ACTIVATION_GELU;
    return BERT_OK;
}

#define ROBERTA                                                                                    \
    .prefix = "roberta", .names = &names, .decoder = "lm_head.decoder.weight",                     \
    .keys = &family_keys_usual, .layer = LAYER_POST_NORM, .sequence = &dense_roberta,              \
    .choice = &dense_pooler, .positions_padded = true, .read = read

const family family_roberta = { .name = "RoBERTa",
                                .model_type = "roberta",
                                .class_prefix = "Roberta",
                                .defaults = &defaults,
                                ROBERTA };
const family family_xlm_roberta = { .name = "XLM-RoBERTa",
                                    .model_type = "xlm-roberta",
                                    .class_prefix = "XLMRoberta",
                                    .defaults = &others_defaults,
                                    ROBERTA };
const family family_camembert = { .name = "CamemBERT",
                                  .model_type = "camembert",
                                  .class_prefix = "Camembert",
                                  .defaults = &others_defaults,
                                  ROBERTA };
