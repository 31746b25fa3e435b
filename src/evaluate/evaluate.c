#include "evaluate/evaluate.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/rng.h"
#include "json/json.h"
#include "metrics/bootstrap.h"
#include "task/observe.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- room */

bert_status eval_room_open(compute *on, const examples *e, size_t tokens, eval_room *out)
{
    const config *c = e->config;
    const head *h = e->task->head;
    size_t longest = features_longest_unit(&e->features), group = features_group(&e->features);
    if (tokens < longest) tokens = longest;
    size_t sequences = frame_sequences(tokenizer_frame(e->tokenizer, false), tokens);
    batch_limits limits = { .tokens = tokens, .sequences = sequences + group };
    limits.wanted = examples_wanted(e, tokens);
    tape_shape shape = head_tape_shape(h, c, &limits, false);
    compute_limits needs = limits_of(c, tokens, e->max_length);

    eval_room r = { .on = on };
    bert_status status = batch_open(&r.batch, &limits, &r.batch_block);
    if (status == BERT_OK) status = tape_open(on, c, &shape, &r.tape);
    if (status == BERT_OK) status = on->reserve(on, &needs);
    if (status == BERT_OK)
        *out = r;
    else
        eval_room_release(&r);
    return status;
}

void eval_room_release(eval_room *r)
{
    if (r->on) tape_release(r->on, &r->tape);
    arena_release(&r->batch_block);
    *r = (eval_room){ 0 };
}

/* ---- a pass over all examples */

typedef struct walk {
    const examples *e;
    const pass *pass;
    batch *room;
    uint32_t *order; /* 0, 1, 2, ... */
    float *host;     /* a batch's logits where the program cannot read the device's; else NULL */
    double *losses;  /* [units of a batch] as head_outputs.losses, or NULL */
    double row_loss; /* of the row's units so far */
    void *decoder;
    const bert_observer *observer;
    const answer_taker *taker;
    double *loss, *divisor;
} walk;

static void walk_release(walk *w)
{
    const task_decoding *decoding = w->e->task->decoding;
    if (w->decoder) decoding->free(w->decoder);
    free(w->losses);
    free(w->host);
    free(w->order);
}

/* Takes all memory that the walk needs; what is taken is in *w after a failure too. */
static bert_status walk_open(walk *w)
{
    const task *kind = w->e->task;
    compute *on = w->pass->on;
    const tape *t = w->pass->tape;
    size_t numbers = t->shape.logit_rows * t->shape.logit_width;
    void *memory = NULL;
    TRY(examples_order(w->e->features.count, &w->order));
    if (!on->view(on, t->logits)) TRY(memory_zeroed(numbers, sizeof *w->host, &memory));
    w->host = memory;
    memory = NULL;
    if (w->e->labelled && kind->loss->add_unit)
        TRY(memory_zeroed(w->room->limits.sequences, sizeof *w->losses, &memory));
    w->losses = memory;
    return kind->decoding->open ? kind->decoding->open(w->e, &w->decoder) : BERT_OK;
}

/* The losses of units first .. first + count - 1, each with those of its row before it. */
static void losses_take(walk *w, size_t first, size_t count)
{
    const features *f = &w->e->features;
    for (size_t i = 0; i < count && w->losses; i++) {
        size_t unit = first + i;
        if (unit == 0 || features_row(f, unit) != features_row(f, unit - 1)) w->row_loss = 0.0;
        w->e->task->loss->add_unit(w->pass, w->e, unit, i, &w->row_loss);
        w->losses[i] = w->row_loss;
    }
}

static head_outputs outputs_read(const walk *w)
{
    compute *on = w->pass->on;
    const tape *t = w->pass->tape;
    head_outputs o = { .batch = w->pass->batch,
                       .logits = on->view(on, t->logits),
                       .width = t->shape.logit_width,
                       .losses = w->losses };
    if (!o.logits) {
        size_t rows = head_logit_rows(w->e->task->head, o.batch);
        on->read(on, rows * o.width, t->logits, w->host);
        o.logits = w->host;
    }
    return o;
}

static bert_status units_run(walk *w, size_t first, size_t count)
{
    const task *kind = w->e->task;
    const uint32_t *index = w->order + first;
    uint64_t key = rng_key(0, 0); /* of no run's seed: what is asked does not depend on the model */
    batch_fill(w->room, &w->e->features, index, count, first);
    if (kind->encoding->prepare) kind->encoding->prepare(w->e, w->room, index, count, key);
    kind->head->forward(w->pass);
    if (w->e->labelled) {
        kind->loss->add(w->pass, w->e, index, count, 0.0, w->loss);
        *w->divisor += examples_weigh(w->e, index, count, first, key);
    }
    losses_take(w, first, count);
    head_outputs o = outputs_read(w);
    TRY(kind->decoding->take(w->decoder, w->e, &o, first, count, w->taker));
    return w->pass->on->status(w->pass->on);
}

static bert_status walk_run(walk *w)
{
    const features *f = &w->e->features;
    for (size_t done = 0; done < f->count && !(w->observer && observe_stop(w->observer));) {
        size_t count = batch_fit(&w->room->limits, f, w->order + done, f->count - done);
        TRY(units_run(w, done, count));
        done += count;
        if (w->observer)
            observe(w->observer,
                    &(bert_event){ .kind = BERT_EVENT_PROGRESS, .done = done, .total = f->count });
    }
    return BERT_OK;
}

bert_status examples_run(const pass *p, batch *room, const examples *e,
                         const bert_observer *observer, const answer_taker *taker, double *loss,
                         double *divisor)
{
    walk w = { .e = e,
               .pass = p,
               .room = room,
               .observer = observer,
               .taker = taker,
               .loss = loss,
               .divisor = divisor };
    bert_status status = walk_open(&w);
    if (status == BERT_OK) status = walk_run(&w);
    walk_release(&w);
    return status;
}

