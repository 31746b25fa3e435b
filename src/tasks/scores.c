#include "tasks/scores.h"

#include <math.h>

size_t scores_best(const float *logits, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (logits[i] > logits[best]) best = i;
    return best;
}

double scores_sum(const float *logits, size_t count, size_t best)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) sum += exp((double)logits[i] - (double)logits[best]);
    return sum;
}

double scores_share(const float *logits, size_t index, size_t best, double sum)
{
    return exp((double)logits[index] - (double)logits[best]) / sum;
}

double scores_logistic(double logit)
{
    return 1.0 / (1.0 + exp(-logit));
}
