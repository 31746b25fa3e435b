#include "train/label_tally.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

const label_count *label_tally_find(const label_tally *t, slice name)
{
    bool there;
    size_t at = slice_place(t->items, t->count, sizeof *t->items, name, &there);
    return there ? &t->items[at] : NULL;
}

bert_status label_tally_add(label_tally *t, slice name)
{
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

static bert_status take(void *context, slice label)
{
    return label_tally_add(context, label);
}

bert_status label_tally_take(const examples *e, label_tally *out)
{
    label_tally t = { 0 };
    bert_status status = BERT_OK;
    for (size_t row = 0; e->task->labels_tell && row < e->row_count && status == BERT_OK; row++)
        status = e->task->labels_tell(e, row, &(label_taker){ take, &t });
    if (status == BERT_OK)
        *out = t;
    else
        label_tally_release(&t);
    return status;
}

void label_tally_release(label_tally *t)
{
    for (size_t i = 0; i < t->count; i++) free((char *)t->items[i].name.bytes);
    free(t->items);
    *t = (label_tally){ 0 };
}
