/* session.c: bert.h's sessions: a model at work. */
#include "api/api.h"

#include "base/memory.h"
#include "base/slice.h"
#include "data/batch.h"
#include "model/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Two rooms, for [CLS] alone and for all tokens; each is taken when it is first wanted. */
typedef struct room {
    tape tape;
    bool open;
} room;

struct bert_session {
    const bert_model *model;
    compute *on;
    size_t max_length;
    batch_limits limits;
    batch batch;
    arena batch_block;
    room first, all;
    features features;
    tokenizer_encoding encoding;
    size_t truncated, inputs;
};

bert_session_options bert_session_options_default(void)
{
    return (bert_session_options){ .batch_tokens = 4096 };
}

static bert_status session_fill(bert_session *s, const bert_session_options *options)
{
    const config *c = &s->model->weights.config;
    s->max_length = options->max_length ? options->max_length : s->model->max_length;
    if (s->max_length > c->positions)
        return fail(BERT_ARGUMENT, "max_length %zu is above the %zu positions that the model has",
                    s->max_length, c->positions);
    size_t tokens = options->batch_tokens > s->max_length ? options->batch_tokens : s->max_length;
    s->limits = (batch_limits){ .tokens = tokens, .sequences = tokens / 2 };

    arena measure = { 0 };
    batch_place(&s->batch, &s->limits, &measure);
    TRY(arena_open(measure.used, &s->batch_block));
    batch_place(&s->batch, &s->limits, &s->batch_block);
    TRY(compute_cpu_open(options->threads, &s->on));
    return s->on->reserve(
        s->on, &(compute_limits){ .rows = tokens, .width = c->hidden, .keys = s->max_length });
}

bert_status bert_session_new(const bert_model *model, const bert_session_options *options,
                             bert_session **out)
{
    void *memory;
    TRY(isa_check());
    TRY(memory_zeroed(1, sizeof(bert_session), &memory));
    bert_session *s = memory;
    s->model = model;
    bert_status status = session_fill(s, options);
    if (status == BERT_OK)
        *out = s;
    else
        bert_session_free(s);
    return status;
}

void bert_session_free(bert_session *s)
{
    if (!s) return;
    if (s->on) {
        tape_release(s->on, &s->first.tape);
        tape_release(s->on, &s->all.tape);
    }
    compute_free(s->on);
    arena_release(&s->batch_block);
    features_release(&s->features);
    tokenizer_encoding_release(&s->encoding);
    free(s);
}

static bert_status room_open(bert_session *s, bool first_only, room **out)
{
    room *r = first_only ? &s->first : &s->all;
    tape_shape shape = { .tokens = s->limits.tokens,
                         .sequences = s->limits.sequences,
                         .first_only = first_only };
    if (!r->open) TRY(tape_open(s->on, &s->model->weights.config, &shape, &r->tape));
    r->open = true;
    *out = r;
    return BERT_OK;
}

static bert_status inputs_encode(bert_session *s, const bert_input *inputs, size_t count)
{
    features_clear(&s->features);
    for (size_t i = 0; i < count; i++) {
        if (!inputs[i].text.bytes) return fail(BERT_ARGUMENT, "input %zu has no text", i);
        if (inputs[i].pair.bytes) TRY(config_check_pairs(&s->model->weights.config));
        TRY(features_add(&s->features, s->model->tokenizer.tokenizer, slice_from(inputs[i].text),
                         slice_from(inputs[i].pair), s->max_length, &s->encoding));
    }
    s->truncated += s->features.truncated;
    s->inputs += count;
    return BERT_OK;
}

/* Does its work on a batch whose rows' results begin at row `done` of the caller's array. */
typedef void batch_work(const pass *p, size_t done, void *context);

/* Encodes the inputs and runs `work` over them, a batch at a time. */
static bert_status batches_run(bert_session *s, const bert_input *inputs, size_t count,
                               bool first_only, batch_work *work, void *context)
{
    room *r;
    TRY(room_open(s, first_only, &r));
    TRY(inputs_encode(s, inputs, count));
    void *order;
    TRY(memory_zeroed(count, sizeof(uint32_t), &order));
    for (size_t i = 0; i < count; i++) ((uint32_t *)order)[i] = (uint32_t)i;

    pass p = { .on = s->on,
               .config = &s->model->weights.config,
               .params = &s->model->weights.params,
               .batch = &s->batch,
               .tape = &r->tape };
    bert_status status = BERT_OK;
    for (size_t done = 0; done < count && status == BERT_OK;) {
        const uint32_t *index = (const uint32_t *)order + done;
        size_t fit = batch_fit(&s->limits, &s->features, index, count - done);
        batch_fill(&s->batch, &s->features, index, fit, done);
        work(&p, done, context);
        status = s->on->status(s->on);
        done += fit;
    }
    free(order);
    return status;
}

