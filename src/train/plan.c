#include "train/plan.h"

#include "base/memory.h"
#include "base/processors.h"

/* Measured (tests/cli/memory.test holds them against runs): the program with all its libraries but
 * the matrix library, and for each word piece what the tokenizer's tables take and reading
 * tokenizer.json leaves in the heap. */
enum { PROGRAM_BYTES = 5800000, PIECE_BYTES = 200, THREADS_COUNTED = 16 };

/* Bytes of the weights that stay where the checkpoint has them. */
static size_t frozen_bytes(const plan_request *q)
{
    size_t count = 0;
    for (size_t i = 0; i < q->entry_count; i++)
        if (q->layout->at[i] == SIZE_MAX)
            count += q->entries[i].rows * size_larger(q->entries[i].cols, 1);
    return count ? count * sizeof(float) + q->converted : 0;
}

static size_t again_least(const plan_request *q)
{
    return size_smaller(q->frozen_layers, q->config->layers - 1);
}

static size_t threads_counted(const plan_request *q)
{
    size_t threads = q->threads ? q->threads : processors_count();
    return q->limit ? size_larger(threads, THREADS_COUNTED) : threads;
}

static size_t program_bytes(const plan_request *q)
{
    size_t library = q->limit ? COMPUTE_CPU_LIBRARY_MOST : compute_cpu_library_bytes();
    return PROGRAM_BYTES + library + q->config->vocabulary * PIECE_BYTES;
}

/* Of passes of so many units, so many layers computed again. */
static bert_status memory_of(const plan_request *q, size_t units, size_t again, bert_memory *out)
{
    pass_sizes sizes;
    batch b;
    arena room = { 0 };
    q->sizes(q->context, units, &sizes);
    batch_place(&b, &sizes.batch, &room);
    tape_shape shape = head_tape_shape(q->head, q->config, &sizes.batch, true);
    shape.again = again;

    size_t trained = q->layout->count * sizeof(float);
    bert_memory m = { .weights = trained + frozen_bytes(q),
                      .gradients = trained,
                      .moments = 2 * trained,
                      .data = q->data,
                      .program = program_bytes(q),
                      .examples_at_once = units,
                      .layers_again = again - again_least(q) };
    TRY(tape_bytes(q->config, &shape, &m.activations, &m.scratch));
    m.scratch += room.used + compute_cpu_scratch(&sizes.compute, threads_counted(q));
    m.total = m.weights + m.gradients + m.moments + m.activations + m.scratch + m.data + m.program;
    *out = m;
    return BERT_OK;
}

/* The fewest layers computed again with which so many units fit; all of them where none does. */
static bert_status plan_of(const plan_request *q, size_t units, plan *out)
{
    size_t most = q->config->layers - 1;
    out->units = units;
    for (out->again = again_least(q);; out->again++) {
        TRY(memory_of(q, units, out->again, &out->memory));
        if (!q->limit || out->memory.total <= q->limit || out->again == most) return BERT_OK;
    }
}

/* The most units that fit with all layers computed again; `least` where none do. */
static bert_status units_most(const plan_request *q, size_t *out)
{
    size_t fits = q->least, above = q->most + 1;
    while (above - fits > 1) {
        size_t middle = fits + (above - fits) / 2;
        bert_memory m;
        TRY(memory_of(q, middle, q->config->layers - 1, &m));
        if (m.total <= q->limit)
            fits = middle;
        else
            above = middle;
    }
    *out = fits;
    return BERT_OK;
}

/* As many passes a step, of as equal a size as can be. */
static size_t units_even(const plan_request *q, size_t units)
{
    size_t passes = (q->step + units - 1) / units;
    return size_larger((q->step + passes - 1) / passes, q->least);
}

static bert_status fail_limit(const plan_request *q, const plan *p)
{
    const size_t mega = 1000000;
    size_t wanted = (p->memory.total + mega - 1) / mega;
    return fail_field(BERT_ARGUMENT, "memory_limit",
                      "is %.1f MB, which is not enough; with %zu at once and every layer computed "
                      "again the run needs %zuM: give %s %zuM or more, or a shorter %s",
                      (double)q->limit / 1e6, p->units, wanted, FIELD(memory_limit), wanted,
                      FIELD(max_length));
}

bert_status plan_make(const plan_request *q, plan *out)
{
    size_t units;
    plan p;
    TRY(plan_of(q, q->most, &p));
    if (q->limit && p.memory.total > q->limit) {
        TRY(units_most(q, &units));
        TRY(plan_of(q, units_even(q, units), &p));
        if (p.memory.total > q->limit) return fail_limit(q, &p);
    }
    *out = p;
    return BERT_OK;
}
