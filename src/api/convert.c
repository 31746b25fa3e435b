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
    return fail(BERT_ARGUMENT, "dtype is '%s'; it can be f32, f16 or bf16", name);
}

/* A file that is not there is fine. */
static bert_status companion_copy(const char *from, const char *to, const char *name)
{
    char *source = NULL, *target = NULL;
    bert_status status = path_join(from, name, &source);
    if (status == BERT_OK) status = path_join(to, name, &target);
    if (status == BERT_OK && file_exists(source)) status = file_copy(source, target);
    free(source);
    free(target);
    return status;
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
        TRY(companion_copy(from, to, companions[i]));
    TRY(subfolder_copy(from, to, "1_Pooling"));
    TRY(companion_copy(from, to, "1_Pooling/config.json"));
    return subfolder_copy(from, to, "2_Normalize");
}

/* Where config.json does not say, what the heads are. */
static const char *class_of(const pretrained *m)
{
    if (m->config.architecture) return m->config.architecture;
    if (m->groups & GROUP_CLASSIFIER) return head_classifier.class_name;
    if (m->groups & GROUP_SPANS) return head_spans.class_name;
    if (m->groups & GROUP_MASKED) return head_masked.class_name;
    return head_vectors.class_name;
}

static bert_status weights_copy(pretrained *m, const char *class_name, tensor_type type,
                                const char *folder)
{
    bool bare = strcmp(class_name, head_vectors.class_name) == 0;
    return weights_write(folder, &m->params, m->entries, m->entry_count, bare, type);
}

static bert_status folder_fill(const bert_convert_options *o, pretrained *m, const char *class_name,
                               tensor_type type, const char *folder)
{
    const config *c = &m->config;
    TRY(weights_copy(m, class_name, type, folder));
    TRY(config_write(c, folder, class_name, c->labels_given, c->problem, type));
    TRY(tokenizer_copy_files(o->model, folder));
    return companions_copy(o->model, folder);
}

static bert_status left_out_put(const pretrained *m, json_t *result)
{
    json_t *names = json_array();
    TRY(json_put(result, "left_out", names));
    for (size_t i = 0; i < tensor_file_count(m->file); i++) {
        const tensor_info *info = tensor_file_at(m->file, i);
        if (!pretrained_uses(m, info))
            TRY(json_append(names, json_string_of(slice_of(info->name))));
    }
    return BERT_OK;
}

static bert_status result_put(const bert_convert_options *o, const pretrained *m,
                              const char *class_name, json_t *result)
{
    size_t tensors = 0, parameters = 0;
    for (size_t i = 0; i < m->entry_count; i++) {
        const weight *w = params_weight((params *)&m->params, &m->entries[i]);
        tensors += w->data != NULL;
        parameters += w->data ? weight_count(w) : 0;
    }
    TRY(json_put(result, "output", json_string_of(slice_of(o->output))));
    TRY(json_put(result, "architecture", json_string(class_name)));
    TRY(json_put(result, "dtype", json_string(o->dtype)));
    TRY(json_put(result, "tensors", json_integer((json_int_t)tensors)));
    TRY(json_put(result, "parameters", json_integer((json_int_t)parameters)));
    return left_out_put(m, result);
}

static bert_status result_text(const bert_convert_options *o, const pretrained *m,
                               const char *class_name, char **json)
{
    json_t *result = json_object();
    bert_status status = result_put(o, m, class_name, result);
    if (status == BERT_OK) status = json_text(result, json);
    json_decref(result);
    return status;
}

static bert_status folder_make_whole(const bert_convert_options *o, pretrained *m, tensor_type type,
                                     char **json)
{
    const char *class_name = class_of(m);
    output out = { .lock = -1 };
    char *text = NULL;
    TRY(output_open(o->output, o->overwrite ? OUTPUT_REPLACE : OUTPUT_NEW, &out));
    bert_status status = folder_fill(o, m, class_name, type, out.staging);
    if (status == BERT_OK) status = result_text(o, m, class_name, &text);
    if (status == BERT_OK) status = output_publish(&out, true);
    output_release(&out);
    if (status == BERT_OK)
        *json = text;
    else
        free(text);
    return status;
}

bert_status bert_convert(const bert_convert_options *options, char **json)
{
    tensor_type type = TENSOR_F32;
    tokenizer *words = NULL;
    compute *on = NULL;
    pretrained m = { 0 };
    if (!options->model || !options->output)
        return fail(BERT_ARGUMENT, "a conversion needs a model and an output folder");
    TRY(type_parse(options->dtype, &type));
    TRY(isa_check());
    TRY(compute_cpu_open(1, &on));
    bert_status status = pretrained_open(options->model, on, &m);
    compute_free(on);
    /* files that cannot be read are not passed on */
    if (status == BERT_OK) status = tokenizer_open(options->model, &words);
    tokenizer_free(words);
    if (status == BERT_OK) status = folder_make_whole(options, &m, type, json);
    pretrained_release(&m);
    return status;
}
