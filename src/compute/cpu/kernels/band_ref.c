#include "compute/cpu/kernels/variants.h"

void band_spread_ref(const band *b, const float *query, const float *key, float *y)
{
    for (size_t i = 0; i < b->queries; i++)
        for (size_t j = 0; j < b->keys; j++) {
            float sum = y[i * b->apart + j];
            if (query) sum += *(query + i * b->query_apart - j);
            if (key) sum += key[j * b->key_apart + i];
            y[i * b->apart + j] = sum;
        }
}

void band_gather_ref(const band *b, const float *y, float *query, float *key)
{
    for (size_t i = 0; i < b->queries; i++)
        for (size_t j = 0; j < b->keys; j++) {
            if (query) *(query + i * b->query_apart - j) += y[i * b->apart + j];
            if (key) key[j * b->key_apart + i] += y[i * b->apart + j];
        }
}
