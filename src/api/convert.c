/* convert.c: bert.h's conversion: a model folder of any kind becomes one of safetensors. */
#include "api/api.h"

#include "base/file.h"
#include "base/locale.h"
#include "base/memory.h"
#include "json/json.h"
#include "json/modules.h"
#include "options/options.h"
#include "run/output.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What a folder for sentence-transformers, or one that this program has trained, has besides. */
static const char *const companions[] = { "config_sentence_transformers.json", "run.json" };

/* name: one of the words of --dtype. */
static tensor_type type_of(const char *name)
{
    static const char *const names[] = {
        [TENSOR_F32] = "f32", [TENSOR_F16] = "f16", [TENSOR_BF16] = "bf16"
    };
    size_t type = 0;
    while (type < sizeof names / sizeof *names && strcmp(names[type], name) != 0) type++;
    assert(type < sizeof names / sizeof *names);
    return (tensor_type)type;
}

/* The pooling is read where modules.json does not name it, too (model/config_pooling.c). */
static bert_status pooling_copy(const char *from, const folder_handle *to)
{
    folder_handle folder = { 0 };
    char *source;
    TRY(path_join(from, "1_Pooling/config.json", &source));
    bert_status status = BERT_OK;
    if (file_exists(source)) {
        status = folder_make_inside(to, "1_Pooling", &folder);
        if (status == BERT_OK) status = file_copy(source, &folder, "config.json");
    }
    folder_release(&folder);
    free(source);
    return status;
}

static bert_status companions_copy(const char *from, const folder_handle *to)
{
    char *model;
    for (size_t i = 0; i < sizeof companions / sizeof *companions; i++)
        TRY(file_copy_between(from, to, companions[i]));
    TRY(modules_model_folder(from, &model));
    bert_status status = file_copy_between(model, to, "sentence_bert_config.json");
    free(model);
    if (status == BERT_OK) status = pooling_copy(from, to);
    return status == BERT_OK ? modules_copy(from, to) : status;
}

/* Tensors that are of no use here, but parts of the model for whoever opens it next. */
enum { CARRIED_MAX = 3 };
typedef struct carried {
    tensor_out tensors[CARRIED_MAX]; /* [count], data owned */
    size_t count;
    bool sentences; /* is the head for next sentences among them? */
} carried;

/* Adds the tensor of that name, where the file holds one of that size: `cols` 0, a vector. */
static bert_status carried_add(carried *all, const pretrained *m, const char *name, size_t rows,
                               size_t cols)
{
    named_tensor found = tensor_names_find(m->names, name);
    if (!found.info || found.info->type == TENSOR_OTHER ||
        found.info->count != rows * (cols ? cols : 1))
        return BERT_OK;
    void *numbers;
    TRY(tensor_verify(found.info));
    TRY(memory_zeroed(found.info->count, sizeof(float), &numbers));
    named_tensor_to_float(found, numbers);
    all->tensors[all->count++] =
        (tensor_out){ .name = name, .rows = rows, .cols = cols, .data = numbers };
    return BERT_OK;
}

static void carried_release(carried *all)
{
    while (all->count) free((float *)all->tensors[--all->count].data);
}

/* The head that tells whether one sentence follows another, a part of the checkpoints that all
 * others come from; and a decoder for masked words that is not the word table. */
static bert_status carried_read(carried *all, const pretrained *m)
{
    const config *c = &m->config;
    TRY(carried_add(all, m, "cls.seq_relationship.weight", 2, c->hidden));
    TRY(carried_add(all, m, "cls.seq_relationship.bias", 2, 0));
    all->sentences = all->count == 2;
    if (!all->sentences) carried_release(all);
    if (!(m->parts & PARAMS_MASKED) || config_is_tied(c)) return BERT_OK;
    return carried_add(all, m, c->family->decoder, c->vocabulary, c->embedding);
}

/* A conversion under way. */
typedef struct conversion {
    const bert_convert_options *options;
    pretrained model;
    carried carried;
    named_class made;
    const char *class_name; /* config.json's, or made.name */
    tensor_type type;
} conversion;

/* config.json's class. Google's file names none, nor do old ones: then the weights tell. */
static void class_choose(conversion *k)
{
    const pretrained *m = &k->model;
    const config *c = &m->config;
    bool whole = k->carried.sentences && m->parts & PARAMS_MASKED && m->parts & PARAMS_POOLER;
    k->made = head_class_name(head_of_weights(m->parts), c);
    k->class_name = c->architecture ? c->architecture : k->made.name;
    if (!whole || (c->architecture && !c->headless)) return;
    k->made = family_class(c->family, pretraining_suffix);
    k->class_name = k->made.name;
}

