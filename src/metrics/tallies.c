#include "metrics/tallies.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double share_of(double part, double whole)
{
    return whole > 0.0 ? part / whole : 0.0;
}

class_score counts_score(label_counts n)
{
    double right = (double)n.right, answers = (double)n.answers, truths = (double)n.truths;
    return (class_score){ .precision = share_of(right, answers),
                          .recall = share_of(right, truths),
                          .f1 = share_of(2.0 * right, answers + truths),
                          .support = n.truths };
}

static label_counts counts_sum(const label_counts *counts, size_t labels)
{
    label_counts all = { 0 };
    for (size_t i = 0; i < labels; i++) {
        all.right += counts[i].right;
        all.answers += counts[i].answers;
        all.truths += counts[i].truths;
    }
    return all;
}

class_score counts_micro(const label_counts *counts, size_t labels)
{
    return counts_score(counts_sum(counts, labels));
}

class_score counts_macro(const label_counts *counts, size_t labels, macro_over over)
{
    class_score sum = { 0 };
    size_t met = 0;
    for (size_t i = 0; i < labels; i++) {
        class_score s = counts_score(counts[i]); /* 0 for one that is not met */
        sum.precision += s.precision;
        sum.recall += s.recall;
        sum.f1 += s.f1;
        sum.support += s.support;
        met += counts[i].truths || counts[i].answers;
    }
    size_t of = over == MACRO_ALL ? labels : met;
    double count = of ? (double)of : 1.0;
    sum.precision /= count;
    sum.recall /= count;
    sum.f1 /= count;
    return sum;
}

double counts_accuracy(const label_counts *counts, size_t labels)
{
    label_counts all = counts_sum(counts, labels);
    return share_of((double)all.right, (double)all.truths);
}

double counts_mcc(const label_counts *counts, size_t labels)
{
    label_counts all = counts_sum(counts, labels);
    double total = (double)all.truths, cross = 0.0, answers = 0.0, truths = 0.0;
    for (size_t i = 0; i < labels; i++) {
        double answered = (double)counts[i].answers, true_ones = (double)counts[i].truths;
        cross += true_ones * answered;
        answers += answered * answered;
        truths += true_ones * true_ones;
    }
    double scale = (total * total - answers) * (total * total - truths);
    return scale > 0.0 ? ((double)all.right * total - cross) / sqrt(scale) : 0.0;
}

/* ---- row by row */

void counted_rows_release(counted_rows *r)
{
    free(r->items);
    free(r->ends);
    *r = (counted_rows){ 0 };
}

bert_status counted_rows_add(counted_rows *r, row_counts n)
{
    for (size_t i = r->count ? r->ends[r->count - 1] : 0; i < r->item_count; i++) {
        row_counts *have = &r->items[i];
        if (have->label != n.label) continue;
        have->right += n.right;
        have->answers += n.answers;
        have->truths += n.truths;
        return BERT_OK;
    }
    TRY(memory_grow((void **)&r->items, &r->item_capacity, r->item_count + 1, sizeof n));
    r->items[r->item_count++] = n;
    return BERT_OK;
}

bert_status counted_rows_end(counted_rows *r)
{
    TRY(memory_grow((void **)&r->ends, &r->end_capacity, r->count + 1, sizeof *r->ends));
    r->ends[r->count++] = r->item_count;
    return BERT_OK;
}

bert_status counted_rows_answer(counted_rows *r, size_t truth, size_t answer)
{
    row_counts true_one = { .label = (uint32_t)truth, .right = truth == answer, .truths = 1 };
    row_counts answered = { .label = (uint32_t)answer, .answers = 1 };
    TRY(counted_rows_add(r, true_one));
    TRY(counted_rows_add(r, answered));
    return counted_rows_end(r);
}

void counted_rows_sum(const counted_rows *r, const uint32_t *weights, label_counts *sums,
                      size_t labels)
{
    memset(sums, 0, labels * sizeof *sums);
    for (size_t row = 0, i = 0; row < r->count; row++) {
        uint64_t weight = weights ? weights[row] : 1;
        for (; i < r->ends[row]; i++) {
            label_counts *sum = &sums[r->items[i].label];
            sum->right += weight * r->items[i].right;
            sum->answers += weight * r->items[i].answers;
            sum->truths += weight * r->items[i].truths;
        }
    }
}
