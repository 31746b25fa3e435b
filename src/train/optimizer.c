#include "train/optimizer.h"

#include <math.h>

static void place(optimizer *o, arena *block)
{
    o->gradient = arena_take(block, o->layout->count, sizeof(float));
    o->first_moment = arena_take(block, o->layout->count, sizeof(float));
    o->second_moment = arena_take(block, o->layout->count, sizeof(float));
}

static bert_status words_open(optimizer *o, word_gradient reach)
{
    word_rows table = { .on = o->on,
                        .reach = reach,
                        .count = o->layout->words.rows,
                        .width = o->layout->words.cols,
                        .weights = o->weights,
                        .gradient = o->gradient,
                        .first_moment = o->first_moment,
                        .second_moment = o->second_moment };
    return word_rows_open(&table, &o->words);
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

/* The gradients that passes add to, rather than write and measure (network.h), but for the words':
 * embeddings, and what has no decay. */

static double span_squares(const optimizer *o, size_t begin, size_t end)
{
    return o->on->sum_squares(o->on, end - begin, o->gradient + begin);
}

static void span_zero(optimizer *o, size_t begin, size_t end)
{
    o->on->zero(o->on, end - begin, o->gradient + begin);
}

static void span_update(optimizer *o, const adamw *step, size_t begin, size_t end)
{
    o->on->adamw_update(o->on, step, end - begin, o->gradient + begin, o->weights + begin,
                        o->first_moment + begin, o->second_moment + begin);
}

void optimizer_zero(optimizer *o)
{
    word_rows_zero(&o->words);
    span_zero(o, o->layout->words_end, o->layout->embeddings_end);
    span_zero(o, o->layout->decay_end, o->layout->count);
}

void optimizer_meet(optimizer *o, const int32_t *ids, size_t count)
{
    word_rows_meet(&o->words, ids, count);
}

double optimizer_norm(optimizer *o, double matrix_squares)
{
    double squares = word_rows_squares(&o->words);
    squares += span_squares(o, o->layout->words_end, o->layout->embeddings_end);
    squares += span_squares(o, o->layout->decay_end, o->layout->count);
    return sqrt(squares + matrix_squares);
}

void optimizer_step(optimizer *o, size_t step, double learning_rate, double norm)
{
    adamw now = o->settings;
    now.learning_rate = learning_rate;
    now.step = step;
    now.gradient_scale = o->clip > 0.0 ? fmin(1.0, o->clip / (norm + 1e-6)) : 1.0;
    now.decay = o->weight_decay;
    word_rows_step(&o->words, &now);
    span_update(o, &now, o->layout->words_end, o->layout->decay_end);
    now.decay = 0.0;
    span_update(o, &now, o->layout->decay_end, o->layout->count);
}

void optimizer_settle(optimizer *o)
{
    word_rows_settle(&o->words);
}
