/* api.h: what the files behind bert.h share. */
#ifndef API_API_H
#define API_API_H

#include "base/slice.h"
#include "bert.h"
#include "model/pretrained.h"
#include "tasks/tasks.h"
#include "text/tokenizer.h"
#include "train/record.h"

struct bert_tokenizer {
    tokenizer *tokenizer;
};

struct bert_model {
    pretrained weights;
    bert_tokenizer tokenizer;
    const task *task;   /* what its head is for; NULL: it has none */
    trained_as trained; /* for a session that does not say otherwise */
    size_t max_length;  /* for one that names none */
};

static inline bert_text text_from(slice s)
{
    return (bert_text){ .bytes = s.bytes, .count = s.count };
}

static inline slice slice_from(bert_text text)
{
    return (slice){ .bytes = text.bytes, .count = text.count };
}

/* BERT_ARGUMENT where the model has no trained head. */
bert_status head_check(const bert_model *m);

/* The options given, with windows, stride and masking as the model was trained where they are not.
 */
bert_task_options task_options_of(const bert_model *m, const bert_task_options *given);

/* Is BERT_ISA something that there is? */
bert_status isa_check(void);

#endif
