#include "data/dataset_reader.h"

#include "base/file.h"
#include "base/memory.h"
#include "rows/conll.h"
#include "rows/squad.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES_LEAST = 1 << 12, BLOCK_BYTES_MOST = 1 << 20 };

/* Texts lie end to end in blocks that never move, each twice as large as the last. */
typedef struct text_block {
    struct text_block *previous;
    size_t used, capacity;
    _Alignas(size_t) char bytes[];
} text_block;

struct dataset_storage {
    text_block *last;
    size_t row_capacity;
};

/* Readers by form. */
static dataset_read *const readers[FORM_COUNT] = {
    [FORM_TEXTS] = dataset_read_texts,     [FORM_QUESTIONS] = dataset_read_questions,
    [FORM_CHOICES] = dataset_read_choices, [FORM_LINES] = dataset_read_lines,
    [FORM_WORDS] = dataset_read_words,     [FORM_COMPARED] = dataset_read_compared,
};

/* ---- memory */

bert_status dataset_take(dataset *d, size_t count, size_t size, void **out)
{
    struct dataset_storage *s = d->storage;
    size_t bytes;
    if (!size_multiply(count, size, &bytes) || bytes > SIZE_MAX / 2)
        return fail(BERT_MEMORY, "out of memory: %zu elements asked for", count);
    size_t align = size % sizeof(size_t) == 0 ? sizeof(size_t) : 1;
    size_t begin = s->last ? (s->last->used + align - 1) / align * align : 0;
    if (!s->last || begin > s->last->capacity || s->last->capacity - begin < bytes) {
        size_t usual =
            s->last ? size_smaller(2 * s->last->capacity, BLOCK_BYTES_MOST) : BLOCK_BYTES_LEAST;
        size_t capacity = size_larger(bytes, usual);
        text_block *block = malloc(sizeof *block + capacity);
        if (!block)
            return fail(BERT_MEMORY, "out of memory: %zu bytes of text asked for", capacity);
        *block = (text_block){ .previous = s->last, .capacity = capacity };
        s->last = block;
        begin = 0;
    }
    *out = s->last->bytes + begin;
    s->last->used = begin + bytes;
    return BERT_OK;
}

bert_status dataset_keep(dataset *d, slice text, slice *out)
{
    void *kept;
    if (text.bytes) {
        TRY(dataset_take(d, text.count, 1, &kept));
        text.bytes = memcpy(kept, text.bytes, text.count);
    }
    *out = text;
    return BERT_OK;
}

bert_status dataset_keep_string(dataset *d, const char *string, const char **out)
{
    slice kept = { NULL, 0 };
    if (string) TRY(dataset_keep(d, (slice){ string, strlen(string) + 1 }, &kept));
    *out = kept.bytes;
    return BERT_OK;
}

bert_status dataset_add(dataset *d, const dataset_row *row)
{
    TRY(memory_grow((void **)&d->rows, &d->storage->row_capacity, d->count + 1, sizeof *d->rows));
    d->rows[d->count++] = *row;
    return BERT_OK;
}

bool dataset_wants_more(const dataset *d, const dataset_request *request)
{
    return !request->limit || d->count < request->limit;
}

size_t dataset_bytes(const dataset *d)
{
    size_t bytes = d->count * sizeof *d->rows;
    for (const text_block *b = d->storage ? d->storage->last : NULL; b; b = b->previous)
        bytes += b->used;
    return bytes;
}

/* ---- notes */

bert_status dataset_say(dataset *d, const char *format, ...)
{
    char text[1024];
    void *memory;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    TRY(dataset_take(d, 1, sizeof(struct dataset_note), &memory));
    struct dataset_note *note = memory;
    *note = (struct dataset_note){ 0 };
    TRY(dataset_keep_string(d, text, &note->text));
    struct dataset_note **end = &d->notes;
    while (*end) end = &(*end)->next;
    *end = note;
    return BERT_OK;
}

bert_status dataset_table_close(dataset *d, table *t, bert_status status)
{
    char text[1024];
    if (status == BERT_OK && table_note(t, text, sizeof text)) status = dataset_say(d, "%s", text);
    table_free(t);
    return status;
}

