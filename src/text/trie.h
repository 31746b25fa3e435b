/* trie.h: byte strings to numbers, walked a byte at a time.
 *
 * The edges of all nodes lie in one open-addressing table, keyed by (node, byte), so that a step is
 * one probe whatever the node's fan-out, and building is inserting. Read-only use may be shared by
 * threads. A zeroed trie is empty. */
#ifndef TEXT_TRIE_H
#define TEXT_TRIE_H

#include "base/slice.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TRIE_ROOT = 0, TRIE_ABSENT = -1 };

typedef struct trie_edge {
    uint32_t key;   /* node << 8 | byte */
    uint32_t child; /* 0: an empty slot, since the root is nobody's child */
    int32_t value;  /* of the string that ends at `child`, or TRIE_ABSENT */
} trie_edge;

typedef struct trie {
    trie_edge *edges; /* [1 << edge_bits] */
    unsigned edge_bits;
    uint32_t edge_count; /* node n is the n-th edge's child */
} trie;

/* The slot of an edge from `node`, or the empty one where it would be put; the table is there.
 * Multiplicative hashing (Knuth, TAOCP 3, 6.4): the multiplier is 2^32 over the golden ratio. */
static inline trie_edge *trie_slot(const trie *t, uint32_t node, unsigned char byte)
{
    uint32_t key = node << 8 | byte, mask = (UINT32_C(1) << t->edge_bits) - 1;
    uint32_t at = key * UINT32_C(2654435769) >> (32 - t->edge_bits);
    while (t->edges[at].child && t->edges[at].key != key) at = (at + 1) & mask;
    return &t->edges[at];
}

/* Gives `key` a value from 0 on; a key that is there already has it replaced. Texts that fill the
 * table, or crowd in one place of it, are BERT_FORMAT. */
bert_status trie_insert(trie *t, slice key, int32_t value);
void trie_release(trie *t);

/* The value of exactly `key`, or TRIE_ABSENT; TRIE_ABSENT for an empty key. */
int32_t trie_find(const trie *t, slice key);

/* *node = where `key` leads from the root; false, and *node untouched, where it leads nowhere. */
bool trie_walk(const trie *t, slice key, uint32_t *node);

/* From `node`, the value of the longest non-empty prefix of `text` that has one, and its length in
 * bytes; TRIE_ABSENT, and *length untouched, where none has. */
int32_t trie_longest(const trie *t, uint32_t node, slice text, size_t *length);

#endif
