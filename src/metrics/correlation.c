#include "metrics/correlation.h"

#include "base/memory.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

bert_status correlation_add(correlation *c, double prediction, double truth)
{
    void *rows = c->rows;
    TRY(memory_grow(&rows, &c->capacity, c->count + 1, sizeof *c->rows));
    c->rows = rows;
    c->rows[c->count++] = (correlation_row){ prediction, truth };
    return BERT_OK;
}

static void order_release(correlation_order *o)
{
    free(o->predictions);
    free(o->truths);
    free(o->ranks);
    *o = (correlation_order){ 0 };
}

void correlation_release(correlation *c)
{
    free(c->rows);
    order_release(&c->order);
    *c = (correlation){ 0 };
}

/* A sum that keeps what each addition rounds away (Neumaier 1974). Plainly added, a million values
 * of a few levels round the same way again and again, and cost four digits. */
typedef struct careful_sum {
    double total, lost;
} careful_sum;

static void sum_add(careful_sum *sum, double value)
{
    double next = sum->total + value;
    sum->lost +=
        fabs(sum->total) >= fabs(value) ? (sum->total - next) + value : (value - next) + sum->total;
    sum->total = next;
}

static double sum_value(careful_sum sum)
{
    return isfinite(sum.total) ? sum.total + sum.lost : sum.total;
}

/* How many equal rows row i stands for. */
static double weight_at(const uint32_t *weights, size_t i)
{
    return weights ? weights[i] : 1.0;
}

double correlation_mse(const correlation *c, const uint32_t *weights)
{
    careful_sum sum = { 0 };
    double rows = 0.0;
    for (size_t i = 0; i < c->count; i++) {
        double difference = c->rows[i].prediction - c->rows[i].truth;
        double weight = weight_at(weights, i);
        if (weight == 0.0) continue; /* not 0 times infinity */
        sum_add(&sum, weight * (difference * difference));
        rows += weight;
    }
    return rows > 0.0 ? sum_value(sum) / rows : NAN;
}

double correlation_mae(const correlation *c, const uint32_t *weights)
{
    careful_sum sum = { 0 };
    double rows = 0.0;
    for (size_t i = 0; i < c->count; i++) {
        double weight = weight_at(weights, i);
        if (weight == 0.0) continue;
        sum_add(&sum, weight * fabs(c->rows[i].prediction - c->rows[i].truth));
        rows += weight;
    }
    return rows > 0.0 ? sum_value(sum) / rows : NAN;
}

/* Rows that are looked at together: row i counts weights[i] times. */
typedef struct sample {
    const correlation_row *rows;
    const uint32_t *weights; /* or NULL */
    size_t count;
} sample;

/* Asked of the values themselves: rounding may put their mean beside them. */
static bool either_is_constant(const sample *s)
{
    size_t first = 0;
    while (first < s->count && weight_at(s->weights, first) == 0.0) first++;
    bool predictions = true, truths = true;
    for (size_t i = first; i < s->count && (predictions || truths); i++) {
        if (weight_at(s->weights, i) == 0.0) continue;
        predictions = predictions && s->rows[i].prediction == s->rows[first].prediction;
        truths = truths && s->rows[i].truth == s->rows[first].truth;
    }
    return predictions || truths;
}

static correlation_row mean_of(const sample *s)
{
    careful_sum predictions = { 0 }, truths = { 0 };
    double rows = 0.0;
    for (size_t i = 0; i < s->count; i++) {
        double weight = weight_at(s->weights, i);
        if (weight == 0.0) continue;
        sum_add(&predictions, weight * s->rows[i].prediction);
        sum_add(&truths, weight * s->rows[i].truth);
        rows += weight;
    }
    return (correlation_row){ sum_value(predictions) / rows, sum_value(truths) / rows };
}

static correlation_row largest_distance(const sample *s, correlation_row mean)
{
    correlation_row largest = { 0 };
    for (size_t i = 0; i < s->count; i++) {
        if (weight_at(s->weights, i) == 0.0) continue;
        double x = fabs(s->rows[i].prediction - mean.prediction);
        double y = fabs(s->rows[i].truth - mean.truth);
        if (x > largest.prediction) largest.prediction = x;
        if (y > largest.truth) largest.truth = y;
    }
    return largest;
}

