/* rotary.c: angles as transformers computes them, in float32: 1 / theta^(2i/d), times the place
 * (_compute_default_rope_parameters). The cosine of such an angle is taken in double, so that no
 * processor has other bits. */
#include "model/rotary.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

static size_t pairs_of(const config *c)
{
    return c->hidden / c->attention_heads / 2;
}

static size_t places_of(const tape *t, const config *c)
{
    return size_smaller(t->shape.tokens, config_length_most(c));
}

void rotary_place(tape *t, const config *c, arena *block)
{
    if (c->family->layer != LAYER_PRE_NORM) return;
    for (size_t i = 0; i < 2; i++) {
        t->rotary[i].cosine = arena_take(block, places_of(t, c), pairs_of(c) * sizeof(float));
        t->rotary[i].sine = arena_take(block, places_of(t, c), pairs_of(c) * sizeof(float));
    }
}

static float frequency(const config *c, double theta, size_t pair)
{
    float exponent = (float)(2 * pair) / (float)(2 * pairs_of(c));
    return 1.0f / (float)pow((double)(float)theta, (double)exponent);
}

static void table_make(const config *c, double theta, size_t places, float *cosine, float *sine)
{
    size_t pairs = pairs_of(c);
    for (size_t i = 0; i < pairs; i++) {
        float turn = frequency(c, theta, i);
        for (size_t place = 0; place < places; place++) {
            float angle = turn * (float)place;
            cosine[place * pairs + i] = (float)cos((double)angle);
            sine[place * pairs + i] = (float)sin((double)angle);
        }
    }
}

bert_status rotary_fill(compute *on, const config *c, tape *t)
{
    if (c->family->layer != LAYER_PRE_NORM) return BERT_OK;
    size_t places = places_of(t, c), count = places * pairs_of(c);
    void *memory;
    TRY(memory_zeroed(2 * count, sizeof(float), &memory));
    float *cosine = memory, *sine = cosine + count;
    for (size_t i = 0; i < 2; i++) {
        table_make(c, c->rotary_theta[i], places, cosine, sine);
        on->write(on, count, cosine, t->rotary[i].cosine);
        on->write(on, count, sine, t->rotary[i].sine);
    }
    free(memory);
    return BERT_OK;
}
