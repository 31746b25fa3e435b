#include "answers.h"
#include "commands.h"
#include "report.h"
#include "sessions.h"

#include <stdlib.h>
#include <string.h>

typedef struct embedder {
    model_session open;
    bert_pooling pooling;
    bool normalize;
    size_t width;   /* of a vector */
    float *vectors; /* [INPUT_BATCH_MAX, width] */
} embedder;

static bert_status batch_embed(void *context, const input_batch *batch)
{
    embedder *e = context;
    return bert_embed(e->open.session, batch->inputs, batch->count, e->pooling, e->normalize,
                      e->vectors);
}

static bert_status vector_describe(void *context, const input_batch *batch, size_t index,
                                   answer *out)
{
    (void)batch;
    embedder *e = context;
    answer_set(out, "embedding", json_from_floats(e->vectors + index * e->width, e->width));
    return BERT_OK;
}

static bert_status tokens_describe(void *context, const input_batch *batch, size_t index,
                                   answer *out)
{
    embedder *e = context;
    float *vectors = NULL;
    size_t tokens = 0, hidden = e->open.info.hidden;
    bert_status status =
        bert_embed_tokens(e->open.session, batch->inputs[index], e->normalize, &vectors, &tokens);
    if (status != BERT_OK) return status;
    json_t *rows = json_array();
    for (size_t i = 0; i < tokens && rows; i++)
        rows = json_list_with(rows, json_from_floats(vectors + i * hidden, hidden));
    bert_free(vectors);
    answer_set(out, "embedding", rows);
    return BERT_OK;
}

static bert_pooling pooling_of(const char *name)
{
    if (!name) return BERT_POOLING_OWN;
    if (strcmp(name, "pooler") == 0) return BERT_POOLER;
    return strcmp(name, "cls") == 0 ? BERT_CLS : BERT_MEAN;
}

int command_embed(const settings *s)
{
    embedder e = { .normalize = s->normalize, .pooling = pooling_of(s->pooling) };
    bool tokens = s->pooling && strcmp(s->pooling, "tokens") == 0;
    const answerer with = { .context = &e,
                            .compute = tokens ? NULL : batch_embed,
                            .describe = tokens ? tokens_describe : vector_describe,
                            .members = "embedding" };

    answer_output out;
    int status = answer_output_open(INDEX_EMBED, s, &out);
    if (status == EXIT_DONE) status = model_session_open(s, &e.open);
    if (status == EXIT_DONE) {
        bool own = e.pooling == BERT_POOLING_OWN;
        out.width = e.width = own ? e.open.info.vector_width : e.open.info.hidden;
        e.vectors = calloc(INPUT_BATCH_MAX * (e.width + 1), sizeof *e.vectors);
        if (e.vectors) {
            model_session_tell_prompt(s, &e.open);
            status = answers_run(INDEX_EMBED, s, &with, &out);
            model_session_tell_truncated(s, &e.open);
        } else {
            complain("memory is exhausted");
            status = EXIT_FAILED;
        }
    }
    free(e.vectors);
    model_session_close(&e.open);
    return answer_output_close(&out, status);
}
