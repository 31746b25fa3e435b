#include "text/bpe_merges.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

/* GPT-2's 50,000 merges have 17. Who chooses pairs by the hash can make it as long as the table,
 * and each search as slow. */
enum { PROBES_MAX = 1000 };

bert_status bpe_merges_open(bpe_merges *m, size_t count)
{
    unsigned bits = 1;
    while ((size_t)1 << bits < 2 * count) bits++;
    void *slots;
    TRY(memory_zeroed((size_t)1 << bits, sizeof(bpe_merge), &slots));
    *m = (bpe_merges){ .slots = slots, .bits = bits };
    return BERT_OK;
}

void bpe_merges_release(bpe_merges *m)
{
    free(m->slots);
    *m = (bpe_merges){ 0 };
}

bert_status bpe_merges_add(bpe_merges *m, bpe_merge pair)
{
    assert(pair.rank > 0);
    bpe_merge *slot = (bpe_merge *)bpe_merges_find(m, pair.left, pair.right);
    size_t mask = ((size_t)1 << m->bits) - 1;
    size_t distance =
        ((size_t)(slot - m->slots) - bpe_merges_home(m, pair.left, pair.right)) & mask;
    if (distance > PROBES_MAX)
        return fail(BERT_FORMAT, "the merges are such that finding one would take too long; were "
                                 "they chosen for that?");
    m->count += slot->rank == 0;
    assert(m->count <= mask);
    *slot = pair;
    return BERT_OK;
}
