/* plan.h: the memory that a run holds at its peak, and what is chosen so that it fits a limit.
 *
 *     sizes of the data, options, limit  ->  plan_make()  ->  units at once, layers again
 *
 * The sum is an estimate of the process's peak resident size, good to a few percent: what the run
 * itself takes is added up exactly, by the code that will carve it; what any run of the program
 * takes (code, libraries, tokenizer) was measured: a constant, one for each version of the matrix
 * library, and a number for each word piece.
 *
 * With a limit, first as few layers as needed are computed again in backward (model/tape.h), which
 * changes no bit. Where all of them are not enough, the largest number of units at once that
 * fits is taken, made even over the step's passes, and then again the fewest layers. What is free
 * on the machine is not looked at, threads below 16 count as 16, and the matrix library counts as
 * its largest version: the same data, options and limit choose the same, on any machine of up to 16
 * processors. */
#ifndef TRAIN_PLAN_H
#define TRAIN_PLAN_H

#include "bert.h"
#include "model/heads.h"

/* What a pass of some units needs. */
typedef struct pass_sizes {
    batch_limits batch;
    compute_limits compute;
} pass_sizes;

typedef struct plan_request {
    const config *config;
    const head *head;
    const param_entry *entries; /* [entry_count] of the run's weights */
    size_t entry_count;
    const param_layout *layout; /* of these; those it does not place stay in the checkpoint's map */
    size_t frozen_layers;       /* of the encoder, from the first: backward does not enter them */
    size_t converted;           /* bytes of weights that the checkpoint stores otherwise */
    size_t data;                /* bytes of texts and their ids */
    size_t threads;             /* 0: one a processor */
    size_t step;                /* units a step */
    size_t most, least;         /* units at once; least <= most <= step */
    size_t limit;               /* bytes; 0: none, and all is as it is without */
    void (*sizes)(const void *context, size_t units, pass_sizes *out); /* none falls with units */
    const void *context;
} plan_request;

typedef struct plan {
    size_t units; /* at once */
    size_t again; /* for tape_shape: layers that are frozen, or computed again in backward */
    bert_memory memory;
} plan;

/* BERT_ARGUMENT where nothing fits the limit: the message says the smallest that would do. */
bert_status plan_make(const plan_request *request, plan *out);

#endif