/* ---- classes */

static void logits_work(const pass *p, size_t done, void *context)
{
    size_t labels = p->config->labels;
    classifier_forward(p);
    p->on->read(p->on, p->batch->sequences * labels, p->tape->logits,
                (float *)context + done * labels);
}

bert_status bert_predict(bert_session *s, const bert_input *inputs, size_t count, float *logits)
{
    TRY(head_check(s->model));
    return batches_run(s, inputs, count, true, logits_work, logits);
}

size_t bert_scores(const bert_model *model, const float *logits, float *scores)
{
    size_t labels = model->weights.config.labels, best = 0;
    for (size_t i = 1; i < labels; i++)
        if (logits[i] > logits[best]) best = i;
    double sum = 0.0;
    for (size_t i = 0; i < labels; i++) sum += exp((double)logits[i] - logits[best]);
    for (size_t i = 0; i < labels; i++)
        scores[i] = (float)(exp((double)logits[i] - logits[best]) / sum);
    return best;
}

/* ---- embeddings */

typedef struct embed_task {
    bert_pooling pooling;
    float *out;
} embed_task;

static void embed_work(const pass *p, size_t done, void *context)
{
    const embed_task *t = context;
    size_t width = p->config->hidden, sequences = p->batch->sequences;
    const float *hidden = encoder_forward(p), *pooled = hidden;
    if (t->pooling == BERT_POOLER) {
        pooler_forward(p, hidden);
        pooled = p->tape->pooled;
    } else if (t->pooling == BERT_MEAN) {
        p->on->mean_rows(p->on, sequences, width, p->batch->starts, hidden, p->tape->first);
        pooled = p->tape->first;
    }
    p->on->read(p->on, sequences * width, pooled, t->out + done * width);
}

/* Each row to length 1; a row of zeros stays. */
static void rows_normalize(size_t rows, size_t width, float *x)
{
    for (size_t row = 0; row < rows; row++) {
        float *y = x + row * width;
        double squares = 0.0;
        for (size_t i = 0; i < width; i++) squares += (double)y[i] * y[i];
        for (size_t i = 0; i < width && squares > 0.0; i++) y[i] = (float)(y[i] / sqrt(squares));
    }
}

bert_status bert_embed(bert_session *s, const bert_input *inputs, size_t count,
                       bert_pooling pooling, bool normalize, float *out)
{
    if (pooling == BERT_POOLER && !s->model->weights.has_pooler)
        return fail(BERT_ARGUMENT,
                    "the model has no pooler; take the [CLS] state or the mean of all tokens");
    if (pooling != BERT_POOLER && pooling != BERT_CLS && pooling != BERT_MEAN)
        return fail(BERT_ARGUMENT, "%d is no pooling", (int)pooling);
    embed_task t = { .pooling = pooling, .out = out };
    TRY(batches_run(s, inputs, count, pooling != BERT_MEAN, embed_work, &t));
    if (normalize) rows_normalize(count, s->model->weights.config.hidden, out);
    return BERT_OK;
}

typedef struct tokens_task {
    float *out; /* NULL after work: out of memory */
} tokens_task;

static void tokens_work(const pass *p, size_t done, void *context)
{
    (void)done;
    size_t count = p->batch->tokens * p->config->hidden;
    tokens_task *t = context;
    t->out = malloc(count * sizeof *t->out);
    if (t->out) p->on->read(p->on, count, encoder_forward(p), t->out);
}

bert_status bert_embed_tokens(bert_session *s, bert_input input, bool normalize, float **out,
                              size_t *tokens)
{
    tokens_task t = { 0 };
    bert_status status = batches_run(s, &input, 1, false, tokens_work, &t);
    if (status == BERT_OK && !t.out)
        status =
            fail(BERT_MEMORY, "out of memory for the embedding of %zu tokens", s->batch.tokens);
    if (status != BERT_OK) {
        free(t.out);
        return status;
    }
    if (normalize) rows_normalize(s->batch.tokens, s->model->weights.config.hidden, t.out);
    *out = t.out;
    *tokens = s->batch.tokens;
    return BERT_OK;
}

void bert_embedding_free(float *embedding)
{
    free(embedding);
}

void bert_session_truncated(const bert_session *s, size_t *truncated, size_t *inputs)
{
    *truncated = s->truncated;
    *inputs = s->inputs;
}
