#include "sessions.h"
#include "columns.h"
#include "report.h"

#include <stdio.h>

int model_session_open(const settings *s, model_session *out)
{
    bert_session_options options = s->session;
    options.task_options = &s->task;
    *out = (model_session){ .model = NULL };
    if (bert_model_open(s->models[0], &out->model) != BERT_OK) return complain_of_library();
    out->info = bert_model_get_info(out->model);
    if (bert_session_new(out->model, &options, &out->session) != BERT_OK)
        return complain_of_library();
    return EXIT_DONE;
}

void model_session_close(model_session *open)
{
    bert_session_free(open->session);
    bert_model_free(open->model);
}

void model_session_tell_prompt(const settings *s, const model_session *open)
{
    const char *prompt = bert_session_prompt(open->session);
    if (!*prompt || s->quiet) return;
    fputs("before each text is put: '", stderr);
    column_print(stderr, prompt);
    fputs("'\n", stderr);
}

void model_session_tell_truncated(const settings *s, const model_session *open)
{
    size_t truncated = 0, inputs = 0;
    bert_session_truncated(open->session, &truncated, &inputs);
    if (truncated > 0 && !s->quiet)
        fprintf(stderr, "%zu of %zu inputs were too long and lost their %s\n", truncated, inputs,
                open->info.truncates_left ? "beginning" : "end");
}
