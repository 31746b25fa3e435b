#include "data/dataset.h"

#include "base/memory.h"
#include "formats/table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 1 << 20 };

/* Texts lie end to end in blocks that never move. */
typedef struct text_block {
    struct text_block *previous;
    size_t used, capacity;
    char bytes[];
} text_block;

struct dataset_storage {
    text_block *last;
    size_t row_capacity;
};

typedef enum column_role { ROLE_TEXT, ROLE_PAIR, ROLE_LABEL, ROLE_COUNT } column_role;

static const char *const pairs[][2] = { { "sentence1", "sentence2" },
                                        { "premise", "hypothesis" },
                                        { "question1", "question2" },
                                        { "question", "sentence" },
                                        { "text_a", "text_b" } };
static const char *const singles[] = { "text", "sentence", "review", "content", "question" };
static const char *const labels[] = { "label", "labels",    "intent", "category",
                                      "class", "sentiment", "score" };

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* Copies a text into the dataset. What is absent stays so. */
static bert_status text_keep(dataset *d, slice text, slice *out)
{
    struct dataset_storage *s = d->storage;
    if (!text.bytes) {
        *out = text;
        return BERT_OK;
    }
    if (!s->last || s->last->capacity - s->last->used < text.count) {
        size_t capacity = text.count > BLOCK_BYTES ? text.count : BLOCK_BYTES;
        text_block *block = malloc(sizeof *block + capacity);
        if (!block)
            return fail(BERT_MEMORY, "out of memory: %zu bytes of text asked for", capacity);
        *block = (text_block){ .previous = s->last, .capacity = capacity };
        s->last = block;
    }
    char *kept = s->last->bytes + s->last->used;
    memcpy(kept, text.bytes, text.count);
    s->last->used += text.count;
    *out = (slice){ kept, text.count };
    return BERT_OK;
}

/* The same for a string, its end included. */
static bert_status string_keep(dataset *d, const char *string, const char **out)
{
    slice kept = { NULL, 0 };
    if (string) TRY(text_keep(d, (slice){ string, strlen(string) + 1 }, &kept));
    *out = kept.bytes;
    return BERT_OK;
}

static const char *first_present(const table *t, const char *const *names, size_t count)
{
    size_t column;
    for (size_t i = 0; i < count; i++)
        if (table_find(t, names[i], &column)) return names[i];
    return NULL;
}

/* Fills in text and pair where the caller left them to be found. */
static void texts_find(const table *t, const char **text, const char **pair)
{
    if (*text) return;
    size_t column;
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        bool wanted = !*pair || strcmp(*pair, pairs[i][1]) == 0;
        if (!wanted || !table_find(t, pairs[i][0], &column) || !table_find(t, pairs[i][1], &column))
            continue;
        *text = pairs[i][0];
        *pair = pairs[i][1];
        return;
    }
    *text = first_present(t, singles, COUNT_OF(singles));
}

static bert_status fail_not_found(const table *t, const char *what, const char *option)
{
    char columns[512];
    table_list_columns(t, columns, sizeof columns);
    return fail(BERT_DATA, "%s: which column is the %s? Name it (%s); the columns are: %s",
                table_path(t), what, option, columns);
}

/* The columns by role, as the first file has them. */
static bert_status names_find(const table *t, const dataset_columns *given, bool with_labels,
                              const char *names[ROLE_COUNT])
{
    names[ROLE_TEXT] = given->text;
    names[ROLE_PAIR] = given->pair;
    names[ROLE_LABEL] = NULL;
    texts_find(t, &names[ROLE_TEXT], &names[ROLE_PAIR]);
    if (!names[ROLE_TEXT]) return fail_not_found(t, "text", "--text");
    if (!with_labels) return BERT_OK;
    names[ROLE_LABEL] = given->label ? given->label : first_present(t, labels, COUNT_OF(labels));
    if (!names[ROLE_LABEL]) return fail_not_found(t, "label", "--label");
    return BERT_OK;
}

/* Sets the dataset's names by the first file. */
static bert_status names_set(dataset *d, const table *t, const dataset_columns *given,
                             bool with_labels)
{
    const char *names[ROLE_COUNT];
    TRY(names_find(t, given, with_labels, names));
    TRY(string_keep(d, names[ROLE_TEXT], &d->text_column));
    TRY(string_keep(d, names[ROLE_PAIR], &d->pair_column));
    return string_keep(d, names[ROLE_LABEL], &d->label_column);
}

/* The current row's field, which must be there. */
static bert_status field_keep(dataset *d, const table *t, const char *name, size_t column,
                              slice *out)
{
    slice field = table_field(t, column);
    if (!field.bytes)
        return fail(BERT_DATA, "%s:%zu: has no '%s'", table_path(t), table_line(t), name);
    return text_keep(d, field, out);
}

static bert_status row_add(dataset *d, const table *t, const char *path,
                           const size_t columns[ROLE_COUNT])
{
    dataset_row row = { .line = table_line(t), .path = path };
    TRY(field_keep(d, t, d->text_column, columns[ROLE_TEXT], &row.text));
    if (d->pair_column) TRY(field_keep(d, t, d->pair_column, columns[ROLE_PAIR], &row.pair));
    if (d->label_column) TRY(field_keep(d, t, d->label_column, columns[ROLE_LABEL], &row.label));
    if (d->label_column && row.label.count == 0)
        return fail(BERT_DATA, "%s:%zu: the label (column '%s') is empty", path, row.line,
                    d->label_column);
    TRY(memory_grow((void **)&d->rows, &d->storage->row_capacity, d->count + 1, sizeof *d->rows));
    d->rows[d->count++] = row;
    return BERT_OK;
}

static bert_status rows_read(dataset *d, table *t, size_t limit)
{
    const char *names[ROLE_COUNT] = { d->text_column, d->pair_column, d->label_column };
    size_t columns[ROLE_COUNT] = { 0 };
    for (size_t role = 0; role < ROLE_COUNT; role++)
        if (names[role]) TRY(table_require(t, names[role], &columns[role]));

    const char *path;
    TRY(string_keep(d, table_path(t), &path));
    while (d->count < limit) {
        bool more;
        TRY(table_next(t, &more));
        if (!more) break;
        TRY(row_add(d, t, path, columns));
    }
    return BERT_OK;
}

static bert_status files_read(dataset *d, const char *const *paths, size_t path_count,
                              const dataset_columns *given, bool with_labels, size_t limit)
{
    for (size_t i = 0; i < path_count; i++) {
        table *t = NULL;
        TRY(table_open(paths[i], &t));
        bert_status status = i == 0 ? names_set(d, t, given, with_labels) : BERT_OK;
        if (status == BERT_OK) status = rows_read(d, t, limit);
        table_free(t);
        TRY(status);
    }
    return BERT_OK;
}

bert_status dataset_open(const char *const *paths, size_t path_count,
                         const dataset_columns *columns, bool with_labels, size_t limit,
                         dataset *out)
{
    if (path_count == 0) return fail(BERT_ARGUMENT, "no file of data is given");
    dataset d = { 0 };
    TRY(memory_zeroed(1, sizeof *d.storage, (void **)&d.storage));
    bert_status status =
        files_read(&d, paths, path_count, columns, with_labels, limit ? limit : SIZE_MAX);
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
