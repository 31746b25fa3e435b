#include "evaluate/bag_of_words.h"

#include "base/memory.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the tokens of rows */

/* Row r has the features ids[starts[r]] .. ids[starts[r + 1] - 1], each once. */
typedef struct bags {
    size_t *starts;
    uint32_t *ids;
} bags;

static void bags_release(bags *b)
{
    free(b->starts);
    free(b->ids);
}

#define NO_FEATURE UINT32_MAX

/* `feature_of` [vocabulary] numbers the tokens. With `grow` those not met before get the next
 * number, else they are passed over. */
typedef struct token_features {
    uint32_t *feature_of;
    size_t *seen_in; /* [vocabulary] the row that a token was seen in last, counted from 1 */
    size_t count, vocabulary;
} token_features;

static void token_features_release(token_features *t)
{
    free(t->feature_of);
    free(t->seen_in);
}

static bert_status token_features_open(size_t vocabulary, token_features *out)
{
    token_features t = { .vocabulary = vocabulary };
    TRY(memory_zeroed(vocabulary, sizeof *t.feature_of, (void **)&t.feature_of));
    bert_status status = memory_zeroed(vocabulary, sizeof *t.seen_in, (void **)&t.seen_in);
    memset(t.feature_of, 0xFF, vocabulary * sizeof *t.feature_of); /* NO_FEATURE */
    if (status == BERT_OK)
        *out = t;
    else
        token_features_release(&t);
    return status;
}

static bool token_counts(const examples *e, token_features *t, int32_t id, size_t row, bool grow)
{
    if (t->seen_in[id] == row + 1 || tokenizer_is_special(e->tokenizer, id)) return false;
    t->seen_in[id] = row + 1;
    if (t->feature_of[id] == NO_FEATURE && grow) t->feature_of[id] = (uint32_t)t->count++;
    return t->feature_of[id] != NO_FEATURE;
}

static bert_status bags_open(const examples *e, token_features *t, bool grow, bags *out)
{
    const features *f = &e->features;
    bags b = { 0 };
    size_t count = 0, row = 0;
    TRY(memory_zeroed(e->row_count + 1, sizeof *b.starts, (void **)&b.starts));
    bert_status status = memory_zeroed(features_tokens(f), sizeof *b.ids, (void **)&b.ids);
    memset(t->seen_in, 0, t->vocabulary * sizeof *t->seen_in);
    for (size_t s = 0; s < f->sequences && status == BERT_OK; s++) {
        while (row < f->rows[s]) b.starts[++row] = count;
        for (size_t i = f->starts[s]; i < f->starts[s + 1]; i++)
            if (token_counts(e, t, f->ids[i], row, grow)) b.ids[count++] = t->feature_of[f->ids[i]];
    }
    while (row < e->row_count) b.starts[++row] = count;
    if (status == BERT_OK)
        *out = b;
    else
        bags_release(&b);
    return status;
}

/* ---- the model */

typedef struct bag_model {
    const bag_question *question;
    size_t features, outputs;
    float *weights, *bias;           /* [features, outputs], [outputs] */
    float *weight_sums, *bias_sums;  /* of squared gradients, for AdaGrad */
    float *scatter;                  /* [features] 1 / the rows that have it */
    float *answer, *target;          /* [outputs] of the row at hand */
    float target_mean, target_scale; /* numbers are learnt as (number - mean) / scale */
} bag_model;

static void model_release(bag_model *m)
{
    free(m->weights);
    free(m->bias);
    free(m->weight_sums);
    free(m->bias_sums);
    free(m->scatter);
    free(m->answer);
    free(m->target);
}

static bert_status model_open(const bag_question *question, size_t tokens, size_t outputs,
                              bag_model *out)
{
    bag_model m = {
        .question = question, .features = tokens, .outputs = outputs, .target_scale = 1.0f
    };
    const struct {
        float **block;
        size_t count;
    } blocks[] = { { &m.weights, tokens * outputs },
                   { &m.bias, outputs },
                   { &m.weight_sums, tokens * outputs },
                   { &m.bias_sums, outputs },
                   { &m.scatter, tokens },
                   { &m.answer, outputs },
                   { &m.target, outputs } };
    bert_status status = BERT_OK;
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks && status == BERT_OK; i++)
        status = memory_zeroed(blocks[i].count, sizeof(float), (void **)blocks[i].block);
    if (status == BERT_OK)
        *out = m;
    else
        model_release(&m);
    return status;
}

static void answer_compute(bag_model *m, const bags *b, size_t row)
{
    memcpy(m->answer, m->bias, m->outputs * sizeof *m->answer);
    for (size_t i = b->starts[row]; i < b->starts[row + 1]; i++) {
        const float *weights = m->weights + b->ids[i] * m->outputs;
        for (size_t k = 0; k < m->outputs; k++) m->answer[k] += weights[k];
    }
}

