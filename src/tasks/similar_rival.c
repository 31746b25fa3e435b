/* similar_rival.c: texts as vectors of the words they have, as rare words weigh more: the cosine of
 * their overlap. The words share the model's numbers: each stands at a place and with a sign that
 * are hashes of its token (feature hashing: Weinberger and others 2009). */
#include "tasks/similar.h"

#include "base/memory.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a token weighs: the logarithm of how many sequences there are for one that has it. */
static bert_status rarity_take(const examples *e, float **out)
{
    size_t vocabulary = tokenizer_vocabulary_count(e->tokenizer);
    const features *f = &e->features;
    void *memory, *seen;
    TRY(memory_zeroed(vocabulary, sizeof(float), &memory));
    bert_status status = memory_zeroed(vocabulary, sizeof(size_t), &seen);
    if (status != BERT_OK) {
        free(memory);
        return status;
    }
    float *rarity = memory;
    size_t *last = seen;
    for (size_t s = 0; s < f->sequences; s++)
        for (size_t i = f->starts[s]; i < f->starts[s + 1]; i++) {
            if (last[f->ids[i]] == s + 1) continue;
            last[f->ids[i]] = s + 1;
            rarity[f->ids[i]]++;
        }
    for (size_t i = 0; i < vocabulary; i++)
        rarity[i] = tokenizer_is_special(e->tokenizer, (int32_t)i)
                        ? 0.0f
                        : logf((float)(1 + f->sequences) / (1.0f + rarity[i])) + 1.0f;
    free(last);
    *out = rarity;
    return BERT_OK;
}

/* vector [width], of length 1 unless the text has no word. */
static void sequence_vector(const features *f, size_t sequence, const float *rarity, size_t width,
                            float *vector)
{
    double squares = 0.0;
    memset(vector, 0, width * sizeof *vector);
    for (size_t i = f->starts[sequence]; i < f->starts[sequence + 1]; i++) {
        uint64_t hash = rng_key(0, (uint64_t)f->ids[i]);
        float rare = rarity[f->ids[i]];
        vector[(hash >> 1) % width] += hash & 1 ? rare : -rare;
    }
    for (size_t k = 0; k < width; k++) squares += (double)vector[k] * (double)vector[k];
    for (size_t k = 0; k < width && squares > 0.0; k++) vector[k] /= (float)sqrt(squares);
}

bert_status similar_bag_of_words(const examples *trained, const examples *asked, uint64_t seed,
                                 const answer_taker *taker)
{
    (void)seed;
    const features *f = &asked->features;
    size_t group = features_group(f), width = config_vector_width(asked->config);
    float *rarity;
    void *vectors = NULL;
    TRY(rarity_take(trained, &rarity));
    bert_status status = memory_zeroed(group * width, sizeof(float), &vectors);
    for (size_t unit = 0; unit < f->count && status == BERT_OK; unit++) {
        for (size_t i = 0; i < group; i++)
            sequence_vector(f, unit * group + i, rarity, width, (float *)vectors + i * width);
        status = taker->take(taker->context, features_row(f, unit), vectors);
    }
    free(vectors);
    free(rarity);
    return status;
}
