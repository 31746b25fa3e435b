/* api.h: what the files behind bert.h share. */
#ifndef API_API_H
#define API_API_H

#include "base/slice.h"
#include "bert.h"
#include "model/pretrained.h"
#include "text/tokenizer.h"

struct bert_tokenizer {
    tokenizer *tokenizer;
};

struct bert_model {
    pretrained weights;
    bert_tokenizer tokenizer;
    size_t max_length; /* for a session that names none */
};

static inline slice slice_from(bert_text text)
{
    return (slice){ .bytes = text.bytes, .count = text.count };
}

/* Can the model tell classes? */
bert_status head_check(const bert_model *m);

/* Is BERT_ISA something that there is? */
bert_status isa_check(void);

#endif
