#include "tasks/label_lists.h"

#include "base/memory.h"
#include "rows/text_lines.h"
#include "task/labels.h"

#include <stdlib.h>
#include <string.h>

/* ---- the file of names */

static bert_status name_check(const label_file *f, slice name, size_t line)
{
    for (size_t i = 0; i < f->names.count; i++)
        if (slice_equal(name, slice_of(f->names.names[i])))
            return fail(BERT_DATA, "%s:%zu: the label '%.*s' stands on line %zu already", f->path,
                        line, (int)name.count, name.bytes, i + 1);
    return BERT_OK;
}

static bert_status names_read(text_lines *lines, label_file *f)
{
    size_t capacity = 0, blank = 0;
    for (;;) {
        slice line;
        bool more;
        TRY(text_lines_take(lines, &line, &more));
        if (!more) break;
        size_t number = text_lines_line(lines);
        if (text_line_is_blank(line)) {
            blank = blank ? blank : number;
            continue;
        }
        if (blank)
            return fail(BERT_DATA, "%s:%zu: the line is blank; each line names a label", f->path,
                        blank);
        if (f->names.count == LABEL_FILE_NAMES_MAX)
            return fail(BERT_DATA, "%s:%zu: more than %d labels; is it a file of label names?",
                        f->path, number, LABEL_FILE_NAMES_MAX);
        slice name = label_stripped(line);
        TRY(name_check(f, name, number));
        TRY(memory_grow((void **)&f->names.names, &capacity, f->names.count + 1,
                        sizeof *f->names.names));
        char *kept = strndup(name.bytes, name.count);
        if (!kept) return fail(BERT_MEMORY, "out of memory for labels");
        f->names.names[f->names.count++] = kept;
    }
    return f->names.count ? BERT_OK : fail(BERT_DATA, "%s: names no label", f->path);
}

bert_status label_file_open(const char *path, label_file *out)
{
    label_file f = { .path = path };
    text_lines *lines;
    if (path) {
        TRY(text_lines_open(path, &lines));
        bert_status status = names_read(lines, &f);
        text_lines_free(lines);
        if (status != BERT_OK) {
            label_file_release(&f);
            return status;
        }
    }
    *out = f;
    return BERT_OK;
}

void label_file_release(label_file *f)
{
    label_names_release(&f->names);
}

/* ---- a row's labels */

static bool is_number(slice item)
{
    for (size_t i = 0; i < item.count; i++)
        if (item.bytes[i] < '0' || item.bytes[i] > '9') return false;
    return item.count > 0;
}

bert_status label_file_find(const label_file *f, const dataset_row *row, slice label, size_t *out)
{
    size_t index = 0;
    if (is_number(label)) {
        for (size_t i = 0; i < label.count && index < f->names.count; i++)
            index = 10 * index + (size_t)(label.bytes[i] - '0');
        *out = index;
        if (index < f->names.count) return BERT_OK;
        return fail(BERT_DATA,
                    "%s:%zu: the label number %.*s is beyond %s, which names %zu labels (the first "
                    "has number 0)",
                    row->path, row->line, (int)(label.count < 40 ? label.count : 40), label.bytes,
                    f->path, f->names.count);
    }
    while (index < f->names.count && !slice_equal(label, slice_of(f->names.names[index]))) index++;
    *out = index;
    if (index < f->names.count) return BERT_OK;
    return fail(BERT_DATA, "%s:%zu: the label '%.*s' is not in %s", row->path, row->line,
                (int)(label.count < 80 ? label.count : 80), label.bytes, f->path);
}

bert_status label_file_missing(const dataset_row *row, slice number, const config *c)
{
    return fail(BERT_DATA,
                "%s:%zu: the label '%.*s' is not one of the %zu that the model was trained with; "
                "if numbers stand for names here, give the file of names (%s)",
                row->path, row->line, (int)number.count, number.bytes, c->labels,
                FIELD(label_file));
}

static bert_status list_refuse(const dataset_row *row, const char *why)
{
    return fail(BERT_DATA,
                "%s:%zu: %s in '%.*s'; several labels are such as joy,love or "
                "[\"joy\",\"love\"]",
                row->path, row->line, why, (int)(row->label.count < 80 ? row->label.count : 80),
                row->label.bytes);
}

