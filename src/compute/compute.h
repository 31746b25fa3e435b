/* compute.h: the operations a BERT is made of, forward and backward, on one device.
 *
 * The model and its training call these and nothing else on the elements of a tensor; a device is
 * one more implementation of this table. Tensors are row-major float32 in the device's memory. Each
 * operation waits for nothing and fails in nothing: a failure inside (the matrix library out of
 * memory) is kept and told by status(), which a step asks once, before its update.
 *
 * Conventions: inputs before outputs; the gradient of y is dy; gradients of parameters add (+=),
 * gradients of activations are written (=) unless the comment says otherwise. Results do not depend
 * on the number of threads, bit for bit. A compute belongs to one caller at a time. */
#ifndef COMPUTE_COMPUTE_H
#define COMPUTE_COMPUTE_H

#include "base/arena.h"
#include "base/status.h"
#include "compute/activation.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct compute compute;

/* The largest sizes that the operations will meet, so that scratch memory is taken once. */
typedef struct compute_limits {
    size_t rows;  /* of any matrix of activations */
    size_t width; /* of any row that is normalized or summed over rows */
    size_t keys;  /* longest sequence */
} compute_limits;

/* Which elements dropout leaves out is a function of what they are (base/rng.h), so every row
 * brings its names. */
typedef struct dropout {
    float rate;              /* 0: off, and nothing else is read */
    uint64_t key;            /* of the seed and the step */
    uint32_t place;          /* layer and place in it */
    const uint32_t *example; /* [rows] index of the row's example in the step */
    const uint32_t *token;   /* [rows] index of the row's token in the example */
} dropout;

typedef struct linear_shape {
    size_t rows, in, out;
} linear_shape;

typedef struct norm_shape {
    size_t rows, width;
    float epsilon;
} norm_shape;

/* Sequence s has queries query_starts[s] .. query_starts[s + 1] - 1 and keys likewise: nothing is
 * padded, nothing masked. */
typedef struct attention_shape {
    size_t heads, head_width, sequences;
    const uint32_t *query_starts, *key_starts; /* [sequences + 1] */
} attention_shape;

typedef struct embedding_shape {
    size_t tokens, width;
    const int32_t *ids;       /* [tokens] rows of the word table */
    const int32_t *positions; /* [tokens] rows of the position table */
    const int32_t *types;     /* [tokens] rows of the type table */
    int32_t pad; /* this row of the word table gets no gradient (PyTorch's padding_idx); -1: none */
} embedding_shape;

/* One AdamW step; see compute/cpu/kernels/kernels.h for the formula. */
typedef struct adamw {
    double learning_rate, beta1, beta2, epsilon, decay;
    double gradient_scale; /* every gradient is multiplied by it first (clipping) */
    uint64_t step;         /* from 1 */
} adamw;

struct compute {
    void (*free)(compute *on);
    bert_status (*reserve)(compute *on, const compute_limits *limits);
    bert_status (*status)(compute *on); /* the first failure since it was last asked */
    bert_status (*memory_open)(compute *on, size_t bytes, arena *out);
    void (*memory_release)(compute *on, arena *block);

    void (*zero)(compute *on, size_t count, float *x);
    void (*write)(compute *on, size_t count, const float *host,
                  float *x); /* from the caller's memory */
    void (*read)(compute *on, size_t count, const float *x,
                 float *host); /* to the caller's memory */

    /* y = x w^T + b      x [rows, in]  w [out, in]  b [out] or NULL  y [rows, out] */
    void (*linear_forward)(compute *on, const linear_shape *s, const float *x, const float *w,
                           const float *b, float *y);
    /* dx = dy w, or with `accumulate` dx += dy w      dy [rows, out]  dx [rows, in] */
    void (*linear_backward_input)(compute *on, const linear_shape *s, const float *dy,
                                  const float *w, bool accumulate, float *dx);
    /* dw += dy^T x, db += sum over rows of dy      db NULL: not wanted */
    void (*linear_backward_weight)(compute *on, const linear_shape *s, const float *dy,
                                   const float *x, float *dw, float *db);

