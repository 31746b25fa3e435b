/* evaluate.h: a model's metrics over examples. */
#ifndef TRAIN_EVALUATE_H
#define TRAIN_EVALUATE_H

#include "bert.h"
#include "train/examples.h"

#include <jansson.h>

/* Runs all examples through the model, a batch at a time. `p` has the room: its tape, batch (filled
 * here), parameters; its dropout must be off. *json (for json_decref) gets eval_loss, the task's
 * metrics, eval_examples, truncated_share; *score what is compared between models. Metrics are
 * added up batch by batch: nothing is held for each example. */
bert_status evaluate(const pass *p, batch *room, const examples *e, const bert_observer *observer,
                     bool trained, json_t **json, double *score);

#endif
