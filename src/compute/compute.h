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
    size_t rows;      /* of any matrix of activations */
    size_t width;     /* of any row that is normalized or summed over rows */
    size_t keys;      /* longest sequence */
    size_t biases;    /* numbers in the table of a relative bias; 0: attention has none */
    size_t distances; /* rows of a table of positions; 0: attention is not disentangled */
    /* Of in_batch_negatives, which keeps units * units * (members - 1) numbers; 0: never called. */
    size_t units, members;
} compute_limits;

/* Which elements dropout leaves out is a function of what they are (base/rng.h), so every row
 * brings its names. */
typedef struct dropout {
    float rate;            /* 0: off, and nothing else is read */
    uint64_t key;          /* of the seed and the step */
    uint32_t place;        /* layer and place in it */
    const uint32_t *unit;  /* [rows] index of the row's unit in the step */
    const uint32_t *token; /* [rows] index of the row's token in the unit */
} dropout;

typedef struct linear_shape {
    size_t rows, in, out;
} linear_shape;

typedef struct norm_shape {
    size_t rows, width;
    float epsilon;
} norm_shape;

/* What is added to the score of key j for query i of a sequence: table[bucket[i - j]][head]. */
typedef struct attention_bias {
    size_t buckets;
    const float *table;     /* [buckets, heads] */
    const uint16_t *bucket; /* of distance 0; the others lie before and after it, up to the longest
                               sequence's. In the caller's memory */
} attention_bias;

/* Sequence s has queries query_starts[s] .. query_starts[s + 1] - 1 and keys likewise: nothing is
 * padded, nothing masked. Starts and rows lie in the caller's memory. */
typedef struct attention_shape {
    size_t heads, head_width, sequences;
    const uint32_t *query_starts, *key_starts; /* [sequences + 1] */
    /* From a row of q, or of k and v, and of their gradients, to the next, where other numbers lie
     * between; 0: heads * head_width. */
    size_t query_stride, key_stride;
    /* Where places in the sequence count, which is where one of the next two is set: the row among
     * the keys that each query stands at, ascending within a sequence; NULL: the queries are the
     * keys. */
    const uint32_t *query_rows;
    size_t reach; /* a query sees the keys at most so far from it; 0: all keys of its sequence */
    const attention_bias *bias; /* NULL: none */
} attention_shape;

/* Scores times width, over all sequences and heads: half the operations of one product. A query at
 * an end of its sequence is counted like the others. */
double attention_products(const attention_shape *s);
/* The largest distance of two keys of a sequence. */
size_t attention_farthest(const attention_shape *s);

/* Rotary positions: the cosine and the sine of place times frequency. Of heads whose width is even.
 */
typedef struct rotary {
    const float *cosine, *sine; /* [places, head_width / 2] */
} rotary;

/* Attention that also asks how far a query is from a key. The distance is the query's place in its
 * sequence minus the key's; distance d has row row[d] of a table of positions. These rows do not
 * fall as d rises. */
typedef struct disentangled_shape {
    attention_shape attention; /* of all keys of a sequence, without a bias */
    float scale;               /* of the sum of the terms */
    size_t rows;               /* of a table */
    const uint16_t *row; /* of distance 0; the others lie before and after it, up to the longest
                            sequence's. In the caller's memory. NULL: there are no tables */
} disentangled_shape;

/* The rows that the batch's sequences have distances for lie side by side. Returns how many. */
size_t disentangled_rows(const disentangled_shape *s, size_t *first);

/* The two tables of positions, [rows, heads * head_width] each; NULL: the term is absent. */
typedef struct disentangled_tables {
    float *key;   /* what queries are multiplied with (content to position) */
    float *query; /* what keys are multiplied with (position to content) */
} disentangled_tables;

typedef struct embedding_shape {
    size_t tokens, width;
    const int32_t *ids;       /* [tokens] rows of the word table */
    const int32_t *positions; /* [tokens] rows of the position table */
    const int32_t *types;     /* [tokens] rows of the type table */
    int32_t pad; /* this row of the word table gets no gradient (PyTorch's padding_idx); -1: none */
    bool positions_padded; /* nor does this row of the position table */
} embedding_shape;

/* How classes count in a cross entropy, as torch.nn.CrossEntropyLoss has it. */
typedef struct class_loss {
    const float *weights; /* [classes], or NULL: all 1 */
    float smoothing;      /* e, 0 .. 1: this share of a label is spread over all classes */
} class_loss;

/* One AdamW step; see compute/cpu/kernels/kernels.h for the formula. */
typedef struct adamw {
    double learning_rate, beta1, beta2, epsilon, decay;
    double gradient_scale; /* every gradient is multiplied by it first (clipping) */
    uint64_t step;         /* from 1 */
} adamw;

