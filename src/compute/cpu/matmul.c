/* matmul.c: matrix products, and the only file that knows oneDNN.
 *
 * A product is cut into tiles; each is one dnnl_sgemm on one thread, and a team takes the tiles in
 * turn. The cut depends on the matrices alone, so the sums, and every bit, are those of any other
 * number of threads. It is also faster than whole calls on BERT's shapes. dnnl_sgemm is in oneDNN 2
 * and 3 alike.
 *
 * oneDNN multiplies at 95 % and more of the peak where b's rows lie close together, and at 80 to 85
 * where b is transposed (y = x w^T) or its rows are pages apart. Of such a b the team first makes
 * strips: the columns of one tile each, [inner, columns of a tile] without gaps. That costs 8 bytes
 * a number of b and pays from some hundred rows of a on. */
#include "base/openmp.h"
#include "compute/cpu/cpu.h"

#include <dnnl.h>
#include <stdio.h>
#include <string.h>

/* On OpenMP openmp_alone() holds oneDNN to one thread; without threads nothing need; its own pool's
 * products have one thread unless they are given a pool. */
#if DNNL_CPU_RUNTIME != DNNL_RUNTIME_OMP && DNNL_CPU_RUNTIME != DNNL_RUNTIME_SEQ &&                \
    DNNL_CPU_RUNTIME != DNNL_RUNTIME_THREADPOOL
#error "this oneDNN cannot be held to one thread; build it with DNNL_CPU_RUNTIME=OMP"
#endif

/* Fastest of 64..512 rows by 96..768 columns on BERT's shapes (tiles with a long inner dimension
 * want to be smaller, so that oneDNN's copies of them stay in the second-level cache). */
enum { TILE_ROWS = 256, TILE_COLS = 192 };

enum {
    STRIP_ROWS = 320,  /* of a: fewer do not pay for the strips */
    STRIP_APART = 2048 /* numbers between b's rows from which on strips pay */
};

/* What is set here does not come from the environment any more (ONEDNN_MAX_CPU_ISA and its like):
 * results would have other bits, and ONEDNN_VERBOSE prints where a program prints its results. */
void cpu_matmul_settle(isa most)
{
#if defined(__x86_64__)
    const dnnl_cpu_isa_t all = 0; /* dnnl_cpu_isa_all in oneDNN 2, dnnl_cpu_isa_default in 3 */
    dnnl_set_max_cpu_isa(most == ISA_AVX2 ? dnnl_cpu_isa_avx2 : all);
    dnnl_set_cpu_isa_hints(dnnl_cpu_isa_no_hints);
#else
    (void)most;
#endif
    dnnl_set_default_fpmath_mode(dnnl_fpmath_mode_strict);
    dnnl_set_verbose(0);
}

void cpu_matmul_alone(compute_cpu *cpu, const matmul_shape *s, float alpha, const float *a,
                      const float *b, float beta, float *c)
{
    if (cpu->instructions == ISA_REF) {
        cpu->kernels.matmul(s, alpha, a, b, beta, c);
        return;
    }
    int before = openmp_alone();
    if (dnnl_sgemm(s->a_transposed ? 'T' : 'N', s->b_transposed ? 'T' : 'N', (dnnl_dim_t)s->rows,
                   (dnnl_dim_t)s->cols, (dnnl_dim_t)s->inner, alpha, a, (dnnl_dim_t)s->lda, b,
                   (dnnl_dim_t)s->ldb, beta, c, (dnnl_dim_t)s->ldc) != dnnl_success)
        atomic_store(&cpu->failure, BERT_COMPUTE);
    openmp_restore(before);
}

typedef struct tiling {
    compute_cpu *cpu;
    const matmul_shape *shape;
    const float *a, *b;
    const float *strips; /* of b, or NULL: b as it is */
    const float *bias;   /* [cols] added to every row of c, or NULL */
    float beta, *c;
    size_t rows, cols; /* of a tile */
    size_t across;     /* tiles beside each other */
    double *squares;   /* [tiles] of each tile of c, or NULL */
} tiling;

/* Tiles of equal size, none above `most`, each a multiple of 16 so that vector registers are full.
 */
static size_t tile_size(size_t count, size_t most)
{
    size_t tiles = blocks_of(count, most);
    return blocks_of(blocks_of(count, tiles ? tiles : 1), 16) * 16;
}

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
    if (t->strips) {
        b = t->strips + col * s->inner;
        tile.b_transposed = 0;
        tile.ldb = tile.cols;
    }
    float *c = t->c + row * s->ldc + col;
    cpu_matmul_alone(t->cpu, &tile, 1.0f, a, b, t->beta, c);
    for (size_t i = 0; t->bias && i < tile.rows; i++)
        t->cpu->kernels.add(tile.cols, t->bias + col, c + i * s->ldc);
    for (size_t i = 0; t->squares && i < tile.rows; i++)
        t->squares[index] += t->cpu->kernels.sum_squares(tile.cols, c + i * s->ldc);
}

static void tiles_run(const tiling *t)
{
    const matmul_shape *s = t->shape;
    double operations = 2.0 * (double)s->rows * (double)s->cols * (double)s->inner;
    cpu_share_products(t->cpu, operations, blocks_of(s->rows, t->rows) * t->across, tile_run,
                       (void *)t);
}

/* ---- strips */

typedef struct filling {
    const tiling *tiling;
    float *strips;
} filling;

