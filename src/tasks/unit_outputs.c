#include "tasks/unit_outputs.h"

static bert_status take(void *decoder, const examples *e, const head_outputs *o, size_t first,
                        size_t count, const answer_taker *taker)
{
    (void)decoder;
    size_t unit = features_group(&e->features) * o->width;
    for (size_t i = 0; i < count; i++)
        TRY(taker->take(taker->context, features_row(&e->features, first + i),
                        o->logits + i * unit));
    return BERT_OK;
}

const task_decoding unit_decoding = { .take = take };
