#include "model/pretrained.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/slice.h"
#include "json/modules.h"
#include "model/dense.h"
#include "model/heads.h"
#include "tensors/safetensors_write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool entry_optional(const param_entry *entry)
{
    return !(PARAMS_ENCODER & 1u << entry->part);
}

/* [out, in], however it stands in the file. */
static size_t tensor_rows(named_tensor t)
{
    return t.info->shape[t.transposed && t.info->dimensions == 2];
}

static bool tensor_fits(named_tensor t, const param_entry *entry)
{
    size_t dimensions = entry->cols ? 2 : 1;
    return t.info->type != TENSOR_OTHER && t.info->dimensions == dimensions &&
           tensor_rows(t) == entry->rows &&
           (!entry->cols || t.info->shape[!t.transposed] == entry->cols);
}

/* Is a weight of the wrong shape a fault, and not just another model's head? */
static bool part_matters(const config *c, param_part part)
{
    const head *h = head_of_class(c);
    unsigned wanted = h ? head_parts(h, c) : PARAMS_POOLER | PARAMS_DENSE | PARAMS_CLASSIFIER;
    return ((PARAMS_ENCODER | wanted) & 1u << part) != 0;
}

static bert_status fail_shape(const pretrained *m, named_tensor t, const param_entry *entry)
{
    const tensor_info *info = t.info;
    char shape[128] = "";
    for (size_t i = 0, at = 0; i < info->dimensions && at < sizeof shape; i++)
        at +=
            (size_t)snprintf(shape + at, sizeof shape - at, "%s%zu", i ? ", " : "", info->shape[i]);
    char wanted[64];
    size_t first = t.transposed ? entry->cols : entry->rows;
    size_t second = t.transposed ? entry->rows : entry->cols;
    snprintf(wanted, sizeof wanted, entry->cols ? "%zu, %zu" : "%zu", first, second);
    return fail(BERT_SHAPE, "%s: '%s' is [%s], but %s asks for [%s]", info->file, info->name, shape,
                config_file_name(&m->config), wanted);
}

static bert_status tensor_check(const pretrained *m, named_tensor t, const param_entry *entry)
{
    const tensor_info *info = t.info;
    if (info->type == TENSOR_OTHER)
        return fail(BERT_FORMAT, "%s: '%s' is not stored as F32, F16, BF16 or F64", info->file,
                    info->name);
    return tensor_fits(t, entry) ? BERT_OK : fail_shape(m, t, entry);
}

static bool tensor_mappable(named_tensor t)
{
    return t.info->type == TENSOR_F32 && !t.transposed &&
           (uintptr_t)t.info->data % sizeof(float) == 0;
}

/* A tensor that would be the entry's weight if its name began otherwise. NULL: none. */
static const char *name_like(const pretrained *m, const param_entry *entry)
{
    const char *bare = entry->name + strlen(m->config.family->prefix) + 1;
    for (size_t i = 0; i < tensor_file_count(m->file); i++) {
        const char *name = tensor_file_at(m->file, i)->name;
        if (slice_ends_with(slice_of(name), bare)) return name;
    }
    return NULL;
}

static bert_status fail_missing(const pretrained *m, const param_entry *entry, const char *folder)
{
    const char *like = name_like(m, entry);
    if (like)
        return fail(BERT_FORMAT,
                    "%s: the checkpoint has no '%s' but a '%s'; take what stands before from the "
                    "names of its tensors",
                    folder, entry->name, like);
    return fail(BERT_FORMAT, "%s: the checkpoint has no '%s' (nor '%s'); is it a %s of %zu layers?",
                folder, entry->name, entry->name + strlen(m->config.family->prefix) + 1,
                m->config.family->model_type, m->config.layers);
}

/* Takes the entry's other name, where that is the file's. */
static void entry_rename(const pretrained *m, param_entry *entry, named_tensor *found)
{
    *found = tensor_names_find(m->names, entry->other);
    if (found->info) snprintf(entry->name, sizeof entry->name, "%s", entry->other);
}

/* Finds each weight's tensor: m->found, without one where an optional weight is not there. */
static bert_status tensors_match(pretrained *m, const char *folder)
{
    named_tensor *found = m->found;
    const named_tensor none = { NULL, false };
    for (size_t i = 0; i < m->entry_count; i++) {
        param_entry *entry = &m->entries[i];
        found[i] = tensor_names_find(m->names, entry->name);
        if (!found[i].info && entry->other) entry_rename(m, entry, &found[i]);
        if (!found[i].info && !entry_optional(entry)) return fail_missing(m, entry, folder);
        /* A head for other labels than config.json's, where it gives none, is as good as none. */
        if (found[i].info && entry->part == PARAM_CLASSIFIER && !m->config.labels_given &&
            tensor_rows(found[i]) != entry->rows) {
            if (!m->misfit.info) {
                m->misfit = found[i];
                m->misfit_of = entry;
            }
            found[i] = none;
        }
        if (!found[i].info) continue;
        if (part_matters(&m->config, entry->part))
            TRY(tensor_check(m, found[i], entry));
        else if (!tensor_fits(found[i], entry))
            found[i] = none;
        if (found[i].info) TRY(tensor_verify(found[i].info));
    }
    return BERT_OK;
}