/* Steps that are over, one after the other. */
enum { ADAMW_PAST_MOST = 256 };
typedef struct adamw_past {
    adamw first;         /* but for its rate and scale */
    size_t count;        /* up to ADAMW_PAST_MOST */
    const double *rates; /* [count] learning rates, of first.step and those after it */
} adamw_past;

struct compute {
    void (*free)(compute *on);
    bert_status (*reserve)(compute *on, const compute_limits *limits);
    bert_status (*status)(compute *on); /* the first failure since it was last asked */
    bert_status (*memory_open)(compute *on, size_t bytes, arena *out);
    /* A hint, before a block's first use: all of it will be written, and passed over often. */
    void (*memory_large_pages)(compute *on, const arena *block);
    void (*memory_release)(compute *on, arena *block);

    void (*zero)(compute *on, size_t count, float *x);
    void (*write)(compute *on, size_t count, const float *host,
                  float *x); /* from the caller's memory */
    void (*read)(compute *on, size_t count, const float *x,
                 float *host); /* to the caller's memory */
    /* x itself, if the caller can read the device's memory; NULL: read() copies it. */
    const float *(*view)(compute *on, const float *x);

    /* w [out, in] in the order in which linear_forward reads it fastest: panels [out * in]. For
     * weights that stay as they are over many products. */
    void (*linear_to_panels)(compute *on, size_t in, size_t out, const float *w, float *panels);
    /* y = x w^T + b      x [rows, in]  w [out, in]  b [out] or NULL  y [rows, out]
     * panels: what linear_to_panels() made of w, or NULL */
    void (*linear_forward)(compute *on, const linear_shape *s, const float *x, const float *w,
                           const float *panels, const float *b, float *y);
    /* dx = dy w, or with `accumulate` dx += dy w      dy [rows, out]  dx [rows, in] */
    void (*linear_backward_input)(compute *on, const linear_shape *s, const float *dy,
                                  const float *w, bool accumulate, float *dx);
    /* dw = dy^T x, or with `accumulate` dw += dy^T x; db += sum over rows of dy
     * dw or db NULL: not wanted; *squares += sum of the squares of dw, NULL: not wanted */
    void (*linear_backward_weight)(compute *on, const linear_shape *s, const float *dy,
                                   const float *x, bool accumulate, float *dw, float *db,
                                   double *squares);

    /* sum = word[id] + position[p] + type[t]      [tokens, width]; a table may be NULL (except
     * word) */
    void (*embedding_forward)(compute *on, const embedding_shape *s, const float *word,
                              const float *position, const float *type, float *sum);
    /* each table's rows += dsum of their tokens, in the order of the tokens; a gradient may be NULL
     */
    void (*embedding_backward)(compute *on, const embedding_shape *s, const float *dsum,
                               float *dword, float *dposition, float *dtype);

    /* y = gain * (x - mean) * rstd + shift over each row. Keeps mean and rstd [rows] for backward.
     * y may be x where no backward follows. Here and below shift may be NULL: none. */
    void (*norm_forward)(compute *on, const norm_shape *s, const float *x, const float *gain,
                         const float *shift, float *y, float *mean, float *rstd);
    /* dx may be dy; dgain NULL: dgain and dshift are not wanted; dshift NULL: there is none */
    void (*norm_backward)(compute *on, const norm_shape *s, const float *dy, const float *x,
                          const float *gain, const float *mean, const float *rstd, float *dx,
                          float *dgain, float *dshift);
    /* The same, but that dx is added to, and dy overwritten: of a norm at the begin of a branch,
     * whose input goes past the branch too. */
    void (*norm_backward_add)(compute *on, const norm_shape *s, float *dy, const float *x,
                              const float *gain, const float *mean, const float *rstd, float *dx,
                              float *dgain, float *dshift);
    /* x = residual + dropout(x + bias), then y = norm(x): the sum replaces x, which backward of
     * norm reads. bias may be NULL: none. */
    void (*residual_norm_forward)(compute *on, const norm_shape *s, const dropout *d,
                                  const float *bias, const float *residual, const float *gain,
                                  const float *shift, float *x, float *y, float *mean, float *rstd);

    /* y = dropout(x)      [rows, width]; y may be x. Its own backward, on gradients. */
    void (*dropout_apply)(compute *on, size_t rows, size_t width, const dropout *d, const float *x,
                          float *y);

    /* u += bias, y = f(u)      [rows, width], bias [width] or NULL; y may not be u */
    void (*activation_forward)(compute *on, activation_kind kind, size_t rows, size_t width,
                               const float *bias, float *u, float *y);
    /* dy = dy * f'(u), then u = f(u): what forward gave as y need not be kept */
    void (*activation_backward)(compute *on, activation_kind kind, size_t rows, size_t width,
                                float *u, float *dy);

