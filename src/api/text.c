/* text.c: bert.h's tokenizer and tables. */
#include "api/api.h"

#include "base/locale.h"
#include "base/memory.h"
#include "compute/compute.h"
#include "compute/cpu/kernels/kernels.h"
#include "data/dataset_reader.h"
#include "rows/table.h"

#include <stdint.h>
#include <stdlib.h>

const char *bert_version(void)
{
    return BERT_VERSION;
}

const char *bert_error(void)
{
    return status_message();
}

const char *bert_error_field(void)
{
    return status_field();
}

void bert_free(void *memory)
{
    free(memory);
}

const char *bert_instruction_set(void)
{
    return compute_cpu_instruction_set();
}

const char *bert_matrix_library(void)
{
    return compute_cpu_matrix_library();
}

/* ---- tokenizer */

bert_status bert_tokenizer_open(const char *folder, bert_tokenizer **out)
{
    LOCALE_PLAIN;
    void *memory;
    TRY(memory_zeroed(1, sizeof(bert_tokenizer), &memory));
    bert_tokenizer *t = memory;
    bert_status status = tokenizer_open(folder, &t->tokenizer);
    if (status == BERT_OK)
        *out = t;
    else
        free(t);
    return cache_hint(status, folder);
}

void bert_tokenizer_free(bert_tokenizer *t)
{
    if (!t) return;
    tokenizer_free(t->tokenizer);
    free(t);
}

/* In one block: the struct, then the arrays by falling alignment. */
static bert_status encoding_copy(const tokenizer *t, const tokenizer_encoding *from,
                                 bert_encoding **out)
{
    void *block;
    size_t each = sizeof(char *) + sizeof(uint32_t[2]) + sizeof(int32_t);
    if (from->count > (SIZE_MAX - sizeof **out) / each)
        return fail(BERT_MEMORY, "out of memory for %zu tokens", from->count);
    TRY(memory_zeroed(1, sizeof **out + from->count * each, &block));
    bert_encoding *e = block;
    const char **tokens = (const char **)(e + 1);
    uint32_t(*offsets)[2] = (uint32_t(*)[2])(tokens + from->count);
    *e = (bert_encoding){ .size = sizeof *e,
                          .count = from->count,
                          .first_count = from->first_count,
                          .whole_count = from->whole_count,
                          .ids = (int32_t *)(offsets + from->count),
                          .tokens = tokens,
                          .offsets = offsets };
    for (size_t i = 0; i < from->count; i++) {
        e->ids[i] = from->ids[i];
        e->tokens[i] = tokenizer_token(t, from->ids[i]);
        e->offsets[i][0] = from->offsets[i].begin;
        e->offsets[i][1] = from->offsets[i].end;
    }
    *out = e;
    return BERT_OK;
}

/* The limits of one call. */
typedef struct tokenizing {
    const tokenizer *tokenizer;
    size_t max_length;
    truncation how;
    tokenizer_encoding room;
} tokenizing;

static bert_status input_tokenize(tokenizing *k, const bert_input *input, bert_encoding **out)
{
    slice text = slice_from(input->text), pair = slice_from(input->pair);
    if (!text.bytes) return fail(BERT_ARGUMENT, "there is no text to tokenize");
    TRY(tokenizer_encode(k->tokenizer, text, pair, k->max_length, k->how, &k->room));
    tokenizer_code_points(text, pair, &k->room);
    return encoding_copy(k->tokenizer, &k->room, out);
}

