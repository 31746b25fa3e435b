/* evaluation.h: a model over labelled data, for the calls of bert.h that ask for it. */
#ifndef API_EVALUATION_H
#define API_EVALUATION_H

#include "api/api.h"
#include "bert_options.h"
#include "evaluate/evaluate.h"

/* bert_evaluate_check() of options that were taken. */
bert_status evaluate_options_check(const bert_evaluate_options *o);

/* The data as a model's task reads them, by options that evaluate_options_check() has passed; those
 * of the task are checked in evaluation_run(). */
bert_status evaluation_data(const bert_evaluate_options *o, const bert_model *m, dataset *out);

/* The options' model is not opened again: `m` is it. */
bert_status evaluation_run(const bert_evaluate_options *o, const bert_model *m, const dataset *d,
                           const evaluation_wish *wish, evaluation *out);

#endif
