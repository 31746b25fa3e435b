/* model.c: bert.h's models: opening one, and what can be said of it. */
#include "api/api.h"

#include "base/locale.h"
#include "base/memory.h"
#include "compute/cpu/kernels/kernels.h"
#include "run/record.h"
#include "tasks/task_options.h"
#include "tasks/tasks.h"

#include <stdio.h>
#include <stdlib.h>

bert_status isa_check(void)
{
    const char *asked = getenv("BERT_ISA");
    isa parsed;
    if (!asked || !*asked || isa_parse(asked, &parsed)) return BERT_OK;
    return fail(BERT_ARGUMENT, "the environment's BERT_ISA is '%s'; it can be ref, avx2 or avx512",
                asked);
}

/* As many tokens of a text as the model reads: what sentence-transformers goes by, else what it was
 * trained with, else what its tokenizer allows. */
static size_t length_of(const bert_model *m)
{
    const config *c = &m->weights.config;
    size_t length = c->vector_tokens;
    if (!length) length = m->trained.max_length;
    if (!length) length = tokenizer_max_length(m->tokenizer.tokenizer);
    return size_smaller(config_length_most(c), length);
}

static bert_status model_fill(bert_model *m, const char *folder)
{
    compute *on;
    TRY(isa_check());
    TRY(compute_cpu_open(1, &on)); /* to look through the weights, once */
    bert_status status = pretrained_open(folder, on, &m->weights);
    compute_free(on);
    TRY(status);
    TRY(tokenizer_open(folder, &m->tokenizer.tokenizer));
    const config *c = &m->weights.config;
    size_t pieces = tokenizer_vocabulary_count(m->tokenizer.tokenizer);
    if (pieces > c->vocabulary)
        return fail(
            BERT_SHAPE,
            "%s: the vocabulary has %zu pieces, the weights only %zu; they are not of one model",
            folder, pieces, c->vocabulary);
    m->task = task_of_model(c, m->weights.parts);
    m->trained = c->trained;
    if (!c->trained.known) TRY(record_read(folder, &m->trained));
    m->max_length = length_of(m);
    return BERT_OK;
}

static bert_status shared_panels_new(shared_panels **out)
{
    void *memory;
    TRY(memory_zeroed(1, sizeof(shared_panels), &memory));
    *out = memory;
    pthread_mutex_init(&(*out)->lock, NULL);
    return BERT_OK;
}

