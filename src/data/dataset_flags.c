/* dataset_flags.c: a label a column, 0 or 1 in each row, as a list of the labels that are 1. */
#include "data/dataset_reader.h"

#include "json/json.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What numbers the rows is no label. */
static bool is_row_number(const char *name)
{
    static const char *const numbers[] = { "", "id", "idx", "index", "guid", "Unnamed: 0" };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcasecmp(name, numbers[i]) == 0) return true;
    return false;
}

/* Ended by NUL. */
static bert_status name_add(dataset *d, slice name, slice *names)
{
    void *memory;
    TRY(dataset_take(d, name.count + 1, 1, &memory));
    char *own = memory;
    memcpy(own, name.bytes, name.count);
    own[name.count] = '\0';
    names[d->label_count++] = (slice){ own, name.count };
    return BERT_OK;
}

/* Every column that is nothing else yet. */
static bert_status rest_names(dataset *d, const table *t, slice *names)
{
    for (size_t i = 0; i < table_column_count(t); i++)
        if (!table_is_taken(t, i) && !is_row_number(table_column_name(t, i)))
            TRY(name_add(d, slice_of(table_column_name(t, i)), names));
    if (d->label_count) return BERT_OK;
    return fail(BERT_DATA, "%s: %s rest: there is no other column", table_path(t), FIELD(labels));
}

static bert_status given_names(dataset *d, const char *list, slice *names)
{
    for (;;) {
        size_t count = strcspn(list, ",");
        slice name = { list + strspn(list, " \t"), 0 };
        if (name.bytes < list + count) name.count = (size_t)(list + count - name.bytes);
        while (name.count && strchr(" \t", name.bytes[name.count - 1])) name.count--;
        if (!name.count)
            return fail_field(BERT_ARGUMENT, "labels",
                              "has an empty name; it is a list such as toxic,insult, or rest");
        TRY(name_add(d, name, names));
        if (!list[count]) return BERT_OK;
        list += count + 1;
    }
}

/* The labels of the dataset, by its first file. */
static bert_status names_set(dataset *d, const table *t, const char *list)
{
    void *memory;
    size_t most = table_column_count(t) + 1;
    for (const char *at = list; *at; at++) most += *at == ',';
    TRY(dataset_take(d, most, sizeof(slice), &memory));
    slice *names = memory;
    d->labels = names;
    bool rest = strcmp(list, "rest") == 0;
    TRY(rest ? rest_names(d, t, names) : given_names(d, list, names));
    return dataset_say(d, "%s: %zu labels, a column each: the first is '%.*s'", table_path(t),
                       d->label_count, (int)names[0].count, names[0].bytes);
}

/* "name" as JSON has it. */
static bert_status name_quote(dataset *d, slice name, slice *out)
{
    json_t *text = json_string_of(name);
    char *quoted = text ? json_dumps(text, JSON_ENCODE_ANY) : NULL;
    json_decref(text);
    if (!quoted) return fail(BERT_MEMORY, "out of memory for labels");
    bert_status status = dataset_keep(d, slice_of(quoted), out);
    free(quoted);
    return status;
}

bert_status dataset_flags_find(dataset *d, table *t, const char *list, label_flags *out)
{
    void *columns, *quoted;
    if (!d->labels) TRY(names_set(d, t, list));
    TRY(dataset_take(d, d->label_count, sizeof(size_t), &columns));
    TRY(dataset_take(d, d->label_count, sizeof(slice), &quoted));
    label_flags f = { .columns = columns, .quoted = quoted, .count = d->label_count };
    for (size_t i = 0; i < f.count; i++) {
        TRY(dataset_column_take(d, t, d->labels[i].bytes, &f.columns[i]));
        TRY(name_quote(d, d->labels[i], &f.quoted[i]));
        f.bytes += f.quoted[i].count + 1;
    }
    *out = f;
    return BERT_OK;
}

static bool among(slice field, const char *const words[4])
{
    for (size_t i = 0; i < 4; i++)
        if (field.count == strlen(words[i]) && strncasecmp(field.bytes, words[i], field.count) == 0)
            return true;
    return false;
}

bert_status dataset_flags_read(dataset *d, const table *t, const label_flags *f, slice *out)
{
    static const char *const yes[] = { "1", "1.0", "1.", "true" }, *const no[] = { "0", "0.0", "0.",
                                                                                   "false" };
    void *memory;
    TRY(dataset_take(d, f->bytes + 2, 1, &memory));
    char *list = memory, *at = list;
    *at++ = '[';
    for (size_t i = 0; i < f->count; i++) {
        slice field = table_field(t, f->columns[i]);
        if (field.bytes && among(field, no)) continue;
        if (!field.bytes || !among(field, yes))
            return fail(BERT_DATA,
                        "%s:%zu: the column '%s' is '%.*s', and a column of %s holds 0 or 1; "
                        "name those that do: %s toxic,insult",
                        table_path(t), table_line(t), table_column_name(t, f->columns[i]),
                        (int)(field.count < 40 ? field.count : 40), field.bytes ? field.bytes : "",
                        FIELD(labels), FIELD(labels));
        if (at > list + 1) *at++ = ',';
        memcpy(at, f->quoted[i].bytes, f->quoted[i].count);
        at += f->quoted[i].count;
    }
    *at++ = ']';
    *out = (slice){ list, (size_t)(at - list) };
    return BERT_OK;
}
