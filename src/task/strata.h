/* strata.h: what a dev set that is held out has the same share of as what is left to train on.
 *
 *   classify      its label
 *   multilabel    the rarest of its labels, or having none
 *   tag           the rarest of its sentence's tags
 *   numbers       a tenth of the rows, in the order of their labels (regress, similar with scores)
 *   answer        is there an answer?
 *   others        nothing: all rows are alike */
#ifndef TASK_STRATA_H
#define TASK_STRATA_H

#include "data/split.h"
#include "task/task.h"

/* Holds out a share of the rows of `d`, see split_make(); no text stands on both sides. BERT_DATA
 * for labels that cannot be read. The caller releases both, `out` first. */
bert_status dev_hold_out(const task *kind, const bert_task_options *options, double share,
                         uint64_t seed, dataset *d, dataset *out);

/* Deals the rows, see folds_make(): fold_of [d->count]. */
bert_status folds_deal_out(const task *kind, const bert_task_options *options, size_t folds,
                           uint64_t seed, const dataset *d, uint32_t *fold_of);

#endif
