#include "train/optimizer.h"

#include <math.h>

static void place(optimizer *o, arena *block)
{
    o->gradient = arena_take(block, o->layout->count, sizeof(float));
    o->first_moment = arena_take(block, o->layout->count, sizeof(float));
    o->second_moment = arena_take(block, o->layout->count, sizeof(float));
}

bert_status optimizer_open(compute *on, const param_layout *layout,
                           const bert_train_options *options, optimizer *out)
{
    optimizer o = {
        .on = on, .layout = layout, .weight_decay = options->weight_decay, .clip = options->clip
    };
    o.settings = (adamw){ .beta1 = options->adam_beta1,
                          .beta2 = options->adam_beta2,
                          .epsilon = options->adam_epsilon };
    arena measure = { 0 };
    place(&o, &measure);
    TRY(on->memory_open(on, measure.used, &o.block));
    place(&o, &o.block);
    on->zero(on, layout->count, o.gradient);
    on->zero(on, layout->count, o.first_moment);
    on->zero(on, layout->count, o.second_moment);
    *out = o;
    return BERT_OK;
}

void optimizer_release(optimizer *o)
{
    if (o->on) o->on->memory_release(o->on, &o->block);
    *o = (optimizer){ 0 };
}

void optimizer_zero(optimizer *o)
{
    o->on->zero(o->on, o->layout->count, o->gradient);
}

double optimizer_norm(const optimizer *o)
{
    return sqrt(o->on->sum_squares(o->on, o->layout->count, o->gradient));
}

static void span_update(optimizer *o, const adamw *step, size_t begin, size_t end, float *weights)
{
    o->on->adamw_update(o->on, step, end - begin, o->gradient + begin, weights + begin,
                        o->first_moment + begin, o->second_moment + begin);
}

void optimizer_step(optimizer *o, size_t step, double learning_rate, double norm, float *weights)
{
    adamw now = o->settings;
    now.learning_rate = learning_rate;
    now.step = step;
    now.gradient_scale = o->clip > 0.0 ? fmin(1.0, o->clip / (norm + 1e-6)) : 1.0;
    now.decay = o->weight_decay;
    span_update(o, &now, 0, o->layout->decay_count, weights);
    now.decay = 0.0;
    span_update(o, &now, o->layout->decay_count, o->layout->count, weights);
}
