/* split.h: which rows are held out of training to measure it by.
 *
 *     rows -> bundles of equal keys -> drawn, stratum by stratum, until each has given its share
 *
 * Which ones are drawn depends on the seed and the rows alone. */
#ifndef DATA_SPLIT_H
#define DATA_SPLIT_H

#include "data/row_key.h"

/* What the rows are split by. */
typedef struct strata {
    uint32_t *of; /* [rows] a row's stratum: both sides have the same share of each */
    char **names; /* [count] as messages call them: "the label 'spam'" */
    size_t count;
    /* The labels that a model is to have met before it is measured by the row: row i's are
     * labels[label_starts[i]] .. labels[label_starts[i + 1] - 1]. NULL: labels are no names. */
    size_t *label_starts; /* [rows + 1] */
    uint32_t *labels;     /* each below label_count */
    size_t label_count;
} strata;

void strata_release(strata *s);

typedef struct split_request {
    const char *path;    /* of the data, for messages */
    const row_key *keys; /* [count] rows with equal keys stay together, as their first row's */
    const strata *strata;
    size_t count;
    double share; /* of the rows that are to be held out, above 0 and below 1 */
    uint64_t seed;
} split_request;

/* held_out [count]. A stratum whose rows all have one key stays in training, and of no other is
 * everything held out: a share that asks for that is BERT_ARGUMENT, and so is one that holds out
 * nothing; the message says the largest, or smallest, that would do. Shares of small strata are
 * rounded so that the shares of all add up. Of a label whose rows were all drawn, the rows of one
 * key go back to training. */
bert_status split_make(const split_request *request, bool *held_out);

/* Deals the rows to `folds` parts of about the same size, each with its share of every stratum:
 * fold_of [count], or NO_FOLD for the rows of a stratum whose rows all have one key, which no part
 * is to be measured by; nor for those of one key of a label that would be in one part alone. The
 * request's share is not looked at. More folds than there are texts to
 * deal are BERT_ARGUMENT, with how many there are. */
#define NO_FOLD UINT32_MAX
bert_status folds_make(const split_request *request, size_t folds, uint32_t *fold_of);

/* Moves the rows that are held out from `d` to `out`, both in the order that they had; the texts of
 * both stay d's. The caller releases both, `out` first. */
bert_status dataset_split(dataset *d, const bool *held_out, dataset *out);

#endif
