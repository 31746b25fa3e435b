/* activation.h: the functions that a configuration's hidden_act may name. */
#ifndef COMPUTE_ACTIVATION_H
#define COMPUTE_ACTIVATION_H

/* As transformers/activations.py computes them:
 *   gelu      x/2 (1 + erf(x / sqrt 2))
 *   gelu_new  x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
 *             also named gelu_pytorch_tanh, gelu_fast
 *   relu      max(x, 0)
 *   silu      x / (1 + exp(-x)), also named swish
 *   tanh      the pooler's */
typedef enum activation_kind {
    ACTIVATION_GELU,
    ACTIVATION_GELU_NEW,
    ACTIVATION_RELU,
    ACTIVATION_SILU,
    ACTIVATION_TANH
} activation_kind;

#endif
