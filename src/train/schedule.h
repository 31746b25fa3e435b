/* schedule.h: the learning rate of each step, as transformers' optimization.py computes it. */
#ifndef TRAIN_SCHEDULE_H
#define TRAIN_SCHEDULE_H

#include <stddef.h>

typedef enum schedule_kind { SCHEDULE_LINEAR, SCHEDULE_CONSTANT, SCHEDULE_COSINE } schedule_kind;

typedef struct schedule {
    schedule_kind kind;
    double rate;          /* at its peak */
    size_t warmup, steps; /* steps of warm-up, and in all */
} schedule;

/* name: "linear", "constant", "cosine". warmup: below 1 a share of the steps, rounded up; from 1 on
 * a number of steps. */
schedule schedule_of(const char *name, double rate, double warmup, size_t steps);

/* The rate that step 1, 2, ... runs at. Warm-up rises linearly from 0, so step 1 runs at rate 0
 * where there is any; then
 *   linear    falls to 0 after the last step
 *   cosine    falls as half a cosine to 0
 *   constant  stays */
double schedule_rate(const schedule *s, size_t step);

#endif
