#include "metrics/multilabel.h"

#include "base/memory.h"

#include <stdlib.h>

bert_status multilabel_init(size_t labels, multilabel *out)
{
    void *counts;
    TRY(memory_zeroed(labels, sizeof *out->counts, &counts));
    *out = (multilabel){ .labels = labels, .counts = counts };
    return BERT_OK;
}

void multilabel_release(multilabel *m)
{
    free(m->counts);
    free(m->scores);
    free(m->truths);
    *m = (multilabel){ 0 };
}

void multilabel_count(multilabel *m, const float *scores, const bool *truth,
                      const double *thresholds)
{
    bool exact = true;
    for (size_t i = 0; i < m->labels; i++) {
        bool answer = (double)scores[i] > thresholds[i];
        m->counts[i].answers += answer;
        m->counts[i].truths += truth[i];
        m->counts[i].right += answer && truth[i];
        exact = exact && answer == truth[i];
    }
    m->rows++;
    m->exact += exact;
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
    for (size_t row = 0; row < m->held; row++) {
        for (size_t i = 0; i < m->labels; i++) truth[i] = truth_at(m, row, i);
        multilabel_count(m, m->scores + row * m->labels, truth, thresholds);
    }
    free(memory);
    return BERT_OK;
}

/* ---- scores */

static double share_of(double part, double whole)
{
    return whole > 0.0 ? part / whole : 0.0;
}

static class_score score_of(label_counts n)
{
    double right = (double)n.right, answers = (double)n.answers, truths = (double)n.truths;
    return (class_score){ .precision = share_of(right, answers),
                          .recall = share_of(right, truths),
                          .f1 = share_of(2.0 * right, answers + truths),
                          .support = n.truths };
}

class_score multilabel_label(const multilabel *m, size_t label)
{
    return score_of(m->counts[label]);
}

class_score multilabel_micro(const multilabel *m)
{
    label_counts all = { 0 };
    for (size_t i = 0; i < m->labels; i++) {
        all.right += m->counts[i].right;
        all.answers += m->counts[i].answers;
        all.truths += m->counts[i].truths;
    }
    return score_of(all);
}

class_score multilabel_macro(const multilabel *m)
{
    class_score sum = { 0 };
    double count = m->labels ? (double)m->labels : 1.0;
    for (size_t i = 0; i < m->labels; i++) {
        class_score s = multilabel_label(m, i);
        sum.precision += s.precision / count;
        sum.recall += s.recall / count;
        sum.f1 += s.f1 / count;
        sum.support += s.support;
    }
    return sum;
}

double multilabel_exact(const multilabel *m)
{
    return share_of((double)m->exact, (double)m->rows);
}
