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
    params p = { .layer_count = c->layers };
    void *layers;
    TRY(memory_zeroed(c->layers, sizeof *p.layers, &layers));
    p.layers = layers;
#define EMBEDDING_PARAM(field, r, k, decay)                                                        \
    p.embeddings.field = (weight){ .rows = (r), .cols = (k) };
#define POOLER_PARAM(field, r, k, decay) p.pooler.field = (weight){ .rows = (r), .cols = (k) };
#define CLASSIFIER_PARAM(field, r, k, decay)                                                       \
    p.classifier.field = (weight){ .rows = (r), .cols = (k) };
#define SPANS_PARAM(field, r, k, decay) p.spans.field = (weight){ .rows = (r), .cols = (k) };
#define MASKED_PARAM(field, r, k, decay) p.masked.field = (weight){ .rows = (r), .cols = (k) };
#include "model/params.def"
    for (size_t i = 0; i < c->layers; i++) {
#define LAYER_PARAM(field, r, k, decay) p.layers[i].field = (weight){ .rows = (r), .cols = (k) };
#include "model/params.def"
    }
    *out = p;
    return BERT_OK;
}

void params_release(params *p)
{
    free(p->layers);
    *p = (params){ 0 };
}

/* Names by field, so that params.def and names/bert.def cannot drift apart: a missing name does not
 * compile. */
#define EMBEDDING_NAME(field, name) static const char embedding_name_##field[] = name;
#define LAYER_NAME(field, name) static const char layer_name_##field[] = name;
#define POOLER_NAME(field, name) static const char pooler_name_##field[] = name;
#define CLASSIFIER_NAME(field, name) static const char classifier_name_##field[] = name;
#define SPANS_NAME(field, name) static const char spans_name_##field[] = name;
#define MASKED_NAME(field, name) static const char masked_name_##field[] = name;
#include "model/names/bert.def"

static void layer_entries(const config *c, size_t layer, param_entry *next)
{
#define LAYER_PARAM(field, r, k, pulls)                                                            \
    *next = (param_entry){ .offset = offsetof(layer_params, field),                                \
                           .rows = (r),                                                            \
                           .cols = (k),                                                            \
                           .decay = (pulls),                                                       \
                           .part = PARAM_LAYER,                                                    \
                           .layer = layer };                                                       \
    snprintf(next->name, sizeof next->name, "bert.encoder.layer.%zu.%s", layer,                    \
             layer_name_##field);                                                                  \
    next++;
#include "model/params.def"
}

static bool name_is_gain(const char *name)
{
    static const char ending[] = "LayerNorm.weight";
    size_t length = strlen(name), count = sizeof ending - 1;
    return length >= count && strcmp(name + length - count, ending) == 0;
}

/* Keeps those of the parts, in order, and says the rest of them; returns how many. */
static size_t entries_choose(param_entry *entries, size_t count, unsigned parts)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!(parts & 1u << entries[i].part)) continue;
        param_entry *e = &entries[kept++];
        *e = entries[i];
        e->rate = 1.0;
        e->products = e->cols && e->part != PARAM_EMBEDDING;
        e->gain = name_is_gain(e->name);
    }
    return kept;
}

bert_status params_list(const config *c, unsigned parts, param_entry **out, size_t *count)
{
    enum { LAYER_ENTRIES = sizeof(layer_params) / sizeof(weight) };
    size_t total = (sizeof(embedding_params) + sizeof(pooler_params) + sizeof(classifier_params) +
                    sizeof(spans_params) + sizeof(masked_params)) /
                       sizeof(weight) +
                   c->layers * LAYER_ENTRIES;
    void *memory;
    TRY(memory_zeroed(total, sizeof(param_entry), &memory));
    param_entry *next = memory;

#define ENTRY(kind, field, r, k, pulls, prefix, text)                                              \
    *next = (param_entry){ .offset = offsetof(params, field),                                      \
                           .rows = (r),                                                            \
                           .cols = (k),                                                            \
                           .decay = (pulls),                                                       \
                           .part = (kind) };                                                       \
    snprintf(next->name, sizeof next->name, "%s%s", prefix, text);                                 \
    next++;
#define EMBEDDING_PARAM(field, r, k, pulls)                                                        \
    ENTRY(PARAM_EMBEDDING, embeddings.field, r, k, pulls, "bert.", embedding_name_##field)
#include "model/params.def"
    for (size_t layer = 0; layer < c->layers; layer++, next += LAYER_ENTRIES)
        layer_entries(c, layer, next);
#define POOLER_PARAM(field, r, k, pulls)                                                           \
    ENTRY(PARAM_POOLER, pooler.field, r, k, pulls, "bert.", pooler_name_##field)
#define CLASSIFIER_PARAM(field, r, k, pulls)                                                       \
    ENTRY(PARAM_CLASSIFIER, classifier.field, r, k, pulls, "", classifier_name_##field)
#define SPANS_PARAM(field, r, k, pulls)                                                            \
    ENTRY(PARAM_SPANS, spans.field, r, k, pulls, "", spans_name_##field)
#define MASKED_PARAM(field, r, k, pulls)                                                           \
    ENTRY(PARAM_MASKED, masked.field, r, k, pulls, "", masked_name_##field)
#include "model/params.def"
#undef ENTRY
    *out = memory;
    *count = entries_choose(memory, total, parts);
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

bert_status param_frozen_parse(const char *freeze, size_t layers, size_t *frozen_layers)
{
    *frozen_layers = 0;
    if (!freeze) return BERT_OK;
    char *end = NULL;
    unsigned long first = strcmp(freeze, "embeddings") == 0 ? 0 : strtoul(freeze, &end, 10);
    if ((end && (*end || end == freeze || *freeze == '-')) || first > layers)
        return fail_field(BERT_ARGUMENT, "freeze",
                          "is 'embeddings' or a number of layers up to %zu, not '%s'", layers,
                          freeze);
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
