/* golden_tasks.h: the heads with their losses, asked what the numbers of a golden folder ask.
 */
#ifndef TESTS_GOLDEN_TASKS_H
#define TESTS_GOLDEN_TASKS_H

#include "golden.h"

extern const golden_task golden_classes;          /* `labels`: a class a sequence */
extern const golden_task golden_weighted_classes; /* with `class_weights` and `smoothing` */
extern const golden_task golden_numbers;          /* `labels`: a number a sequence */
extern const golden_task golden_labels;           /* `labels`: 0 or 1 for each label */
extern const golden_task golden_weighted_labels;  /* with `pos_weight` */
extern const golden_task golden_tags;             /* `labels`: a class a token, or none */
extern const golden_task golden_words;            /* `labels`: a masked token's word, or none */
extern const golden_task golden_answers;          /* `spans`: first and last token */
extern const golden_task golden_choices;          /* `labels`: which of a unit's sequences */
extern const golden_task golden_similar;          /* `scores`: the cosine of a unit's two */
extern const golden_task golden_similar_cls;      /* the same of the vectors of [CLS] */
extern const golden_task golden_partners;         /* a unit's first two belong together */

#endif
