#include "model/heads.h"

#include "base/memory.h"

#include <string.h>

static const head *const heads[] = { &head_classifier, &head_choice, &head_tokens, &head_spans,
                                     &head_masked };

/* Google's and bert-base's own: the head for masked words, and one that no task here is for. */
const char pretraining_class[] = "BertForPreTraining";

const head *head_of_class(const char *class_name)
{
    if (class_name && strcmp(class_name, pretraining_class) == 0) return &head_masked;
    for (size_t i = 0; class_name && i < sizeof heads / sizeof *heads; i++)
        if (strcmp(heads[i]->class_name, class_name) == 0) return heads[i];
    return NULL;
}

static size_t logit_width(const head *h, const config *c)
{
    if (h->groups & GROUP_CLASSIFIER) return c->outputs;
    if (h->groups & GROUP_SPANS) return 2;
    if (h == &head_vectors) return c->hidden;
    return h->groups & GROUP_MASKED ? c->vocabulary : 0;
}

tape_shape head_tape_shape(const head *h, const config *c, const batch_limits *limits,
                           bool backward)
{
    size_t wanted = limits->wanted ? limits->wanted : limits->sequences;
    size_t rows = h->rows == ROWS_ALL ? limits->tokens : size_smaller(wanted, limits->tokens);
    bool vectors = h == &head_vectors;
    return (tape_shape){ .tokens = limits->tokens,
                         .sequences = limits->sequences,
                         .wanted = h->rows == ROWS_ALL ? 0 : rows,
                         .logit_rows = vectors ? limits->sequences : rows,
                         .logit_width = logit_width(h, c),
                         .dropped = h->rows == ROWS_ALL && h->groups & GROUP_CLASSIFIER,
                         .masked = (h->groups & GROUP_MASKED) != 0,
                         .vectors = vectors,
                         .backward = backward };
}