static bert_status folder_fill(conversion *k, const folder_handle *folder)
{
    pretrained *m = &k->model;
    const config *c = &m->config;
    const char *from = k->options->model;
    const char *bare = head_is_bare(c, k->class_name) ? c->family->prefix : NULL;
    for (size_t i = 0; i < k->carried.count; i++) k->carried.tensors[i].type = k->type;
    TRY(weights_write(folder, &m->params, m->entries, m->entry_count, bare, k->type,
                      k->carried.tensors, k->carried.count));
    TRY(config_write(c, folder, k->class_name, c->labels_given, c->problem, k->type));
    TRY(tokenizer_copy_files(from, folder, false));
    return companions_copy(from, folder);
}

static bert_status left_out_put(const conversion *k, json_t *result)
{
    json_t *names = json_array();
    TRY(json_put(result, "left_out", names));
    for (size_t i = 0; i < k->model.ignored; i++) {
        const char *name = k->model.ignored_names[i];
        bool kept = false;
        for (size_t j = 0; j < k->carried.count; j++) {
            named_tensor t = tensor_names_find(k->model.names, k->carried.tensors[j].name);
            kept = kept || t.info->name == name;
        }
        if (!kept) TRY(json_append(names, json_string_of(slice_of(name))));
    }
    return BERT_OK;
}

static bert_status result_put(const conversion *k, json_t *result)
{
    size_t tensors = k->carried.count, parameters = 0;
    for (size_t i = 0; i < k->carried.count; i++)
        parameters += k->carried.tensors[i].rows * size_larger(k->carried.tensors[i].cols, 1);
    for (size_t i = 0; i < k->model.entry_count; i++) {
        const weight *w = params_weight((params *)&k->model.params, &k->model.entries[i]);
        tensors += w->data != NULL;
        parameters += w->data ? weight_count(w) : 0;
    }
    TRY(json_put(result, "output", json_string_of(slice_of(k->options->output))));
    TRY(json_put(result, "architecture", json_string_of(slice_of(k->class_name))));
    TRY(json_put(result, "dtype", json_string(k->options->dtype)));
    TRY(json_put(result, "tensors", json_integer((json_int_t)tensors)));
    TRY(json_put(result, "parameters", json_integer((json_int_t)parameters)));
    TRY(json_put(result, "prefix", json_string(tensor_names_prefix(k->model.names))));
    return left_out_put(k, result);
}

static bert_status result_text(const conversion *k, char **json)
{
    json_t *result = json_object();
    bert_status status = result_put(k, result);
    if (status == BERT_OK) status = json_text(result, json);
    json_decref(result);
    return status;
}

static bert_status folder_make_whole(conversion *k, char **json)
{
    output out;
    char *text = NULL;
    TRY(output_open(k->options->output, k->options->overwrite ? OUTPUT_REPLACE : OUTPUT_NEW, &out));
    bert_status status = folder_fill(k, &out.staging);
    if (status == BERT_OK) status = result_text(k, &text);
    if (status == BERT_OK) status = output_publish(&out, true);
    output_release(&out);
    if (status == BERT_OK)
        *json = text;
    else
        free(text);
    return status;
}

static bert_status conversion_open(conversion *k)
{
    const char *from = k->options->model;
    compute *on = NULL;
    tokenizer *words = NULL;
    TRY(compute_cpu_open(1, &on));
    bert_status status = pretrained_open(from, on, &k->model);
    compute_free(on);
    /* files that cannot be read are not passed on */
    if (status == BERT_OK) status = tokenizer_open(from, &words);
    tokenizer_free(words);
    TRY(status);
    TRY(carried_read(&k->carried, &k->model));
    class_choose(k);
    return BERT_OK;
}

bert_status bert_convert(const bert_convert_options *options, char **json)
{
    LOCALE_PLAIN;
    TRY(options_check(OWNER_convert, options));
    conversion k = { .options = options, .type = type_of(options->dtype) };
    if (!options->model || !options->output)
        return fail(BERT_ARGUMENT, "a conversion needs a model and an output folder");
    TRY(isa_check());
    bert_status status = conversion_open(&k);
    if (status == BERT_OK) status = folder_make_whole(&k, json);
    carried_release(&k.carried);
    pretrained_release(&k.model);
    return cache_hint(status, options->model);
}
