#include "train/evaluate.h"

#include "base/memory.h"
#include "train/observe.h"

#include <stdlib.h>

typedef struct tally {
    void *metrics;
    double loss;
} tally;

static bert_status batches_run(const pass *p, batch *room, const examples *e, const uint32_t *order,
                               const bert_observer *observer, tally *t)
{
    const task *kind = e->task;
    for (size_t done = 0; done < e->features.count;) {
        size_t count =
            batch_fit(&room->limits, &e->features, order + done, e->features.count - done);
        batch_fill(room, &e->features, order + done, count, done);
        kind->forward(p);
        kind->loss(p, e->targets, order + done, count, 0.0, &t->loss);
        TRY(kind->metrics_add(t->metrics, p, e->targets, order + done, count));
        TRY(p->on->status(p->on));
        done += count;
        observe(
            observer,
            &(bert_event){ .kind = BERT_EVENT_PROGRESS, .done = done, .total = e->features.count });
    }
    return BERT_OK;
}

static bert_status tally_report(const tally *t, const pass *p, const examples *e, json_t **json,
                                double *score)
{
    double count = (double)e->features.count;
    json_t *object = json_pack("{s:f}", "eval_loss", t->loss / count);
    if (!object)
        return fail(
            BERT_NUMERIC,
            "the evaluation's loss is not finite: the weights are damaged, or training diverged");
    e->task->metrics_put(t->metrics, p->config, object);
    json_object_set_new(object, "eval_examples", json_integer((json_int_t)e->features.count));
    json_object_set_new(object, "truncated_share",
                        json_real((double)e->features.truncated / count));
    *score = e->task->metrics_score(t->metrics);
    *json = object;
    return BERT_OK;
}

bert_status evaluate(const pass *p, batch *room, const examples *e, const bert_observer *observer,
                     bool trained, json_t **json, double *score)
{
    void *order;
    TRY(memory_zeroed(e->features.count, sizeof(uint32_t), &order));
    for (size_t i = 0; i < e->features.count; i++) ((uint32_t *)order)[i] = (uint32_t)i;

    tally t = { 0 };
    bert_status status = e->task->metrics_open(p->config, &t.metrics);
    if (status == BERT_OK) {
        status = batches_run(p, room, e, order, observer, &t);
        if (status == BERT_OK) status = tally_report(&t, p, e, json, score);
        if (status == BERT_OK && trained) e->task->metrics_warn(t.metrics, p->config, observer);
        e->task->metrics_free(t.metrics);
    }
    free(order);
    return status;
}
