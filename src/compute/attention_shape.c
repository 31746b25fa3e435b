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
