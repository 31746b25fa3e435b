/* measures.h: what several trainings measure, and how far it lies apart. */
#ifndef EVALUATE_MEASURES_H
#define EVALUATE_MEASURES_H

#include "evaluate/evaluate.h"

/* {"fold": 1, "score": .., "eval_accuracy": .., ..}: the numbers of an evaluation, added to `runs`.
 * `kind` is "fold" or "seed". */
bert_status measures_append(const char *kind, size_t number, const evaluation *made, json_t *runs);

/* {"runs": [..], "mean": {..}, "standard_deviation": {..}, "best": ..}; the best of seeds alone. */
bert_status measures_put(json_t *runs, const char *kind, json_t *object);

#endif
