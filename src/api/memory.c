/* memory.c: what training a model will need, before there are data. */
#include "api/api.h"

#include "base/locale.h"
#include "base/memory.h"
#include "options/options.h"
#include "tasks/masking.h"
#include "tasks/tasks.h"
#include "train/plan.h"

#include <stdlib.h>

/* Units of one sequence each, all of them of the same length. */
typedef struct even_sizes {
    const config *config;
    const head *head;
    size_t length;
    double mask_share;
} even_sizes;

static void even_sizes_of(const void *context, size_t units, pass_sizes *out)
{
    const even_sizes *s = context;
    size_t tokens = units * s->length;
    out->batch = (batch_limits){ .tokens = tokens, .sequences = units };
    if (s->head->rows == ROWS_WANTED) out->batch.wanted = masking_most(s->mask_share, 1, tokens);
    out->compute = limits_of(s->config, tokens, s->length);
}

static bert_status memory_plan(const bert_model *m, const bert_train_options *o,
                               const even_sizes *sizes, plan_request *request, plan *out)
{
    const config *c = &m->weights.config;
    param_entry *entries;
    param_layout layout;
    size_t frozen;
    TRY(param_frozen_parse(o->freeze, c, &frozen));
    TRY(params_list(c, PARAMS_ENCODER | head_parts(sizes->head, c), &entries,
                    &request->entry_count));
    bert_status status = param_layout_init(entries, request->entry_count, frozen, 0, &layout);
    if (status == BERT_OK) {
        request->entries = entries;
        request->layout = &layout;
        request->frozen_layers = frozen ? frozen - 1 : 0;
        status = plan_make(request, out);
        param_layout_release(&layout);
    }
    free(entries);
    return status;
}

/* Checks the options that the call reads; the rest of the struct may hold anything. */
static bert_status memory_check(const bert_train_options *o)
{
    bert_train_options read = bert_train_options_default();
    read.batch_size = o->batch_size;
    read.micro_batch = o->micro_batch;
    read.max_length = o->max_length;
    read.freeze = o->freeze;
    read.threads = o->threads;
    read.memory_limit = o->memory_limit;
    return options_check(OWNER_train, &read);
}

bert_status bert_training_memory(const bert_model *m, const bert_train_options *given, size_t size,
                                 bert_memory *out)
{
    LOCALE_PLAIN;
    bert_train_options options;
    TRY(train_options_take_flat(given, &options));
    const bert_train_options *o = &options;
    const config *c = &m->weights.config;
    const task *kind = m->task ? m->task : task_usual();
    TRY(memory_check(o));
    size_t length = o->max_length ? o->max_length : kind->max_length;
    if (!o->max_length) length = size_smaller(length, config_length_most(c));
    TRY(config_check_length(c, length));
    size_t together =
        o->micro_batch && o->micro_batch < o->batch_size ? o->micro_batch : o->batch_size;
    size_t tokens;
    if (!size_multiply(together, length, &tokens) || tokens > UINT32_MAX)
        return fail(BERT_ARGUMENT, "a batch of %zu texts of %zu tokens is out of bounds", together,
                    length);
    even_sizes sizes = { .config = c,
                         .head = kind->head,
                         .length = length,
                         .mask_share = m->trained.mask_share > 0.0
                                           ? m->trained.mask_share
                                           : bert_task_options_default().mask_share };
    plan_request request = { .config = c,
                             .head = sizes.head,
                             .converted = m->weights.converted.capacity,
                             .threads = o->threads,
                             .step = o->batch_size,
                             .most = together,
                             .least = 1,
                             .limit = o->memory_limit,
                             .sizes = even_sizes_of,
                             .context = &sizes };
    plan p;
    TRY(memory_plan(m, o, &sizes, &request, &p));
    p.memory.max_length = length;
    struct_give(&p.memory, sizeof p.memory, size, out);
    return BERT_OK;
}