static void weights_convert(pretrained *m, arena *block)
{
    const named_tensor *found = m->found;
    for (size_t i = 0; i < m->entry_count; i++) {
        weight *w = params_weight(&m->params, &m->entries[i]);
        const tensor_info *info = found[i].info;
        if (!info) continue;
        if (tensor_mappable(found[i])) {
            w->data =
                (float *)info->data; /* read-only memory; nothing writes a pretrained weight */
            continue;
        }
        w->data = arena_take(block, info->count, sizeof(float));
        if (w->data) named_tensor_to_float(found[i], w->data);
    }
}

/* The sum of squares in double of floats is finite unless one of them is not. */
static bert_status weights_check(const pretrained *m, compute *on)
{
    for (size_t i = 0; i < m->entry_count; i++) {
        const weight *w = params_weight((params *)&m->params, &m->entries[i]);
        if (w->data && !isfinite(on->sum_squares(on, weight_count(w), w->data)))
            return fail(BERT_NUMERIC, "%s: '%s' holds NaN or infinity; the checkpoint is damaged",
                        m->found[i].info->file, m->found[i].info->name);
    }
    return BERT_OK;
}

/* The names of those tensors of the file that no weight wanted. */
static bert_status ignored_list(pretrained *m)
{
    size_t count = tensor_names_count(m->names);
    const tensor_info *first = tensor_file_count(m->file) ? tensor_file_at(m->file, 0) : NULL;
    bool *used = NULL;
    TRY(memory_zeroed(count, sizeof *m->ignored_names, (void **)&m->ignored_names));
    TRY(memory_zeroed(tensor_file_count(m->file), sizeof *used, (void **)&used));
    for (size_t i = 0; i < m->entry_count; i++)
        if (m->found[i].info) used[m->found[i].info - first] = true;
    for (size_t i = 0; i < count; i++) {
        const tensor_info *info = tensor_names_at(m->names, i);
        if (!used[info - first]) m->ignored_names[m->ignored++] = info->name;
    }
    free(used);
    return BERT_OK;
}

static bert_status weights_read(pretrained *m, const char *folder, compute *on)
{
    TRY(tensors_match(m, folder));
    arena measure = { 0 };
    weights_convert(m, &measure);
    if (measure.used) {
        TRY(arena_open(measure.used, &m->converted));
        weights_convert(m, &m->converted);
        tensor_file_forget(m->file);
    }
    TRY(ignored_list(m));
    for (size_t i = 0; i < m->entry_count; i++) m->parts |= 1u << m->entries[i].part;
    for (size_t i = 0; i < m->entry_count; i++)
        if (!m->found[i].info) m->parts &= ~(1u << m->entries[i].part);
    return weights_check(m, on);
}

/* Is it a matrix with a row a label? */
static bool counts_labels(named_tensor t, const config *c)
{
    return t.info->dimensions == 2 && t.info->shape[!t.transposed] == c->hidden;
}

/* Google's bert_config.json does not say what stands on the encoder: the weights do. */
static bert_status head_find(pretrained *m)
{
    const head *h = NULL;
    for (size_t i = 0; m->config.headless && (h = head_at(i)); i++) {
        named_tensor t = { NULL, false };
        if (h->told_by) t = tensor_names_find(m->names, h->told_by);
        if (!t.info || (h->labelled && !counts_labels(t, &m->config))) continue;
        named_class made = head_class_name(h, &m->config);
        return config_set_head(&m->config, made.name, h->labelled ? tensor_rows(t) : 0);
    }
    return BERT_OK;
}

/* How wide the classifier is depends on what stands on the encoder. */
static void outputs_find(pretrained *m)
{
    const head *h = head_of_class(&m->config);
    if (h) head_set_outputs(h, &m->config);
}

static bert_status file_open(pretrained *m, const char *folder)
{
    char *place;
    TRY(modules_model_folder(folder, &place));
    bert_status status = tensor_file_open(place, &m->file);
    free(place);
    TRY(status);
    const family *f = m->config.family;
    if (f->tensorflow || !tensor_file_is_tensorflow(m->file)) return BERT_OK;
    return fail(BERT_UNSUPPORTED,
                "%s: the weights are in a file of TensorFlow, which is read of BERT alone, not of "
                "%s; save the model as model.safetensors: from_pretrained(..., from_tf=True)."
                "save_pretrained(...) of transformers before 5 does",
                folder, f->name);
}

/* A module that cannot be read matters where vectors are asked for. */
static bert_status dense_find(pretrained *m, compute *on)
{
    config *c = &m->config;
    if (!c->dense.folder) return BERT_OK;
    bert_status status = dense_open(c, on, &m->params.module, &m->dense_numbers);
    if (status == BERT_OK || status == BERT_MEMORY) return status;
    config_drop_dense(c);
    return config_refuse_vectors(c, "%s", status_message());
}

