#include "text/trie.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

enum { EDGE_BITS_FIRST = 8, NODES_MAX = 1 << 24 }; /* a node shares 32 bits with a byte */

/* BERT base has 21, a million random words 27. Who chooses texts by the hash can make it as long as
 * the table, and each search as slow. */
enum { PROBES_MAX = 1000 };

static bert_status edges_grow(trie *t)
{
    size_t count = t->edges ? (size_t)1 << t->edge_bits : 0;
    if (t->edges && (t->edge_count + 1) * 2 <= count) return BERT_OK;

    trie grown = { .edge_bits = t->edges ? t->edge_bits + 1 : EDGE_BITS_FIRST,
                   .edge_count = t->edge_count };
    void *edges;
    TRY(memory_zeroed((size_t)1 << grown.edge_bits, sizeof(trie_edge), &edges));
    grown.edges = edges;
    for (size_t i = 0; i < count; i++) {
        const trie_edge *edge = &t->edges[i];
        if (edge->child) *trie_slot(&grown, edge->key >> 8, (unsigned char)edge->key) = *edge;
    }
    free(t->edges);
    *t = grown;
    return BERT_OK;
}

/* Fills an empty slot. */
static bert_status edge_put(trie *t, trie_edge *edge, uint32_t key)
{
    uint32_t mask = (UINT32_C(1) << t->edge_bits) - 1;
    uint32_t home = key * UINT32_C(2654435769) >> (32 - t->edge_bits);
    if (t->edge_count + 1 >= NODES_MAX)
        return fail(BERT_FORMAT, "the vocabulary's texts are too long to hold");
    if ((((uint32_t)(edge - t->edges) - home) & mask) > PROBES_MAX)
        return fail(BERT_FORMAT, "the vocabulary's texts are such that finding one would take too "
                                 "long; were they chosen for that?");
    *edge = (trie_edge){ .key = key, .child = ++t->edge_count, .value = TRIE_ABSENT };
    return BERT_OK;
}

bert_status trie_insert(trie *t, slice key, int32_t value)
{
    assert(value >= 0);
    uint32_t node = TRIE_ROOT;
    trie_edge *edge = NULL;
    for (size_t i = 0; i < key.count; i++) {
        TRY(edges_grow(t));
        edge = trie_slot(t, node, (unsigned char)key.bytes[i]);
        if (!edge->child) TRY(edge_put(t, edge, node << 8 | (unsigned char)key.bytes[i]));
        node = edge->child;
    }
    if (edge) edge->value = value;
    return BERT_OK;
}

void trie_release(trie *t)
{
    free(t->edges);
    *t = (trie){ 0 };
}

int32_t trie_find(const trie *t, slice key)
{
    uint32_t node = TRIE_ROOT;
    int32_t value = TRIE_ABSENT;
    for (size_t i = 0; t->edges && i < key.count; i++) {
        const trie_edge *edge = trie_slot(t, node, (unsigned char)key.bytes[i]);
        if (!edge->child) return TRIE_ABSENT;
        node = edge->child;
        value = edge->value;
    }
    return value;
}

bool trie_walk(const trie *t, slice key, uint32_t *node)
{
    uint32_t at = TRIE_ROOT;
    for (size_t i = 0; i < key.count; i++) {
        const trie_edge *edge =
            t->edges ? trie_slot(t, at, (unsigned char)key.bytes[i]) : &(trie_edge){ 0 };
        if (!edge->child) return false;
        at = edge->child;
    }
    *node = at;
    return true;
}

int32_t trie_longest(const trie *t, uint32_t node, slice text, size_t *length)
{
    int32_t longest = TRIE_ABSENT;
    for (size_t i = 0; t->edges && i < text.count; i++) {
        const trie_edge *edge = trie_slot(t, node, (unsigned char)text.bytes[i]);
        if (!edge->child) break;
        node = edge->child;
        if (edge->value != TRIE_ABSENT) {
            longest = edge->value;
            *length = i + 1;
        }
    }
    return longest;
}
