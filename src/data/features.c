#include "data/features.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Appends a sequence of `count` ids, which are to be written to *ids. */
static bert_status sequence_add(features *f, size_t row, size_t count, size_t first_count,
                                int32_t **ids)
{
    size_t at = f->sequences, begin = at ? f->starts[at] : 0, end = begin + count;
    if (end > FEATURES_TOKENS_MAX || row > UINT32_MAX)
        return fail(
            BERT_DATA,
            "the data are more than %d tokens, row %zu among them; use less at once (limit)",
            FEATURES_TOKENS_MAX, row + 1);
    TRY(memory_grow((void **)&f->starts, &f->starts_capacity, at + 2, sizeof *f->starts));
    TRY(memory_grow((void **)&f->first_counts, &f->first_capacity, at + 1,
                    sizeof *f->first_counts));
    TRY(memory_grow((void **)&f->rows, &f->rows_capacity, at + 1, sizeof *f->rows));
    TRY(memory_grow((void **)&f->ids, &f->ids_capacity, end, sizeof *f->ids));

    *ids = f->ids + begin;
    f->starts[at] = begin;
    f->starts[at + 1] = end;
    f->first_counts[at] = (uint32_t)first_count;
    f->rows[at] = (uint32_t)row;
    f->sequences++;
    f->count = f->sequences / features_group(f);
    if (count > f->longest) f->longest = count;
    return BERT_OK;
}

bert_status features_append(features *f, size_t row, const int32_t *ids, size_t count,
                            size_t first_count)
{
    int32_t *to;
    TRY(sequence_add(f, row, count, first_count, &to));
    memcpy(to, ids, count * sizeof *to);
    return BERT_OK;
}

bert_status features_add_framed(features *f, size_t row, const frame *around, token_slice first,
                                token_slice second)
{
    int32_t *to;
    TRY(sequence_add(f, row, frame_length(around, first.count, second.count),
                     frame_first_count(around, first.count), &to));
    frame_put(around, first, second, to);
    return BERT_OK;
}

/* A text of a prompt alone ends in [SEP], which is none of its tokens. */
bert_status features_set_prompt(features *f, const tokenizer *t, slice prompt, bool left_out,
                                size_t max_length, tokenizer_encoding *encoding)
{
    f->prompt = prompt;
    f->skip = 0;
    if (!left_out || !prompt.count) return BERT_OK;
    TRY(tokenizer_encode(t, prompt, (slice){ NULL, 0 }, max_length, TRUNCATE_LONGEST_FIRST,
                         encoding));
    size_t count = encoding->count;
    f->skip = count && tokenizer_is_special(t, encoding->ids[count - 1]) ? count - 1 : count;
    return BERT_OK;
}

static bert_status prompt_put(features *f, slice *text)
{
    if (!f->prompt.count) return BERT_OK;
    size_t count = f->prompt.count + text->count;
    TRY(memory_grow((void **)&f->prompted, &f->prompted_capacity, count, 1));
    memcpy(f->prompted, f->prompt.bytes, f->prompt.count);
    if (text->count) memcpy(f->prompted + f->prompt.count, text->bytes, text->count);
    *text = (slice){ f->prompted, count };
    return BERT_OK;
}

bert_status features_add(features *f, const tokenizer *t, size_t row, slice text, slice pair,
                         size_t max_length, tokenizer_encoding *encoding)
{
    TRY(prompt_put(f, &text));
    TRY(tokenizer_encode(t, text, pair, max_length, TRUNCATE_LONGEST_FIRST, encoding));
    TRY(features_append(f, row, encoding->ids, encoding->count, encoding->first_count));
    if (encoding->whole_count > encoding->count) f->truncated++;
    return BERT_OK;
}

size_t features_bytes(const features *f)
{
    return features_tokens(f) * sizeof *f->ids +
           f->sequences * (sizeof *f->starts + sizeof *f->first_counts + sizeof *f->rows);
}

size_t features_longest_unit(const features *f)
{
    size_t longest = 0;
    for (size_t i = 0; i < f->count; i++)
        if (features_length(f, i) > longest) longest = features_length(f, i);
    return longest;
}

void features_clear(features *f)
{
    f->count = f->sequences = f->longest = f->truncated = 0;
}

void features_release(features *f)
{
    free(f->starts);
    free(f->first_counts);
    free(f->rows);
    free(f->ids);
    free(f->prompted);
    *f = (features){ 0 };
}