/* ---- metrics */

typedef struct tally {
    const examples *e;
    void *metrics;
    double loss, divisor;
    size_t rows; /* that were answered */
    mistakes mistakes;
    bool *right; /* [rows] or NULL */
} tally;

static bert_status tally_open(const examples *e, const evaluation_wish *wish, tally *out)
{
    void *right = NULL;
    tally t = { .e = e, .mistakes.most = e->task->answers->judge ? wish->mistakes : 0 };
    bert_status status = e->task->metrics->open(e, &t.metrics);
    if (status == BERT_OK && wish->verdicts && e->task->answers->right)
        status = memory_zeroed(e->row_count, sizeof *t.right, &right);
    t.right = right;
    *out = t;
    return status;
}

static void tally_release(tally *t)
{
    if (t->metrics) t->e->task->metrics->free(t->metrics);
    mistakes_release(&t->mistakes);
    free(t->right);
}

static bert_status row_judge(void *context, const examples *e, size_t row, const void *answer)
{
    tally *t = context;
    verdict v;
    TRY(e->task->answers->judge(e, row, answer, &v));
    if (t->right) t->right[row] = v.right;
    return v.right ? BERT_OK : mistakes_add(&t->mistakes, e, row, answer, v.severity);
}

static bool judges(const tally *t)
{
    return t->right || t->mistakes.most;
}

static bool settles(const examples *e)
{
    return e->task->metrics->settles && e->task->metrics->settles(e);
}

static bert_status tally_take(void *context, size_t row, const void *answer)
{
    tally *t = context;
    TRY(t->e->task->metrics->add(t->metrics, t->e, row, answer));
    t->rows++;
    return judges(t) && !settles(t->e) ? row_judge(t, t->e, row, answer) : BERT_OK;
}

static bert_status intervals_put(tally *t, const bert_observer *observer, evaluation *out)
{
    json_t *intervals;
    TRY(resamples_make(t->e, t->metrics, &out->resamples));
    TRY(resamples_intervals(&out->resamples, &intervals));
    TRY(json_put(out->metrics, "intervals", intervals));
    TRY(json_put(out->metrics, "interval_resamples",
                 json_integer((json_int_t)out->resamples.count)));
    if (out->resamples.count < bootstrap_resamples(1))
        observe_note(observer, "intervals are of %zu resamples, for there are %zu examples",
                     out->resamples.count, t->e->row_count);
    return BERT_OK;
}

/* A file that the task's facts do not name would make a later run refuse its own folder. */
static bool files_named(const bert_task_info *kind, json_t *files)
{
    const char *name;
    json_t *value;
    json_object_foreach(files, name, value)
    {
        const char *const *file = kind->files;
        while (file && *file && strcmp(*file, name) != 0) file++;
        if (!file || !*file) return false;
    }
    return true;
}

static bert_status tally_report(tally *t, evaluation *out)
{
    const examples *e = t->e;
    double loss = t->divisor > 0.0 ? t->loss / t->divisor : 0.0;
    if (!isfinite(loss))
        return fail(
            BERT_NUMERIC,
            "the evaluation's loss is not finite: the weights are damaged, or training diverged");
    out->metrics = json_object();
    out->files = json_object();
    TRY(json_put(out->metrics, "eval_loss", json_number(loss)));
    TRY(e->task->metrics->put(t->metrics, e, out->metrics));
    TRY(json_put(out->metrics, "eval_examples", json_integer((json_int_t)e->row_count)));
    TRY(json_put(out->metrics, "truncated_share",
                 json_number((double)e->truncated / (double)e->row_count)));
    out->score = e->task->metrics->score(t->metrics);
    if (!e->task->metrics->files) return BERT_OK;
    TRY(e->task->metrics->files(t->metrics, e, out->files));
    assert(files_named(&e->task->info, out->files));
    return BERT_OK;
}

void evaluation_release(evaluation *e)
{
    json_decref(e->metrics);
    json_decref(e->files);
    json_decref(e->mistakes);
    resamples_release(&e->resamples);
    free(e->right);
    *e = (evaluation){ 0 };
}

static bert_status tally_end(tally *t, const bert_observer *observer, const evaluation_wish *wish,
                             evaluation *out)
{
    TRY(tally_report(t, out));
    if (judges(t) && settles(t->e))
        TRY(t->e->task->metrics->settle(t->metrics, t->e, &(settled_taker){ row_judge, t }));
    if (wish->intervals) TRY(intervals_put(t, observer, out));
    if (t->mistakes.most) TRY(mistakes_list(&t->mistakes, &out->mistakes));
    if (wish->trained && t->e->task->metrics->warn)
        t->e->task->metrics->warn(t->metrics, t->e, observer);
    return BERT_OK;
}

bert_status evaluate(const pass *p, batch *room, const examples *e, const bert_observer *observer,
                     const evaluation_wish *wish, evaluation *out)
{
    tally t;
    evaluation made = { 0 };
    double begin = clock_seconds();
    bert_status status = tally_open(e, wish, &t);
    answer_taker taker = { tally_take, &t };
    if (status == BERT_OK) status = examples_run(p, room, e, observer, &taker, &t.loss, &t.divisor);
    if (status == BERT_OK && t.rows == e->row_count) status = tally_end(&t, observer, wish, &made);
    if (status == BERT_OK) {
        made.seconds = clock_seconds() - begin;
        made.right = t.right;
        t.right = NULL;
        *out = made;
    } else {
        evaluation_release(&made);
    }
    tally_release(&t);
    return status;
}
