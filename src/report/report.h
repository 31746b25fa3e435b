/* report.h: what a run leaves for people.
 *
 *   report.html  one page that needs nothing beside it, no network and no script: how the run went,
 *                what it was trained on, what it came to, where it errs, how it was made
 *   README.md    the model card, with the metadata that the Hugging Face Hub reads
 *
 * Both are made from the same facts. The same facts give the same bytes; README.md holds no times.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/folder.h"
#include "bert_program.h"

#include <jansson.h>

/* All borrowed, and read only. Objects have the form of the files of that name (run/record.h). */
typedef struct report_facts {
    const bert_task_info *task;
    json_t *run;         /* run.json, "evaluations" included, and "data" and "baselines" if they are
                            there */
    json_t *defaults;    /* as run.json's "options", of a run for which nothing was chosen */
    json_t *metrics;     /* eval_results.json; NULL: nothing was measured of what was saved */
    json_t *folds;       /* folds.json; NULL: the saved model has none */
    json_t *results;     /* all_results.json */
    json_t *mistakes;    /* [{"line" or "question", "text", "text_pair", "expected", "answer",
                            "confidence" or "error"}, ...], the worst first; NULL: none are known */
    json_t *labels;      /* names, in the model's order; NULL: it has none */
    const char *log;     /* path of the run's train_log.jsonl */
    const char *license; /* of the base model, as its card has it; NULL: unknown */
    const char *base;    /* its name; NULL: unknown */
} report_facts;

/* Writes both files into `folder`, each whole or not at all. */
bert_status report_write(const folder_handle *folder, const report_facts *facts);

#endif