    /* y = f(a) * b for u = [a, b]      u [rows, 2 * width]  y [rows, width] */
    void (*gated_forward)(compute *on, activation_kind kind, size_t rows, size_t width,
                          const float *u, float *y);
    /* u becomes its gradient, and dy becomes y: what forward gave need not be kept */
    void (*gated_backward)(compute *on, activation_kind kind, size_t rows, size_t width, float *u,
                           float *dy);

    /* Turns each head's numbers i and i + head_width / 2 as a pair by the angle of i at the row's
     * place in its sequence (Su and others: RoFormer, 2021), in place.
     *   q [queries, heads * head_width]  k [keys, heads * head_width] */
    void (*rotary_forward)(compute *on, const attention_shape *s, const rotary *r, float *q,
                           float *k);
    /* Turns gradients back. */
    void (*rotary_backward)(compute *on, const attention_shape *s, const rotary *r, float *dq,
                            float *dk);

    /* For each sequence and head:  P = softmax(q k^T / sqrt(head_width) + bias),  y = dropout(P) v
     *   q, y [queries, heads * head_width]  k, v [keys, heads * head_width]; dropout's rows are the
     * queries, of which a sequence may have none (its dk and dv are 0). Scores are made for 512
     * queries at a time. */
    void (*attention_forward)(compute *on, const attention_shape *s, const dropout *d,
                              const float *q, const float *k, const float *v, float *y);
    /* P is computed again rather than kept: 2 n^2 d operations for n^2 numbers less in memory.
     * dbias [buckets, heads] is added to; NULL: not wanted. */
    void (*attention_backward)(compute *on, const attention_shape *s, const dropout *d,
                               const float *dy, const float *q, const float *k, const float *v,
                               float *dq, float *dk, float *dv, float *dbias);

    /* The same with scores of three terms (He et al. 2021, DeBERTa): with r the row of a query's
     * and a key's distance,  P = softmax(scale (q . k + q . tables.key[r] + k . tables.query[r]))
     */
    void (*disentangled_forward)(compute *on, const disentangled_shape *s, const dropout *d,
                                 const float *q, const float *k, const float *v,
                                 const disentangled_tables *tables, float *y);
    /* Of the tables' gradients, of which one is NULL where its table is, those rows are written
     * that disentangled_rows() tells */
    void (*disentangled_backward)(compute *on, const disentangled_shape *s, const dropout *d,
                                  const float *dy, const float *q, const float *k, const float *v,
                                  const disentangled_tables *tables, float *dq, float *dk,
                                  float *dv, const disentangled_tables *dtables);

    /* y[i] = x[index[i]]      y [count, width] */
    void (*gather_rows)(compute *on, size_t count, size_t width, const uint32_t *index,
                        const float *x, float *y);
    /* dx[index[i]] += dy[i]; the indices differ from each other */
    void (*scatter_add_rows)(compute *on, size_t count, size_t width, const uint32_t *index,
                             const float *dy, float *dx);
    /* y[s] = mean of x[starts[s] + skip] .. x[starts[s + 1] - 1]; 0 where there are none */
    void (*mean_rows)(compute *on, size_t sequences, size_t width, size_t skip,
                      const uint32_t *starts, const float *x, float *y);

    /* dx[t] = dy[s] / n for each of these n rows t of sequence s, 0 for the others */
    void (*mean_rows_backward)(compute *on, size_t sequences, size_t width, size_t skip,
                               const uint32_t *starts, const float *dy, float *dx);
    /* y = x / norm, norm = max(|x|, 1e-12)      [rows, width]; y may be x. Keeps norms [rows]. */
    void (*normalize_rows_forward)(compute *on, size_t rows, size_t width, const float *x, float *y,
                                   float *norms);
    /* dx = (dy - y (dy . y)) / norm, or dy / norm where |x| was below 1e-12; dx may be dy */
    void (*normalize_rows_backward)(compute *on, size_t rows, size_t width, const float *dy,
                                    const float *y, const float *norms, float *dx);

    /* Losses. Each adds a sum to *loss, in double, and writes scale times that sum's gradient, or
     * nothing where the gradient is NULL: a mean is the caller's division. What a loss is measured
     * against (labels, targets, weights, starts) lies in the caller's memory. */

