#include "task/label_tally.h"

#include "base/memory.h"
#include "task/labels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const label_count *label_tally_find(const label_tally *t, slice name)
{
    bool there;
    size_t at = slice_place(t->items, t->count, sizeof *t->items, name, &there);
    return there ? &t->items[at] : NULL;
}

static bert_status label_add(void *context, slice name)
{
    label_tally *t = context;
    bool there;
    size_t at = slice_place(t->items, t->count, sizeof *t->items, name, &there);
    if (!there) {
        TRY(memory_grow((void **)&t->items, &t->capacity, t->count + 1, sizeof *t->items));
        char *own;
        TRY(memory_zeroed(name.count + 1, 1, (void **)&own));
        if (name.count) memcpy(own, name.bytes, name.count);
        memmove(t->items + at + 1, t->items + at, (t->count - at) * sizeof *t->items);
        t->items[at] = (label_count){ .name = { own, name.count } };
        t->count++;
    }
    t->items[at].count++;
    return BERT_OK;
}

bert_status label_tally_take(const examples *e, label_tally *out)
{
    label_tally t = { 0 };
    bert_status status = BERT_OK;
    for (size_t row = 0; e->task->labels->tell && row < e->row_count && status == BERT_OK; row++)
        status = e->task->labels->tell(e, row, &(label_taker){ label_add, &t });
    if (status == BERT_OK)
        *out = t;
    else
        label_tally_release(&t);
    return status;
}

/* ---- those that are alike */

typedef struct keyed_label {
    row_key key;
    slice name;
} keyed_label;

static int keyed_label_compare(const void *a, const void *b)
{
    const keyed_label *x = a, *y = b;
    int order = row_key_compare(&x->key, &y->key);
    return order ? order : slice_compare(x->name, y->name);
}

static label_likes likes_count(const keyed_label *labels, size_t count)
{
    label_likes l = { 0 };
    for (size_t begin = 0, end; begin < count; begin = end) {
        for (end = begin + 1; end < count; end++)
            if (row_key_compare(&labels[end].key, &labels[begin].key) != 0) break;
        if (end - begin < 2) continue;
        if (!l.count || slice_compare(labels[begin].name, l.first) < 0) {
            l.first = labels[begin].name;
            l.second = labels[begin + 1].name;
        }
        l.count += end - begin;
    }
    return l;
}

enum { NUMBER_TEXT = 32, DIGITS_MAX = 15 };

/* A name, or the usual text of the number that it is, which must not have more digits than a double
 * tells apart. */
static slice name_plain(slice name, char text[NUMBER_TEXT])
{
    double number;
    if (name.count > DIGITS_MAX || !label_number(name, &number)) return name;
    snprintf(text, NUMBER_TEXT, "%.17g", number == 0.0 ? 0.0 : number);
    return slice_of(text);
}

static bert_status names_keys(const label_tally *t, row_key **keys)
{
    void *rows, *texts;
    TRY(memory_zeroed(t->count, sizeof(dataset_row), &rows));
    dataset names = { .form = FORM_TEXTS, .rows = rows, .count = t->count };
    bert_status status = memory_zeroed(t->count, NUMBER_TEXT, &texts);
    if (status == BERT_OK) {
        for (size_t i = 0; i < t->count; i++)
            names.rows[i].text =
                name_plain(t->items[i].name, (char *)texts + i * (size_t)NUMBER_TEXT);
        status = row_keys_open(&names, REACH_ROW, keys);
        free(texts);
    }
    free(rows);
    return status;
}

bert_status label_tally_likes(const label_tally *t, label_likes *out)
{
    void *memory;
    row_key *keys = NULL;
    *out = (label_likes){ 0 };
    if (t->count < 2) return BERT_OK;
    bert_status status = names_keys(t, &keys);
    if (status == BERT_OK) status = memory_zeroed(t->count, sizeof(keyed_label), &memory);
    if (status == BERT_OK) {
        keyed_label *labels = memory;
        for (size_t i = 0; i < t->count; i++)
            labels[i] = (keyed_label){ .key = keys[i], .name = t->items[i].name };
        qsort(labels, t->count, sizeof *labels, keyed_label_compare);
        *out = likes_count(labels, t->count);
        free(labels);
    }
    free(keys);
    return status;
}

void label_tally_release(label_tally *t)
{
    for (size_t i = 0; i < t->count; i++) free((char *)t->items[i].name.bytes);
    free(t->items);
    *t = (label_tally){ 0 };
}