static bert_status pretrained_fill(pretrained *m, const char *folder, compute *on)
{
    TRY(config_read(folder, &m->config));
    TRY(file_open(m, folder));
    TRY(tensor_names_open(m->file, m->config.family->prefix, &m->names));
    TRY(head_find(m));
    outputs_find(m);
    TRY(params_init(&m->config, &m->params));
    TRY(params_list(&m->config, PARAMS_ALL, &m->entries, &m->entry_count));
    void *found;
    TRY(memory_zeroed(m->entry_count, sizeof *m->found, &found));
    m->found = found;
    TRY(weights_read(m, folder, on));
    return dense_find(m, on);
}

bert_status pretrained_open(const char *folder, compute *on, pretrained *out)
{
    pretrained m = { 0 };
    bert_status status = pretrained_fill(&m, folder, on);
    if (status == BERT_OK)
        *out = m;
    else
        pretrained_release(&m);
    return status;
}

void pretrained_release(pretrained *m)
{
    params_release(&m->params);
    free(m->entries);
    free(m->found);
    arena_release(&m->converted);
    free(m->dense_numbers);
    free(m->ignored_names);
    tensor_names_free(m->names);
    tensor_file_free(m->file);
    config_release(&m->config);
    *m = (pretrained){ 0 };
}

void pretrained_forget(pretrained *m, bool used)
{
    tensor_file_forget(m->file);
    if (used) return;
    for (size_t i = 0; i < m->entry_count; i++)
        params_weight(&m->params, &m->entries[i])->data = NULL;
    arena_release(&m->converted);
}

void pretrained_forget_heads(pretrained *m)
{
    for (size_t i = 0; i < m->entry_count; i++)
        if (heads_own_parts(&m->config) & 1u << m->entries[i].part)
            params_weight(&m->params, &m->entries[i])->data = NULL;
}

const weight *pretrained_find(const pretrained *m, const param_entry *entry)
{
    for (size_t i = 0; i < m->entry_count; i++) {
        const param_entry *other = &m->entries[i];
        if (strcmp(other->name, entry->name) != 0) continue;
        const weight *w = params_weight((params *)&m->params, other);
        return w->data && other->rows == entry->rows && other->cols == entry->cols ? w : NULL;
    }
    return NULL;
}

const param_entry *pretrained_gap(const pretrained *m, unsigned parts)
{
    const param_entry *gap = NULL;
    bool begun = false;
    unsigned own = heads_own_parts(&m->config), telling = parts & own ? parts & own : parts;
    for (size_t i = 0; i < m->entry_count; i++) {
        const param_entry *entry = &m->entries[i];
        if (!(parts & 1u << entry->part)) continue;
        if (!m->found[i].info && !gap) gap = entry;
        if (m->found[i].info && telling & 1u << entry->part) begun = true;
    }
    return begun ? gap : NULL;
}

bool pretrained_has_head(const pretrained *m)
{
    unsigned parts = head_parts(head_wanted(&m->config), &m->config) & heads_own_parts(&m->config);
    bool there = m->misfit.info && parts & PARAMS_CLASSIFIER;
    for (size_t i = 0; i < m->entry_count; i++)
        there |= m->found[i].info && parts & 1u << m->entries[i].part;
    return there;
}

bert_status pretrained_check_head(const pretrained *m)
{
    unsigned parts = head_parts(head_wanted(&m->config), &m->config);
    const param_entry *gap = pretrained_gap(m, parts);
    if (m->misfit.info && parts & PARAMS_CLASSIFIER)
        return fail_more(fail_shape(m, m->misfit, m->misfit_of),
                         ", for it names no labels, which means 2; write an id2label with a name "
                         "for each row");
    if (!gap) return BERT_OK;
    return fail(BERT_ARGUMENT, "the model's head %s: '%s' is not in %s",
                gap->part == PARAM_POOLER ? "has no pooler" : "is not whole", gap->name,
                tensor_file_at(m->file, 0)->file);
}

static const char *name_bare(const char *name, const char *prefix)
{
    size_t length = prefix ? strlen(prefix) : 0;
    bool there = prefix && strncmp(name, prefix, length) == 0 && name[length] == '.';
    return there ? name + length + 1 : name;
}

bert_status weights_write(const folder_handle *folder, params *p, const param_entry *entries,
                          size_t count, const char *bare, tensor_type type, const tensor_out *more,
                          size_t more_count)
{
    void *memory;
    TRY(memory_zeroed(count + more_count, sizeof(tensor_out), &memory));
    tensor_out *tensors = memory;
    size_t written = 0;
    for (size_t i = 0; i < count; i++) {
        const weight *w = params_weight(p, &entries[i]);
        if (w->data)
            tensors[written++] = (tensor_out){ .name = name_bare(entries[i].name, bare),
                                               .rows = w->rows,
                                               .cols = w->cols,
                                               .data = w->data,
                                               .type = type };
    }
    for (size_t i = 0; i < more_count; i++) tensors[written++] = more[i];
    bert_status status = tensor_file_write(folder, "model.safetensors", tensors, written);
    free(tensors);
    return status;
}
