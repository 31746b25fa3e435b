/* dataset_flags.c: a label a column, 0 or 1 in each row, as a list of the labels that are 1. */
#include "data/dataset_reader.h"

#include "json/json.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Blanks at either end belong to no label. */
static slice name_stripped(slice name)
{
    while (name.count && strchr(" \t", *name.bytes))
        name = (slice){ name.bytes + 1, name.count - 1 };
    while (name.count && strchr(" \t", name.bytes[name.count - 1])) name.count--;
    return name;
}

/* What numbers the rows is no label. */
static bool is_row_number(slice name)
{
    static const char *const numbers[] = { "", "id", "idx", "index", "guid", "Unnamed: 0" };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (name.count == strlen(numbers[i]) &&
            strncasecmp(name.bytes, numbers[i], name.count) == 0)
            return true;
    return false;
}

/* Ended by NUL. */
static bert_status name_add(dataset *d, slice name, slice *names)
{
    void *memory;
    name = name_stripped(name);
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
    for (size_t i = 0; i < table_column_count(t); i++) {
        slice name = slice_of(table_column_name(t, i));
        if (!table_is_taken(t, i) && !is_row_number(name_stripped(name)))
            TRY(name_add(d, name, names));
    }
    if (d->label_count) return BERT_OK;
    return fail(BERT_DATA, "%s: %s rest: there is no other column", table_path(t), FIELD(labels));
}

bool dataset_flags_rest(const char *list)
{
    return strcmp(list, "rest") == 0;
}

/* "a, b" */
static bert_status commas_read(const char *list, json_t *names)
{
    for (;;) {
        size_t count = strcspn(list, ",");
        TRY(json_append(names, json_string_of(name_stripped((slice){ list, count }))));
        if (!list[count]) return BERT_OK;
        list += count + 1;
    }
}

/* What does not parse as JSON is a list with commas whose first name begins with a bracket. */
bert_status dataset_flags_list(const char *list, json_t **out)
{
    json_error_t error;
    json_t *names = *list == '[' ? json_load_text(slice_of(list), 0, &error) : NULL;
    bert_status status = BERT_OK;
    if (!json_array_size(names)) {
        json_decref(names);
        names = json_array();
        status = commas_read(list, names);
    }
    for (size_t i = 0; status == BERT_OK && i < json_array_size(names); i++)
        if (!name_stripped(slice_of(json_string_value(json_array_get(names, i)))).count)
            status = fail_field(BERT_ARGUMENT, "labels",
                                "has an empty name; it is a list such as toxic,insult, or rest");
    if (status == BERT_OK)
        *out = names;
    else
        json_decref(names);
    return status;
}

static bert_status given_names(dataset *d, const char *list, slice *names)
{
    json_t *all;
    TRY(dataset_flags_list(list, &all));
    bert_status status = BERT_OK;
    for (size_t i = 0; status == BERT_OK && i < json_array_size(all); i++)
        status = name_add(d, slice_of(json_string_value(json_array_get(all, i))), names);
    json_decref(all);
    return status;
}

static bert_status json_list_keep(dataset *d)
{
    char *text = NULL;
    json_t *names = json_array();
    bert_status status = BERT_OK;
    for (size_t i = 0; status == BERT_OK && i < d->label_count; i++)
        status = json_append(names, json_string_of(d->labels[i]));
    if (status == BERT_OK) status = json_text(names, &text);
    if (status == BERT_OK) status = dataset_keep_string(d, text, &d->label_columns);
    free(text);
    json_decref(names);
    return status;
}

/* The labels as a list that dataset_flags_list() reads as these again. */
static bert_status list_keep(dataset *d)
{
    void *memory;
    size_t bytes = 0;
    bool plain = d->label_count > 1 || !dataset_flags_rest(d->labels[0].bytes);
    for (size_t i = 0; i < d->label_count; i++) {
        plain = plain && *d->labels[i].bytes != '[' && !strchr(d->labels[i].bytes, ',');
        bytes += d->labels[i].count + 1;
    }
    if (!plain) return json_list_keep(d);
    TRY(dataset_take(d, bytes, 1, &memory));
    char *at = memory;
    d->label_columns = at;
    for (size_t i = 0; i < d->label_count; i++) {
        memcpy(at, d->labels[i].bytes, d->labels[i].count);
        at += d->labels[i].count;
        *at++ = i + 1 < d->label_count ? ',' : '\0';
    }
    return BERT_OK;
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
    TRY(dataset_flags_rest(list) ? rest_names(d, t, names) : given_names(d, list, names));
    TRY(list_keep(d));
    return dataset_say(d, "%s: %zu label%s, a column each: the first is '%.*s'", table_path(t),
                       d->label_count, d->label_count == 1 ? "" : "s", (int)names[0].count,
                       names[0].bytes);
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

/* The rest of a later file may hold more than that of the first. */
static bert_status others_say(dataset *d, const table *t)
{
    for (size_t i = 0; i < table_column_count(t); i++) {
        const char *name = table_column_name(t, i);
        if (!table_is_taken(t, i) && !is_row_number(name_stripped(slice_of(name))))
            TRY(dataset_say(d, "%s: the column '%s' is not read: the first file has none such",
                            table_path(t), name));
    }
    return BERT_OK;
}

bert_status dataset_flags_find(dataset *d, table *t, const char *list, label_flags *out)
{
    void *columns, *quoted;
    bool later = d->labels;
    if (!later) TRY(names_set(d, t, list));
    TRY(dataset_take(d, d->label_count, sizeof(size_t), &columns));
    TRY(dataset_take(d, d->label_count, sizeof(slice), &quoted));
    label_flags f = { .columns = columns, .quoted = quoted, .count = d->label_count };
    for (size_t i = 0; i < f.count; i++) {
        TRY(dataset_column_take(d, t, d->labels[i].bytes, &f.columns[i]));
        TRY(name_quote(d, d->labels[i], &f.quoted[i]));
        f.bytes += f.quoted[i].count + 1;
    }
    *out = f;
    return later && dataset_flags_rest(list) ? others_say(d, t) : BERT_OK;
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
