/* vectors.c: a sequence as one vector of length 1: the mean of its tokens' last hidden states
 * ([CLS] and [SEP] among them, as in sentence-transformers, but for those of a prompt that is left
 * out), or that of [CLS]; turned by a Dense module where the folder has one. */
#include "model/dense.h"
#include "model/heads.h"

static bool takes_first(const pass *p)
{
    return p->config->pooling == POOLING_CLS;
}

static void vectors_forward(const pass *p)
{
    compute *on = p->on;
    tape *t = p->tape;
    size_t sequences = p->batch->sequences, width = p->config->hidden;
    const uint32_t *starts = p->batch->starts;

    const float *hidden = encoder_forward(p);
    if (takes_first(p))
        on->gather_rows(on, sequences, width, starts, hidden, t->first);
    else
        on->mean_rows(on, sequences, width, p->batch->skip, starts, hidden, t->first);
    on->normalize_rows_forward(on, sequences, config_vector_width(p->config),
                               dense_forward(p, t->first), t->logits, t->lengths);
}

static void vectors_backward(const pass *p, params *gradients)
{
    compute *on = p->on;
    tape *t = p->tape;
    size_t sequences = p->batch->sequences, width = p->config->hidden;
    const uint32_t *starts = p->batch->starts;

    on->normalize_rows_backward(on, sequences, width, t->dlogits, t->logits, t->lengths,
                                t->dpooled);
    if (takes_first(p)) {
        on->zero(on, p->batch->tokens * width, t->dhidden);
        on->scatter_add_rows(on, sequences, width, starts, t->dpooled, t->dhidden);
    } else {
        on->mean_rows_backward(on, sequences, width, p->batch->skip, starts, t->dpooled,
                               t->dhidden);
    }
    encoder_backward(p, gradients);
}

static bert_status vectors_begin(config *c, const head_start *given)
{
    TRY(config_set_pooling(c, given->pooling));
    if (c->dense.folder)
        return fail(BERT_UNSUPPORTED,
                    "%s: the model's vectors go through this Dense module, which is not trained "
                    "here; %s mean or cls trains the model without it",
                    c->dense.folder, FIELD(pooling));
    return config_set_prompt(c, given->prompt);
}

const head head_vectors = {
    .class_suffix = "Model",
    .passed_on = PARAMS_POOLER,
    .rows = ROWS_ALL,
    .room = { .vectors = true },
    .bare = true,
    .outputs = config_vector_width,
    .check = config_check_pooling,
    .begin = vectors_begin,
    .forward = vectors_forward,
    .backward = vectors_backward,
};
