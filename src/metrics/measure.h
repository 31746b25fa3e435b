/* measure.h: the numbers of an evaluation, as measures.def lists them: what they are called, in
 * what unit they are, and which of two is better. */
#ifndef METRICS_MEASURE_H
#define METRICS_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

typedef enum measure_kind {
    MEASURE_SHARE,
    MEASURE_SCORE,
    MEASURE_PERCENT,
    MEASURE_NUMBER,
    MEASURE_ERROR,
    MEASURE_COUNT
} measure_kind;

typedef struct measure {
    const char *key, *name, *hub;
    measure_kind kind;
} measure;

extern const measure measures[];
extern const size_t measure_count;

/* By its key, "eval_f1"; NULL: there is none of that name. */
const measure *measure_find(const char *key);

/* Is a lower value the better one? false for a key that is not listed. */
bool measure_less_is_better(const char *key);

#endif
