#include "base/memory.h"
#include "compute/compute.h"

double attention_products(const attention_shape *s)
{
    double scores = 0.0;
    for (size_t i = 0; i < s->sequences; i++) {
        size_t queries = s->query_starts[i + 1] - s->query_starts[i];
        size_t keys = s->key_starts[i + 1] - s->key_starts[i];
        if (s->reach) keys = size_smaller(keys, 2 * s->reach + 1);
        scores += (double)queries * (double)keys;
    }
    return scores * (double)s->heads * (double)s->head_width;
}

size_t attention_farthest(const attention_shape *s)
{
    size_t longest = 1;
    for (size_t i = 0; i < s->sequences; i++)
        longest = size_larger(longest, s->key_starts[i + 1] - s->key_starts[i]);
    return longest - 1;
}

size_t disentangled_rows(const disentangled_shape *s, size_t *first)
{
    size_t farthest = attention_farthest(&s->attention);
    *first = s->row[-(ptrdiff_t)farthest];
    return s->row[farthest] + 1u - *first;
}
