#include "metrics/confusion.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

bert_status confusion_init(size_t classes, confusion *out)
{
    size_t cells;
    void *counts;
    if (!size_multiply(classes, classes, &cells))
        return fail(BERT_MEMORY, "a confusion matrix of %zu classes is too large", classes);
    TRY(memory_zeroed(cells, sizeof(uint64_t), &counts));
    *out = (confusion){ .classes = classes, .counts = counts };
    return BERT_OK;
}

void confusion_release(confusion *c)
{
    free(c->counts);
    *c = (confusion){ 0 };
}

void confusion_add(confusion *c, size_t truth, size_t answer)
{
    c->counts[truth * c->classes + answer]++;
    c->total++;
}

/* How often class k is right, true, and answered. */
typedef struct class_counts {
    double right, truths, answers;
} class_counts;

static class_counts counts_of(const confusion *c, size_t k)
{
    class_counts n = { .right = (double)c->counts[k * c->classes + k] };
    for (size_t i = 0; i < c->classes; i++) {
        n.truths += (double)c->counts[k * c->classes + i];
        n.answers += (double)c->counts[i * c->classes + k];
    }
    return n;
}

double confusion_accuracy(const confusion *c)
{
    double right = 0.0;
    for (size_t k = 0; k < c->classes; k++) right += (double)c->counts[k * c->classes + k];
    return c->total ? right / (double)c->total : 0.0;
}

static double share_of(double part, double whole)
{
    return whole > 0.0 ? part / whole : 0.0;
}

class_score confusion_class(const confusion *c, size_t k)
{
    class_counts n = counts_of(c, k);
    return (class_score){ .precision = share_of(n.right, n.answers),
                          .recall = share_of(n.right, n.truths),
                          .f1 = share_of(2.0 * n.right, n.truths + n.answers),
                          .support = (uint64_t)n.truths };
}

class_score confusion_macro(const confusion *c)
{
    class_score sum = { .support = c->total };
    size_t met = 0;
    for (size_t k = 0; k < c->classes; k++) {
        class_counts n = counts_of(c, k);
        if (n.truths + n.answers == 0.0) continue;
        class_score s = confusion_class(c, k);
        sum.precision += s.precision;
        sum.recall += s.recall;
        sum.f1 += s.f1;
        met++;
    }
    double count = met ? (double)met : 1.0;
    sum.precision /= count;
    sum.recall /= count;
    sum.f1 /= count;
    return sum;
}

double confusion_mcc(const confusion *c)
{
    double total = (double)c->total, right = 0.0, cross = 0.0, answers = 0.0, truths = 0.0;
    for (size_t k = 0; k < c->classes; k++) {
        class_counts n = counts_of(c, k);
        right += n.right;
        cross += n.truths * n.answers;
        answers += n.answers * n.answers;
        truths += n.truths * n.truths;
    }
    double scale = (total * total - answers) * (total * total - truths);
    return scale > 0.0 ? (right * total - cross) / sqrt(scale) : 0.0;
}
