/* loss.c: losses of logits and numbers. */
#include "compute/cpu/loss.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* ---- sums over items */

typedef struct loss_run {
    loss_item *body;
    const void *task;
    size_t begin, end, block;
    double *losses; /* [end - begin] */
} loss_run;

static void loss_block(void *context, size_t index, size_t thread)
{
    (void)thread;
    const loss_run *r = context;
    size_t begin = r->begin + index * r->block;
    size_t end = r->end - begin < r->block ? r->end : begin + r->block;
    for (size_t item = begin; item < end; item++)
        r->losses[item - r->begin] = r->body(r->task, item);
}

/* In runs of RUN items, each item's loss by itself, then all in order. Costly items are handed out
 * one by one, so that few of them still occupy a team. */
void losses_add(const compute_cpu *cpu, size_t items, double operations, loss_item *body,
                const void *task, double *loss)
{
    enum { RUN = 512 };
    double losses[RUN];
    for (size_t begin = 0; begin < items; begin += RUN) {
        size_t count = items - begin < RUN ? items - begin : RUN;
        loss_run r = { .body = body,
                       .task = task,
                       .begin = begin,
                       .end = begin + count,
                       .block = operations < 2e4 ? ROW_BLOCK : 1,
                       .losses = losses };
        cpu_share(cpu, operations * (double)count, blocks_of(count, r.block), loss_block, &r);
        for (size_t i = 0; i < count; i++) *loss += losses[i];
    }
}

/* About what an exponential and its like cost in double, in additions and multiplications as
 * cpu_team() counts them: 5 nanoseconds. */
static const double exp_operations = 500.0;

/* ---- cross entropy */

/* Rows of up to so many classes are computed in double throughout; above, the exponentials are
 * float's, and their sum a double: a tenth of the time, and 1e-7 of the loss. */
enum { EXACT_CLASSES = 512 };

double cross_entropy_operations(size_t classes)
{
    return (classes > EXACT_CLASSES ? 50.0 : 2.0 * exp_operations) * (double)classes;
}

static double class_weight(const class_target *t, size_t class)
{
    return t->weights ? (double)t->weights[class] : 1.0;
}

class_target class_target_of(size_t classes, const class_loss *how)
{
    class_target t = { .classes = classes };
    if (how) t.weights = how->weights;
    if (how) t.smoothing = (double)how->smoothing;
    for (size_t i = 0; i < classes; i++) t.weight_sum += class_weight(&t, i);
    return t;
}

/* A row's softmax is exp(x - most) / sum; its gradient is
 *   scale * (all * softmax - own * onehot(label) - spread * weights) */
typedef struct row_slope {
    double most, sum;
    double own;    /* of the label: (1 - e) w[label] */
    double spread; /* of each class, times its weight: e / classes */
    double all;    /* own + spread * sum of the weights */
    double scale;
} row_slope;

static void gradient_exact(const class_target *t, const row_slope *s, size_t label,
                           const float *logits, float *dlogits)
{
    for (size_t i = 0; i < t->classes; i++) {
        double p = exp(logits[i] - s->most) / s->sum;
        double wanted = (i == label ? s->own : 0.0) + s->spread * class_weight(t, i);
        dlogits[i] = (float)(s->scale * (s->all * p - wanted));
    }
}

/* dlogits holds exp(x - most). The label's, which may be a small difference, is taken in double. */
static void gradient_of_powers(const class_target *t, const row_slope *s, size_t label,
                               float *dlogits)
{
    double p = dlogits[label] / s->sum;
    double wanted = s->own + s->spread * class_weight(t, label);
    const float share = (float)(s->scale * s->all / s->sum);
    for (size_t i = 0; i < t->classes; i++) dlogits[i] *= share;
    for (size_t i = 0; s->spread > 0.0 && i < t->classes; i++)
        dlogits[i] -= (float)(s->scale * s->spread * class_weight(t, i));
    dlogits[label] = (float)(s->scale * (s->all * p - wanted));
}

/* exp(x - most) into `powers`, unless that is NULL, where classes are many. */
static void row_powers(const compute_cpu *cpu, const class_target *t, const float *logits,
                       row_slope *s, float *powers)
{
    if (t->classes > EXACT_CLASSES) {
        float most;
        s->sum = cpu->kernels.exp_sum(t->classes, logits, powers, &most);
        s->most = most;
        return;
    }
    s->most = logits[0];
    for (size_t i = 1; i < t->classes; i++)
        if (logits[i] > s->most) s->most = logits[i];
    for (size_t i = 0; i < t->classes; i++) s->sum += exp(logits[i] - s->most);
}

/* -log softmax(x)[c] = log(sum) + most - x[c] */
double cross_entropy_row(const compute_cpu *cpu, const class_target *t, const float *logits,
                         size_t label, float scale, float *dlogits)
{
    assert(label < t->classes);
    row_slope s = { .own = (1.0 - t->smoothing) * class_weight(t, label),
                    .spread = t->smoothing / (double)t->classes,
                    .scale = scale };
    s.all = s.own + s.spread * t->weight_sum;
    double x = logits[label], others = 0.0; /* read now: dlogits may be logits */
    for (size_t i = 0; s.spread > 0.0 && i < t->classes; i++)
        others += class_weight(t, i) * logits[i];

    row_powers(cpu, t, logits, &s, dlogits);
    if (dlogits && t->classes > EXACT_CLASSES) gradient_of_powers(t, &s, label, dlogits);
    if (dlogits && t->classes <= EXACT_CLASSES) gradient_exact(t, &s, label, logits, dlogits);
    double loss = s.own * (log(s.sum) - (x - s.most));
    if (s.spread > 0.0) loss += s.spread * (t->weight_sum * (log(s.sum) + s.most) - others);
    return loss;
}

