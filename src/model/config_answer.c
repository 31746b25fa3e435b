/* config_answer.c: is an answer an output of the head as it is, or its logistic function?
 * sentence-transformers writes a function's name; without one a single output that is not said to
 * be for regression is a logit, there and in the pipelines of transformers. */
#include "json/json.h"
#include "model/config.h"

#include <stdlib.h>
#include <string.h>

static const char nested_key[] = "sentence_transformers", key[] = "activation_fn";
static const char old_key[] = "sbert_ce_default_activation_function"; /* before version 4 */
static const char logistic[] = "torch.nn.modules.activation.Sigmoid";
static const char plain[] = "torch.nn.modules.linear.Identity";

void config_settle_answers(config *c)
{
    bool number = c->problem && strcmp(c->problem, "regression") == 0;
    c->logistic = c->answer_function
                      ? (number || c->labels == 1) && config_is_torch(c->answer_function, "Sigmoid")
                      : !number && c->labels == 1;
}

bert_status config_name_answers(config *c, const char *name)
{
    char *own = name ? strdup(name) : NULL;
    if (name && !own) return fail(BERT_MEMORY, "out of memory for the configuration");
    free(c->answer_function);
    c->answer_function = own;
    config_settle_answers(c);
    return BERT_OK;
}

bert_status config_read_answers(const char *path, config *c)
{
    const json_t *nested = json_object_get(c->source, nested_key);
    const char *name = NULL;
    if (json_object_get(nested, key))
        TRY(json_get_string(nested, path, key, &name));
    else
        TRY(json_get_string(c->source, path, old_key, &name));
    return config_name_answers(c, name);
}

bert_status config_set_answers(config *c, bool is_logistic)
{
    bool said = c->answer_function;
    if (said) {
        json_t *nested = json_object();
        const char *name = is_logistic ? logistic : plain;
        bert_status status = nested
                                 ? json_put_members(nested, json_object_get(c->source, nested_key))
                                 : fail(BERT_MEMORY, "out of memory for the configuration");
        if (status == BERT_OK) status = json_put(nested, key, json_string(name));
        if (status == BERT_OK) status = json_put(c->source, nested_key, json_incref(nested));
        json_decref(nested);
        TRY(status);
        json_object_del(c->source, old_key);
        TRY(config_name_answers(c, name));
    }
    c->logistic = is_logistic;
    return BERT_OK;
}

bert_status config_check_answers(const config *c)
{
    const char *name = c->answer_function;
    if (!name || config_is_torch(name, "Sigmoid") || config_is_torch(name, "Identity"))
        return BERT_OK;
    return fail(BERT_UNSUPPORTED,
                "the model's answers are the function '%s' of its output, which is not known here; "
                "%s and %s are",
                name, logistic, plain);
}