    /* Each row adds, with y its label and p = softmax(logits),
     *   (1 - e) w[y] -log p[y]  +  e / classes * sum over c of w[c] -log p[c]
     * where w are the weights and e is the smoothing of `how`; NULL: all w are 1, e is 0. A row
     * whose label is below 0 adds nothing, and its gradient is 0.
     *   logits, dlogits [rows, classes], may be one array      labels [rows], below classes */
    void (*cross_entropy)(compute *on, size_t rows, size_t classes, const float *logits,
                          const int32_t *labels, const class_loss *how, float scale, float *dlogits,
                          double *loss);
    /* The same over the rows of a segment, for each column by itself: a column's logits within
     * rows starts[g] .. starts[g + 1] - 1 are the classes, labels[g][column] counts from starts[g].
     * Where an answer begins and ends in a text (two columns), which of some texts is right (one).
     *   logits, dlogits [rows, columns], may be one array      starts [segments + 1]
     *   labels [segments, columns]; below 0: adds nothing, gradient 0 */
    void (*segment_cross_entropy)(compute *on, size_t segments, size_t columns,
                                  const uint32_t *starts, const float *logits,
                                  const int32_t *labels, float scale, float *dlogits, double *loss);
    /* Each number adds, with t its target in 0 .. 1, s the logistic function and w the positive
     * weights (NULL: all 1),
     *   w[class] t -log s(x)  +  (1 - t) -log (1 - s(x))
     *   logits, dlogits [rows, classes], may be one array      targets [rows, classes]
     *   positive_weights [classes] */
    void (*sigmoid_cross_entropy)(compute *on, size_t rows, size_t classes, const float *logits,
                                  const float *targets, const float *positive_weights, float scale,
                                  float *dlogits, double *loss);
    /* (x - target)^2 for each of `count` numbers; dx may be x */
    void (*squared_error)(compute *on, size_t count, const float *x, const float *targets,
                          float scale, float *dx, double *loss);
    /* (a . b - target)^2 for each pair of unit vectors: a and b are rows 2p and 2p + 1 of y.
     *   y, dy [2 * pairs, width], not overlapping      targets [pairs] */
    void (*cosine_error)(compute *on, size_t pairs, size_t width, const float *y,
                         const float *targets, float scale, float *dy, double *loss);
    /* For each unit, the cross entropy of finding its own member 1 among all units' members 1 and
     * up, by `similarity_scale` times the product with its member 0 (the anchor).
     *   y, dy [units * members, width] unit vectors, a unit's members side by side, not overlapping
     * `members` is at least 2. units and members are within the limits. */
    void (*in_batch_negatives)(compute *on, size_t units, size_t members, size_t width,
                               const float *y, float similarity_scale, float scale, float *dy,
                               double *loss);

    /* The sum of the squares, in double, in a fixed order. */
    double (*sum_squares)(compute *on, size_t count, const float *x);
    void (*adamw_update)(compute *on, const adamw *a, size_t count, const float *g, float *w,
                         float *m, float *v);

    /* The like for rows of a table [.., width]: index[0 .. count - 1], which differ from each
     * other; index NULL: rows 0 .. count - 1. What says something of rows (index, taken) lies in
     * the caller's memory. */

    void (*zero_rows)(compute *on, size_t count, size_t width, const uint32_t *index, float *x);
    /* Adds to *sum, row by row in the index's order: leaving out rows of zeros changes no bit. */
    void (*sum_squares_rows)(compute *on, size_t count, size_t width, const uint32_t *index,
                             const float *x, double *sum);
    void (*adamw_update_rows)(compute *on, const adamw *a, size_t count, size_t width,
                              const uint32_t *index, const float *g, float *w, float *m, float *v);
    /* Row r takes the past steps but for the first taken[r], with a gradient of 0: the bits are
     * those of adamw_update_rows, step by step. */
    void (*adamw_catch_up_rows)(compute *on, const adamw_past *past, size_t count, size_t width,
                                const uint32_t *index, const uint16_t *taken, float *w, float *m,
                                float *v);
};

/* The processor, with `threads` threads (0: one a processor). The caller frees with compute_free().
 */
bert_status compute_cpu_open(size_t threads, compute **out);
void compute_free(compute *on);

/* The bytes that reserve() takes for these limits on so many threads, and what the matrix library
 * takes for itself. */
size_t compute_cpu_scratch(const compute_limits *limits, size_t threads);

/* The bytes that the matrix library holds once it has multiplied: pages of its code and its tables,
 * what it allocates when it is loaded, kernels that it writes. By its version, measured; at most
 * COMPUTE_CPU_LIBRARY_MOST. */
enum { COMPUTE_CPU_LIBRARY_MOST = 12000000 };
size_t compute_cpu_library_bytes(void);

/* "oneDNN 2.6.3", or "plain C" under BERT_ISA=ref. */
const char *compute_cpu_matrix_library(void);

/* "avx512", "avx2" or "ref". */
const char *compute_cpu_instruction_set(void);

#endif
