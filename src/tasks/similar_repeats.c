/* similar_repeats.c: rows whose own partner counts as wrong. Where no score says otherwise a text
 * is compared with the partners, and third texts, of all rows beside its own. So it does harm if
 * another row begins with the same text, or has its partner. */
#include "tasks/similar.h"

#include "base/memory.h"
#include "data/row_key.h"

#include <stdlib.h>

typedef struct keyed_text {
    row_key key; /* first: row_key_compare() reads it */
    uint32_t row;
    bool harmed; /* is its row, where another has the same text? */
} keyed_text;

typedef struct text_list {
    slice *texts;
    keyed_text *keyed;
    size_t count; /* of both */
} text_list;

static void text_put(text_list *l, slice text, size_t row, bool harmed)
{
    l->texts[l->count] = text;
    l->keyed[l->count++] = (keyed_text){ .row = (uint32_t)row, .harmed = harmed };
}

/* The texts from `first` on to `behind`, row by row: 0 is what a row begins with, 1 its partner. */
static void texts_put(text_list *l, const examples *e, size_t first, size_t behind)
{
    l->count = 0;
    for (size_t row = 0; row < e->row_count; row++)
        for (size_t i = first; i < behind; i++) {
            const dataset_row *r = &e->rows[row];
            text_put(l, i == 0 ? r->text : i == 1 ? r->pair : r->items[i - 2], row, i < 2);
        }
}

/* Marks the rows of a text that stands in several. */
static void run_mark(const keyed_text *texts, size_t count, bool *marks)
{
    bool several = false;
    for (size_t i = 1; i < count; i++) several = several || texts[i].row != texts[0].row;
    for (size_t i = 0; several && i < count; i++)
        marks[texts[i].row] = marks[texts[i].row] || texts[i].harmed;
}

static bert_status repeats_mark(text_list *l, bool *marks)
{
    row_key *keys;
    TRY(text_keys_open(l->texts, l->count, &keys));
    for (size_t i = 0; i < l->count; i++) l->keyed[i].key = keys[i];
    free(keys);
    qsort(l->keyed, l->count, sizeof *l->keyed, row_key_compare);
    for (size_t begin = 0, end; begin < l->count; begin = end) {
        end = begin + 1;
        while (end < l->count && row_key_compare(&l->keyed[end], &l->keyed[begin]) == 0) end++;
        run_mark(l->keyed + begin, end - begin, marks);
    }
    return BERT_OK;
}

static bert_status marks_make(const examples *e, text_list *l, bool *marks)
{
    size_t group = features_group(&e->features);
    texts_put(l, e, 0, 1);
    TRY(repeats_mark(l, marks));
    texts_put(l, e, 1, group);
    return repeats_mark(l, marks);
}

bert_status similar_repeats(const examples *e, size_t *out)
{
    size_t most = e->row_count * (features_group(&e->features) - 1), count = 0;
    void *texts = NULL, *keyed = NULL, *memory = NULL;
    bert_status status = memory_zeroed(most, sizeof(slice), &texts);
    if (status == BERT_OK) status = memory_zeroed(most, sizeof(keyed_text), &keyed);
    if (status == BERT_OK) status = memory_zeroed(e->row_count, sizeof(bool), &memory);
    bool *marks = memory;
    text_list l = { .texts = texts, .keyed = keyed };
    if (status == BERT_OK) status = marks_make(e, &l, marks);
    for (size_t i = 0; status == BERT_OK && i < e->row_count; i++) count += marks[i];
    free(texts);
    free(keyed);
    free(marks);
    *out = count;
    return status;
}
