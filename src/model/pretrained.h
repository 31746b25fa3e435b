/* pretrained.h: a model folder, in and out. */
#ifndef MODEL_PRETRAINED_H
#define MODEL_PRETRAINED_H

#include "base/arena.h"
#include "compute/compute.h"
#include "model/config.h"
#include "model/params.h"
#include "model/tensor_names.h"
#include "tensors/safetensors_write.h"
#include "tensors/tensors.h"

#include <stdbool.h>
#include <stddef.h>

/* A checkpoint's weights, read-only: any number of threads may share it. */
typedef struct pretrained {
    config config;
    param_entry *entries; /* [entry_count] of the configuration, all parts */
    size_t entry_count;
    named_tensor *found; /* [entry_count] in the file */
    params params;  /* data: in the mapped file where it is aligned f32, else in `converted`; NULL:
                       not in the file */
    unsigned parts; /* those that stand in the file whole */
    const char **ignored_names; /* [ignored] tensors in the file that no weight wanted, an
                                   optimizer's apart; borrowed from the file */
    size_t ignored;
    named_tensor misfit; /* of a classifier that has not the two rows which a config.json without
                            labels means; .info NULL: none */
    const param_entry *misfit_of;
    tensor_file *file;
    tensor_names *names;
    arena converted;
    float *dense_numbers; /* of params.module */
} pretrained;

/* Reads config.json (or Google's bert_config.json) and the weights. A weight that is missing
 * (pooler and heads apart), has another shape than config.json asks for, or is not finite:
 * BERT_SHAPE, BERT_FORMAT or BERT_NUMERIC. `on` looks through the numbers. The caller releases. */
bert_status pretrained_open(const char *folder, compute *on, pretrained *out);
void pretrained_release(pretrained *m);

/* For who has copied what it wants of the weights: gives back the memory that reading them took.
 * Where some are still `used` they stay valid, else their data are NULL from here on. */
void pretrained_forget(pretrained *m, bool used);

/* Leaves out the weights of heads, the pooler's apart: pretrained_find() finds none of them. */
void pretrained_forget_heads(pretrained *m);

/* The weight of `m` that an entry of another configuration's list stands for: same name, same
 * shape, in the file. NULL: none. */
const weight *pretrained_find(const pretrained *m, const param_entry *entry);

/* The first weight of `parts` that is not in the file, where some of them are (of a head with a
 * pooler some of the head itself). NULL: none is lacking, or all. */
const param_entry *pretrained_gap(const pretrained *m, unsigned parts);

/* Is anything there of the head that the folder is for? */
bool pretrained_has_head(const pretrained *m);

/* Why the head that the folder is for cannot be used though it is there in part: BERT_ARGUMENT
 * where it lacks weights, BERT_SHAPE where config.json has no labels and means another number of
 * them. */
bert_status pretrained_check_head(const pretrained *m);

/* Writes model.safetensors into the folder: the weights of `p` that have data, by their names, as
 * `type`; without the prefix `bare` before them, unless it is NULL. And tensors that are no weights
 * here, more [more_count]. */
bert_status weights_write(const folder_handle *folder, params *p, const param_entry *entries,
                          size_t count, const char *bare, tensor_type type, const tensor_out *more,
                          size_t more_count);

#endif
