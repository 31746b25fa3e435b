#include "metrics/confusion.h"

#include "base/memory.h"

#include <stdlib.h>

bert_status confusion_init(size_t classes, confusion *out)
{
    size_t cells;
    void *counts, *sums;
    if (!size_multiply(classes, classes, &cells))
        return fail(BERT_MEMORY, "a confusion matrix of %zu classes is too large", classes);
    TRY(memory_zeroed(cells, sizeof(uint64_t), &counts));
    bert_status status = memory_zeroed(classes, sizeof(label_counts), &sums);
    if (status == BERT_OK)
        *out = (confusion){ .classes = classes, .counts = counts, .sums = sums };
    else
        free(counts);
    return status;
}

void confusion_release(confusion *c)
{
    free(c->counts);
    free(c->sums);
    *c = (confusion){ 0 };
}

void confusion_add(confusion *c, size_t truth, size_t answer)
{
    c->counts[truth * c->classes + answer]++;
    c->sums[truth].truths++;
    c->sums[answer].answers++;
    c->sums[truth].right += truth == answer;
    c->total++;
}