bert_status bert_tokenize(const bert_tokenizer *t, const bert_input *inputs, size_t count,
                          size_t max_length, bert_truncation how, bert_encoding **out)
{
    LOCALE_PLAIN;
    static const truncation strategies[] = { TRUNCATE_LONGEST_FIRST, TRUNCATE_ONLY_FIRST,
                                             TRUNCATE_ONLY_SECOND };
    if ((size_t)how >= sizeof strategies / sizeof *strategies)
        return fail(BERT_ARGUMENT, "%d is no truncation", (int)how);
    tokenizing k = { .tokenizer = t->tokenizer,
                     .max_length = max_length ? max_length : SIZE_MAX,
                     .how = strategies[how] };
    bert_status status = BERT_OK;
    size_t done = 0;
    for (size_t i = 0; i < count; i++) out[i] = NULL;
    for (; done < count && status == BERT_OK; done++) {
        const bert_input *input = &inputs[done];
        status = input_tokenize(&k, input, &out[done]);
        if (status != BERT_ARGUMENT) continue;
        if (input->path)
            fail_in(status, "%s:%zu", input->path, input->line);
        else if (count > 1)
            fail_in(status, "input:%zu", done + 1);
    }
    tokenizer_encoding_release(&k.room);
    for (size_t i = 0; i < done && status != BERT_OK; i++) {
        free(out[i]);
        out[i] = NULL;
    }
    return status;
}

bert_status bert_ids_text(const bert_tokenizer *t, const int32_t *ids, size_t count,
                          bool skip_special, char **text)
{
    LOCALE_PLAIN;
    joined_text joined = { 0 };
    bert_status status = joined_append(&joined, slice_of(""));
    bool first = true;
    for (size_t i = 0; i < count && status == BERT_OK; i++) {
        size_t most = tokenizer_vocabulary_count(t->tokenizer);
        if (ids[i] < 0 || (size_t)ids[i] >= most) {
            status = fail(BERT_ARGUMENT, "id %zu is %d; those of the vocabulary are below %zu",
                          i + 1, (int)ids[i], most);
            continue;
        }
        if (skip_special && tokenizer_is_special(t->tokenizer, ids[i])) continue;
        slice token = slice_of(tokenizer_token(t->tokenizer, ids[i]));
        status = tokenizer_join(t->tokenizer, token, first, &joined);
        first = false;
    }
    if (status == BERT_OK) status = joined_mend(&joined);
    if (status == BERT_OK)
        *text = joined.bytes;
    else
        free(joined.bytes);
    return status;
}

/* ---- tables */

struct bert_table {
    table *table;
    char note[1024];
};

bert_status bert_table_open(const char *path, bert_table **out)
{
    LOCALE_PLAIN;
    void *memory;
    TRY(memory_zeroed(1, sizeof(bert_table), &memory));
    bert_table *t = memory;
    bert_status status = table_open(path, &t->table);
    if (status == BERT_OK)
        *out = t;
    else
        free(t);
    return status;
}

void bert_table_free(bert_table *t)
{
    if (!t) return;
    table_free(t->table);
    free(t);
}

bool bert_table_is(const char *path)
{
    LOCALE_PLAIN;
    return table_is_kind(path);
}

bert_status bert_table_column(const bert_table *t, const char *name, size_t *column)
{
    LOCALE_PLAIN;
    return table_require(t->table, name, column);
}

bert_status bert_table_find_texts(const bert_table *t, const bert_model *model, const char **text,
                                  const char **pair)
{
    LOCALE_PLAIN;
    dataset_columns named = { .text = *text, .pair = *pair };
    if (model) (void)dataset_texts_known(t->table, &model->trained.columns, &named);
    return dataset_texts_find(t->table, &named, text, pair);
}

const char *bert_table_column_name(const bert_table *t, size_t column)
{
    return table_column_name(t->table, column);
}

bert_status bert_table_next(bert_table *t, bool *more)
{
    LOCALE_PLAIN;
    return table_next(t->table, more);
}

bert_text bert_table_field(const bert_table *t, size_t column)
{
    slice field = table_field(t->table, column);
    return (bert_text){ .bytes = field.bytes, .count = field.count };
}

bert_status bert_table_text(const bert_table *t, size_t column, bert_text *out)
{
    LOCALE_PLAIN;
    slice field;
    TRY(dataset_field(t->table, column, FIELD_TEXT, &field));
    *out = text_from(field);
    return BERT_OK;
}

const char *bert_table_note(bert_table *t)
{
    return table_note(t->table, t->note, sizeof t->note) ? t->note : NULL;
}

size_t bert_table_line(const bert_table *t)
{
    return table_line(t->table);
}