/* ---- fitting */

static void softmax(size_t count, float *x)
{
    float most = x[0], sum = 0.0f;
    for (size_t k = 1; k < count; k++) most = fmaxf(most, x[k]);
    for (size_t k = 0; k < count; k++) sum += x[k] = expf(x[k] - most);
    for (size_t k = 0; k < count; k++) x[k] /= sum;
}

/* The answer becomes the loss's gradient. */
static void gradient_compute(bag_model *m)
{
    if (m->question->loss == BAG_SOFTMAX) softmax(m->outputs, m->answer);
    for (size_t k = 0; k < m->outputs; k++) {
        if (m->question->loss == BAG_SIGMOID) m->answer[k] = 1.0f / (1.0f + expf(-m->answer[k]));
        m->answer[k] -= m->target[k];
    }
}

/* AdaGrad (Duchi, Hazan, Singer 2011): each number's rate falls with the gradients it has had. */
static void numbers_step(size_t count, const float *gradient, float decay, float *numbers,
                         float *sums)
{
    const float rate = 0.5f, small = 1e-6f;
    for (size_t k = 0; k < count; k++) {
        float g = gradient[k] + decay * numbers[k];
        sums[k] += g * g;
        numbers[k] -= rate * g / (sqrtf(sums[k]) + small);
    }
}

/* The decay of a weight is spread over the rows that have its token. */
static void row_learn(bag_model *m, const examples *e, const bags *b, size_t row)
{
    memset(m->target, 0, m->outputs * sizeof *m->target);
    m->question->target(e, row, m->target);
    if (m->question->loss == BAG_SQUARED)
        for (size_t k = 0; k < m->outputs; k++)
            m->target[k] = (m->target[k] - m->target_mean) / m->target_scale;
    answer_compute(m, b, row);
    gradient_compute(m);
    for (size_t i = b->starts[row]; i < b->starts[row + 1]; i++) {
        size_t at = b->ids[i] * m->outputs;
        numbers_step(m->outputs, m->answer, m->scatter[b->ids[i]], m->weights + at,
                     m->weight_sums + at);
    }
    numbers_step(m->outputs, m->answer, 0.0f, m->bias, m->bias_sums);
}

/* Where the numbers lie, so that one rate does for ratings and for prices. */
static void numbers_look(bag_model *m, const examples *e)
{
    double sum = 0.0, squares = 0.0, count = (double)e->row_count;
    for (size_t row = 0; row < e->row_count; row++) {
        m->target[0] = 0.0f;
        m->question->target(e, row, m->target);
        sum += (double)m->target[0];
        squares += (double)m->target[0] * (double)m->target[0];
    }
    double variance = squares / count - sum / count * (sum / count);
    m->target_mean = (float)(sum / count);
    m->target_scale = variance > 0.0 ? (float)sqrt(variance) : 1.0f;
}

/* As many of the rows as can be learnt from in every pass. */
static size_t rows_learnt(const bag_model *m, const bags *b, size_t rows)
{
    double work = ((double)b->starts[rows] + (double)rows) * (double)m->outputs * BAG_PASSES;
    return work > BAG_WORK ? (size_t)((double)rows * BAG_WORK / work) + 1 : rows;
}

/* Draws `count` of the rows, in their order: sample [count], for the caller to free. */
static bert_status sample_draw(uint64_t key, size_t rows, size_t count, uint32_t **sample)
{
    uint32_t *drawn = NULL;
    bool *taken = NULL;
    bert_status status = memory_zeroed(rows, sizeof *drawn, (void **)&drawn);
    if (status == BERT_OK) status = memory_zeroed(rows, sizeof *taken, (void **)&taken);
    if (status == BERT_OK) {
        size_t found = 0;
        rng_shuffle(key, rows, drawn);
        for (size_t i = 0; i < count; i++) taken[drawn[i]] = true;
        for (size_t row = 0; row < rows; row++)
            if (taken[row]) drawn[found++] = (uint32_t)row;
    }
    free(taken);
    if (status == BERT_OK)
        *sample = drawn;
    else
        free(drawn);
    return status;
}

static void scatter_count(bag_model *m, const bags *b, size_t count, const uint32_t *sample)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = b->starts[sample[i]]; k < b->starts[sample[i] + 1]; k++)
            m->scatter[b->ids[k]]++;
    for (size_t i = 0; i < m->features; i++)
        if (m->scatter[i] > 0.0f) m->scatter[i] = 1.0f / m->scatter[i];
}

