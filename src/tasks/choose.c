/* choose.c: which of some endings belongs to a text: BertForMultipleChoice with the cross-entropy
 * over an example's endings. A unit has a sequence for each of them. */
#include "base/memory.h"
#include "json/json.h"
#include "metrics/tallies.h"
#include "task/observe.h"
#include "tasks/scores.h"
#include "tasks/tasks.h"
#include "tasks/unit_outputs.h"

#include <stdlib.h>

typedef struct choice_targets {
    int32_t *right; /* [units] index of the right ending */
    size_t capacity;
} choice_targets;

static bert_status targets_open(examples *e)
{
    TRY(memory_zeroed(1, sizeof(choice_targets), &e->targets));
    for (size_t i = 0; i < e->row_count; i++) {
        const dataset_row *r = &e->rows[i];
        if (!r->items)
            return fail(BERT_ARGUMENT,
                        "%s:%zu: a text alone has no endings to choose from; give a FILE, a table "
                        "with columns such as text, ending0, ending1",
                        r->path, r->line);
        if (r->item_count != e->rows[0].item_count)
            return fail(BERT_ARGUMENT, "%s:%zu: %zu endings, where the first has %zu", r->path,
                        r->line, r->item_count, e->rows[0].item_count);
    }
    e->features.group = e->row_count ? e->rows[0].item_count : 1;
    return BERT_OK;
}

static void targets_free(void *targets)
{
    free(((choice_targets *)targets)->right);
    free(targets);
}

/* The index that the reader has put into the label; its digits are not ended by NUL. */
static size_t right_of(const dataset_row *row)
{
    size_t index = 0;
    for (size_t i = 0; i < row->label.count; i++)
        index = 10 * index + (size_t)(row->label.bytes[i] - '0');
    return index;
}

static bert_status encode(examples *e, size_t row)
{
    choice_targets *t = e->targets;
    const dataset_row *r = &e->rows[row];
    size_t unit = e->features.count, truncated = e->features.truncated;
    if (!e->features.untyped) TRY(config_check_pairs(e->config));
    for (size_t i = 0; i < r->item_count; i++)
        TRY(features_add(&e->features, e->tokenizer, row, r->text, r->items[i], e->max_length,
                         &e->scratch));
    e->truncated += e->features.truncated > truncated;
    if (!e->labelled) return BERT_OK;
    TRY(memory_grow((void **)&t->right, &t->capacity, unit + 1, sizeof *t->right));
    t->right[unit] = (int32_t)right_of(r);
    return BERT_OK;
}

static void loss(const pass *p, const examples *e, const uint32_t *index, size_t count,
                 double scale, double *total)
{
    enum { RUN = 256 };
    const choice_targets *t = e->targets;
    uint32_t starts[RUN + 1];
    int32_t right[RUN];
    size_t group = features_group(&e->features);
    for (size_t begin = 0; begin < count; begin += RUN) {
        size_t run = count - begin < RUN ? count - begin : RUN;
        for (size_t i = 0; i <= run; i++) starts[i] = (uint32_t)((begin + i) * group);
        for (size_t i = 0; i < run; i++) right[i] = t->right[index[begin + i]];
        p->on->segment_cross_entropy(p->on, run, 1, starts, p->tape->logits, right, (float)scale,
                                     scale != 0.0 ? p->tape->dlogits : NULL, total);
    }
}

/* ---- answers: the endings' logits, float [group] */

static bert_status describe(const examples *e, size_t row, const void *answer, json_t *object)
{
    const float *logits = answer;
    const dataset_row *r = &e->rows[row];
    size_t best = scores_best(logits, r->item_count);
    double sum = scores_sum(logits, r->item_count, best);
    TRY(json_put(object, "choice", json_integer((json_int_t)best)));
    TRY(json_put(object, "ending", json_string_of(r->items[best])));
    TRY(json_put(object, "score", json_number(1.0 / sum)));
    json_t *scores = json_array();
    TRY(json_put(object, "scores", scores));
    for (size_t i = 0; i < r->item_count; i++)
        TRY(json_append(scores, json_number(scores_share(logits, i, best, sum))));
    return BERT_OK;
}

/* ---- single answers */

static bert_status judge(const examples *e, size_t row, const void *answer, verdict *out)
{
    const dataset_row *r = &e->rows[row];
    size_t best = scores_best(answer, r->item_count);
    *out = (verdict){ .right = best == right_of(r),
                      .severity = 1.0 / scores_sum(answer, r->item_count, best) };
    return BERT_OK;
}

