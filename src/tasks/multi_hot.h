/* multi_hot.h: labels as 0 and 1 for each that there is, as transformers' trainers are fed.
 *
 *     [0, 0, 0, 1, 0]   of five labels the fourth. In every row of the data: lists of the same
 *     [1, 0, 0, 1, 0]   length, two at least, of 0 and 1 alone (0.0, 1.0, false, true) */
#ifndef TASKS_MULTI_HOT_H
#define TASKS_MULTI_HOT_H

#include "task/task.h"

/* Where the rows are such, puts lists of names in their place, and all names into the dataset:
 * those of the options' file of labels, those that the model knows, or LABEL_0, LABEL_1, ..., as
 * transformers calls what has no name. Else the rows are left alone. BERT_DATA with file and line:
 * a row among them that is not such; more or fewer entries than there are names. */
bert_status multi_hot_name(dataset *d, const bert_task_options *options, const config *known);

#endif