typedef struct class_task {
    const compute_cpu *cpu;
    class_target target;
    const float *logits;
    const int32_t *labels;
    float scale, *dlogits;
} class_task;

static double cross_entropy_item(const void *task, size_t row)
{
    const class_task *t = task;
    size_t classes = t->target.classes, at = row * classes;
    float *dlogits = t->dlogits ? t->dlogits + at : NULL;
    if (t->labels[row] >= 0)
        return cross_entropy_row(t->cpu, &t->target, t->logits + at, (size_t)t->labels[row],
                                 t->scale, dlogits);
    if (dlogits) memset(dlogits, 0, classes * sizeof *dlogits);
    return 0.0;
}

static void cross_entropy(compute *on, size_t rows, size_t classes, const float *logits,
                          const int32_t *labels, const class_loss *how, float scale, float *dlogits,
                          double *loss)
{
    class_task t = { .cpu = cpu_of(on),
                     .target = class_target_of(classes, how),
                     .logits = logits,
                     .labels = labels,
                     .scale = scale,
                     .dlogits = dlogits };
    losses_add(t.cpu, rows, cross_entropy_operations(classes), cross_entropy_item, &t, loss);
}

/* ---- cross entropy within segments of rows */

typedef struct segment_task {
    size_t columns;
    const uint32_t *starts;
    const float *logits;
    const int32_t *labels;
    float scale, *dlogits;
} segment_task;

/* One column of one segment: `count` logits that lie `columns` apart. */
static double segment_item(const void *task, size_t item)
{
    const segment_task *t = task;
    size_t columns = t->columns, segment = item / columns, column = item % columns;
    size_t count = t->starts[segment + 1] - t->starts[segment];
    size_t at = t->starts[segment] * columns + column;
    int32_t label = t->labels[item];
    if (label < 0) {
        for (size_t i = 0; t->dlogits && i < count; i++) t->dlogits[at + i * columns] = 0.0f;
        return 0.0;
    }
    assert((size_t)label < count);
    const float *logits = t->logits + at;
    double most = logits[0], sum = 0.0, own = logits[(size_t)label * columns];
    for (size_t i = 1; i < count; i++) most = fmax(most, logits[i * columns]);
    for (size_t i = 0; i < count; i++) sum += exp(logits[i * columns] - most);
    for (size_t i = 0; t->dlogits && i < count; i++) {
        double p = exp(logits[i * columns] - most) / sum;
        t->dlogits[at + i * columns] = (float)(t->scale * (p - (i == (size_t)label ? 1.0 : 0.0)));
    }
    return log(sum) - (own - most);
}

static void segment_cross_entropy(compute *on, size_t segments, size_t columns,
                                  const uint32_t *starts, const float *logits,
                                  const int32_t *labels, float scale, float *dlogits, double *loss)
{
    if (segments == 0) return;
    segment_task t = { .columns = columns,
                       .starts = starts,
                       .logits = logits,
                       .labels = labels,
                       .scale = scale,
                       .dlogits = dlogits };
    double rows = (double)(starts[segments] - starts[0]) / (double)segments;
    losses_add(cpu_of(on), segments * columns, 2.0 * exp_operations * rows, segment_item, &t, loss);
}

/* ---- losses of numbers, one by one */

typedef struct number_task {
    size_t classes;
    const float *x, *targets, *weights;
    float scale, *dx;
} number_task;

/* -log s(x) and s(x) for the logistic function s(x) = 1 / (1 + exp(-x)); no exponential grows. */
static double minus_log_logistic(double x)
{
    return fmax(-x, 0.0) + log1p(exp(-fabs(x)));
}

static double logistic(double x)
{
    double power = exp(-fabs(x));
    return (x < 0.0 ? power : 1.0) / (1.0 + power);
}

static double sigmoid_item(const void *task, size_t row)
{
    const number_task *t = task;
    double loss = 0.0;
    for (size_t i = 0; i < t->classes; i++) {
        size_t at = row * t->classes + i;
        double x = t->x[at], no = 1.0 - (double)t->targets[at];
        double yes = (double)t->targets[at] * (t->weights ? (double)t->weights[i] : 1.0);
        loss += yes * minus_log_logistic(x) + no * minus_log_logistic(-x);
        if (t->dx) t->dx[at] = (float)(t->scale * (no * logistic(x) - yes * logistic(-x)));
    }
    return loss;
}

static void sigmoid_cross_entropy(compute *on, size_t rows, size_t classes, const float *logits,
                                  const float *targets, const float *positive_weights, float scale,
                                  float *dlogits, double *loss)
{
    number_task t = { .classes = classes,
                      .x = logits,
                      .targets = targets,
                      .weights = positive_weights,
                      .scale = scale,
                      .dx = dlogits };
    losses_add(cpu_of(on), rows, 6.0 * exp_operations * (double)classes, sigmoid_item, &t, loss);
}

static double squared_item(const void *task, size_t at)
{
    const number_task *t = task;
    double distance = (double)t->x[at] - (double)t->targets[at];
    if (t->dx) t->dx[at] = (float)(t->scale * 2.0 * distance);
    return distance * distance;
}

static void squared_error(compute *on, size_t count, const float *x, const float *targets,
                          float scale, float *dx, double *loss)
{
    number_task t = { .x = x, .targets = targets, .scale = scale, .dx = dx };
    losses_add(cpu_of(on), count, 100.0, squared_item, &t, loss);
}

void loss_operations(compute *table)
{
    table->cross_entropy = cross_entropy;
    table->segment_cross_entropy = segment_cross_entropy;
    table->sigmoid_cross_entropy = sigmoid_cross_entropy;
    table->squared_error = squared_error;
}
