#include "compute/profile.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdlib.h>

typedef struct counter {
    size_t calls;
    double seconds, products, numbers;
} counter;

struct profile {
    compute operations; /* first, so that a compute * is a profile * */
    compute *inner;
    bool counting;
    bool first_seen, first_dropped; /* of the steps */
    profile_phase phase;            /* of the operation before */
    size_t steps;
    double seconds;
    counter counters[PROFILE_OPERATIONS][PROFILE_PHASES];
};

static profile *profile_of(compute *on)
{
    return (profile *)on;
}

/* ---- what a call costs */

static double product(size_t count, const size_t *factors)
{
    double p = 1.0;
    for (size_t i = 0; i < count; i++) p *= (double)factors[i];
    return p;
}

#define N(...)                                                                                     \
    product(sizeof((size_t[]){ __VA_ARGS__ }) / sizeof(size_t), (size_t[]){ __VA_ARGS__ })

/* Of so many matrices of queries and of keys. */
static double attention_numbers(const attention_shape *s, size_t of_queries, size_t of_keys)
{
    size_t queries = s->query_starts[s->sequences] - s->query_starts[0];
    size_t keys = s->key_starts[s->sequences] - s->key_starts[0];
    return N(of_queries * queries + of_keys * keys, s->heads, s->head_width);
}

static double disentangled_numbers(const disentangled_shape *s, const disentangled_tables *tables)
{
    return N((tables->key != NULL) + (tables->query != NULL), s->rows, s->attention.heads,
             s->attention.head_width);
}

/* Of each pair of a query and a key, and of each query or key and a row of a table. */
static double disentangled_products(const disentangled_shape *s, const disentangled_tables *tables,
                                    double of_pairs, double of_rows)
{
    const attention_shape *a = &s->attention;
    double pairs = of_pairs * attention_products(a);
    for (size_t i = 0; i < a->sequences; i++) {
        size_t queries = a->query_starts[i + 1] - a->query_starts[i];
        size_t keys = a->key_starts[i + 1] - a->key_starts[i];
        size_t rows = keys && s->row ? s->row[keys - 1] + 1u - s->row[1 - (ptrdiff_t)keys] : 0;
        pairs += of_rows * N((tables->key ? queries : 0) + (tables->query ? keys : 0), rows,
                             a->heads, a->head_width);
    }
    return pairs;
}

/* Those that have a step to take; the others are not touched. */
static size_t rows_behind(const adamw_past *past, size_t count, const uint32_t *index,
                          const uint16_t *taken)
{
    size_t behind = 0;
    for (size_t i = 0; i < count; i++) behind += taken[index ? index[i] : i] < past->count;
    return behind;
}

/* ---- the operations */

static void count_call(profile *p, size_t operation, profile_phase phase, double seconds,
                       double products, double numbers)
{
    if (!p->counting) return;
    if (phase == PROFILE_AS_BEFORE) phase = p->phase;
    counter *c = &p->counters[operation][phase];
    c->calls++;
    c->seconds += seconds;
    c->products += products;
    c->numbers += numbers;
    p->phase = phase == PROFILE_LOSS ? PROFILE_BACKWARD : phase;
}

