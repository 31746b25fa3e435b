#include "answers.h"
#include "commands.h"
#include "report.h"
#include "sessions.h"

#include <stdlib.h>

typedef struct predictor {
    model_session open;
    bool with_logits;
    float *logits; /* [INPUT_BATCH_MAX, labels] */
    float *scores; /* [labels] */
} predictor;

static bert_status batch_predict(void *context, const input_batch *batch)
{
    predictor *p = context;
    return bert_predict(p->open.session, batch->inputs, batch->count, p->logits);
}

static bert_status label_describe(void *context, const input_batch *batch, size_t index,
                                  answer *out)
{
    (void)batch;
    predictor *p = context;
    const bert_model *model = p->open.model;
    size_t labels = p->open.info.labels;
    const float *logits = p->logits + index * labels;
    size_t best = bert_scores(model, logits, p->scores);

    answer scores = { .object = json_object() };
    for (size_t i = 0; i < labels; i++)
        answer_set(&scores, bert_model_label(model, i), json_real((double)p->scores[i]));
    out->broken |= scores.broken;
    answer_set(out, "label", json_string(bert_model_label(model, best)));
    answer_set(out, "score", json_real((double)p->scores[best]));
    answer_set(out, "scores", scores.object);
    if (p->with_logits) answer_set(out, "logits", json_from_floats(logits, labels));
    return BERT_OK;
}

int command_predict(const settings *s)
{
    predictor p = { .with_logits = s->logits };
    int status = model_session_open(s, &p.open);
    if (status == EXIT_DONE) {
        size_t labels = p.open.info.labels;
        p.logits = calloc(INPUT_BATCH_MAX * (labels + 1), sizeof *p.logits);
        p.scores = calloc(labels + 1, sizeof *p.scores);
        if (p.logits && p.scores) {
            const answerer with = { &p, batch_predict, label_describe,
                                    " label score scores logits " };
            status = answers_run(INDEX_PREDICT, s, &with);
            model_session_tell_truncated(s, &p.open);
        } else {
            complain("memory is exhausted");
            status = EXIT_FAILED;
        }
    }
    free(p.logits);
    free(p.scores);
    model_session_close(&p.open);
    return status;
}