static bert_status item_add(const dataset_row *row, const label_file *f, slice item,
                            label_list *out)
{
    item = label_stripped(item);
    if (item.count == 0)
        return fail(BERT_DATA, "%s:%zu: a label in the list '%.*s' is empty", row->path, row->line,
                    (int)(row->label.count < 80 ? row->label.count : 80), row->label.bytes);
    if (f->path) {
        size_t index;
        TRY(label_file_find(f, row, item, &index));
        item = slice_of(f->names.names[index]);
    }
    for (size_t i = 0; i < out->count; i++)
        if (slice_equal(item, out->items[i])) return BERT_OK;
    TRY(memory_grow((void **)&out->items, &out->capacity, out->count + 1, sizeof *out->items));
    out->items[out->count++] = item;
    return BERT_OK;
}

static bert_status commas_read(const dataset_row *row, slice list, const label_file *f,
                               label_list *out)
{
    char first = *list.bytes;
    if (list.count > 1 && (first == '"' || first == '\'') && list.bytes[list.count - 1] == first)
        return list_refuse(row, "there are quotes, and no brackets, around the labels");
    for (;;) {
        const char *comma = memchr(list.bytes, ',', list.count);
        size_t length = comma ? (size_t)(comma - list.bytes) : list.count;
        TRY(item_add(row, f, (slice){ list.bytes, length }, out));
        if (!comma) return BERT_OK;
        list = (slice){ comma + 1, list.count - length - 1 };
    }
}

/* {"joy": 1, "love": 0}: each with whether the row has it. */
static bert_status flags_read(const dataset_row *row, const label_file *f, label_list *out)
{
    const char *name;
    json_t *value;
    for (int wanted = 1; wanted >= 0; wanted--) {
        json_object_foreach(out->flags, name, value)
        {
            int has = json_is_boolean(value)  ? json_is_true(value)
                      : json_is_number(value) ? (int)(json_number_value(value) == 1.0)
                                              : -1;
            if (has < 0 || (json_is_number(value) && !has && json_number_value(value) != 0.0))
                return list_refuse(row, "a label stands with something else than 0 or 1");
            if (has == wanted) TRY(item_add(row, f, slice_of(name), out));
        }
        if (wanted) out->true_count = out->count;
    }
    return BERT_OK;
}

/* Does it look like what Python prints, and not like names with commas between? */
static bool is_tuple(slice list)
{
    char second = list.count > 1 ? list.bytes[1] : '\0';
    return list.bytes[0] == '(' && list.bytes[list.count - 1] == ')' &&
           (second == '\'' || second == '"' || second == ')' || (second >= '0' && second <= '9'));
}

static bert_status list_read(const dataset_row *row, slice list, const label_file *f,
                             label_list *out)
{
    if (list.bytes[0] == '{') {
        TRY(json_column_parse(list, row->path, row->line, "labels", &out->flags));
        if (json_is_object(out->flags)) return flags_read(row, f, out);
    } else if (list.bytes[0] != '[' && !is_tuple(list)) {
        return commas_read(row, list, f, out);
    }
    TRY(json_texts_parse(list, row->path, row->line, "labels", &out->json));
    for (size_t i = 0; i < out->json.count; i++) TRY(item_add(row, f, out->json.items[i], out));
    return BERT_OK;
}

bert_status label_list_read_all(const dataset_row *row, const label_file *names, label_list *out)
{
    slice list = label_stripped(row->label);
    json_decref(out->flags);
    out->flags = NULL;
    out->count = 0;
    if (list.count) TRY(list_read(row, list, names, out));
    if (!json_is_object(out->flags)) out->true_count = out->count;
    return BERT_OK;
}

bert_status label_list_read(const dataset_row *row, const label_file *names, label_list *out)
{
    TRY(label_list_read_all(row, names, out));
    out->count = out->true_count;
    return BERT_OK;
}

void label_list_release(label_list *l)
{
    text_array_release(&l->json);
    json_decref(l->flags);
    free(l->items);
    *l = (label_list){ 0 };
}
