/* convert.c: bert.h's conversion: a model folder of any kind becomes one of safetensors. */
#include "api/api.h"

#include "base/file.h"
#include "base/memory.h"
#include "formats/json.h"
#include "train/output.h"

#include <stdlib.h>
#include <string.h>

/* What a folder for sentence-transformers, or one that this program has trained, has besides. */
static const char *const companions[] = { "modules.json", "sentence_bert_config.json",
                                          "config_sentence_transformers.json", "run.json" };

bert_convert_options bert_convert_options_default(void)
{
    return (bert_convert_options){ .dtype = "f32" };
}

static bert_status type_parse(const char *name, tensor_type *out)
{
    static const char *const names[] = {
        [TENSOR_F32] = "f32", [TENSOR_F16] = "f16", [TENSOR_BF16] = "bf16"
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) {
            *out = (tensor_type)i;
            return BERT_OK;
        }
    return fail(BERT_ARGUMENT, "--dtype is '%s'; it can be f32, f16 or bf16", name);
}

static bert_status subfolder_copy(const char *from, const char *to, const char *name)
{
    char *source = NULL, *target = NULL;
    bert_status status = path_join(from, name, &source);
    if (status == BERT_OK) status = path_join(to, name, &target);
    if (status == BERT_OK && folder_exists(source)) status = folder_make(target);
    free(source);
    free(target);
    return status;
}

static bert_status companions_copy(const char *from, const char *to)
{
    for (size_t i = 0; i < sizeof companions / sizeof *companions; i++)
        TRY(file_copy_between(from, to, companions[i]));
    TRY(subfolder_copy(from, to, "1_Pooling"));
    TRY(file_copy_between(from, to, "1_Pooling/config.json"));
    return subfolder_copy(from, to, "2_Normalize");
}

/* The head that tells whether one sentence follows another: of no use here, but a part of the
 * checkpoints that all others come from. */
typedef struct sentence_head {
    tensor_out tensors[2]; /* [count] */
    size_t count;
    float *numbers;
} sentence_head;

static bert_status sentence_head_read(const pretrained *m, sentence_head *out)
{
    size_t hidden = m->config.hidden;
    sentence_head h = { .tensors = { { "cls.seq_relationship.weight", 2, hidden },
                                     { "cls.seq_relationship.bias", 2, 0 } } };
    void *memory;
    TRY(memory_zeroed(2 * hidden + 2, sizeof(float), &memory));
    h.numbers = memory;
    for (size_t i = 0; i < 2; i++) {
        tensor_out *t = &h.tensors[i];
        float *numbers = h.numbers + i * 2 * hidden;
        named_tensor found = tensor_names_find(m->names, t->name);
        if (!found.info || found.info->type == TENSOR_OTHER ||
            found.info->count != 2 * (t->cols ? t->cols : 1))
            continue;
        bert_status status = tensor_verify(found.info);
        if (status != BERT_OK) {
            free(h.numbers);
            return status;
        }
        named_tensor_to_float(found, numbers);
        t->data = numbers;
        h.count++;
    }
    if (h.count < 2) h.count = 0;
    *out = h;
    return BERT_OK;
}

/* config.json's class; Google's does not say, nor do old ones. */
static const char *class_of(const pretrained *m, const sentence_head *sentences)
{
    const config *c = &m->config;
    bool whole = sentences->count && m->groups & GROUP_MASKED && m->groups & GROUP_POOLER;
    if (whole && (c->headless || !c->architecture)) return pretraining_class;
    if (c->architecture) return c->architecture;
    if (m->groups & GROUP_CLASSIFIER) return head_classifier.class_name;
    if (m->groups & GROUP_SPANS) return head_spans.class_name;
    if (m->groups & GROUP_MASKED) return head_masked.class_name;
    return head_vectors.class_name;
}

/* A conversion under way. */
typedef struct conversion {
    const bert_convert_options *options;
    pretrained model;
    sentence_head sentences;
    const char *class_name;
    tensor_type type;
} conversion;

static bert_status folder_fill(conversion *k, const char *folder)
{
    pretrained *m = &k->model;
    const config *c = &m->config;
    const char *from = k->options->model;
    bool bare = strcmp(k->class_name, head_vectors.class_name) == 0;
    for (size_t i = 0; i < k->sentences.count; i++) k->sentences.tensors[i].type = k->type;
    TRY(weights_write(folder, &m->params, m->entries, m->entry_count, bare, k->type,
                      k->sentences.tensors, k->sentences.count));
    TRY(config_write(c, folder, k->class_name, c->labels_given, c->problem, k->type));
    TRY(tokenizer_copy_files(from, folder));
    return companions_copy(from, folder);
}

static bert_status left_out_put(const conversion *k, json_t *result)
{
    json_t *names = json_array();
    TRY(json_put(result, "left_out", names));
    for (size_t i = 0; i < k->model.ignored; i++) {
        const char *name = k->model.ignored_names[i];
        bool kept = false;
        for (size_t j = 0; j < k->sentences.count; j++) {
            named_tensor t = tensor_names_find(k->model.names, k->sentences.tensors[j].name);
            kept = kept || t.info->name == name;
        }
        if (!kept) TRY(json_append(names, json_string_of(slice_of(name))));
    }
    return BERT_OK;
}

static bert_status result_put(const conversion *k, json_t *result)
{
    size_t tensors = k->sentences.count, parameters = 0;
    for (size_t i = 0; i < k->sentences.count; i++)
        parameters += k->sentences.tensors[i].rows * (i == 0 ? k->model.config.hidden : 1);
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
    output out = { .lock = -1 };
    char *text = NULL;
    TRY(output_open(k->options->output, k->options->overwrite ? OUTPUT_REPLACE : OUTPUT_NEW, &out));
    bert_status status = folder_fill(k, out.staging);
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
    TRY(sentence_head_read(&k->model, &k->sentences));
    k->class_name = class_of(&k->model, &k->sentences);
    return BERT_OK;
}

bert_status bert_convert(const bert_convert_options *options, char **json)
{
    conversion k = { .options = options };
    if (!options->model || !options->output)
        return fail(BERT_ARGUMENT, "a conversion needs a model and an output folder");
    TRY(type_parse(options->dtype, &k.type));
    TRY(isa_check());
    bert_status status = conversion_open(&k);
    if (status == BERT_OK) status = folder_make_whole(&k, json);
    free(k.sentences.numbers);
    pretrained_release(&k.model);
    return status;
}
