#include "tasks/unit_outputs.h"

#include "base/memory.h"

#include <stdlib.h>

typedef struct unit_decoder {
    float *outputs; /* of one batch */
    size_t capacity;
} unit_decoder;

bert_status unit_decoder_open(const examples *e, void **out)
{
    (void)e;
    return memory_zeroed(1, sizeof(unit_decoder), out);
}

void unit_decoder_free(void *decoder)
{
    free(((unit_decoder *)decoder)->outputs);
    free(decoder);
}

bert_status unit_decode(void *decoder, const examples *e, const pass *p, size_t first, size_t count,
                        const answer_taker *taker)
{
    unit_decoder *d = decoder;
    size_t unit = features_group(&e->features) * p->tape->shape.logit_width;
    TRY(memory_grow((void **)&d->outputs, &d->capacity, count * unit, sizeof *d->outputs));
    p->on->read(p->on, count * unit, p->tape->logits, d->outputs);
    for (size_t i = 0; i < count; i++)
        TRY(taker->take(taker->context, features_row(&e->features, first + i),
                        d->outputs + i * unit));
    return BERT_OK;
}
