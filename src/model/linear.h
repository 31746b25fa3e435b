/* linear.h: the products with a weight, forward and backward.
 *
 * y = x w^T + b      x [rows, in]  w [out, in]  b [out]  y [rows, out]
 *
 * Every product with a weight goes through these functions, and they alone know in which form
 * its numbers are stored. `in` and `out` are the weight's columns and rows. */
#ifndef MODEL_LINEAR_H
#define MODEL_LINEAR_H

#include "model/network.h"

/* What becomes of the numbers that an output holds already. */
typedef enum linear_output {
    LINEAR_WRITE, /* they are replaced */
    LINEAR_ADD    /* the product is added to them */
} linear_output;

/* b NULL: nothing is added. y must not overlap x. */
void linear_forward(const pass *p, const weight *w, const weight *b, size_t rows, const float *x,
                    float *y);

/* dx = dy w, or with LINEAR_ADD dx += dy w      dy [rows, out]  dx [rows, in] */
void linear_backward_input(const pass *p, const weight *w, size_t rows, const float *dy,
                           linear_output output, float *dx);

/* dw += dy^T x, db += sum of the rows of dy. A gradient without data is not wanted.
 *
 * dw need not be zeroed: the first product of a step writes it, see gradients_begin(). After the
 * last one the sum of the squares of dw is added to *p->squares, while dw is in cache. db is zeroed
 * and measured by the optimizer. */
void linear_backward_weight(const pass *p, const weight *w, size_t rows, const float *dy,
                            const float *x, weight *dw, weight *db);

/* From here on forward products read w from `panels` [weight_count(w)], which this fills and the
 * caller owns (model/panels.h). For weights that stay as they are over many products. */
void linear_to_panels(compute *on, weight *w, float *panels);

#endif
