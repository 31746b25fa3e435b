/* scores.h: a few logits as an answer. */
#ifndef TASKS_SCORES_H
#define TASKS_SCORES_H

#include <stddef.h>

/* Index of the largest; the first of equals. */
size_t scores_best(const float *logits, size_t count);

/* softmax(logits)[index] = exp(z_i - z_best) / scores_sum(), and scores_sum() = sum over k of
 * exp(z_k - z_best), where `best` is the largest's index. In double. */
double scores_sum(const float *logits, size_t count, size_t best);
double scores_share(const float *logits, size_t index, size_t best, double sum);

/* 1 / (1 + exp(-logit)): how likely one label alone is. */
double scores_logistic(double logit);

#endif
