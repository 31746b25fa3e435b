/* mcnemar.h: may two models that answered the same examples be equally good (McNemar 1947)? Only
 * the examples that one of them alone has right tell anything. */
#ifndef METRICS_MCNEMAR_H
#define METRICS_MCNEMAR_H

#include <stdbool.h>
#include <stddef.h>

typedef struct mcnemar {
    size_t only_first, only_second; /* examples that one alone has right */
    bool exact;                     /* the binomial test; else chi-squared */
    double statistic;               /* the smaller of the two numbers, or chi-squared */
    double p; /* of such a difference, or a larger one, between equally good models */
} mcnemar;

/* As statsmodels.stats.contingency_tables.mcnemar has it: below 25 such examples the exact binomial
 * test, two-sided; from there on chi-squared with one degree of freedom and continuity correction.
 * Without any, p is 1. */
mcnemar mcnemar_test(size_t only_first, size_t only_second);

#endif
