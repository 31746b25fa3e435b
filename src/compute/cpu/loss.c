/* loss.c: losses over a few logits a row. They are small, so one thread does all, in double. */
#include "compute/cpu/cpu.h"

#include <math.h>

/* -log softmax(z)[label] = log(sum(exp(z - most))) - (z[label] - most) */
static double row_cross_entropy(size_t classes, const float *logits, size_t label, float scale,
                                float *dlogits)
{
    double most = logits[0], sum = 0.0;
    for (size_t i = 1; i < classes; i++)
        if (logits[i] > most) most = logits[i];
    for (size_t i = 0; i < classes; i++) sum += exp(logits[i] - most);
    for (size_t i = 0; dlogits && i < classes; i++) {
        double p = exp(logits[i] - most) / sum;
        dlogits[i] = (float)(scale * (p - (i == label ? 1.0 : 0.0)));
    }
    return log(sum) - (logits[label] - most);
}

static void cross_entropy(compute *on, size_t rows, size_t classes, const float *logits,
                          const int32_t *labels, float scale, float *dlogits, double *loss)
{
    (void)on;
    for (size_t row = 0; row < rows; row++)
        *loss += row_cross_entropy(classes, logits + row * classes, (size_t)labels[row], scale,
                                   dlogits ? dlogits + row * classes : NULL);
}

void loss_operations(compute *table)
{
    table->cross_entropy = cross_entropy;
}
