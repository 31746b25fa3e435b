#include "model/dense.h"

#include "base/memory.h"
#include "model/linear.h"
#include "tensors/tensors.h"

#include <math.h>
#include <stdlib.h>

static bert_status tensor_take(const tensor_file *file, const char *name, compute *on,
                               const char *folder, weight *w)
{
    const tensor_info *info = tensor_file_find(file, name);
    if (!info) return fail(BERT_FORMAT, "%s: its weights have no '%s'", folder, name);
    if (info->type == TENSOR_OTHER)
        return fail(BERT_FORMAT, "%s: '%s' is not stored as F32, F16, BF16 or F64", info->file,
                    name);
    if (info->dimensions != (w->cols ? 2 : 1) || info->shape[0] != w->rows ||
        (w->cols && info->shape[1] != w->cols))
        return fail(BERT_SHAPE, "%s: '%s' has another shape than config.json beside it says",
                    info->file, name);
    TRY(tensor_verify(info));
    tensor_to_float(info, w->data);
    if (isfinite(on->sum_squares(on, weight_count(w), w->data))) return BERT_OK;
    return fail(BERT_NUMERIC, "%s: '%s' holds NaN or infinity; the checkpoint is damaged",
                info->file, name);
}

bert_status dense_open(const config *c, compute *on, module_params *out, float **numbers)
{
    const char *folder = c->dense.folder;
    module_params d = { .weight = { .rows = c->dense.width, .cols = c->hidden },
                        .bias = { .rows = c->dense.width } };
    tensor_file *file;
    void *memory;
    TRY(tensor_file_open(folder, &file));
    bert_status status =
        memory_zeroed(weight_count(&d.weight) + d.bias.rows, sizeof(float), &memory);
    if (status == BERT_OK) {
        d.weight.data = memory;
        d.bias.data = d.weight.data + weight_count(&d.weight);
        status = tensor_take(file, "linear.weight", on, folder, &d.weight);
        if (status == BERT_OK && c->dense.bias)
            status = tensor_take(file, "linear.bias", on, folder, &d.bias);
        if (status == BERT_OK) {
            *out = d;
            *numbers = memory;
        } else {
            free(memory);
        }
    }
    tensor_file_free(file);
    return status;
}

/* Without a bias the file has none, and it is a row of zeros here. */
const float *dense_forward(const pass *p, const float *x)
{
    const config *c = p->config;
    const module_params *w = &p->params->module;
    tape *t = p->tape;
    size_t sequences = p->batch->sequences;
    if (!c->dense.folder) return x;
    if (c->dense.linear) {
        linear_forward(p, &w->weight, &w->bias, sequences, x, t->pooled);
        return t->pooled;
    }
    linear_forward(p, &w->weight, NULL, sequences, x, t->pooled_sum);
    p->on->activation_forward(p->on, c->dense.activation, sequences, c->dense.width, w->bias.data,
                              t->pooled_sum, t->pooled);
    return t->pooled;
}
