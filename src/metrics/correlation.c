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

void correlation_release(correlation *c)
{
    free(c->rows);
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

double correlation_mse(const correlation *c)
{
    careful_sum sum = { 0 };
    for (size_t i = 0; i < c->count; i++) {
        double difference = c->rows[i].prediction - c->rows[i].truth;
        sum_add(&sum, difference * difference);
    }
    return c->count ? sum_value(sum) / (double)c->count : NAN;
}

double correlation_mae(const correlation *c)
{
    careful_sum sum = { 0 };
    for (size_t i = 0; i < c->count; i++)
        sum_add(&sum, fabs(c->rows[i].prediction - c->rows[i].truth));
    return c->count ? sum_value(sum) / (double)c->count : NAN;
}

/* Asked of the values themselves: rounding may put their mean beside them. */
static bool either_is_constant(const correlation_row *rows, size_t count)
{
    size_t predictions = 1, truths = 1;
    while (predictions < count && rows[predictions].prediction == rows[0].prediction) predictions++;
    while (truths < count && rows[truths].truth == rows[0].truth) truths++;
    return predictions == count || truths == count;
}

static correlation_row mean_of(const correlation_row *rows, size_t count)
{
    careful_sum predictions = { 0 }, truths = { 0 };
    for (size_t i = 0; i < count; i++) {
        sum_add(&predictions, rows[i].prediction);
        sum_add(&truths, rows[i].truth);
    }
    double n = (double)count;
    return (correlation_row){ sum_value(predictions) / n, sum_value(truths) / n };
}

static correlation_row largest_distance(const correlation_row *rows, size_t count,
                                        correlation_row mean)
{
    correlation_row largest = { 0 };
    for (size_t i = 0; i < count; i++) {
        largest.prediction = fmax(largest.prediction, fabs(rows[i].prediction - mean.prediction));
        largest.truth = fmax(largest.truth, fabs(rows[i].truth - mean.truth));
    }
    return largest;
}

/* r = sum(x y) / sqrt(sum(x x) sum(y y)), x and y the distances from the means, divided by the
 * largest so that no square overflows or vanishes. Distances are taken before products, so a large
 * mean costs r nothing. A NaN stays one to the end. */
static double pearson(const correlation_row *rows, size_t count)
{
    if (count < 2 || either_is_constant(rows, count)) return NAN;
    correlation_row mean = mean_of(rows, count);
    correlation_row scale = largest_distance(rows, count, mean);
    careful_sum xx = { 0 }, yy = { 0 }, xy = { 0 };
    for (size_t i = 0; i < count; i++) {
        double x = (rows[i].prediction - mean.prediction) / scale.prediction;
        double y = (rows[i].truth - mean.truth) / scale.truth;
        sum_add(&xx, x * x);
        sum_add(&yy, y * y);
        sum_add(&xy, x * y);
    }
    double r = sum_value(xy) / (sqrt(sum_value(xx)) * sqrt(sum_value(yy)));
    return r > 1.0 ? 1.0 : r < -1.0 ? -1.0 : r;
}

double correlation_pearson(const correlation *c)
{
    return pearson(c->rows, c->count);
}

typedef struct placed_value {
    double value;
    size_t row;
} placed_value;

static int value_order(const void *left, const void *right)
{
    const placed_value *a = left, *b = right;
    return (a->value > b->value) - (a->value < b->value);
}

/* Sorts the values, and puts in the place of each its rank from 1, the mean of them where several
 * are equal. */
static void values_rank(placed_value *values, size_t count)
{
    qsort(values, count, sizeof *values, value_order);
    for (size_t first = 0, end; first < count; first = end) {
        end = first + 1;
        while (end < count && values[end].value == values[first].value) end++;
        double rank = ((double)first + 1.0 + (double)end) / 2.0;
        for (size_t i = first; i < end; i++) values[i].value = rank;
    }
}

static void rows_rank(const correlation *c, placed_value *values, correlation_row *ranks)
{
    for (size_t i = 0; i < c->count; i++) values[i] = (placed_value){ c->rows[i].prediction, i };
    values_rank(values, c->count);
    for (size_t i = 0; i < c->count; i++) ranks[values[i].row].prediction = values[i].value;

    for (size_t i = 0; i < c->count; i++) values[i] = (placed_value){ c->rows[i].truth, i };
    values_rank(values, c->count);
    for (size_t i = 0; i < c->count; i++) ranks[values[i].row].truth = values[i].value;
}

static bool has_nan(const correlation *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (isnan(c->rows[i].prediction) || isnan(c->rows[i].truth)) return true;
    return false;
}

bert_status correlation_spearman(const correlation *c, double *out)
{
    if (c->count < 2 || has_nan(c)) { /* a NaN has no place in an order */
        *out = NAN;
        return BERT_OK;
    }
    void *values = NULL, *ranks = NULL;
    bert_status status = memory_zeroed(c->count, sizeof(placed_value), &values);
    if (status == BERT_OK) status = memory_zeroed(c->count, sizeof(correlation_row), &ranks);
    if (status == BERT_OK) {
        rows_rank(c, values, ranks);
        *out = pearson(ranks, c->count);
    }
    free(ranks);
    free(values);
    return status;
}
