/* band_vector.h: after a vocabulary (vector_avx2.h explains). Squares of LANES queries and keys:
 * the queries' side is read backward, the keys' side transposed. What is left at the right and at
 * the bottom is the reference's. */
#include "compute/cpu/kernels/variants.h"

static void square_spread(const band *b, const float *query, const float *key, float *y)
{
    float turned[LANES * LANES];
    if (key) vector_transpose(key, b->key_apart, turned, LANES);
    for (size_t i = 0; i < LANES; i++) {
        vector sum = vector_load(y + i * b->apart, LANES);
        if (query)
            sum += vector_reverse(vector_load(query + i * b->query_apart - (LANES - 1), LANES));
        if (key) sum += vector_load(turned + i * LANES, LANES);
        vector_store(y + i * b->apart, LANES, sum);
    }
}

static void square_gather(const band *b, const float *y, float *query, float *key)
{
    float turned[LANES * LANES];
    for (size_t i = 0; query && i < LANES; i++) {
        float *to = query + i * b->query_apart - (LANES - 1);
        vector sum = vector_reverse(vector_load(y + i * b->apart, LANES));
        vector_store(to, LANES, vector_load(to, LANES) + sum);
    }
    if (key) vector_transpose(y, b->apart, turned, LANES);
    for (size_t j = 0; key && j < LANES; j++) {
        float *to = key + j * b->key_apart;
        vector sum = vector_load(to, LANES) + vector_load(turned + j * LANES, LANES);
        vector_store(to, LANES, sum);
    }
}

/* The part of b from query i and key j on, as large as a square or what is left of one. */
static band part_at(const band *b, size_t i, size_t j)
{
    band part = *b;
    part.queries = lanes_of(b->queries - i);
    part.keys = lanes_of(b->keys - j);
    return part;
}

void VARIANT(band_spread)(const band *b, const float *query, const float *key, float *y)
{
    for (size_t i = 0; i < b->queries; i += LANES)
        for (size_t j = 0; j < b->keys; j += LANES) {
            band part = part_at(b, i, j);
            bool square = part.queries == LANES && part.keys == LANES;
            (square ? square_spread : band_spread_ref)(
                &part, query ? query + i * b->query_apart - j : NULL,
                key ? key + j * b->key_apart + i : NULL, y + i * b->apart + j);
        }
}

void VARIANT(band_gather)(const band *b, const float *y, float *query, float *key)
{
    for (size_t i = 0; i < b->queries; i += LANES)
        for (size_t j = 0; j < b->keys; j += LANES) {
            band part = part_at(b, i, j);
            bool square = part.queries == LANES && part.keys == LANES;
            (square ? square_gather : band_gather_ref)(
                &part, y + i * b->apart + j, query ? query + i * b->query_apart - j : NULL,
                key ? key + j * b->key_apart + i : NULL);
        }
}
