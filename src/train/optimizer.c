#include "train/optimizer.h"

#include <math.h>

static void place(optimizer *o, arena *block)
{
    o->gradient = arena_take(block, o->layout->count, sizeof(float));
    o->first_moment = arena_take(block, o->layout->count, sizeof(float));
    o->second_moment = arena_take(block, o->layout->count, sizeof(float));
}

/* The word table's rows, where the layout has it. */
static bert_status words_open(optimizer *o, word_gradient reach)
{
    for (size_t i = 0; i < o->layout->span_count; i++) {
        const param_span *s = &o->layout->spans[i];
        if (s->gradient != SPAN_ROWS) continue;
        word_rows table = { .on = o->on,
                            .reach = reach,
                            .count = s->rows,
                            .width = s->width,
                            .weights = o->weights + s->begin,
                            .gradient = o->gradient + s->begin,
                            .first_moment = o->first_moment + s->begin,
                            .second_moment = o->second_moment + s->begin };
        return word_rows_open(&table, &o->words);
    }
    return BERT_OK;
}

bert_status optimizer_open(compute *on, const param_layout *layout, float *weights,
                           word_gradient words, const bert_train_options *options, optimizer *out)
{
    optimizer o = { .on = on,
                    .layout = layout,
                    .weight_decay = options->weight_decay,
                    .clip = options->clip,
                    .weights = weights };
    o.settings = (adamw){ .beta1 = options->adam_beta1,
                          .beta2 = options->adam_beta2,
                          .epsilon = options->adam_epsilon };
    arena measure = { 0 };
    place(&o, &measure);
    TRY(on->memory_open(on, measure.used, &o.block));
    on->memory_large_pages(on, &o.block);
    place(&o, &o.block);
    on->zero(on, layout->count, o.gradient);
    on->zero(on, layout->count, o.first_moment);
    on->zero(on, layout->count, o.second_moment);
    bert_status status = words_open(&o, words);
    if (status == BERT_OK)
        *out = o;
    else
        on->memory_release(on, &o.block);
    return status;
}

void optimizer_release(optimizer *o)
{
    word_rows_release(&o->words);
    if (o->on) o->on->memory_release(o->on, &o->block);
    *o = (optimizer){ 0 };
}

void optimizer_zero(optimizer *o)
{
    for (size_t i = 0; i < o->layout->span_count; i++) {
        const param_span *s = &o->layout->spans[i];
        if (s->gradient == SPAN_ROWS) word_rows_zero(&o->words);
        if (s->gradient == SPAN_ADDED) o->on->zero(o->on, s->count, o->gradient + s->begin);
    }
}

void optimizer_meet(optimizer *o, const int32_t *ids, size_t count)
{
    word_rows_meet(&o->words, ids, count);
}

double optimizer_norm(optimizer *o, double product_squares)
{
    double squares = 0.0;
    for (size_t i = 0; i < o->layout->span_count; i++) {
        const param_span *s = &o->layout->spans[i];
        if (s->gradient == SPAN_ROWS) squares += word_rows_squares(&o->words);
        if (s->gradient == SPAN_ADDED)
            squares += o->on->sum_squares(o->on, s->count, o->gradient + s->begin);
    }
    return sqrt(squares + product_squares);
}

static void span_update(optimizer *o, const param_span *s, const adamw *step)
{
    size_t at = s->begin;
    if (s->gradient == SPAN_ROWS)
        word_rows_step(&o->words, step);
    else
        o->on->adamw_update(o->on, step, s->count, o->gradient + at, o->weights + at,
                            o->first_moment + at, o->second_moment + at);
}

void optimizer_step(optimizer *o, size_t step, double learning_rate, double norm)
{
    adamw now = o->settings;
    now.step = step;
    now.gradient_scale = o->clip > 0.0 ? fmin(1.0, o->clip / (norm + 1e-6)) : 1.0;
    for (size_t i = 0; i < o->layout->span_count; i++) {
        const param_span *s = &o->layout->spans[i];
        now.learning_rate = learning_rate * s->rate;
        now.decay = s->decay ? o->weight_decay : 0.0;
        span_update(o, s, &now);
    }
}

void optimizer_settle(optimizer *o)
{
    word_rows_settle(&o->words);
}
