/* similar_metrics.c: do cosines follow the scores; is a text's partner found among all? */
#include "base/memory.h"
#include "json/json.h"
#include "metrics/correlation.h"
#include "task/observe.h"
#include "tasks/similar.h"

#include <math.h>
#include <stdlib.h>

typedef struct similar_scores {
    correlation rows; /* where scored */
    float *vectors;   /* [held, group, hidden] else */
    size_t held, held_most, capacity, seen;
    uint32_t *ranks; /* [held] of the partners, once they are known */
    size_t rank_capacity;
    double score;
} similar_scores;

static bool is_scored(const examples *e)
{
    return ((const similar_targets *)e->targets)->scored;
}

static void metrics_free(void *metrics)
{
    similar_scores *m = metrics;
    correlation_release(&m->rows);
    free(m->vectors);
    free(m->ranks);
    free(m);
}

static bert_status metrics_open(const examples *e, void **out)
{
    TRY(memory_zeroed(1, sizeof(similar_scores), out));
    similar_scores *m = *out;
    m->held_most = SIMILAR_CANDIDATES / (features_group(&e->features) - 1);
    return BERT_OK;
}

static bert_status metrics_add(void *metrics, const examples *e, size_t row, const void *answer)
{
    similar_scores *m = metrics;
    const float *vectors = answer;
    size_t width = config_vector_width(e->config), unit = features_group(&e->features) * width;
    if (is_scored(e)) {
        double score;
        TRY(similar_score(&e->rows[row], &score));
        return correlation_add(&m->rows, similar_cosine(vectors, vectors + width, width), score);
    }
    if (m->seen++ >= m->held_most) return BERT_OK;
    size_t begin = m->held * unit;
    TRY(memory_grow((void **)&m->vectors, &m->capacity, begin + unit, sizeof *m->vectors));
    for (size_t i = 0; i < unit; i++) m->vectors[begin + i] = vectors[i];
    m->held++;
    return BERT_OK;
}

/* ---- partners */

/* In lanes, whose sums do not wait for each other: the search is all products. */
static float product(const float *a, const float *b, size_t width)
{
    enum { LANES = 16 };
    float lanes[LANES] = { 0 }, sum = 0.0f;
    size_t i = 0;
    for (; i + LANES <= width; i += LANES)
        for (size_t k = 0; k < LANES; k++) lanes[k] += a[i + k] * b[i + k];
    for (; i < width; i++) sum += a[i] * b[i];
    for (size_t k = 0; k < LANES; k++) sum += lanes[k];
    return sum;
}

/* Of the row's partner among all, from 1. What is as near as it counts as nearer, and so does what
 * is not a number. */
static size_t partner_rank(const similar_scores *m, size_t row, size_t group, size_t width)
{
    const float *anchor = m->vectors + row * group * width, *own = anchor + width;
    float nearness = product(anchor, own, width);
    size_t rank = 0; /* the partner itself is one of those that are not further */
    for (size_t i = 0; i < m->held; i++)
        for (size_t k = 1; k < group; k++) {
            const float *other = m->vectors + (i * group + k) * width;
            rank += !(product(anchor, other, width) < nearness);
        }
    return rank;
}

static bert_status partners_rank(similar_scores *m, const examples *e)
{
    size_t group = features_group(&e->features), width = config_vector_width(e->config);
    TRY(memory_grow((void **)&m->ranks, &m->rank_capacity, m->held, sizeof *m->ranks));
    for (size_t row = 0; row < m->held; row++)
        m->ranks[row] = (uint32_t)partner_rank(m, row, group, width);
    return BERT_OK;
}

/* A resample draws texts whose partner is looked for; those it is looked for among stay. */
static void partners_score(const similar_scores *m, const uint32_t *weights, score_list *out)
{
    static const struct {
        const char *name;
        size_t most;
    } recalls[] = { { "eval_recall_at_1", 1 },
                    { "eval_recall_at_5", 5 },
                    { "eval_recall_at_10", 10 } };
    double sum = 0.0, count = 0.0, found[3] = { 0 };
    for (size_t row = 0; row < m->held; row++) {
        double times = weights ? weights[row] : 1.0;
        sum += times / m->ranks[row];
        count += times;
        for (size_t i = 0; i < 3; i++) found[i] += m->ranks[row] <= recalls[i].most ? times : 0.0;
    }
    if (count == 0.0) count = 1.0;
    score_put(out, "eval_mrr", sum / count);
    for (size_t i = 0; i < 3; i++) score_put(out, recalls[i].name, found[i] / count);
}

/* ---- scores */

static bert_status metrics_scores(void *metrics, const examples *e, const uint32_t *weights,
                                  score_list *out)
{
    similar_scores *m = metrics;
    if (!is_scored(e)) {
        partners_score(m, weights, out);
        return BERT_OK;
    }
    double spearman;
    TRY(correlation_spearman(&m->rows, weights, &spearman));
    score_put(out, "eval_pearson", correlation_pearson(&m->rows, weights));
    out->main = out->count;
    score_put(out, "eval_spearman", spearman);
    return BERT_OK;
}

static bert_status metrics_put(void *metrics, const examples *e, json_t *object)
{
    similar_scores *m = metrics;
    score_list scores = { 0 };
    if (!is_scored(e)) {
        TRY(partners_rank(m, e));
        json_object_del(object, "eval_loss"); /* see loss() in similar.c */
    }
    TRY(metrics_scores(m, e, NULL, &scores));
    TRY(scores_describe(&scores, object));
    m->score = scores.items[scores.main].value;
    if (!is_scored(e))
        TRY(json_put(object, "eval_candidates",
                     json_integer((json_int_t)(m->held * (features_group(&e->features) - 1)))));
    return BERT_OK;
}

/* Where it is not defined, as bad as can be. */
static double metrics_score(const void *metrics)
{
    const similar_scores *m = metrics;
    return isfinite(m->score) ? m->score : -1.0;
}

static void metrics_warn(const void *metrics, const examples *e, const bert_observer *observer)
{
    const similar_scores *m = metrics;
    const similar_targets *t = e->targets;
    if (m->seen > m->held)
        observe_note(observer,
                     "partners are looked for among those of the first %zu examples, not of all "
                     "%zu",
                     m->held, m->seen);
    if (t->scored && e->row_count > 1 && !(t->most > t->least))
        observe_warning(observer,
                        "all %zu examples have the score %.4g, so correlations are not defined",
                        e->row_count, t->most);
}

const task_metrics similar_metrics = {
    .open = metrics_open,
    .free = metrics_free,
    .add = metrics_add,
    .put = metrics_put,
    .scores = metrics_scores,
    .score = metrics_score,
    .warn = metrics_warn,
};
