/* watch.h: listens to a training or evaluation and tells of it. */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include "progress.h"
#include "settings.h"

#include <jansson.h>

typedef struct watch {
    const settings *settings;
    progress progress;
    const bert_task_info *task; /* of the run, once its data are summed up; NULL before */
    bert_task_info task_info;   /* what it points to */
    json_t *columns; /* "text", "text_pair", "label": those of the training data that have a name */
    size_t step, steps;   /* done last, of how many */
    json_t *metrics;      /* the last evaluation's, or the best one's with --keep-best; or NULL */
    size_t metrics_epoch; /* its epoch */
    double best_score;
    char run[8]; /* of several runs the one at work is of this kind, "fold" or "seed", or "" */
    uint64_t run_number;
    size_t runs_ended; /* told when the last has, or the series was stopped */
    json_t *profile;   /* where the time went; NULL: not told */
    bool broken;       /* memory was exhausted, and said so, before a line could be printed */
} watch;

watch watch_start(const settings *s);
void watch_release(watch *w);

/* An observer whose context is the watch: notes, warnings and progress to standard error,
 * evaluations to standard output. It asks the run to stop once interrupt_came(). */
bert_observer watch_observer(watch *w);

/* The task that a member of a result names, in *room; NULL: none. */
const bert_task_info *task_named(const json_t *name, bert_task_info *room);

/* "accuracy 0.9235, macro_f1 0.9234, loss 0.2134": the numbers of a metrics object, without their
 * "eval_". */
void metrics_print(const json_t *metrics, FILE *out);

#endif