static void strip_fill(void *context, size_t index, size_t thread)
{
    (void)thread;
    const filling *p = context;
    const tiling *t = p->tiling;
    const matmul_shape *s = t->shape;
    size_t col = index * t->cols, cols = s->cols - col < t->cols ? s->cols - col : t->cols;
    float *strip = p->strips + col * s->inner;
    if (s->b_transposed) {
        t->cpu->kernels.transpose(cols, s->inner, t->b + col * s->ldb, s->ldb, strip, cols);
        return;
    }
    for (size_t row = 0; row < s->inner; row++)
        memcpy(strip + row * cols, t->b + row * s->ldb + col, cols * sizeof *strip);
}

static void strips_fill(const tiling *t, float *strips)
{
    filling p = { .tiling = t, .strips = strips };
    double numbers = (double)t->shape->inner * (double)t->shape->cols;
    cpu_share(t->cpu, numbers, t->across, strip_fill, &p);
}

/* Sums over this many products are taken in parts, so that b's strips are no longer than what the
 * scratch memory is for. A weight's are not cut: a text's numbers would depend on the batch's. */
static size_t strip_inner(const matmul_shape *s)
{
    if (s->b_transposed || s->inner <= CPU_STRIP_INNER) return s->inner;
    return blocks_of(s->inner, blocks_of(s->inner, CPU_STRIP_INNER));
}

static bool strips_pay(const tiling *t)
{
    const matmul_shape *s = t->shape;
    bool apart = s->b_transposed || s->ldb >= STRIP_APART;
    return t->cpu->instructions != ISA_REF && apart && s->rows >= STRIP_ROWS &&
           strip_inner(s) * t->cols <= t->cpu->strip_room;
}

/* As many strips at a time as there is room for. */
static void strips_run(const tiling *whole)
{
    const matmul_shape *s = whole->shape;
    float *strips = whole->cpu->strips;
    size_t inner = strip_inner(s);
    size_t cols = whole->cpu->strip_room / (inner * whole->cols) * whole->cols;
    for (size_t k = 0; k < s->inner; k += inner)
        for (size_t col = 0; col < s->cols; col += cols) {
            matmul_shape part = *s;
            part.inner = s->inner - k < inner ? s->inner - k : inner;
            part.cols = s->cols - col < cols ? s->cols - col : cols;
            tiling t = *whole;
            t.shape = &part;
            t.across = blocks_of(part.cols, t.cols);
            t.a += s->a_transposed ? k * s->lda : k;
            t.b += s->b_transposed ? col * s->ldb + k : k * s->ldb + col;
            if (k) t.beta = 1.0f;
            if (k + part.inner < s->inner) t.squares = NULL; /* c is not yet what it will be */
            if (t.bias) t.bias += col;
            t.c += col;
            t.strips = strips;
            strips_fill(&t, strips);
            tiles_run(&t);
        }
}

static tiling tiling_of(compute_cpu *cpu, const matmul_shape *s, const float *a, const float *b,
                        float *c)
{
    tiling t = { .cpu = cpu, .shape = s, .a = a, .b = b, .c = c };
    t.rows = tile_size(s->rows, TILE_ROWS);
    t.cols = tile_size(s->cols, TILE_COLS);
    t.across = blocks_of(s->cols, t.cols);
    return t;
}

static void product_run(const tiling *t)
{
    const matmul_shape *s = t->shape;
    if (s->rows == 0 || s->cols == 0) return;
    if (s->inner == 0) { /* a sum of nothing */
        for (size_t i = 0; i < s->rows && t->beta == 0.0f; i++)
            memset(t->c + i * s->ldc, 0, s->cols * sizeof *t->c);
        return;
    }
    if (strips_pay(t))
        strips_run(t);
    else
        tiles_run(t);
}

void cpu_matmul(compute_cpu *cpu, const matmul_shape *s, const float *a, const float *b, float beta,
                float *c)
{
    tiling t = tiling_of(cpu, s, a, b, c);
    t.beta = beta;
    product_run(&t);
}

/* Each tile's sum is taken while the tile is in cache. Where the strips are made in several goes, a
 * tile's index counts from the go's first: sums add up in any case. */
void cpu_matmul_squares(compute_cpu *cpu, const matmul_shape *s, const float *a, const float *b,
                        float beta, float *c, double *squares)
{
    enum { TILES = 512 };
    double sums[TILES] = { 0 };
    tiling t = tiling_of(cpu, s, a, b, c);
    size_t tiles = blocks_of(s->rows, t.rows) * t.across;
    bool by_tile = squares && tiles <= TILES && s->inner > 0;
    t.beta = beta;
    if (by_tile) t.squares = sums;
    product_run(&t);
    for (size_t i = 0; by_tile && i < tiles; i++) *squares += sums[i];
    if (squares && !by_tile)
        *squares += cpu->operations.sum_squares(&cpu->operations, s->rows * s->cols, c);
}

void cpu_matmul_weight(compute_cpu *cpu, const matmul_shape *s, const float *a, const float *b,
                       const float *bias, float *c)
{
    tiling t = tiling_of(cpu, s, a, b, c);
    t.bias = bias;
    product_run(&t);
}

/* oneDNN 3.7 allocates 3.4 MB when it is loaded, 2.6 next to nothing; more of its file is read. */
size_t compute_cpu_library_bytes(void)
{
    enum { VERSION_2 = 6000000 };
    return dnnl_version()->major < 3 ? VERSION_2 : COMPUTE_CPU_LIBRARY_MOST;
}

const char *compute_cpu_matrix_library(void)
{
    if (isa_detect() == ISA_REF) return "plain C";
    static _Thread_local char name[32];
    const dnnl_version_t *version = dnnl_version();
    snprintf(name, sizeof name, "oneDNN %d.%d.%d", version->major, version->minor, version->patch);
    return name;
}
