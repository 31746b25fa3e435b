/* facts.h: what report_facts hold, as the pages ask for it. All texts are borrowed. */
#ifndef REPORT_FACTS_H
#define REPORT_FACTS_H

#include "metrics/measure.h"
#include "report/markup.h"
#include "report/report.h"

#include <stdbool.h>

/* ---- members of JSON: what is not there, or of another type, is NULL, "" or `otherwise` */

/* facts_at(run, "options", "task_options", "stride", NULL) */
json_t *facts_at(json_t *object, ...) __attribute__((sentinel));
const char *facts_text(json_t *object, const char *key);
double facts_number(json_t *object, const char *key, double otherwise);
const char *facts_option(const report_facts *f, const char *key); /* a text */

/* ---- measures */

/* The one that the task goes by, as far as `metrics` have it; NULL: none. */
const measure *measure_leading(const report_facts *f, json_t *metrics);

/* Is it told in percent? And how much of `value` that is. */
bool measure_in_percent(const measure *m);
double measure_percent(const report_facts *f, const measure *m, double value);

/* "93.4 %", "0.8123", "250"; "–" where `metrics` have no such number. out [NUMBER_TEXT]. */
char *measure_text(const report_facts *f, const measure *m, json_t *metrics, char *out);
char *measure_value_text(const report_facts *f, const measure *m, double value, char *out);

/* "91.2 % to 94.0 %", the measure's 95 % interval; "" where the metrics have none. out
 * [INTERVAL_TEXT]. */
enum { INTERVAL_TEXT = 2 * NUMBER_TEXT + 8 };
char *measure_interval_text(const report_facts *f, const measure *m, char *out);

/* What a model would have to beat: run.json's "baselines", each a name and its measures. */
typedef struct baseline {
    const char *name; /* a word, or several with '_' between */
    json_t *metrics;  /* NULL: there is none */
} baseline;

/* The one that is best by `m`. */
baseline facts_baseline(const report_facts *f, const measure *m);

/* The measures before training; NULL: they were not taken. */
json_t *facts_untrained(const report_facts *f);

/* ---- names */

const char *path_name(const char *path); /* "train.csv" of "data/train.csv" */

/* What the measures are of: "dev.csv", or "20 % of the training data, held out" in out [DEV_NAME];
 * "": the run had no dev data. */
enum { DEV_NAME = 2 * NUMBER_TEXT };
const char *facts_dev_name(const report_facts *f, char *out);

/* What the folds measured, by means ("mean") and "standard_deviation"; NULL: there were no folds.
 * *count: how many. */
json_t *facts_folds(const report_facts *f, size_t *count);

/* "--seed 42 --seeds 5", which does again what the model is the best of, in out [SERIES_TEXT]; "":
 * the seed was the only one. */
enum { SERIES_TEXT = 80 };
char *facts_series(const report_facts *f, char *out);

/* The evaluation of what was saved, among facts->evaluations: the first after training began that
 * has the final metrics' loss or leading measure; NULL: none. */
json_t *facts_saved_evaluation(const report_facts *f);

#endif
