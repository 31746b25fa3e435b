/* loss.h: what the losses share. A loss is a sum over items (rows, mostly); the items are shared
 * out to the team, and their losses are added in the items' order, whoever computed them. */
#ifndef COMPUTE_CPU_LOSS_H
#define COMPUTE_CPU_LOSS_H

#include "compute/cpu/cpu.h"

/* Returns the item's loss and writes its gradients. */
typedef double loss_item(const void *task, size_t item);

/* *loss += the items' losses. operations: of one item, for cpu_team(). */
void losses_add(const compute_cpu *cpu, size_t items, double operations, loss_item *body,
                const void *task, double *loss);

/* A cross entropy's label as a distribution: `smoothing / classes` of it on each class. */
typedef struct class_target {
    size_t classes;
    const float *weights; /* [classes] or NULL: all 1 */
    double weight_sum;
    double smoothing;
} class_target;

class_target class_target_of(size_t classes, const class_loss *how);

/* One row of cross_entropy; dlogits may be NULL or logits. */
double cross_entropy_row(const compute_cpu *cpu, const class_target *target, const float *logits,
                         size_t label, float scale, float *dlogits);

/* About what a row of cross_entropy costs, for cpu_team(). */
double cross_entropy_operations(size_t classes);

#endif
