/* score.h: the number by which one evaluation is better than another. */
#ifndef EVALUATE_SCORE_H
#define EVALUATE_SCORE_H

#include "evaluate/evaluate.h"

/* Sets e->score by the metric of that name ("f1" or "eval_f1"; of losses and errors less is
 * better), so that more is better; one that is not defined is the worst; NULL: the task's own
 * choice stays. BERT_ARGUMENT, with the names that there are, for another. */
bert_status score_choose(evaluation *e, const char *metric);

#endif
