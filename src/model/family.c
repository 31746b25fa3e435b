#include "model/family.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const family *const families[] = {
#define FAMILY(name) &family_##name,
#include "model/families.def"
};

const dense_layer dense_pooler = { .part = PARAM_POOLER, .activation = ACTIVATION_TANH };
const dense_layer dense_roberta = { .part = PARAM_DENSE,
                                    .activation = ACTIVATION_TANH,
                                    .drops = true };

const family_keys family_keys_usual = { .hidden = "hidden_size",
                                        .layers = "num_hidden_layers",
                                        .attention_heads = "num_attention_heads",
                                        .intermediate = "intermediate_size",
                                        .embedding = "embedding_size",
                                        .types = "type_vocab_size",
                                        .activation = "hidden_act",
                                        .norm_epsilon = "layer_norm_eps",
                                        .hidden_dropout = "hidden_dropout_prob",
                                        .attention_dropout = "attention_probs_dropout_prob" };

static bool is_of(const family *f, const char *model_type, const char *class_name)
{
    return model_type   ? strcmp(f->model_type, model_type) == 0
           : class_name ? family_class_suffix(f, class_name) != NULL
                        : f == &family_bert;
}

bert_status family_find(const char *path, const char *model_type, const char *class_name,
                        const family **out)
{
    char known[512] = "";
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        if (is_of(families[i], model_type, class_name)) {
            *out = families[i];
            return BERT_OK;
        }
        size_t at = strlen(known);
        snprintf(known + at, sizeof known - at, "%s'%s'", at ? ", " : "", families[i]->model_type);
    }
    return fail(BERT_UNSUPPORTED, "%s: %s is '%s'; this program reads %s%s", path,
                model_type ? "model_type" : "there is no model_type, and the class",
                model_type ? model_type : class_name, model_type ? "" : "model_type ", known);
}

bool family_has_pooler(const family *f)
{
    return f->names->pooler_weight && *f->names->pooler_weight == '.';
}

named_class family_class(const family *f, const char *suffix)
{
    named_class made;
    snprintf(made.name, sizeof made.name, "%s%s", f->class_prefix, suffix);
    return made;
}

const char *family_class_suffix(const family *f, const char *class_name)
{
    size_t length = strlen(f->class_prefix);
    bool own = class_name && strncmp(class_name, f->class_prefix, length) == 0;
    return own ? class_name + length : NULL;
}
