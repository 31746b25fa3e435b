/* shared.c: what every operation asks: how many threads, and which dropout is a row's. */
#include "compute/cpu/cpu.h"

#include <math.h>

size_t cpu_team(const compute_cpu *cpu, double operations)
{
    const double worth = 5e5;
    return operations < worth ? 1 : cpu->threads;
}

void cpu_share(const compute_cpu *cpu, double operations, size_t count, parallel_body *body,
               void *context)
{
    parallel_for(cpu_team(cpu, operations) > 1 ? cpu->team : NULL, count, body, context);
}

void cpu_share_products(const compute_cpu *cpu, double operations, size_t count,
                        parallel_body *body, void *context)
{
    parallel_for_held(cpu_team(cpu, operations) > 1 ? cpu->team : NULL, count, body, context);
}

dropout_row dropout_row_of(const dropout *d, size_t row, uint32_t column)
{
    if (!(d->rate > 0.0f)) return (dropout_row){ .scale = 1.0f };
    return (dropout_row){
        .key = d->key,
        .column = column,
        .token = d->token[row],
        .unit = d->unit[row],
        .place = d->place,
        .threshold = (uint32_t)lrint((double)d->rate * 0x1p32),
        .scale = 1.0f / (1.0f - d->rate),
    };
}
