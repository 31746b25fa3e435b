#include "answers.h"
#include "commands.h"
#include "predict_conll.h"
#include "report.h"
#include "sessions.h"

typedef struct predictor {
    model_session open;
    char *lines[INPUT_BATCH_MAX]; /* of the batch computed last; NULL: taken */
} predictor;

static bert_status batch_predict(void *context, const input_batch *batch)
{
    predictor *p = context;
    return bert_answers(p->open.session, batch->inputs, batch->count, p->lines);
}

static bert_status line_describe(void *context, const input_batch *batch, size_t index, answer *out)
{
    (void)batch;
    predictor *p = context;
    json_t *members = json_from_answer(p->lines[index]);
    out->object = json_with_members(out->object, members);
    json_decref(members);
    bert_free(p->lines[index]);
    p->lines[index] = NULL;
    return BERT_OK;
}

int command_predict(const settings *s)
{
    predictor p = { .lines = { NULL } };
    answer_output out;
    int status = answer_output_open(INDEX_PREDICT, s, &out);
    if (status == EXIT_DONE) status = model_session_open(s, &p.open);
    if (status == EXIT_DONE && bert_task_takes(p.open.info.task, "prompt"))
        model_session_tell_prompt(s, &p.open);
    if (status == EXIT_DONE && conll_wanted(s, &p.open)) {
        status = conll_predict(s, &p.open, &out);
        model_session_tell_truncated(s, &p.open);
    } else if (status == EXIT_DONE) {
        bert_task_info task;
        bool known = bert_task_get_info(p.open.info.task, sizeof task, &task);
        const answerer with = { .context = &p,
                                .compute = batch_predict,
                                .describe = line_describe,
                                .model = p.open.model,
                                .members = known ? task.members : "" };
        status = answers_run(INDEX_PREDICT, s, &with, &out);
        model_session_tell_truncated(s, &p.open);
    }
    for (size_t i = 0; i < INPUT_BATCH_MAX; i++) bert_free(p.lines[i]);
    model_session_close(&p.open);
    return answer_output_close(&out, status);
}
