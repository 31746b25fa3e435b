#include "evaluate/mistakes.h"

#include "base/memory.h"
#include "json/json.h"

#include <stdlib.h>

void mistakes_release(mistakes *m)
{
    for (size_t i = 0; i < m->count; i++) json_decref(m->items[i].words);
    free(m->items);
    *m = (mistakes){ 0 };
}

/* Does `a` go before `b`, which is worse? */
static bool is_less(const mistake *a, const mistake *b)
{
    return a->severity < b->severity || (a->severity == b->severity && a->row > b->row);
}

static void swap(mistake *a, mistake *b)
{
    mistake kept = *a;
    *a = *b;
    *b = kept;
}

static void rise(mistake *items, size_t at)
{
    for (; at > 0 && is_less(&items[at], &items[(at - 1) / 2]); at = (at - 1) / 2)
        swap(&items[at], &items[(at - 1) / 2]);
}

static void sink(mistake *items, size_t count)
{
    for (size_t at = 0, least; 2 * at + 1 < count; at = least) {
        least = 2 * at + 1;
        if (least + 1 < count && is_less(&items[least + 1], &items[least])) least++;
        if (!is_less(&items[least], &items[at])) return;
        swap(&items[least], &items[at]);
    }
}

/* ---- in words */

/* Where the row stands, and what it asks. */
static bert_status place_put(const dataset_row *r, bool question, json_t *words)
{
    TRY(json_put(words, "file", json_string_of(slice_of(r->path))));
    TRY(json_put(words, question ? "question" : "line", json_integer((json_int_t)r->line)));
    if (r->id.bytes) TRY(json_put(words, "id", json_string_of(r->id)));
    if (r->text.bytes) TRY(json_put(words, "text", json_string_of(r->text)));
    return r->pair.bytes ? json_put(words, "text_pair", json_string_of(r->pair)) : BERT_OK;
}

static bert_status words_make(const examples *e, size_t row, const void *answer, double severity,
                              json_t **out)
{
    const dataset_row *r = &e->rows[row];
    const task *kind = e->task;
    json_t *words = json_object();
    bert_status status = place_put(r, kind->form == FORM_QUESTIONS, words);
    if (status == BERT_OK) status = kind->answers->explain(e, row, answer, words);
    if (status == BERT_OK)
        status =
            json_put(words, kind->answers->right ? "confidence" : "error", json_number(severity));
    if (status == BERT_OK)
        *out = words;
    else
        json_decref(words);
    return status;
}

bert_status mistakes_add(mistakes *m, const examples *e, size_t row, const void *answer,
                         double severity)
{
    mistake new = { .severity = severity, .row = row };
    if (m->most == 0 || !(severity >= 0.0)) return BERT_OK; /* not a number says nothing */
    if (m->count == m->most && !is_less(&m->items[0], &new)) return BERT_OK;
    TRY(memory_grow((void **)&m->items, &m->capacity, m->count + 1, sizeof new));
    TRY(words_make(e, row, answer, severity, &new.words));
    if (m->count < m->most) {
        m->items[m->count++] = new;
        rise(m->items, m->count - 1);
    } else {
        json_decref(m->items[0].words);
        m->items[0] = new;
        sink(m->items, m->count);
    }
    return BERT_OK;
}

bert_status mistakes_list(mistakes *m, json_t **out)
{
    json_t *list = json_array();
    if (!list) return fail(BERT_MEMORY, "out of memory for mistakes");
    for (; m->count > 0; m->count--) {
        if (json_array_insert(list, 0, m->items[0].words) != 0) {
            json_decref(list);
            return fail(BERT_MEMORY, "out of memory for mistakes");
        }
        json_decref(m->items[0].words);
        m->items[0] = m->items[m->count - 1];
        sink(m->items, m->count - 1);
    }
    *out = list;
    return BERT_OK;
}