/* Every pass has the same rows, in an order of its own. */
static bert_status model_fit(bag_model *m, const examples *e, const bags *b, uint64_t seed)
{
    size_t count = rows_learnt(m, b, e->row_count);
    uint32_t *sample = NULL, *order = NULL;
    if (m->question->loss == BAG_SQUARED) numbers_look(m, e);
    TRY(sample_draw(rng_key(seed, RNG_STREAM_BAG), e->row_count, count, &sample));
    bert_status status = memory_zeroed(count, sizeof *order, (void **)&order);
    if (status == BERT_OK) scatter_count(m, b, count, sample);
    for (size_t p = 0; p < BAG_PASSES && status == BERT_OK; p++) {
        rng_shuffle(rng_key(seed, RNG_STREAM_BAG + p), count, order);
        for (size_t i = 0; i < count; i++) row_learn(m, e, b, sample[order[i]]);
    }
    free(order);
    free(sample);
    return status;
}

/* ---- answers */

static bert_status rows_answer(bag_model *m, const examples *asked, const bags *b,
                               const answer_taker *taker)
{
    for (size_t row = 0; row < asked->row_count; row++) {
        answer_compute(m, b, row);
        if (m->question->loss == BAG_SQUARED)
            for (size_t k = 0; k < m->outputs; k++)
                m->answer[k] = m->answer[k] * m->target_scale + m->target_mean;
        TRY(taker->take(taker->context, row, m->answer));
    }
    return BERT_OK;
}

static bert_status model_run(const examples *trained, const examples *asked, const bags *learnt,
                             token_features *t, uint64_t seed, const answer_taker *taker)
{
    bag_model m;
    bags b = { 0 };
    TRY(model_open(trained->task->rivals->bag, t->count, trained->config->outputs, &m));
    bert_status status = model_fit(&m, trained, learnt, seed);
    if (status == BERT_OK) status = bags_open(asked, t, false, &b);
    if (status == BERT_OK) status = rows_answer(&m, asked, &b, taker);
    bags_release(&b);
    model_release(&m);
    return status;
}

bert_status bag_answer(const examples *trained, const examples *asked, uint64_t seed,
                       const answer_taker *taker)
{
    token_features t;
    bags b = { 0 };
    TRY(token_features_open(tokenizer_vocabulary_count(trained->tokenizer), &t));
    bert_status status = bags_open(trained, &t, true, &b);
    if (status == BERT_OK && t.count > BAG_WEIGHTS / trained->config->outputs)
        status = bag_majority(trained, asked, seed, taker);
    else if (status == BERT_OK)
        status = model_run(trained, asked, &b, &t, seed, taker);
    bags_release(&b);
    token_features_release(&t);
    return status;
}

/* ---- without tokens */

/* From shares of the rows to logits: above 0 is answered. */
static void shares_to_logits(size_t count, float *shares)
{
    size_t most = 0;
    for (size_t k = 1; k < count; k++)
        if (shares[k] > shares[most]) most = k;
    for (size_t k = 0; k < count; k++) {
        float share = fminf(fmaxf(shares[k], 1e-6f), 1.0f - 1e-6f);
        shares[k] = logf(share / (1.0f - share));
    }
    shares[most] = fmaxf(shares[most], 1.0f);
}

static void means_compute(const examples *e, float *target, double *sums, float *means)
{
    const bag_question *question = e->task->rivals->bag;
    size_t outputs = e->config->outputs;
    for (size_t row = 0; row < e->row_count; row++) {
        memset(target, 0, outputs * sizeof *target);
        question->target(e, row, target);
        for (size_t k = 0; k < outputs; k++) sums[k] += (double)target[k];
    }
    for (size_t k = 0; k < outputs; k++) means[k] = (float)(sums[k] / (double)e->row_count);
    if (question->loss == BAG_SIGMOID) shares_to_logits(outputs, means);
}

bert_status bag_majority(const examples *trained, const examples *asked, uint64_t seed,
                         const answer_taker *taker)
{
    (void)seed;
    size_t outputs = trained->config->outputs;
    float *target = NULL, *means = NULL;
    double *sums = NULL;
    bert_status status = memory_zeroed(outputs, sizeof *target, (void **)&target);
    if (status == BERT_OK) status = memory_zeroed(outputs, sizeof *means, (void **)&means);
    if (status == BERT_OK) status = memory_zeroed(outputs, sizeof *sums, (void **)&sums);
    if (status == BERT_OK) means_compute(trained, target, sums, means);
    for (size_t row = 0; row < asked->row_count && status == BERT_OK; row++)
        status = taker->take(taker->context, row, means);
    free(target);
    free(means);
    free(sums);
    return status;
}
