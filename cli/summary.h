/* summary.h: a model's parameters, added up by the parts of the network they belong to. */
#ifndef CLI_SUMMARY_H
#define CLI_SUMMARY_H

#include "bert.h"

typedef struct summary_part {
    char name[64];     /* "embeddings", "encoder layer 3", "pooler", "classifier" */
    bool per_token;    /* it puts out a row for each token, not one for each text */
    size_t width;      /* numbers in a row it puts out */
    size_t parameters; /* numbers in its weights */
    bool trained;      /* with the given --freeze */
} summary_part;

typedef struct summary {
    summary_part *parts; /* [count], in the order of the data's way */
    size_t count;
    size_t parameters, trained;
} summary;

/* freeze: as --freeze takes it, NULL for nothing. false: memory is exhausted. */
bool summary_make(const bert_model *model, const char *freeze, summary *out);
void summary_release(summary *s);

size_t parameter_count(const bert_parameter *p);
bool parameter_trained(const bert_parameter *p, const char *freeze);

#endif
