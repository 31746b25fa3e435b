/* optimizer.h: AdamW over blocks of trainable weights. */
#ifndef TRAIN_OPTIMIZER_H
#define TRAIN_OPTIMIZER_H

#include "bert.h"
#include "compute/compute.h"
#include "model/params.h"

/* Gradient and moments of the trainable weights, all in the layout of the weights' block. */
typedef struct optimizer {
    compute *on;
    const param_layout *layout;
    adamw settings; /* but for rate, decay, scale and step */
    double weight_decay, clip;
    arena block;
    float *gradient, *first_moment, *second_moment; /* [layout->count] */
} optimizer;

bert_status optimizer_open(compute *on, const param_layout *layout,
                           const bert_train_options *options, optimizer *out);
void optimizer_release(optimizer *o);

void optimizer_zero(optimizer *o); /* the gradient */

/* The gradient's global norm. */
double optimizer_norm(const optimizer *o);

/* Step 1, 2, ...: clips by that norm (divides by norm + 1e-6, as torch.nn.utils.clip_grad_norm_)
 * and updates the weights. */
void optimizer_step(optimizer *o, size_t step, double learning_rate, double norm, float *weights);

#endif
