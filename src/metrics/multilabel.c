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
    free(m->scores);
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

bert_status multilabel_hold(multilabel *m, const float *scores, const bool *truth)
{
    size_t first = m->held * m->labels, end = first + m->labels;
    TRY(memory_grow((void **)&m->scores, &m->score_capacity, end, sizeof *m->scores));
    TRY(memory_grow((void **)&m->truths, &m->truth_capacity, end / 8 + 1, sizeof *m->truths));
    for (size_t i = 0; i < m->labels; i++) {
        size_t bit = first + i, place = bit % 8;
        unsigned lower = place ? m->truths[bit / 8] & ((1u << place) - 1) : 0;
        m->truths[bit / 8] = (uint8_t)(lower | (unsigned)truth[i] << place);
        m->scores[bit] = scores[i];
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

bert_status multilabel_tune(multilabel *m, double *thresholds)
{
    void *memory;
    TRY(memory_zeroed(m->held > m->labels ? m->held : m->labels, sizeof(scored), &memory));
    scored *rows = memory;
    for (size_t label = 0; label < m->labels; label++) {
        size_t truths = 0;
        for (size_t row = 0; row < m->held; row++) {
            rows[row] = (scored){ m->scores[row * m->labels + label], truth_at(m, row, label) };
            truths += rows[row].truth;
        }
        qsort(rows, m->held, sizeof *rows, higher_first);
        thresholds[label] = threshold_best(rows, m->held, truths);
    }
    bool *truth = memory;
    bert_status status = BERT_OK;
    for (size_t row = 0; row < m->held && status == BERT_OK; row++) {
        for (size_t i = 0; i < m->labels; i++) truth[i] = truth_at(m, row, i);
        status = multilabel_count(m, m->scores + row * m->labels, truth, thresholds);
    }
    free(memory);
    return status;
}

double multilabel_exact(const label_counts *counts, size_t labels)
{
    label_counts rows = counts[labels];
    return rows.truths ? (double)rows.right / (double)rows.truths : 0.0;
}
