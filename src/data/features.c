#include "data/features.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

bert_status features_add(features *f, const tokenizer *t, slice text, slice pair, size_t max_length,
                         tokenizer_encoding *encoding)
{
    TRY(tokenizer_encode(t, text, pair, max_length, TRUNCATE_LONGEST_FIRST, encoding));
    size_t begin = f->count ? f->starts[f->count] : 0, end = begin + encoding->count;
    TRY(memory_grow((void **)&f->starts, &f->starts_capacity, f->count + 2, sizeof *f->starts));
    TRY(memory_grow((void **)&f->first_counts, &f->first_capacity, f->count + 1,
                    sizeof *f->first_counts));
    TRY(memory_grow((void **)&f->ids, &f->ids_capacity, end, sizeof *f->ids));

    memcpy(f->ids + begin, encoding->ids, encoding->count * sizeof *f->ids);
    f->starts[f->count] = begin;
    f->starts[f->count + 1] = end;
    f->first_counts[f->count] = (uint32_t)encoding->first_count;
    f->count++;
    if (encoding->count > f->longest) f->longest = encoding->count;
    if (encoding->whole_count > encoding->count) f->truncated++;
    return BERT_OK;
}

void features_clear(features *f)
{
    f->count = f->longest = f->truncated = 0;
}

void features_release(features *f)
{
    free(f->starts);
    free(f->first_counts);
    free(f->ids);
    *f = (features){ 0 };
}
