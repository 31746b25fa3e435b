#include "model/pretrained.h"

#include "base/file.h"
#include "base/memory.h"
#include "formats/safetensors_write.h"
#include "model/heads.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* LayerNorm.weight and .bias were gamma and beta before 2019. */
static bool name_of_old(const char *name, char *old, size_t capacity)
{
    static const char *const endings[][2] = { { "LayerNorm.weight", "LayerNorm.gamma" },
                                              { "LayerNorm.bias", "LayerNorm.beta" } };
    for (size_t i = 0; i < 2; i++) {
        size_t length = strlen(name), ending = strlen(endings[i][0]);
        if (length < ending || strcmp(name + length - ending, endings[i][0]) != 0) continue;
        snprintf(old, capacity, "%.*s%s", (int)(length - ending), name, endings[i][1]);
        return true;
    }
    return false;
}

/* With and without "bert.", new names and old. */
static const tensor_info *tensor_named(const tensor_file *file, const char *name)
{
    char old[sizeof((param_entry *)0)->name + 8];
    const char *bare = strncmp(name, "bert.", 5) == 0 ? name + 5 : name;
    const char *const names[] = { name, bare };
    for (size_t i = 0; i < 2; i++) {
        const tensor_info *info = tensor_file_find(file, names[i]);
        if (!info && name_of_old(names[i], old, sizeof old)) info = tensor_file_find(file, old);
        if (info) return info;
    }
    return NULL;
}

static bool entry_optional(const param_entry *entry)
{
    return !(GROUP_ENCODER & 1u << entry->group);
}

static bool tensor_fits(const tensor_info *info, const param_entry *entry)
{
    size_t dimensions = entry->cols ? 2 : 1;
    return info->type != TENSOR_OTHER && info->dimensions == dimensions &&
           info->shape[0] == entry->rows && (!entry->cols || info->shape[1] == entry->cols);
}

/* Is a weight of the wrong shape a fault, and not just another model's head? */
static bool group_matters(const config *c, param_group group)
{
    const head *h = head_of_class(c->architecture);
    unsigned wanted = h ? h->groups : GROUP_POOLER | GROUP_CLASSIFIER;
    return ((GROUP_ENCODER | wanted) & 1u << group) != 0;
}

static bert_status tensor_check(const tensor_info *info, const param_entry *entry,
                                const char *folder)
{
    if (info->type == TENSOR_OTHER)
        return fail(BERT_FORMAT, "%s: '%s' is not stored as F32, F16 or BF16", info->file,
                    info->name);
    if (tensor_fits(info, entry)) return BERT_OK;
    char shape[128] = "";
    for (size_t i = 0, at = 0; i < info->dimensions && at < sizeof shape; i++)
        at +=
            (size_t)snprintf(shape + at, sizeof shape - at, "%s%zu", i ? ", " : "", info->shape[i]);
    char wanted[64];
    snprintf(wanted, sizeof wanted, entry->cols ? "%zu, %zu" : "%zu", entry->rows, entry->cols);
    return fail(BERT_SHAPE, "%s: '%s' is [%s], but %s/config.json asks for [%s]", info->file,
                info->name, shape, folder, wanted);
}

static bool tensor_mappable(const tensor_info *info)
{
    return info->type == TENSOR_F32 && (uintptr_t)info->data % sizeof(float) == 0;
}

/* Finds each weight's tensor: m->found, NULL where an optional one is not there. */
static bert_status tensors_match(pretrained *m, const char *folder)
{
    const tensor_info **found = m->found;
    for (size_t i = 0; i < m->entry_count; i++) {
        const param_entry *entry = &m->entries[i];
        found[i] = tensor_named(m->file, entry->name);
        if (!found[i] && !entry_optional(entry))
            return fail(BERT_FORMAT,
                        "%s: the checkpoint has no '%s' (nor '%s'); is it a BERT of %zu layers?",
                        folder, entry->name, entry->name + strlen("bert."), m->config.layers);
        /* A head for other labels than config.json's, where it gives none, is as good as none. */
        if (found[i] && entry->group == PARAM_CLASSIFIER && !m->config.labels_given &&
            found[i]->shape[0] != entry->rows)
            found[i] = NULL;
        if (!found[i]) continue;
        if (group_matters(&m->config, entry->group))
            TRY(tensor_check(found[i], entry, folder));
        else if (!tensor_fits(found[i], entry))
            found[i] = NULL;
    }
    return BERT_OK;
}

static void weights_convert(pretrained *m, arena *block)
{
    const tensor_info **found = m->found;
    for (size_t i = 0; i < m->entry_count; i++) {
        weight *w = params_weight(&m->params, &m->entries[i]);
        if (!found[i]) continue;
        if (tensor_mappable(found[i])) {
            w->data =
                (float *)found[i]->data; /* read-only memory; nothing writes a pretrained weight */
            continue;
        }
        w->data = arena_take(block, found[i]->count, sizeof(float));
        if (w->data) tensor_to_float(found[i], w->data);
    }
}

/* The sum of squares in double of floats is finite unless one of them is not. */
static bert_status weights_check(const pretrained *m, compute *on)
{
    for (size_t i = 0; i < m->entry_count; i++) {
        const weight *w = params_weight((params *)&m->params, &m->entries[i]);
        if (w->data && !isfinite(on->sum_squares(on, weight_count(w), w->data)))
            return fail(BERT_NUMERIC, "%s: '%s' holds NaN or infinity; the checkpoint is damaged",
                        m->found[i]->file, m->found[i]->name);
    }
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
    }
    size_t used = 0;
    for (size_t i = 0; i < m->entry_count; i++) used += m->found[i] != NULL;
    m->ignored = tensor_file_count(m->file) - used;
    m->groups = GROUP_ALL;
    for (size_t i = 0; i < m->entry_count; i++)
        if (!m->found[i]) m->groups &= ~(1u << m->entries[i].group);
    return weights_check(m, on);
}

static bert_status pretrained_fill(pretrained *m, const char *folder, compute *on)
{
    TRY(config_read(folder, &m->config));
    TRY(params_init(&m->config, &m->params));
    TRY(params_list(&m->config, GROUP_ALL, &m->entries, &m->entry_count));
    TRY(tensor_file_open(folder, &m->file));
    void *found;
    TRY(memory_zeroed(m->entry_count, sizeof *m->found, &found));
    m->found = found;
    return weights_read(m, folder, on);
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

bool pretrained_uses(const pretrained *m, const tensor_info *info)
{
    for (size_t i = 0; i < m->entry_count; i++)
        if (m->found[i] == info) return true;
    return false;
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

static const char *name_bare(const char *name, bool bare)
{
    return bare && strncmp(name, "bert.", 5) == 0 ? name + 5 : name;
}

bert_status weights_write(const char *folder, params *p, const param_entry *entries, size_t count,
                          bool bare, tensor_type type)
{
    char *path = NULL;
    void *memory;
    TRY(memory_zeroed(count, sizeof(tensor_out), &memory));
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
    bert_status status = path_join(folder, "model.safetensors", &path);
    if (status == BERT_OK) status = tensor_file_write(path, tensors, written);
    free(path);
    free(tensors);
    return status;
}