/* ---- columns */

static bool kind_takes(field_kind kind, const char *other)
{
    return (kind >= FIELD_CLASS && (*other == 't' || *other == 'f')) ||
           (kind == FIELD_CLASSES && *other != 'n');
}

bert_status dataset_field(const table *t, size_t column, field_kind kind, slice *out)
{
    const char *other = table_no_text(t, column), *name = table_column_name(t, column);
    if (other && !kind_takes(kind, other))
        return fail(BERT_DATA, "%s:%zu: '%s' is %s, and %s was expected", table_path(t),
                    table_line(t), name, other,
                    kind == FIELD_TEXT    ? "a text"
                    : kind == FIELD_CLASS ? "one label"
                                          : "one label or a list of them");
    *out = table_field(t, column);
    if (out->bytes) return BERT_OK;
    return fail(BERT_DATA, "%s:%zu: has no '%s'", table_path(t), table_line(t), name);
}

bert_status dataset_keep_field(dataset *d, const table *t, size_t column, field_kind kind,
                               slice *out)
{
    slice field;
    TRY(dataset_field(t, column, kind, &field));
    return dataset_keep(d, field, out);
}

/* ---- files */

/* The data are read several times, and a resumed run must find them again. */
static bert_status stream_check(const char *path)
{
    if (strcmp(path, "-") != 0 && !file_is_stream(path)) return BERT_OK;
    return fail(BERT_ARGUMENT,
                "%s: data with labels are read from files, several times; save them to one first, "
                "such as train.tsv (packed: train.tsv.gz)",
                path);
}

/* Of all files together. */
static bert_status comments_say(dataset *d)
{
    const dataset_oddity *o = &d->comments;
    char text[1024];
    if (!o->count) return BERT_OK;
    conll_comments_tell(o->path, o->line, o->count, text, sizeof text);
    return dataset_say(d, "%s", text);
}

static bert_status files_read(dataset *d, const char *const *paths, size_t path_count,
                              const dataset_request *request)
{
    for (size_t i = 0; i < path_count; i++) TRY(stream_check(paths[i]));
    TRY(dataset_form_find(d, paths[0], request));
    for (size_t i = 0; i < path_count; i++) TRY(readers[d->form](d, paths[i], request, i == 0));
    TRY(comments_say(d));
    return d->form == FORM_QUESTIONS ? dataset_count_ids(d) : BERT_OK;
}

/* The forms that have them differ, so there is one at most. */
bool dataset_warning(const dataset *d, char *out, size_t capacity)
{
    const dataset_oddity *crs = &d->crs, *ids = &d->repeated_ids;
    if (crs->count)
        snprintf(out, capacity,
                 "%s:%zu: a CR inside the line is read as white space, as in %zu more; if lines "
                 "should end there, save the file with LF",
                 crs->path, crs->line, crs->count - 1);
    if (ids->count)
        snprintf(out, capacity, "%s: %zu %s the id of an earlier one; the first is %s %zu",
                 ids->path, ids->count, ids->count == 1 ? "question has" : "questions have",
                 squad_is_kind(ids->path) ? "question" : "on line", ids->line);
    return crs->count || ids->count;
}

bert_status dataset_open(const char *const *paths, size_t path_count,
                         const dataset_request *request, dataset *out)
{
    if (path_count == 0) return fail(BERT_ARGUMENT, "no file of data is given");
    dataset d = { 0 };
    TRY(memory_zeroed(1, sizeof *d.storage, (void **)&d.storage));
    bert_status status = files_read(&d, paths, path_count, request);
    if (status == BERT_OK)
        *out = d;
    else
        dataset_release(&d);
    return status;
}

void dataset_release(dataset *d)
{
    text_block *block = d->storage ? d->storage->last : NULL;
    while (block) {
        text_block *previous = block->previous;
        free(block);
        block = previous;
    }
    free(d->rows);
    free(d->storage);
    *d = (dataset){ 0 };
}
