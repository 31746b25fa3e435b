#include "task/examples.h"

#include "base/memory.h"
#include "task/observe.h"

#include <stdlib.h>

dataset_columns columns_of(const bert_columns *columns)
{
    return (dataset_columns){ .text = columns->text,
                              .pair = columns->pair,
                              .label = columns->label,
                              .labels = columns->labels };
}

static bert_status texts_check(const dataset_row *row)
{
    bert_status status = tokenizer_check_text(row->text);
    if (status == BERT_OK) status = tokenizer_check_text(row->pair);
    for (size_t i = 0; i < row->item_count && status == BERT_OK; i++)
        status = tokenizer_check_text(row->items[i]);
    return fail_in(status, "%s:%zu", row->path, row->line);
}

static bert_status rows_encode(examples *e)
{
    if (e->row_count > UINT32_MAX)
        return fail(BERT_ARGUMENT, "%zu rows are more than can be told apart", e->row_count);
    TRY(e->task->encoding->open(e));
    for (size_t row = 0; row < e->row_count; row++) {
        TRY(texts_check(&e->rows[row]));
        if (e->rows[row].pair.bytes && !e->features.untyped &&
            e->task->form != FORM_COMPARED) /* those are read one by one */
            TRY(config_check_pairs(e->config));
        TRY(e->task->encoding->add(e, row));
    }
    return BERT_OK;
}

static void truncation_tell(const examples *e, const char *what, const bert_observer *observer)
{
    if (!e->truncated) return;
    observe_note(
        observer, "%s: %zu of %zu texts (%.1f %%) are longer than %zu tokens and lose their %s",
        what, e->truncated, e->row_count, 100.0 * (double)e->truncated / (double)e->row_count,
        e->max_length, tokenizer_truncates_left(e->tokenizer) ? "beginning" : "end");
}

bert_status examples_open(const examples *given, const char *what, const bert_observer *observer,
                          examples *out)
{
    examples e = *given;
    e.features.untyped = tokenizer_untyped(e.tokenizer);
    positions_follow(e.config, &e.features);
    bert_status status = rows_encode(&e);
    if (status == BERT_OK && what && e.task->encoding->end)
        status = e.task->encoding->end(&e, what, observer);
    if (status != BERT_OK) {
        examples_release(&e);
        return status;
    }
    if (what) truncation_tell(&e, what, observer);
    *out = e;
    return BERT_OK;
}

void examples_release(examples *e)
{
    if (e->targets) e->task->encoding->free(e->targets);
    features_release(&e->features);
    tokenizer_encoding_release(&e->scratch);
    *e = (examples){ 0 };
}

size_t examples_wanted(const examples *e, size_t tokens)
{
    if (!e->task || e->task->head->rows != ROWS_WANTED) return 0;
    return e->task->encoding->wanted ? e->task->encoding->wanted(e, tokens) : tokens;
}

bert_status examples_order(size_t count, uint32_t **out)
{
    void *order;
    TRY(memory_zeroed(count, sizeof **out, &order));
    *out = order;
    for (size_t i = 0; i < count; i++) (*out)[i] = (uint32_t)i;
    return BERT_OK;
}
