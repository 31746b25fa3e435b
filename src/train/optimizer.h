/* optimizer.h: AdamW over the spans of the trainable weights' block (model/params.h). */
#ifndef TRAIN_OPTIMIZER_H
#define TRAIN_OPTIMIZER_H

#include "bert.h"
#include "compute/compute.h"
#include "model/params.h"
#include "train/word_rows.h"

/* Gradient and moments of the trainable weights, all in the layout of the weights' block, which is
 * borrowed. */
typedef struct optimizer {
    compute *on;
    const param_layout *layout;
    adamw settings; /* but for rate, decay, scale and step */
    double weight_decay, clip;
    arena block;
    float *weights, *gradient, *first_moment, *second_moment; /* [layout->count] */
    word_rows words; /* the layout's span of rows; without one it is empty */
} optimizer;

bert_status optimizer_open(compute *on, const param_layout *layout, float *weights,
                           word_gradient words, const bert_train_options *options, optimizer *out);
void optimizer_release(optimizer *o);

/* A step, 1, 2, ...: zero, then for each of its passes meet, forward and backward, then norm and
 * step. Between steps, what reads the weights in another way settles them first. */

/* Those gradients that passes add to become 0; for the others see gradients_begin(). */
void optimizer_zero(optimizer *o);

/* A pass over tokens of these ids follows: makes the rows of the word table that it reads current.
 */
void optimizer_meet(optimizer *o, const int32_t *ids, size_t count);

/* The gradient's global norm; product_squares: what the step's passes added up (network.h). */
double optimizer_norm(optimizer *o, double product_squares);

/* Clips by that norm (divides by norm + 1e-6, as torch.nn.utils.clip_grad_norm_) and updates the
 * weights, each span at the learning rate times its own factor. */
void optimizer_step(optimizer *o, size_t step, double learning_rate, double norm);

/* Makes every weight current. */
void optimizer_settle(optimizer *o);

#endif
