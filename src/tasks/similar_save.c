/* similar_save.c: what makes a folder one for SentenceTransformer(folder):
 *
 *   modules.json                         the model, its pooling, division by the length
 *   1_Pooling/config.json                the mean of all tokens, or [CLS]
 *   2_Normalize/                         empty
 *   sentence_bert_config.json            the longest text in tokens
 *   config_sentence_transformers.json    by what vectors are compared; prompts, and which of them
 *
 * The names are those of its versions 2 to 4, which 5 reads too. */
#include "base/folder.h"
#include "json/json.h"
#include "tasks/similar.h"

static bert_status object_write(const folder_handle *folder, const char *name, json_t *object)
{
    if (!object) return fail(BERT_MEMORY, "out of memory for %s", name);
    bert_status status = json_write(folder, name, object);
    json_decref(object);
    return status;
}

static json_t *modules_list(void)
{
    return json_pack("[{s:i, s:s, s:s, s:s}, {s:i, s:s, s:s, s:s}, {s:i, s:s, s:s, s:s}]", "idx", 0,
                     "name", "0", "path", "", "type", "sentence_transformers.models.Transformer",
                     "idx", 1, "name", "1", "path", "1_Pooling", "type",
                     "sentence_transformers.models.Pooling", "idx", 2, "name", "2", "path",
                     "2_Normalize", "type", "sentence_transformers.models.Normalize");
}

static json_t *pooling_object(const config *c)
{
    bool first = c->pooling == POOLING_CLS;
    return json_pack("{s:I, s:b, s:b, s:b, s:b, s:b, s:b, s:b}", "word_embedding_dimension",
                     (json_int_t)c->hidden, "pooling_mode_cls_token", (int)first,
                     "pooling_mode_mean_tokens", (int)!first, "pooling_mode_max_tokens", 0,
                     "pooling_mode_mean_sqrt_len_tokens", 0, "pooling_mode_weightedmean_tokens", 0,
                     "pooling_mode_lasttoken", 0, "include_prompt", (int)!c->prompt_left_out);
}

/* object NULL: the folder stays empty. */
static bert_status module_make(const folder_handle *folder, const char *name, json_t *object)
{
    folder_handle inner;
    TRY(folder_make_inside(folder, name, &inner));
    bert_status status = object ? json_write(&inner, "config.json", object) : BERT_OK;
    folder_release(&inner);
    return status;
}

static bert_status pooling_write(const config *c, const folder_handle *folder)
{
    json_t *object = pooling_object(c);
    if (!object) return fail(BERT_MEMORY, "out of memory for 1_Pooling");
    bert_status status = module_make(folder, "1_Pooling", object);
    json_decref(object);
    return status;
}

/* Of a model without a pooler none is to be made up; a family whose encoder has none does not take
 * that argument. */
static json_t *model_object(const config *c, unsigned parts, size_t max_length)
{
    json_t *o =
        json_pack("{s:I, s:b}", "max_seq_length", (json_int_t)max_length, "do_lower_case", 0);
    if (parts & PARAMS_POOLER || !family_has_pooler(c->family)) return o;
    if (json_put(o, "model_args", json_pack("{s:b}", "add_pooling_layer", 0)) == BERT_OK) return o;
    json_decref(o);
    return NULL;
}

static bert_status whole_put(const config *c, json_t *o)
{
    TRY(json_put(o, "__version__", json_object()));
    TRY(json_put(o, "prompts", c->prompts ? json_incref(c->prompts) : json_object()));
    TRY(json_put(o, "default_prompt_name",
                 c->prompt_name ? json_string(c->prompt_name) : json_null()));
    return json_put(o, "similarity_fn_name", json_string("cosine"));
}

static bert_status whole_write(const config *c, const folder_handle *folder)
{
    json_t *o = json_object();
    bert_status status = whole_put(c, o);
    if (status == BERT_OK) return object_write(folder, "config_sentence_transformers.json", o);
    json_decref(o);
    return status;
}

bert_status similar_save(const config *c, unsigned parts, size_t max_length,
                         const folder_handle *folder)
{
    TRY(pooling_write(c, folder));
    TRY(module_make(folder, "2_Normalize", NULL));
    TRY(object_write(folder, "sentence_bert_config.json", model_object(c, parts, max_length)));
    TRY(whole_write(c, folder));
    return object_write(folder, "modules.json", modules_list());
}
