#include "train/schedule.h"

#include <assert.h>
#include <math.h>
#include <string.h>

schedule schedule_of(const char *name, double rate, double warmup, size_t steps)
{
    static const char *const names[] = { "linear", "constant", "cosine" };
    size_t kind = 0;
    while (kind <= SCHEDULE_COSINE && strcmp(name, names[kind]) != 0) kind++;
    assert(kind <= SCHEDULE_COSINE);
    double count = warmup < 1.0 ? ceil((double)steps * warmup) : floor(warmup);
    return (schedule){
        .kind = (schedule_kind)kind, .rate = rate, .warmup = (size_t)count, .steps = steps
    };
}

double schedule_rate(const schedule *s, size_t step)
{
    const double pi = 3.14159265358979323846;
    size_t done = step - 1;
    if (done < s->warmup) return s->rate * ((double)done / (double)s->warmup);
    if (s->kind == SCHEDULE_CONSTANT) return s->rate;
    if (done >= s->steps) return 0.0;
    double span = s->steps > s->warmup ? (double)(s->steps - s->warmup) : 1.0;
    if (s->kind == SCHEDULE_LINEAR) return s->rate * ((double)(s->steps - done) / span);
    return s->rate * 0.5 * (1.0 + cos(pi * (double)(done - s->warmup) / span));
}