/* r = sum(x y) / sqrt(sum(x x) sum(y y)), x and y the distances from the means, divided by the
 * largest so that no square overflows or vanishes. Distances are taken before products, so a large
 * mean costs r nothing. A NaN stays one to the end. */
static double pearson(const sample *s)
{
    if (s->count < 2 || either_is_constant(s)) return NAN;
    correlation_row mean = mean_of(s);
    correlation_row scale = largest_distance(s, mean);
    careful_sum xx = { 0 }, yy = { 0 }, xy = { 0 };
    for (size_t i = 0; i < s->count; i++) {
        double weight = weight_at(s->weights, i);
        if (weight == 0.0) continue;
        double x = (s->rows[i].prediction - mean.prediction) / scale.prediction;
        double y = (s->rows[i].truth - mean.truth) / scale.truth;
        sum_add(&xx, weight * (x * x));
        sum_add(&yy, weight * (y * y));
        sum_add(&xy, weight * (x * y));
    }
    double r = sum_value(xy) / (sqrt(sum_value(xx)) * sqrt(sum_value(yy)));
    return r > 1.0 ? 1.0 : r < -1.0 ? -1.0 : r;
}

double correlation_pearson(const correlation *c, const uint32_t *weights)
{
    return pearson(&(sample){ c->rows, weights, c->count });
}

/* ---- ranks */

typedef enum side { PREDICTION, TRUTH } side;

static double *value_of(correlation_row *row, side which)
{
    return which == PREDICTION ? &row->prediction : &row->truth;
}

typedef struct sorting {
    correlation_row *rows;
    side which;
} sorting;

static int value_order(const void *left, const void *right, void *context)
{
    const sorting *s = context;
    double a = *value_of(&s->rows[*(const size_t *)left], s->which);
    double b = *value_of(&s->rows[*(const size_t *)right], s->which);
    return (a > b) - (a < b);
}

static bert_status order_open(const correlation *c, correlation_order *out)
{
    void *predictions = NULL, *truths = NULL, *ranks = NULL;
    bert_status status = memory_zeroed(c->count, sizeof(size_t), &predictions);
    if (status == BERT_OK) status = memory_zeroed(c->count, sizeof(size_t), &truths);
    if (status == BERT_OK) status = memory_zeroed(c->count, sizeof(correlation_row), &ranks);
    *out = (correlation_order){ predictions, truths, ranks };
    if (status != BERT_OK) order_release(out);
    return status;
}

static bert_status rows_sort(correlation *c)
{
    if (c->sorted == c->count) return BERT_OK;
    correlation_order order;
    TRY(order_open(c, &order));
    for (size_t i = 0; i < c->count; i++) order.predictions[i] = order.truths[i] = i;
    qsort_r(order.predictions, c->count, sizeof(size_t), value_order,
            &(sorting){ c->rows, PREDICTION });
    qsort_r(order.truths, c->count, sizeof(size_t), value_order, &(sorting){ c->rows, TRUTH });
    order_release(&c->order);
    c->order = order;
    c->sorted = c->count;
    return BERT_OK;
}

/* Ranks go from 1; equal values share the mean of theirs. A row that counts several times is that
 * many equal values. */
static void side_rank(correlation *c, const uint32_t *weights, side which)
{
    const size_t *order = which == PREDICTION ? c->order.predictions : c->order.truths;
    double before = 0.0;
    for (size_t first = 0, end; first < c->count; first = end) {
        double value = *value_of(&c->rows[order[first]], which), rows = 0.0;
        for (end = first; end < c->count && *value_of(&c->rows[order[end]], which) == value; end++)
            rows += weight_at(weights, order[end]);
        double rank = before + (rows + 1.0) / 2.0;
        for (size_t i = first; i < end; i++) *value_of(&c->order.ranks[order[i]], which) = rank;
        before += rows;
    }
}

static bool has_nan(const correlation *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (isnan(c->rows[i].prediction) || isnan(c->rows[i].truth)) return true;
    return false;
}

bert_status correlation_spearman(correlation *c, const uint32_t *weights, double *out)
{
    if (c->count < 2 || has_nan(c)) { /* a NaN has no place in an order */
        *out = NAN;
        return BERT_OK;
    }
    TRY(rows_sort(c));
    side_rank(c, weights, PREDICTION);
    side_rank(c, weights, TRUTH);
    *out = pearson(&(sample){ c->order.ranks, weights, c->count });
    return BERT_OK;
}
