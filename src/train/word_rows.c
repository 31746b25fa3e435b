#include "train/word_rows.h"

#include <assert.h>
#include <string.h>

static void place(word_rows *w, arena *block)
{
    w->met = arena_take(block, w->count, sizeof *w->met);
    w->is_met = arena_take(block, w->count, sizeof *w->is_met);
    w->taken = arena_take(block, w->count, sizeof *w->taken);
}

bert_status word_rows_open(const word_rows *table, word_rows *out)
{
    word_rows w = *table;
    if (w.reach == WORDS_MET) {
        arena measure = { 0 };
        place(&w, &measure);
        TRY(arena_open(measure.used, &w.block));
        place(&w, &w.block);
        memset(w.is_met, 0, w.count * sizeof *w.is_met);
        memset(w.taken, 0, w.count * sizeof *w.taken);
    }
    *out = w;
    return BERT_OK;
}

void word_rows_release(word_rows *w)
{
    arena_release(&w->block);
    *w = (word_rows){ 0 };
}

/* The rows that have a gradient in this step. */
static size_t gradient_count(const word_rows *w)
{
    return w->reach == WORDS_ALL ? w->count : w->met_count;
}

static const uint32_t *gradient_rows(const word_rows *w)
{
    return w->reach == WORDS_ALL ? NULL : w->met;
}

static void catch_up(word_rows *w, size_t count, const uint32_t *rows)
{
    adamw_past past = { .first = w->first, .count = w->past_count, .rates = w->rates };
    if (!count || !past.count) return;
    w->on->adamw_catch_up_rows(w->on, &past, count, w->width, rows, w->taken, w->weights,
                               w->first_moment, w->second_moment);
}

void word_rows_zero(word_rows *w)
{
    w->on->zero_rows(w->on, gradient_count(w), w->width, gradient_rows(w), w->gradient);
    for (size_t i = 0; i < w->met_count; i++) w->is_met[w->met[i]] = false;
    w->met_count = 0;
}

void word_rows_meet(word_rows *w, const int32_t *ids, size_t count)
{
    if (w->reach == WORDS_ALL || !w->count) return;
    size_t before = w->met_count;
    for (size_t i = 0; i < count; i++) {
        uint32_t row = (uint32_t)ids[i];
        assert(row < w->count);
        if (w->is_met[row]) continue;
        w->is_met[row] = true;
        w->met[w->met_count++] = row;
    }
    catch_up(w, w->met_count - before, w->met + before);
    for (size_t i = before; i < w->met_count; i++) w->taken[w->met[i]] = (uint16_t)w->past_count;
}

/* Into the table's order, so that their sum has the bits of that over all rows. */
static void met_sort(word_rows *w)
{
    size_t found = 0;
    for (size_t row = 0; row < w->count; row++)
        if (w->is_met[row]) w->met[found++] = (uint32_t)row;
    assert(found == w->met_count);
}

double word_rows_squares(word_rows *w)
{
    double sum = 0.0;
    if (w->reach == WORDS_MET) met_sort(w);
    w->on->sum_squares_rows(w->on, gradient_count(w), w->width, gradient_rows(w), w->gradient,
                            &sum);
    return sum;
}

void word_rows_step(word_rows *w, const adamw *step)
{
    w->on->adamw_update_rows(w->on, step, gradient_count(w), w->width, gradient_rows(w),
                             w->gradient, w->weights, w->first_moment, w->second_moment);
    if (w->reach == WORDS_ALL) return;
    if (!w->past_count) w->first = *step;
    assert(step->step == w->first.step + w->past_count);
    w->rates[w->past_count++] = step->learning_rate;
    for (size_t i = 0; i < w->met_count; i++) w->taken[w->met[i]] = (uint16_t)w->past_count;
    if (w->past_count == ADAMW_PAST_MOST) word_rows_settle(w);
}

void word_rows_settle(word_rows *w)
{
    if (!w->past_count) return;
    catch_up(w, w->count, NULL);
    memset(w->taken, 0, w->count * sizeof *w->taken);
    w->past_count = 0;
}