#define OPERATION(name, phase, parameters, arguments, products, numbers)                           \
    static void profile_##name parameters                                                          \
    {                                                                                              \
        profile *p = profile_of(on);                                                               \
        on = p->inner;                                                                             \
        double begin = clock_seconds();                                                            \
        on->name arguments;                                                                        \
        double seconds = clock_seconds() - begin;                                                  \
        count_call(p, PROFILE_##name, PROFILE_##phase, seconds, products, numbers);                \
    }
#include "compute/profile.def"
#undef OPERATION

static double profile_sum_squares(compute *on, size_t count, const float *x)
{
    profile *p = profile_of(on);
    double begin = clock_seconds(), sum = p->inner->sum_squares(p->inner, count, x);
    count_call(p, PROFILE_sum_squares, PROFILE_UPDATE, clock_seconds() - begin, 0.0, N(count));
    return sum;
}

/* ---- what takes no time worth counting */

static void profile_free(compute *on)
{
    profile *p = profile_of(on);
    compute_free(p->inner);
    free(p);
}

static bert_status profile_reserve(compute *on, const compute_limits *limits)
{
    compute *inner = profile_of(on)->inner;
    return inner->reserve(inner, limits);
}

static bert_status profile_status(compute *on)
{
    compute *inner = profile_of(on)->inner;
    return inner->status(inner);
}

static bert_status profile_memory_open(compute *on, size_t bytes, arena *out)
{
    compute *inner = profile_of(on)->inner;
    return inner->memory_open(inner, bytes, out);
}

static void profile_memory_large_pages(compute *on, const arena *block)
{
    compute *inner = profile_of(on)->inner;
    inner->memory_large_pages(inner, block);
}

static void profile_memory_release(compute *on, arena *block)
{
    compute *inner = profile_of(on)->inner;
    inner->memory_release(inner, block);
}

static const float *profile_view(compute *on, const float *x)
{
    compute *inner = profile_of(on)->inner;
    return inner->view(inner, x);
}

/* A member of compute.h that is not here would be called on the wrong device. */
enum { UNCOUNTED = 7 };
_Static_assert(sizeof(compute) == (PROFILE_OPERATIONS + UNCOUNTED) * sizeof(void (*)(void)),
               "every operation of compute.h has a line in profile.def");

bert_status profile_open(compute *inner, profile **out)
{
    void *memory;
    TRY(memory_zeroed(1, sizeof(profile), &memory));
    profile *p = memory;
    p->inner = inner;
    p->operations = (compute){ .free = profile_free,
                               .reserve = profile_reserve,
                               .status = profile_status,
                               .memory_open = profile_memory_open,
                               .memory_large_pages = profile_memory_large_pages,
                               .memory_release = profile_memory_release,
                               .view = profile_view,
                               .sum_squares = profile_sum_squares };
#define OPERATION(name, ...) p->operations.name = profile_##name;
#include "compute/profile.def"
#undef OPERATION
    *out = p;
    return BERT_OK;
}

compute *profile_compute(profile *p)
{
    return &p->operations;
}

/* ---- steps */

static void counters_clear(profile *p)
{
    for (size_t o = 0; o < PROFILE_OPERATIONS; o++)
        for (size_t k = 0; k < PROFILE_PHASES; k++) p->counters[o][k] = (counter){ 0 };
    p->steps = 0;
    p->seconds = 0.0;
}

void profile_begin(profile *p)
{
    if (!p) return;
    if (p->first_seen && !p->first_dropped) counters_clear(p);
    p->first_dropped = p->first_seen;
    p->counting = true;
    p->phase = PROFILE_UPDATE; /* a step begins with the gradient's zeroing */
}

void profile_end(profile *p, double seconds)
{
    if (!p) return;
    p->counting = false;
    p->first_seen = true;
    p->steps++;
    p->seconds += seconds;
}

static int row_order(const void *a, const void *b)
{
    const profile_row *x = a, *y = b;
    return (x->seconds < y->seconds) - (x->seconds > y->seconds);
}

void profile_summarize(const profile *p, profile_summary *out)
{
    static const char *const operations[] = {
#define OPERATION(name, ...) #name,
#include "compute/profile.def"
#undef OPERATION
        "sum_squares"
    };
    static const char *const phases[] = { "forward", "loss", "backward", "update" };
    *out = (profile_summary){ .steps = p->steps, .seconds = p->seconds };
    for (size_t phase = 0; phase < PROFILE_PHASES; phase++) {
        size_t first = out->count;
        for (size_t i = 0; i < PROFILE_OPERATIONS; i++) {
            const counter *c = &p->counters[i][phase];
            if (!c->calls) continue;
            out->rows[out->count++] = (profile_row){ .operation = operations[i],
                                                     .phase = phases[phase],
                                                     .calls = c->calls,
                                                     .seconds = c->seconds,
                                                     .products = c->products,
                                                     .bytes = sizeof(float) * c->numbers };
        }
        qsort(out->rows + first, out->count - first, sizeof *out->rows, row_order);
    }
}
