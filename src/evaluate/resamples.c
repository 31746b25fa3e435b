#include "evaluate/resamples.h"

#include "base/memory.h"
#include "json/json.h"
#include "metrics/measure.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bert_status values_fill(const examples *e, void *metrics, uint32_t *weights, resamples *r)
{
    for (size_t i = 0; i < r->count; i++) {
        score_list scores = { 0 };
        bootstrap_draw(i, e->row_count, weights);
        TRY(e->task->metrics->scores(metrics, e, weights, &scores));
        for (size_t k = 0; k < scores.count; k++)
            r->values[k * r->count + i] = scores.items[k].value;
    }
    return BERT_OK;
}

bert_status resamples_make(const examples *e, void *metrics, resamples *out)
{
    void *values = NULL, *weights = NULL;
    resamples r = { .count = bootstrap_resamples(e->row_count) };
    TRY(e->task->metrics->scores(metrics, e, NULL, &r.scores));
    for (size_t i = 0; i < r.scores.count; i++) assert(measure_find(r.scores.items[i].name));
    bert_status status = memory_zeroed(r.scores.count * r.count, sizeof *r.values, &values);
    if (status == BERT_OK) status = memory_zeroed(e->row_count, sizeof(uint32_t), &weights);
    r.values = values;
    if (status == BERT_OK) status = values_fill(e, metrics, weights, &r);
    free(weights);
    if (status == BERT_OK)
        *out = r;
    else
        resamples_release(&r);
    return status;
}

void resamples_release(resamples *r)
{
    free(r->values);
    *r = (resamples){ 0 };
}

json_t *interval_json(double *values, size_t count)
{
    interval i = bootstrap_interval(values, count);
    return isnan(i.low) ? json_null() : json_pack("[f, f]", i.low, i.high);
}

bert_status resamples_intervals(const resamples *r, json_t **out)
{
    void *memory;
    TRY(memory_zeroed(r->count, sizeof *r->values, &memory));
    json_t *intervals = json_object();
    bert_status status = BERT_OK;
    for (size_t i = 0; i < r->scores.count && status == BERT_OK; i++) {
        /* A copy, for it is put in order. */
        memcpy(memory, r->values + i * r->count, r->count * sizeof *r->values);
        status = json_put(intervals, r->scores.items[i].name, interval_json(memory, r->count));
    }
    free(memory);
    if (status == BERT_OK)
        *out = intervals;
    else
        json_decref(intervals);
    return status;
}
