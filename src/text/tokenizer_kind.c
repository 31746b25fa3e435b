/* Compared with transformers 4.57 by tools/golden/tokenizer_classes.py. (TokenizersBackend is
 * what version 5 calls PreTrainedTokenizerFast.) */
#include "text/tokenizer_kind.h"

#include <stddef.h>
#include <string.h>

const char *special_role_key(special_role role)
{
    static const char *const keys[] = {
        [SPECIAL_BOS] = "bos_token",  [SPECIAL_EOS] = "eos_token", [SPECIAL_UNK] = "unk_token",
        [SPECIAL_SEP] = "sep_token",  [SPECIAL_PAD] = "pad_token", [SPECIAL_CLS] = "cls_token",
        [SPECIAL_MASK] = "mask_token"
    };
    return keys[role];
}

#define BERT_TOKENS                                                                                \
    .defaults = { [SPECIAL_UNK] = "[UNK]",                                                         \
                  [SPECIAL_SEP] = "[SEP]",                                                         \
                  [SPECIAL_PAD] = "[PAD]",                                                         \
                  [SPECIAL_CLS] = "[CLS]",                                                         \
                  [SPECIAL_MASK] = "[MASK]" }

static const tokenizer_kind bert = { BERT_TOKENS }, distilbert = { BERT_TOKENS, .untyped = true };

static const tokenizer_kind funnel = { .defaults = { [SPECIAL_BOS] = "<s>",
                                                     [SPECIAL_EOS] = "</s>",
                                                     [SPECIAL_UNK] = "<unk>",
                                                     [SPECIAL_SEP] = "<sep>",
                                                     [SPECIAL_PAD] = "<pad>",
                                                     [SPECIAL_CLS] = "<cls>",
                                                     [SPECIAL_MASK] = "<mask>" },
                                       .needs_json = true };

static const tokenizer_kind mpnet = { .defaults = { [SPECIAL_BOS] = "<s>",
                                                    [SPECIAL_EOS] = "</s>",
                                                    [SPECIAL_UNK] = "[UNK]",
                                                    [SPECIAL_SEP] = "</s>",
                                                    [SPECIAL_PAD] = "<pad>",
                                                    [SPECIAL_CLS] = "<s>",
                                                    [SPECIAL_MASK] = "<mask>" },
                                      .untyped = true,
                                      .plain_are_tokens = true,
                                      .roberta_frame = true };

#define FAIRSEQ_TOKENS                                                                             \
    .defaults = { [SPECIAL_BOS] = "<s>",    [SPECIAL_EOS] = "</s>",  [SPECIAL_UNK] = "<unk>",      \
                  [SPECIAL_SEP] = "</s>",   [SPECIAL_PAD] = "<pad>", [SPECIAL_CLS] = "<s>",        \
                  [SPECIAL_MASK] = "<mask>" }

static const tokenizer_kind roberta = { FAIRSEQ_TOKENS, .keeps_normalizer = true, .untyped = true,
                                        .mask_strips = true, .byte_level = true };

static const tokenizer_kind xlm_roberta = { FAIRSEQ_TOKENS, .keeps_normalizer = true,
                                            .untyped = true, .mask_strips = true,
                                            .pieces = PIECES_XLM_ROBERTA };

static const tokenizer_kind camembert = { FAIRSEQ_TOKENS,
                                          .keeps_normalizer = true,
                                          .untyped = true,
                                          .mask_strips = true,
                                          .pieces = PIECES_CAMEMBERT,
                                          .further = { "<s>NOTUSED", "</s>NOTUSED",
                                                       "<unk>NOTUSED" } };

static const tokenizer_kind albert = { .defaults = { [SPECIAL_BOS] = "[CLS]",
                                                     [SPECIAL_EOS] = "[SEP]",
                                                     [SPECIAL_UNK] = "<unk>",
                                                     [SPECIAL_SEP] = "[SEP]",
                                                     [SPECIAL_PAD] = "<pad>",
                                                     [SPECIAL_CLS] = "[CLS]",
                                                     [SPECIAL_MASK] = "[MASK]" },
                                       .keeps_normalizer = true,
                                       .mask_strips = true,
                                       .pieces = PIECES_ALBERT };

static const tokenizer_kind deberta_v2 = { .defaults = { [SPECIAL_BOS] = "[CLS]",
                                                         [SPECIAL_EOS] = "[SEP]",
                                                         [SPECIAL_UNK] = "[UNK]",
                                                         [SPECIAL_SEP] = "[SEP]",
                                                         [SPECIAL_PAD] = "[PAD]",
                                                         [SPECIAL_CLS] = "[CLS]",
                                                         [SPECIAL_MASK] = "[MASK]" },
                                           .keeps_normalizer = true,
                                           .unknown_normalized = true,
                                           .pieces = PIECES_DEBERTA };

static const tokenizer_kind of_file = { .keeps_normalizer = true, .needs_json = true };

/* Each is a class by itself, and with "Fast" behind it another of the same ids. */
static const struct {
    const char *name;
    const tokenizer_kind *kind;
} classes[] = {
    { "AlbertTokenizer", &albert },
    { "BertTokenizer", &bert },
    { "CamembertTokenizer", &camembert },
    { "ConvBertTokenizer", &bert },
    { "DPRContextEncoderTokenizer", &bert },
    { "DPRQuestionEncoderTokenizer", &bert },
    { "DebertaV2Tokenizer", &deberta_v2 },
    { "DistilBertTokenizer", &distilbert },
    { "ElectraTokenizer", &bert },
    { "FunnelTokenizer", &funnel },
    { "LayoutLMTokenizer", &bert },
    { "LxmertTokenizer", &bert },
    { "MPNetTokenizer", &mpnet },
    { "MobileBertTokenizer", &bert },
    { "PreTrainedTokenizer", &of_file },
    { "RetriBertTokenizer", &distilbert },
    { "RobertaTokenizer", &roberta },
    { "SqueezeBertTokenizer", &bert },
    { "TokenizersBackend", &of_file },
    { "XLMRobertaTokenizer", &xlm_roberta },
};

const tokenizer_kind *tokenizer_kind_find(const char *class_name)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        size_t length = strlen(classes[i].name);
        const char *rest = class_name + length;
        if (strncmp(class_name, classes[i].name, length) == 0 && (!*rest || !strcmp(rest, "Fast")))
            return classes[i].kind;
    }
    return NULL;
}

const tokenizer_kind *tokenizer_kind_of_model(const char *model_type)
{
    static const struct {
        const char *type;
        const tokenizer_kind *kind;
    } models[] = {
        { "albert", &albert },         { "camembert", &camembert },
        { "deberta-v2", &deberta_v2 }, { "distilbert", &distilbert },
        { "modernbert", &of_file },    { "mpnet", &mpnet },
        { "roberta", &roberta },       { "xlm-roberta", &xlm_roberta },
    };
    for (size_t i = 0; model_type && i < sizeof models / sizeof models[0]; i++)
        if (strcmp(models[i].type, model_type) == 0) return models[i].kind;
    return &bert;
}
