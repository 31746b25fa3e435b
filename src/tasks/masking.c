#include "tasks/masking.h"

#include "base/memory.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>

enum { KIND_BEGINS, KIND_CONTINUES, KIND_SPECIAL };

static uint8_t kind_of(const tokenizer *t, int32_t id)
{
    if (tokenizer_is_special(t, id)) return KIND_SPECIAL;
    return tokenizer_continues(t, id) ? KIND_CONTINUES : KIND_BEGINS;
}

bert_status masking_init(const tokenizer *t, double share, bool whole_words, masking *out)
{
    masking m = { .share = share,
                  .whole_words = whole_words,
                  .mask = tokenizer_mask_id(t),
                  .vocabulary = tokenizer_vocabulary_count(t) };
    if (m.mask < 0)
        return fail(BERT_ARGUMENT, "the model's vocabulary has no [MASK], so words cannot be "
                                   "masked; the task 'fill' needs a model that knows it");
    void *kinds;
    TRY(memory_zeroed(m.vocabulary, sizeof *m.kinds, &kinds));
    m.kinds = kinds;
    for (size_t id = 0; id < m.vocabulary; id++) m.kinds[id] = kind_of(t, (int32_t)id);
    *out = m;
    return BERT_OK;
}

void masking_release(masking *m)
{
    free(m->kinds);
    *m = (masking){ 0 };
}

static rng_block draw(uint64_t key, uint32_t unit, size_t token)
{
    return rng_philox(key, (rng_block){ { 0, (uint32_t)token, unit, RNG_MASKING } });
}

/* Uniform on [0, 1). */
static double uniform(uint32_t bits)
{
    return (double)bits * 0x1p-32;
}

static bool goes_on(const masking *m, const int32_t *ids, size_t token)
{
    return m->whole_words && token > 0 && m->kinds[ids[token]] == KIND_CONTINUES &&
           m->kinds[ids[token - 1]] != KIND_SPECIAL;
}

bool masking_chooses(const masking *m, uint64_t key, uint32_t unit, const int32_t *ids,
                     size_t token)
{
    if (m->kinds[ids[token]] == KIND_SPECIAL) return false;
    while (goes_on(m, ids, token)) token--; /* to the word's first piece */
    return uniform(draw(key, unit, token).word[0]) < m->share;
}

int32_t masking_shows(const masking *m, uint64_t key, uint32_t unit, size_t token, int32_t id)
{
    rng_block drawn = draw(key, unit, token);
    double which = uniform(drawn.word[1]);
    if (which < 0.8) return m->mask;
    return which < 0.9 ? (int32_t)(((uint64_t)drawn.word[2] * m->vocabulary) >> 32) : id;
}

size_t masking_longest(const masking *m, const int32_t *ids, size_t count)
{
    size_t longest = 1, length = 0;
    for (size_t i = 0; i < count; i++) {
        length = goes_on(m, ids, i) ? length + 1 : 1;
        if (length > longest) longest = length;
    }
    return longest;
}

size_t masking_most(double share, size_t longest, size_t tokens)
{
    double mean = share * (double)tokens;
    double deviation = sqrt(mean * (1.0 - share) * (double)longest);
    double most = mean + 10.0 * deviation + 32.0 * (double)longest;
    return most < (double)tokens ? (size_t)most : tokens;
}
