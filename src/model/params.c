#include "model/params.h"

#include "base/memory.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t weight_count(const weight *w)
{
    return w->rows * (w->cols ? w->cols : 1);
}

bert_status params_init(const config *c, params *out)
{
    const param_names *names = c->family->names;
    params p = { .layer_count = c->layer_sets };
    void *layers;
    TRY(memory_zeroed(c->layer_sets, sizeof *p.layers, &layers));
    p.layers = layers;
#define SHAPE(place, name, r, k)                                                                   \
    if ((name) && (r) != 0) place = (weight){ .rows = (r), .cols = (k) };
#define EMBEDDING_PARAM(field, r, k, kind) SHAPE(p.embeddings.field, names->embedding_##field, r, k)
#define FINAL_PARAM(field, r, k, kind) SHAPE(p.final.field, names->final_##field, r, k)
#define POOLER_PARAM(field, r, k, kind) SHAPE(p.pooler.field, names->pooler_##field, r, k)
#define DENSE_PARAM(field, r, k, kind) SHAPE(p.dense.field, names->dense_##field, r, k)
#define CLASSIFIER_PARAM(field, r, k, kind)                                                        \
    SHAPE(p.classifier.field, names->classifier_##field, r, k)
#define SPANS_PARAM(field, r, k, kind) SHAPE(p.spans.field, names->spans_##field, r, k)
#define TRANSFORM_PARAM(field, r, k, kind) SHAPE(p.transform.field, names->transform_##field, r, k)
#define MASKED_PARAM(field, r, k, kind) SHAPE(p.masked.field, names->masked_##field, r, k)
#include "model/params.def"
    for (size_t layer = 0; layer < c->layer_sets; layer++) {
#define LAYER_PARAM(field, r, k, kind) SHAPE(p.layers[layer].field, names->layer_##field, r, k)
#include "model/params.def"
    }
#undef SHAPE
    *out = p;
    return BERT_OK;
}

void params_release(params *p)
{
    free(p->layers);
    *p = (params){ 0 };
}

/* The name in a checkpoint: see param_names.h. */
static void name_put(const config *c, const char *name, size_t layer, char *out, size_t room)
{
    const char *number = strchr(name, '#');
    size_t stem = number ? (size_t)(number - name) : strlen(name);
    int at = snprintf(out, room, "%s%.*s", *name == '.' ? c->family->prefix : "", (int)stem, name);
    if (number) snprintf(out + at, room - (size_t)at, "%zu%s", layer, number + 1);
}

/* How many layers have these weights. */
static size_t layers_of_set(const config *c, size_t set)
{
    size_t count = 0;
    for (size_t i = 0; i < c->layers; i++) count += config_layer_set(c, i) == set;
    return count;
}

/* How many products of a layer make the gradient of this matrix: the distances' keys and queries
 * may be projected by the layer's own weights. */
static size_t products_of(const config *c, const param_entry *e)
{
    const disentangled_config *d = &c->disentangled;
    bool key = e->offset == offsetof(layer_params, key_weight) && d->key;
    bool query = e->offset == offsetof(layer_params, query_weight) && d->query;
    return d->rows && !d->own && (key || query) ? 2 : 1;
}

typedef struct entry_list {
    const config *config;
    unsigned parts;
    param_entry *entries;
    size_t count;
} entry_list;

static void entry_add(entry_list *l, param_entry e, param_kind kind, const char *name,
                      const char *other)
{
    if (!name || !e.rows || !(l->parts & 1u << e.part)) return;
    e.decay = kind == TABLE || kind == MATRIX;
    e.gain = kind == GAIN;
    e.rate = 1.0;
    if (kind == MATRIX) e.products = 1;
    if (kind == MATRIX && e.part == PARAM_LAYER)
        e.products = layers_of_set(l->config, e.layer) * products_of(l->config, &e);
    e.other = other;
    name_put(l->config, name, e.layer, e.name, sizeof e.name);
    l->entries[l->count++] = e;
}

static void layer_entries(entry_list *l, const param_names *names, size_t layer)
{
    const config *c = l->config;
#define LAYER_PARAM(field, r, k, kind)                                                             \
    entry_add(l,                                                                                   \
              (param_entry){ .offset = offsetof(layer_params, field),                              \
                             .rows = (r),                                                          \
                             .cols = (k),                                                          \
                             .part = PARAM_LAYER,                                                  \
                             .layer = layer },                                                     \
              kind, names->layer_##field, NULL);
#include "model/params.def"
}

/* A classifier's name is given first as `parts` have it, then as it may stand in a file that is
 * for another head. */
static void classifier_entry(entry_list *l, param_entry e, param_kind kind, const char *alone,
                             const char *projected)
{
    bool behind = projected && l->parts & PARAMS_DENSE;
    entry_add(l, e, kind, behind ? projected : alone, behind ? alone : NULL);
}

bert_status params_list(const config *c, unsigned parts, param_entry **out, size_t *count)
{
    const param_names *names = c->family->names;
    size_t most =
        sizeof(params) / sizeof(weight) + c->layer_sets * sizeof(layer_params) / sizeof(weight);
    void *memory;
    TRY(memory_zeroed(most, sizeof(param_entry), &memory));
    entry_list list = { .config = c, .parts = parts, .entries = memory }, *l = &list;

#define ENTRY(place, field, r, k)                                                                  \
    (param_entry)                                                                                  \
    {                                                                                              \
        .offset = offsetof(params, field), .rows = (r), .cols = (k), .part = (place)               \
    }
#define EMBEDDING_PARAM(field, r, k, kind)                                                         \
    entry_add(l, ENTRY(PARAM_EMBEDDING, embeddings.field, r, k), kind, names->embedding_##field,   \
              NULL);
#include "model/params.def"
    for (size_t layer = 0; layer < c->layer_sets; layer++) layer_entries(l, names, layer);
#define FINAL_PARAM(field, r, k, kind)                                                             \
    entry_add(l, ENTRY(PARAM_FINAL, final.field, r, k), kind, names->final_##field, NULL);
#define POOLER_PARAM(field, r, k, kind)                                                            \
    entry_add(l, ENTRY(PARAM_POOLER, pooler.field, r, k), kind, names->pooler_##field, NULL);
#define DENSE_PARAM(field, r, k, kind)                                                             \
    entry_add(l, ENTRY(PARAM_DENSE, dense.field, r, k), kind, names->dense_##field, NULL);
#define CLASSIFIER_PARAM(field, r, k, kind)                                                        \
    classifier_entry(l, ENTRY(PARAM_CLASSIFIER, classifier.field, r, k), kind,                     \
                     names->classifier_##field, names->projected_##field);
#define SPANS_PARAM(field, r, k, kind)                                                             \
    entry_add(l, ENTRY(PARAM_SPANS, spans.field, r, k), kind, names->spans_##field, NULL);
#define TRANSFORM_PARAM(field, r, k, kind)                                                         \
    entry_add(l, ENTRY(PARAM_TRANSFORM, transform.field, r, k), kind, names->transform_##field,    \
              NULL);
#define MASKED_PARAM(field, r, k, kind)                                                            \
    entry_add(l, ENTRY(PARAM_MASKED, masked.field, r, k), kind, names->masked_##field, NULL);
#include "model/params.def"
#undef ENTRY
    *out = memory;
    *count = list.count;
    return BERT_OK;
}

weight *params_weight(params *p, const param_entry *entry)
{
    char *base = entry->part == PARAM_LAYER ? (char *)&p->layers[entry->layer] : (char *)p;
    return (weight *)(void *)(base + entry->offset);
}

static bool entry_frozen(const param_entry *entry, size_t frozen_layers, unsigned frozen_parts)
{
    if (frozen_parts & 1u << entry->part) return true;
    if (entry->part == PARAM_EMBEDDING) return frozen_layers > 0;
    return entry->part == PARAM_LAYER && entry->layer + 1 < frozen_layers;
}

bert_status param_frozen_parse(const char *freeze, const config *c, size_t *frozen_layers)
{
    bool shared = c->layer_sets < c->layers;
    size_t layers = shared ? 0 : c->layers;
    *frozen_layers = 0;
    if (!freeze) return BERT_OK;
    char *end = NULL;
    unsigned long first = strcmp(freeze, "embeddings") == 0 ? 0 : strtoul(freeze, &end, 10);
    if ((end && (*end || end == freeze || *freeze == '-')) || first > layers)
        return shared ? fail_field(BERT_ARGUMENT, "freeze",
                                   "can only be 'embeddings', not '%s': the layers of this model "
                                   "share their weights",
                                   freeze)
                      : fail_field(BERT_ARGUMENT, "freeze",
                                   "is 'embeddings' or a number of layers up to %zu, not '%s'",
                                   layers, freeze);
    *frozen_layers = 1 + first;
    return BERT_OK;
}

/* A span of this weight alone, after those before it. */
static param_span span_of(const param_entry *entry, size_t begin)
{
    weight shape = { .rows = entry->rows, .cols = entry->cols };
    param_span span = { .begin = begin,
                        .count = (weight_count(&shape) + 15) / 16 * 16,
                        .decay = entry->decay,
                        .rate = entry->rate,
                        .gradient = entry->products ? SPAN_PRODUCTS : SPAN_ADDED };
    if (entry->part == PARAM_EMBEDDING && entry->offset == offsetof(params, embeddings.word)) {
        span.gradient = SPAN_ROWS;
        span.rows = entry->rows;
        span.width = entry->cols;
    }
    return span;
}

static bool spans_alike(const param_span *a, const param_span *b)
{
    return a->gradient == b->gradient && a->decay == b->decay && a->rate == b->rate;
}

static void layout_place(param_layout *layout, size_t i, const param_entry *entry)
{
    param_span next = span_of(entry, layout->count);
    param_span *last = layout->span_count ? &layout->spans[layout->span_count - 1] : NULL;
    layout->at[i] = layout->count;
    layout->count += next.count;
    if (last && spans_alike(last, &next))
        last->count += next.count;
    else
        layout->spans[layout->span_count++] = next;
}

bert_status param_layout_init(const param_entry *entries, size_t count, size_t frozen_layers,
                              unsigned frozen_parts, param_layout *out)
{
    void *at, *spans;
    TRY(memory_zeroed(count, sizeof(size_t), &at));
    bert_status status = memory_zeroed(count, sizeof(param_span), &spans);
    if (status != BERT_OK) {
        free(at);
        return status;
    }
    param_layout layout = { .at = at, .spans = spans };
    for (int decay = 1; decay >= 0; decay--) {
        for (size_t i = 0; i < count; i++) {
            if (entries[i].decay != decay) continue;
            layout.at[i] = SIZE_MAX;
            if (entry_frozen(&entries[i], frozen_layers, frozen_parts)) continue;
            layout_place(&layout, i, &entries[i]);
        }
    }
    *out = layout;
    return BERT_OK;
}

void param_layout_release(param_layout *layout)
{
    free(layout->at);
    free(layout->spans);
    *layout = (param_layout){ 0 };
}

void params_point(params *p, const param_entry *entries, size_t count, const param_layout *layout,
                  float *block, bool only)
{
    for (size_t i = 0; i < count; i++) {
        weight *w = params_weight(p, &entries[i]);
        if (layout->at[i] != SIZE_MAX)
            w->data = block + layout->at[i];
        else if (only)
            w->data = NULL;
    }
}

void gradients_begin(params *gradients, const param_entry *entries, size_t count, size_t passes)
{
    for (size_t i = 0; i < count; i++) {
        weight *w = params_weight(gradients, &entries[i]);
        w->written = false;
        w->products_left = entries[i].products ? entries[i].products * passes : GRADIENT_UNCOUNTED;
    }
}

bool gradient_product(weight *gradient)
{
    gradient->written = true;
    if (gradient->products_left == GRADIENT_UNCOUNTED) return false;
    assert(gradient->products_left > 0); /* else its squares were summed up too early */
    return --gradient->products_left == 0;
}

bool gradients_complete(const params *gradients, const param_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const weight *w = params_weight((params *)gradients, &entries[i]);
        if (w->data && entries[i].products && w->products_left) return false;
    }
    return true;
}
