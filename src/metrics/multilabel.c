#include "metrics/multilabel.h"

#include "base/memory.h"

#include <stdlib.h>

bert_status multilabel_init(size_t labels, multilabel *out)
{
    void *counts;
    TRY(memory_zeroed(labels + 1, sizeof *out->counts, &counts));
    *out = (multilabel){ .labels = labels, .counts = counts };
    return BERT_OK;
}

void multilabel_release(multilabel *m)
{
    free(m->counts);
    counted_rows_release(&m->rows);
    free(m->outputs);
    free(m->truths);
    *m = (multilabel){ 0 };
}

static void counts_add(label_counts *sum, row_counts n)
{
    sum->right += n.right;
    sum->answers += n.answers;
    sum->truths += n.truths;
}

bert_status multilabel_count(multilabel *m, const float *scores, const bool *truth,
                             const double *thresholds)
{
    bool exact = true;
    for (size_t i = 0; i < m->labels; i++) {
        bool answer = (double)scores[i] > thresholds[i];
        exact = exact && answer == truth[i];
        if (!answer && !truth[i]) continue;
        row_counts n = { (uint32_t)i, answer && truth[i], answer, truth[i] };
        counts_add(&m->counts[i], n);
        TRY(counted_rows_add(&m->rows, n));
    }
    row_counts row = { .label = (uint32_t)m->labels, .right = exact, .truths = 1 };
    counts_add(&m->counts[m->labels], row);
    TRY(counted_rows_add(&m->rows, row));
    return counted_rows_end(&m->rows);
}

/* ---- thresholds */

static bool truth_at(const multilabel *m, size_t row, size_t label)
{
    size_t bit = row * m->labels + label;
    return m->truths[bit / 8] >> bit % 8 & 1;
}

bert_status multilabel_hold(multilabel *m, const float *outputs, const bool *truth)
{
    size_t first = m->held * m->labels, end = first + m->labels;
    TRY(memory_grow((void **)&m->outputs, &m->output_capacity, end, sizeof *m->outputs));
    TRY(memory_grow((void **)&m->truths, &m->truth_capacity, end / 8 + 1, sizeof *m->truths));
    for (size_t i = 0; i < m->labels; i++) {
        size_t bit = first + i, place = bit % 8;
        unsigned lower = place ? m->truths[bit / 8] & ((1u << place) - 1) : 0;
        m->truths[bit / 8] = (uint8_t)(lower | (unsigned)truth[i] << place);
        m->outputs[bit] = outputs[i];
    }
    m->held++;
    return BERT_OK;
}

typedef struct scored {
    float score;
    bool truth;
} scored;

static int higher_first(const void *a, const void *b)
{
    float x = ((const scored *)a)->score, y = ((const scored *)b)->score;
    return (x < y) - (x > y);
}

/* rows [count], the highest score first. A cut between two scores answers all rows above it. */
static double threshold_best(const scored *rows, size_t count, size_t truths)
{
    double best = 0.0, threshold = 0.5;
    size_t right = 0;
    for (size_t i = 0; i < count; i++) {
        right += rows[i].truth;
        double score = (double)rows[i].score,
               below = i + 1 < count ? (double)rows[i + 1].score : 0.0;
        if (!(score > below)) continue; /* no cut goes between equals */
        double f1 = 2.0 * (double)right / (double)(i + 1 + truths);
        if (!(f1 > best)) continue;
        best = f1;
        threshold = (score + below) / 2.0;
    }
    return threshold;
}

/* Counts what is held.  scores, truth [labels]: room for a row */
static bert_status held_count(multilabel *m, float (*score_of)(float), const double *thresholds,
                              float *scores, bool *truth)
{
    for (size_t row = 0; row < m->held; row++) {
        for (size_t i = 0; i < m->labels; i++) {
            scores[i] = score_of(m->outputs[row * m->labels + i]);
            truth[i] = truth_at(m, row, i);
        }
        TRY(multilabel_count(m, scores, truth, thresholds));
    }
    return BERT_OK;
}

static void thresholds_choose(const multilabel *m, float (*score_of)(float), scored *rows,
                              double *thresholds)
{
    for (size_t label = 0; label < m->labels; label++) {
        size_t truths = 0;
        for (size_t row = 0; row < m->held; row++) {
            rows[row] =
                (scored){ score_of(m->outputs[row * m->labels + label]), truth_at(m, row, label) };
            truths += rows[row].truth;
        }
        qsort(rows, m->held, sizeof *rows, higher_first);
        thresholds[label] = threshold_best(rows, m->held, truths);
    }
}

bert_status multilabel_tune(multilabel *m, float (*score_of)(float output), double *thresholds)
{
    void *rows = NULL, *scores = NULL, *truth = NULL;
    bert_status status = memory_zeroed(m->held, sizeof(scored), &rows);
    if (status == BERT_OK) status = memory_zeroed(m->labels, sizeof(float), &scores);
    if (status == BERT_OK) status = memory_zeroed(m->labels, sizeof(bool), &truth);
    if (status == BERT_OK) {
        thresholds_choose(m, score_of, rows, thresholds);
        status = held_count(m, score_of, thresholds, scores, truth);
    }
    free(rows);
    free(scores);
    free(truth);
    return status;
}

double multilabel_exact(const label_counts *counts, size_t labels)
{
    label_counts rows = counts[labels];
    return rows.truths ? (double)rows.right / (double)rows.truths : 0.0;
}
