/* cpu.h: what the operations on the processor share. Each file beside this one implements a few of
 * them. */
#ifndef COMPUTE_CPU_CPU_H
#define COMPUTE_CPU_CPU_H

#include "base/memory.h"
#include "base/parallel.h"
#include "compute/compute.h"
#include "compute/cpu/kernels/kernels.h"

#include <stdatomic.h>

typedef struct compute_cpu {
    compute operations; /* first, so that a compute * is a compute_cpu * */
    size_t threads;     /* of the team */
    team *team;
    isa instructions;
    kernel_table kernels;
    atomic_int failure; /* a bert_status; sticky */
    arena scratch;
    compute_limits limits; /* what scratch is for */
    float *scores; /* [threads][2][attention_rows(keys)][keys] attention's two score matrices of a
                      block of one head's queries */
    float *distances;  /* [threads][4 * keys] a relative bias and its gradient by distance */
    double *bias_sums; /* [ATTENTION_RUNS][biases] that gradient, of a run of sequences */
    float *positions;  /* [threads][DISENTANGLED_BLOCK + 2 * keys][distances] disentangled.c's */
    float *tables;     /* [groups - 1][2][distances][width] its sums of the tables' gradients */
    float *partial;    /* [blocks of rows][2][width] sums over a block's rows */
    float *strips;     /* [strip_room] matmul.c's copy of one side of a product */
    size_t strip_room;
    float *similarities; /* [units][units * (members - 1)] of in_batch_negatives */
} compute_cpu;

enum {
    ROW_BLOCK = 32
}; /* rows a work item takes; fixed, so that sums over rows do not depend on threads */

enum {
    ATTENTION_BLOCK = 512, /* queries whose scores are made at a time */
    ATTENTION_RUNS = 64    /* the sequences of a batch are parted into, for sums over all of them */
};

/* Queries of the largest block of a sequence with so many keys. */
static inline size_t attention_rows(size_t keys)
{
    return size_smaller(keys, ATTENTION_BLOCK);
}

/* Products of matrices of activations are summed up in parts of at most so many rows. */
enum { CPU_STRIP_INNER = 1024 };

/* Disentangled attention takes so many queries or keys of a sequence at a time: together they meet
 * fewer rows of a table than the whole sequence does. */
enum { DISENTANGLED_BLOCK = 64 };
/* Its sequences are in so many groups, each of which sums up gradients of the tables of positions.
 */
size_t cpu_disentangled_groups(size_t tokens);

enum { COLUMN_BLOCK = 64 }; /* columns a work item takes where rows must be added in their order */

static inline compute_cpu *cpu_of(compute *on)
{
    return (compute_cpu *)on;
}

static inline size_t blocks_of(size_t count, size_t block)
{
    return (count + block - 1) / block;
}

/* The rows of item `index`: from index * ROW_BLOCK, at most ROW_BLOCK. */
typedef struct row_range {
    size_t begin, end;
} row_range;

static inline row_range row_block(size_t rows, size_t index)
{
    size_t begin = index * ROW_BLOCK;
    return (row_range){ begin, rows - begin < ROW_BLOCK ? rows : begin + ROW_BLOCK };
}

/* How many threads are worth waking for about `operations` additions and multiplications: below
 * some 5 microseconds of one core's work a team costs more than it saves. */
size_t cpu_team(const compute_cpu *cpu, double operations);
/* Does `count` items of about so many operations together on as many threads; see parallel_for().
 */
void cpu_share(const compute_cpu *cpu, double operations, size_t count, parallel_body *body,
               void *context);
/* The same for items that call cpu_matmul_alone(); see parallel_for_held(). */
void cpu_share_products(const compute_cpu *cpu, double operations, size_t count,
                        parallel_body *body, void *context);

/* The kernel's view of row `row` of a dropout; `column` is that of its first element. */
dropout_row dropout_row_of(const dropout *d, size_t row, uint32_t column);

/* matmul.c: settles how the matrix library works, for the whole process. It uses instructions up to
 * `most`; that has no effect once it has multiplied. */
void cpu_matmul_settle(isa most);
/* c = alpha a b + beta c, on the calling thread alone; within cpu_share_products(). */
void cpu_matmul_alone(compute_cpu *cpu, const matmul_shape *s, float alpha, const float *a,
                      const float *b, float beta, float *c);
/* The same by the whole team, in tiles whose shape depends on the matrices alone. */
void cpu_matmul(compute_cpu *cpu, const matmul_shape *s, const float *a, const float *b, float beta,
                float *c);
/* The same, and *squares += the sum of the squares of c; NULL: not wanted. */
void cpu_matmul_squares(compute_cpu *cpu, const matmul_shape *s, const float *a, const float *b,
                        float beta, float *c, double *squares);
/* c = a b + bias for a transposed weight b; bias is a row of c, or NULL. */
void cpu_matmul_weight(compute_cpu *cpu, const matmul_shape *s, const float *a, const float *b,
                       const float *bias, float *c);

/* panels.c: w [out, in] in panels [out * in], and y = x w^T + bias by them. */
void cpu_panels_fill(compute_cpu *cpu, size_t in, size_t out, const float *w, float *panels);
void cpu_panels_multiply(compute_cpu *cpu, const linear_shape *s, const float *x,
                         const float *panels, const float *bias, float *y);

/* The operations, by file. */
void linear_operations(compute *table);
void rows_operations(compute *table);
void attention_operations(compute *table);
void disentangled_operations(compute *table);
void rotary_operations(compute *table);
void embedding_operations(compute *table);
void pooling_operations(compute *table);
void loss_operations(compute *table);
void similarity_operations(compute *table);
void update_operations(compute *table);

#endif