static bert_status explain(const examples *e, size_t row, const void *answer, json_t *object)
{
    const dataset_row *r = &e->rows[row];
    size_t best = scores_best(answer, r->item_count);
    TRY(json_put(object, "expected", json_string_of(r->items[right_of(r)])));
    return json_put(object, "answer", json_string_of(r->items[best]));
}

/* ---- metrics */

typedef struct choice_metrics {
    size_t rows, right;
    counted_rows by_row; /* of one label, which is "an ending" */
    size_t *chosen;      /* [group] how often each */
} choice_metrics;

static bert_status metrics_open(const examples *e, void **out)
{
    void *memory, *chosen;
    TRY(memory_zeroed(features_group(&e->features), sizeof(size_t), &chosen));
    bert_status status = memory_zeroed(1, sizeof(choice_metrics), &memory);
    if (status != BERT_OK) {
        free(chosen);
        return status;
    }
    ((choice_metrics *)memory)->chosen = chosen;
    *out = memory;
    return BERT_OK;
}

static void metrics_free(void *metrics)
{
    counted_rows_release(&((choice_metrics *)metrics)->by_row);
    free(((choice_metrics *)metrics)->chosen);
    free(metrics);
}

static bert_status metrics_add(void *metrics, const examples *e, size_t row, const void *answer)
{
    choice_metrics *m = metrics;
    size_t best = scores_best(answer, features_group(&e->features));
    m->rows++;
    m->chosen[best]++;
    bool right = best == right_of(&e->rows[row]);
    m->right += right;
    TRY(counted_rows_add(&m->by_row, (row_counts){ .right = right, .truths = 1 }));
    return counted_rows_end(&m->by_row);
}

static double metrics_score(const void *metrics)
{
    const choice_metrics *m = metrics;
    return m->rows ? (double)m->right / (double)m->rows : 0.0;
}

static bert_status metrics_scores(void *metrics, const examples *e, const uint32_t *weights,
                                  score_list *out)
{
    (void)e;
    const choice_metrics *m = metrics;
    label_counts sum;
    counted_rows_sum(&m->by_row, weights, &sum, 1);
    score_put(out, "eval_accuracy", counts_accuracy(&sum, 1));
    return BERT_OK;
}

static bert_status metrics_put(void *metrics, const examples *e, json_t *object)
{
    score_list scores = { 0 };
    TRY(metrics_scores(metrics, e, NULL, &scores));
    return scores_describe(&scores, object);
}

static void metrics_warn(const void *metrics, const examples *e, const bert_observer *observer)
{
    const choice_metrics *m = metrics;
    for (size_t i = 0; i < features_group(&e->features) && m->rows > 1; i++)
        if (m->chosen[i] == m->rows && m->right < m->rows)
            observe_warning(observer,
                            "the model chooses ending %zu for all %zu examples: it tells nothing "
                            "apart",
                            i, m->rows);
}

/* The place at which the right ending stands most often. */
static bert_status majority(const examples *trained, const examples *asked, uint64_t seed,
                            const answer_taker *taker)
{
    (void)seed;
    const choice_targets *t = trained->targets;
    void *memory;
    TRY(memory_zeroed(
        size_larger(features_group(&trained->features), features_group(&asked->features)),
        sizeof(float), &memory));
    float *counts = memory;
    bert_status status = BERT_OK;
    for (size_t i = 0; i < trained->features.count; i++) counts[t->right[i]]++;
    for (size_t row = 0; row < asked->row_count && status == BERT_OK; row++)
        status = taker->take(taker->context, row, counts);
    free(counts);
    return status;
}

const task task_choose = {
    .info = {
        .name = "choose",
        .title = "Multiple choice",
        .input = BERT_INPUT_ROWS,
        .members = "choice ending score scores",
        .scores = { "eval_accuracy" },
        .pipeline = "multiple-choice",
        .transformers_class = "AutoModelForMultipleChoice",
    },
    .form = FORM_CHOICES,
    .head = &head_choice,
    .max_length = 128,
    .labels = &labels_none,
    .encoding = &(const task_encoding){ .open = targets_open, .free = targets_free, .add = encode },
    .loss = &(const task_loss){ .add = loss },
    .decoding = &unit_decoding,
    .answers = &(const task_answers){ .describe = describe,
                                      .right = "the right ending is chosen",
                                      .judge = judge,
                                      .explain = explain },
    .metrics =
        &(const task_metrics){
            .open = metrics_open,
            .free = metrics_free,
            .add = metrics_add,
            .put = metrics_put,
            .scores = metrics_scores,
            .score = metrics_score,
            .warn = metrics_warn,
        },
    .rivals = &(const task_rivals){ .majority = majority },
};
