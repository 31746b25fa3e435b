#include "train/examples.h"

#include "train/observe.h"

dataset_columns columns_of(const bert_columns *columns)
{
    return (
        dataset_columns){ .text = columns->text, .pair = columns->pair, .label = columns->label };
}

static bert_status rows_encode(const dataset *d, const tokenizer *t, size_t max_length,
                               features *out)
{
    tokenizer_encoding scratch = { 0 };
    bert_status status = BERT_OK;
    for (size_t i = 0; i < d->count && status == BERT_OK; i++)
        status = features_add(out, t, d->rows[i].text, d->rows[i].pair, max_length, &scratch);
    tokenizer_encoding_release(&scratch);
    return status;
}

bert_status examples_open(const dataset *d, const task *kind, const config *c, const tokenizer *t,
                          size_t max_length, const char *what, const bert_observer *observer,
                          examples *out)
{
    examples e = { .task = kind };
    if (d->pair_column) TRY(config_check_pairs(c));
    bert_status status = rows_encode(d, t, max_length, &e.features);
    if (status == BERT_OK) status = kind->targets_open(d, c, &e.targets);
    if (status != BERT_OK) {
        examples_release(&e);
        return status;
    }
    if (e.features.truncated)
        observe_note(observer,
                     "%s: %zu of %zu texts (%.1f %%) are longer than %zu tokens and lose their end",
                     what, e.features.truncated, e.features.count,
                     100.0 * (double)e.features.truncated / (double)e.features.count, max_length);
    *out = e;
    return BERT_OK;
}

void examples_release(examples *e)
{
    if (e->targets) e->task->targets_free(e->targets);
    features_release(&e->features);
    *e = (examples){ 0 };
}
