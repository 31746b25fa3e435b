/* bpe_merges.h: which two tokens merge into a third, and which pairs go first.
 *
 * One open-addressing table, keyed by the pair. Read-only use may be shared by threads. A zeroed
 * one is empty. */
#ifndef TEXT_BPE_MERGES_H
#define TEXT_BPE_MERGES_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct bpe_merge {
    int32_t left, right;
    int32_t merged; /* their id as one */
    uint32_t rank;  /* the lowest goes first, plus 1; 0: an empty slot */
} bpe_merge;

typedef struct bpe_merges {
    bpe_merge *slots; /* [1 << bits] */
    unsigned bits;
    size_t count;
} bpe_merges;

/* Makes room for `count` pairs. */
bert_status bpe_merges_open(bpe_merges *m, size_t count);
void bpe_merges_release(bpe_merges *m);

/* Adds a pair where there is room; one that is there already takes the new rank. Pairs that crowd
 * in one place of the table are BERT_FORMAT. */
bert_status bpe_merges_add(bpe_merges *m, bpe_merge pair);

static inline size_t bpe_merges_home(const bpe_merges *m, int32_t left, int32_t right)
{
    uint64_t key = (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
    /* 2^64 over the golden ratio (Knuth, TAOCP 3, 6.4) */
    return (size_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> (64 - m->bits));
}

/* The pair, or an empty slot. */
static inline const bpe_merge *bpe_merges_find(const bpe_merges *m, int32_t left, int32_t right)
{
    size_t at = bpe_merges_home(m, left, right), mask = ((size_t)1 << m->bits) - 1;
    while (m->slots[at].rank && (m->slots[at].left != left || m->slots[at].right != right))
        at = (at + 1) & mask;
    return &m->slots[at];
}

#endif