    /* sum = word[id] + position[p] + type[t]      [tokens, width]; a table may be NULL (except
     * word) */
    void (*embedding_forward)(compute *on, const embedding_shape *s, const float *word,
                              const float *position, const float *type, float *sum);
    /* each table's rows += dsum of their tokens, in the order of the tokens; a gradient may be NULL
     */
    void (*embedding_backward)(compute *on, const embedding_shape *s, const float *dsum,
                               float *dword, float *dposition, float *dtype);

    /* y = gain * (x - mean) * rstd + shift over each row. Keeps mean and rstd [rows] for backward.
     * y may be x where no backward follows. */
    void (*norm_forward)(compute *on, const norm_shape *s, const float *x, const float *gain,
                         const float *shift, float *y, float *mean, float *rstd);
    /* dx may be dy; dgain and dshift both or neither NULL */
    void (*norm_backward)(compute *on, const norm_shape *s, const float *dy, const float *x,
                          const float *gain, const float *mean, const float *rstd, float *dx,
                          float *dgain, float *dshift);
    /* x = residual + dropout(x + bias), then y = norm(x): the sum replaces x, which backward of
     * norm reads */
    void (*residual_norm_forward)(compute *on, const norm_shape *s, const dropout *d,
                                  const float *bias, const float *residual, const float *gain,
                                  const float *shift, float *x, float *y, float *mean, float *rstd);

    /* y = dropout(x)      [rows, width]; y may be x. Its own backward, on gradients. */
    void (*dropout_apply)(compute *on, size_t rows, size_t width, const dropout *d, const float *x,
                          float *y);

    /* u += bias, y = f(u)      [rows, width], bias [width] or NULL; y may not be u */
    void (*activation_forward)(compute *on, activation_kind kind, size_t rows, size_t width,
                               const float *bias, float *u, float *y);
    /* dy = dy * f'(u), in place */
    void (*activation_backward)(compute *on, activation_kind kind, size_t rows, size_t width,
                                const float *u, float *dy);

    /* For each sequence and head:  P = softmax(q k^T / sqrt(head_width)),  y = dropout(P) v
     *   q, y [queries, heads * head_width]  k, v [keys, heads * head_width]; dropout's rows are the
     * queries */
    void (*attention_forward)(compute *on, const attention_shape *s, const dropout *d,
                              const float *q, const float *k, const float *v, float *y);
    /* P is computed again rather than kept: 2 n^2 d operations for n^2 numbers less in memory */
    void (*attention_backward)(compute *on, const attention_shape *s, const dropout *d,
                               const float *dy, const float *q, const float *k, const float *v,
                               float *dq, float *dk, float *dv);

    /* y[i] = x[index[i]]      y [count, width] */
    void (*gather_rows)(compute *on, size_t count, size_t width, const uint32_t *index,
                        const float *x, float *y);
    /* dx[index[i]] += dy[i]; the indices differ from each other */
    void (*scatter_add_rows)(compute *on, size_t count, size_t width, const uint32_t *index,
                             const float *dy, float *dx);
    /* y[s] = mean of x[starts[s]] .. x[starts[s + 1] - 1] */
    void (*mean_rows)(compute *on, size_t sequences, size_t width, const uint32_t *starts,
                      const float *x, float *y);

    /* Adds to *loss: sum over rows of -log softmax(logits)[label], in double.
     * dlogits = scale * (softmax(logits) - onehot(label)), or NULL.      logits [rows, classes]
     * labels [rows] */
    void (*cross_entropy)(compute *on, size_t rows, size_t classes, const float *logits,
                          const int32_t *labels, float scale, float *dlogits, double *loss);

    /* The sum of the squares, in double, in a fixed order. */
    double (*sum_squares)(compute *on, size_t count, const float *x);
    void (*adamw_update)(compute *on, const adamw *a, size_t count, const float *g, float *w,
                         float *m, float *v);
};

/* The processor, with `threads` threads (0: one a processor). The caller frees with compute_free().
 */
bert_status compute_cpu_open(size_t threads, compute **out);
void compute_free(compute *on);

/* "oneDNN 2.6.3", or "plain C" under BERT_ISA=ref. */
const char *compute_cpu_matrix_library(void);

/* "avx512", "avx2" or "ref". */
const char *compute_cpu_instruction_set(void);

#endif
