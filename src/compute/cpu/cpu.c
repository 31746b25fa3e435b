/* cpu.c: opening the processor as a device, and its memory. */
#include "compute/cpu/cpu.h"

#include "base/processors.h"

#include <stdlib.h>
#include <string.h>

static void cpu_free(compute *on)
{
    compute_cpu *cpu = cpu_of(on);
    team_free(cpu->team);
    arena_release(&cpu->scratch);
    free(cpu);
}

static void scratch_place(compute_cpu *cpu, const compute_limits *limits, arena *block)
{
    size_t row_blocks = blocks_of(limits->rows, ROW_BLOCK);
    size_t scores = 2 * attention_rows(limits->keys) * limits->keys;
    size_t distances = limits->biases ? 4 * limits->keys : 0;
    cpu->scores = arena_take(block, cpu->threads * scores, sizeof(float));
    cpu->distances = arena_take(block, cpu->threads * distances, sizeof(float));
    cpu->bias_sums = arena_take(block, ATTENTION_RUNS * limits->biases, sizeof(double));
    cpu->positions = arena_take(
        block, cpu->threads * (DISENTANGLED_BLOCK + 2 * limits->keys) * limits->distances,
        sizeof(float));
    size_t sums = cpu_disentangled_groups(limits->rows) - 1;
    cpu->tables = arena_take(block, sums * 2 * limits->distances * limits->width, sizeof(float));
    cpu->partial = arena_take(block, row_blocks * 2 * limits->width, sizeof(float));
    cpu->strip_room = CPU_STRIP_INNER * limits->width;
    cpu->strips = arena_take(block, cpu->strip_room, sizeof(float));
    size_t candidates = limits->members ? limits->units * (limits->members - 1) : 0;
    cpu->similarities = arena_take(block, limits->units * candidates, sizeof(float));
}

/* Measured: the copies that oneDNN makes in a thread's products, and the thread's stack. */
enum { THREAD_BYTES = 1200000 };

size_t compute_cpu_scratch(const compute_limits *limits, size_t threads)
{
    compute_cpu measured = { .threads = threads };
    arena measure = { 0 };
    scratch_place(&measured, limits, &measure);
    return measure.used + threads * THREAD_BYTES;
}

static bert_status cpu_reserve(compute *on, const compute_limits *limits)
{
    compute_cpu *cpu = cpu_of(on);
    arena measure = { 0 }, block;
    scratch_place(cpu, limits, &measure);
    bert_status status = arena_open(measure.used, &block);
    if (status != BERT_OK) block = (arena){ 0 };
    arena_release(&cpu->scratch);
    cpu->scratch = block;
    cpu->limits = status == BERT_OK ? *limits : (compute_limits){ 0 };
    if (status == BERT_OK) scratch_place(cpu, limits, &cpu->scratch);
    return status;
}

static bert_status cpu_status(compute *on)
{
    bert_status status = (bert_status)atomic_exchange(&cpu_of(on)->failure, BERT_OK);
    if (status == BERT_OK) return BERT_OK;
    return fail(status, "the matrix library (%s) failed; is memory exhausted?",
                compute_cpu_matrix_library());
}

static bert_status cpu_memory_open(compute *on, size_t bytes, arena *out)
{
    (void)on;
    return arena_open(bytes, out);
}

static void cpu_memory_large_pages(compute *on, const arena *block)
{
    (void)on;
    arena_large_pages(block);
}

static void cpu_memory_release(compute *on, arena *block)
{
    (void)on;
    arena_release(block);
}

static void cpu_write(compute *on, size_t count, const float *host, float *x)
{
    (void)on;
    memcpy(x, host, count * sizeof *x);
}

static void cpu_read(compute *on, size_t count, const float *x, float *host)
{
    (void)on;
    memcpy(host, x, count * sizeof *x);
}

static const float *cpu_view(compute *on, const float *x)
{
    (void)on;
    return x;
}

bert_status compute_cpu_open(size_t threads, compute **out)
{
    void *memory;
    TRY(memory_zeroed(1, sizeof(compute_cpu), &memory));
    compute_cpu *cpu = memory;
    cpu->threads = threads ? threads : processors_count();
    bert_status status = team_open(cpu->threads, &cpu->team);
    if (status != BERT_OK) {
        free(cpu);
        return status;
    }
    cpu->instructions = isa_detect();
    kernels_select(cpu->instructions, &cpu->kernels);
    cpu_matmul_settle(cpu->instructions);

    compute *table = &cpu->operations;
    table->free = cpu_free;
    table->reserve = cpu_reserve;
    table->status = cpu_status;
    table->memory_open = cpu_memory_open;
    table->memory_large_pages = cpu_memory_large_pages;
    table->memory_release = cpu_memory_release;
    table->write = cpu_write;
    table->read = cpu_read;
    table->view = cpu_view;
    linear_operations(table);
    rows_operations(table);
    attention_operations(table);
    disentangled_operations(table);
    rotary_operations(table);
    embedding_operations(table);
    pooling_operations(table);
    loss_operations(table);
    similarity_operations(table);
    update_operations(table);
    *out = table;
    return BERT_OK;
}

void compute_free(compute *on)
{
    if (on) on->free(on);
}

const char *compute_cpu_instruction_set(void)
{
    return isa_name(isa_detect());
}