static void shared_panels_free(shared_panels *s)
{
    if (!s) return;
    panels_release(&s->panels);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

bert_status model_params(const bert_model *m, compute *on, const params **out)
{
    shared_panels *s = m->panels;
    bert_status status = BERT_OK;
    pthread_mutex_lock(&s->lock);
    if (!s->panels.params.layers)
        status = panels_open(on, &m->weights.config, &m->weights.params, &s->panels);
    pthread_mutex_unlock(&s->lock);
    *out = &s->panels.params;
    return status;
}

bert_status bert_model_open(const char *folder, bert_model **out)
{
    LOCALE_PLAIN;
    void *memory;
    TRY(memory_zeroed(1, sizeof(bert_model), &memory));
    bert_model *m = memory;
    bert_status status = shared_panels_new(&m->panels);
    if (status == BERT_OK) status = model_fill(m, folder);
    if (status == BERT_OK)
        *out = m;
    else
        bert_model_free(m);
    return cache_hint(status, folder);
}

void bert_model_free(bert_model *m)
{
    if (!m) return;
    tokenizer_free(m->tokenizer.tokenizer);
    shared_panels_free(m->panels);
    pretrained_release(&m->weights);
    free(m);
}

bert_status head_check(const bert_model *m)
{
    const config *c = &m->weights.config;
    if (m->task) {
        if (m->task->head->labelled) TRY(config_check_labels(c));
        if (m->task->check) TRY(m->task->check(c));
        return m->task->head->check ? m->task->head->check(c) : BERT_OK;
    }
    bert_status status = pretrained_check_head(&m->weights);
    if (status == BERT_ARGUMENT)
        fail_more(status, "; its answers would be random: train one with `bert train`");
    TRY(status);
    if (m->weights.parts & PARAMS_CLASSIFIER && c->problem)
        return fail(BERT_UNSUPPORTED, "the model's head is for '%s', which is not known here",
                    c->problem);
    return fail(BERT_ARGUMENT, "the model has no trained head, so its answers would be random; "
                               "train one with `bert train`");
}

/* " (columns 'premise' and 'hypothesis')", as far as they are known. */
static const char *columns_text(const dataset_columns *c, char *out, size_t capacity)
{
    *out = '\0';
    if (c->text && c->pair)
        snprintf(out, capacity, " (columns '%s' and '%s')", c->text, c->pair);
    else if (c->text)
        snprintf(out, capacity, " (column '%s')", c->text);
    return out;
}

bert_status texts_check(const bert_model *m, const dataset_row *row)
{
    const trained_as *t = &m->trained;
    bool pair = row->pair.bytes != NULL, pairs = t->texts == BERT_TEXTS_PAIRS;
    char columns[256];
    if (m->task->form != FORM_TEXTS || t->texts == BERT_TEXTS_UNKNOWN || pair == pairs)
        return BERT_OK;
    columns_text(&t->columns, columns, sizeof columns);
    if (pair)
        return fail(BERT_ARGUMENT,
                    "%s:%zu: is a pair of texts, and the model was trained on single texts%s",
                    row->path, row->line, columns);
    return fail(BERT_ARGUMENT,
                "%s:%zu: is a single text, and the model was trained on pairs of texts%s; give the "
                "second text too, even if it is empty",
                row->path, row->line, columns);
}

bert_status bert_model_check_head(const bert_model *m)
{
    LOCALE_PLAIN;
    return head_check(m);
}

bert_status task_options_of(const bert_model *m, const bert_task_options *given,
                            bert_task_options *out)
{
    bert_task_options options = *given;
    if (m->task) {
        TRY(task_options_check(m->task, given, "the model's"));
        TRY(task_stride_check(m->task, given->stride, given->windows || m->trained.windows));
    }
    if (!options.windows && m->trained.windows) options.windows = true;
    if (!options.stride) options.stride = m->trained.stride;
    if (m->trained.mask_share > 0.0 && options.mask_share == bert_task_options_default().mask_share)
        options.mask_share = m->trained.mask_share;
    if (!options.whole_words && m->trained.whole_words) options.whole_words = true;
    *out = options;
    return BERT_OK;
}

/* Of a model for whole texts. */
static bool answers_logistic(const bert_model *m)
{
    const task *t = m->task;
    return t && t->head->labelled && t->head->rows == ROWS_FIRST &&
           (t->logistic || m->weights.config.logistic);
}

bert_model_info bert_model_get_info(const bert_model *m)
{
    const config *c = &m->weights.config;
    const param_entry *pooler_gap = pretrained_gap(&m->weights, PARAMS_POOLER);
    const char *prompt = "";
    (void)config_find_prompt(c, NULL, &prompt); /* the model's own is there */
    bert_model_info info = {
        .family = c->family->name,
        .model_type = c->family->model_type,
        .layers = c->layers,
        .hidden = c->hidden,
        .vector_width = config_vector_width(c),
        .heads = c->attention_heads,
        .intermediate = c->intermediate,
        .positions = config_length_most(c),
        .vocabulary = c->vocabulary,
        .types = c->types,
        .labels = m->task && !m->task->head->labelled ? 0 : c->labels,
        .activation = config_activation_name(c->activation),
        .problem = c->problem ? c->problem : "",
        .hidden_dropout = c->hidden_dropout,
        .attention_dropout = c->attention_dropout,
        .norm_epsilon = c->norm_epsilon,
        .has_dense = c->dense.folder != NULL,
        .poolerless = !c->family->names->pooler_weight,
        .has_pooler = (m->weights.parts & PARAMS_POOLER) != 0,
        .pooler_lacks = pooler_gap ? pooler_gap->name : "",
        .has_classifier = m->task != NULL,
        .head_in_part = !m->task && pretrained_has_head(&m->weights),
        .task = m->task ? m->task->info.name : "",
        .logistic = answers_logistic(m),
        .ignored_tensors = m->weights.ignored,
        .prefix = tensor_names_prefix(m->weights.names),
        .prompt = prompt,
        .cased_by_vocabulary = tokenizer_cased_by_vocabulary(m->tokenizer.tokenizer),
        .truncates_left = tokenizer_truncates_left(m->tokenizer.tokenizer),
        .max_length = m->max_length,
        .texts = m->trained.texts,
        .text_column = m->trained.columns.text,
        .pair_column = m->trained.columns.pair,
        .label_column = m->trained.columns.label,
        .label_columns = m->trained.columns.labels,
        .oniguruma = tokenizer_pattern_engine(m->tokenizer.tokenizer),
    };
    for (size_t i = 0; i < m->weights.entry_count; i++) {
        const weight *w = params_weight((params *)&m->weights.params, &m->weights.entries[i]);
        if (!w->data) continue;
        info.parameters += weight_count(w);
        info.parameter_tensors++;
    }
    return info;
}

const char *bert_model_ignored_tensor(const bert_model *m, size_t index)
{
    return index < m->weights.ignored ? m->weights.ignored_names[index] : NULL;
}

/* The index-th of the weights that are there. */
bert_parameter bert_model_parameter(const bert_model *m, size_t index)
{
    static const char *const types[] = { [TENSOR_F32] = "F32",
                                         [TENSOR_F16] = "F16",
                                         [TENSOR_BF16] = "BF16",
                                         [TENSOR_F64] = "F64",
                                         [TENSOR_OTHER] = "?" };
    for (size_t i = 0; i < m->weights.entry_count; i++) {
        const param_entry *e = &m->weights.entries[i];
        if (!params_weight((params *)&m->weights.params, e)->data || index-- > 0) continue;
        return (bert_parameter){ .name = e->name,
                                 .rows = e->rows,
                                 .cols = e->cols,
                                 .stored = types[m->weights.found[i].info->type],
                                 .decay = e->decay,
                                 .embedding = e->part == PARAM_EMBEDDING,
                                 .layer = e->part == PARAM_LAYER ? e->layer + 1 : 0 };
    }
    return (bert_parameter){ 0 };
}

const char *bert_model_label(const bert_model *m, size_t index)
{
    return index < m->weights.config.labels ? m->weights.config.label_names[index] : NULL;
}

const bert_tokenizer *bert_model_tokenizer(const bert_model *m)
{
    return &m->tokenizer;
}
