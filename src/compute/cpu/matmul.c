/* matmul.c: matrix products, and the only file that knows oneDNN.
 *
 * A product is cut into tiles; each is one dnnl_sgemm on one thread, and a team takes the tiles in
 * turn. The cut depends on the matrices alone, so the sums, and every bit, are those of any other
 * number of threads. It is also faster than whole calls on BERT's shapes. dnnl_sgemm is in oneDNN 2
 * and 3 alike. */
#include "compute/cpu/cpu.h"

#include "base/parallel.h"

#include <dnnl.h>
#include <stdio.h>

/* Fastest of 64..512 rows by 96..768 columns on BERT's shapes (tiles with a long inner dimension
 * want to be smaller, so that the packed panels stay in the second-level cache). */
enum { TILE_ROWS = 256, TILE_COLS = 192 };

void cpu_matmul_cap(isa most)
{
#if defined(__x86_64__)
    if (most == ISA_AVX2) dnnl_set_max_cpu_isa(dnnl_cpu_isa_avx2);
#else
    (void)most;
#endif
}

void cpu_matmul_alone(compute_cpu *cpu, const matmul_shape *s, float alpha, const float *a,
                      const float *b, float beta, float *c)
{
    if (cpu->instructions == ISA_REF) {
        cpu->kernels.matmul(s, alpha, a, b, beta, c);
        return;
    }
    if (dnnl_sgemm(s->a_transposed ? 'T' : 'N', s->b_transposed ? 'T' : 'N', (dnnl_dim_t)s->rows,
                   (dnnl_dim_t)s->cols, (dnnl_dim_t)s->inner, alpha, a, (dnnl_dim_t)s->lda, b,
                   (dnnl_dim_t)s->ldb, beta, c, (dnnl_dim_t)s->ldc) != dnnl_success)
        atomic_store(&cpu->failure, BERT_COMPUTE);
}

typedef struct tiling {
    compute_cpu *cpu;
    const matmul_shape *shape;
    const float *a, *b;
    float beta, *c;
    size_t rows, cols; /* of a tile */
    size_t across;     /* tiles beside each other */
} tiling;

static void tile_run(void *context, size_t index, size_t thread)
{
    (void)thread;
    const tiling *t = context;
    const matmul_shape *s = t->shape;
    size_t row = index / t->across * t->rows, col = index % t->across * t->cols;

    matmul_shape tile = *s;
    tile.rows = s->rows - row < t->rows ? s->rows - row : t->rows;
    tile.cols = s->cols - col < t->cols ? s->cols - col : t->cols;
    const float *a = t->a + (s->a_transposed ? row : row * s->lda);
    const float *b = t->b + (s->b_transposed ? col * s->ldb : col);
    cpu_matmul_alone(t->cpu, &tile, 1.0f, a, b, t->beta, t->c + row * s->ldc + col);
}

/* Tiles of equal size, none above `most`, each a multiple of 16 so that vector registers are full.
 */
static size_t tile_size(size_t count, size_t most)
{
    size_t tiles = blocks_of(count, most);
    return blocks_of(blocks_of(count, tiles ? tiles : 1), 16) * 16;
}

void cpu_matmul(compute_cpu *cpu, const matmul_shape *s, const float *a, const float *b, float beta,
                float *c)
{
    bool nothing = s->inner == 0 && beta == 1.0f; /* is added */
    if (s->rows == 0 || s->cols == 0 || nothing) return;
    tiling t = { .cpu = cpu, .shape = s, .a = a, .b = b, .beta = beta, .c = c };
    t.rows = tile_size(s->rows, TILE_ROWS);
    t.cols = tile_size(s->cols, TILE_COLS);
    t.across = blocks_of(s->cols, t.cols);
    double operations = 2.0 * (double)s->rows * (double)s->cols * (double)s->inner;
    parallel_for(cpu_team(cpu, operations), blocks_of(s->rows, t.rows) * t.across, tile_run, &t);
}

const char *compute_cpu_matrix_library(void)
{
    if (isa_detect() == ISA_REF) return "plain C";
    static _Thread_local char name[32];
    const dnnl_version_t *version = dnnl_version();
    snprintf(name, sizeof name, "oneDNN %d.%d.%d", version->major, version->minor, version->patch);
    return name;
}
