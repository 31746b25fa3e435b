/* masking.h: which tokens are hidden from the model, and behind what.
 *
 * Every draw is a function of (key, unit in the step, token) and nothing else (base/rng.h), so
 * batches, threads and resuming change none. Of the tokens that are not special each is chosen with
 * probability `share`, or with `whole_words` all pieces of a word by one draw. A chosen token is
 * replaced by [MASK] in 80 of 100 cases, by any piece of the vocabulary in 10, and stays in 10
 * (Devlin et al. 2019, 3.1), each piece by itself. */
#ifndef TASKS_MASKING_H
#define TASKS_MASKING_H

#include "base/status.h"
#include "text/tokenizer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct masking {
    double share;
    bool whole_words;
    int32_t mask;      /* the id of [MASK] */
    size_t vocabulary; /* ids that a random piece is drawn from */
    uint8_t *kinds;    /* [vocabulary] special, or going on with a word ("##ing"), or neither */
} masking;

/* BERT_ARGUMENT where the tokenizer has no [MASK]. The caller releases. */
bert_status masking_init(const tokenizer *t, double share, bool whole_words, masking *out);
void masking_release(masking *m);

/* Is ids[token] of this sequence chosen? */
bool masking_chooses(const masking *m, uint64_t key, uint32_t unit, const int32_t *ids,
                     size_t token);

/* What the model sees in place of the chosen `id`. */
int32_t masking_shows(const masking *m, uint64_t key, uint32_t unit, size_t token, int32_t id);

/* The pieces of the longest word in ids [count]; 1 where pieces are chosen one by one. */
size_t masking_longest(const masking *m, const int32_t *ids, size_t count);

/* So many of `tokens` are chosen at most, `longest` together: ten standard deviations and more
 * above the mean, which no run will ever see. */
size_t masking_most(double share, size_t longest, size_t tokens);

#endif
