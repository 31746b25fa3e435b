#include "commands.h"
#include "json_lines.h"
#include "mistakes.h"
#include "report.h"
#include "results.h"
#include "watch.h"

#include <stdio.h>

int command_evaluate(const settings *s)
{
    watch w = watch_start(s);
    const bert_observer observer = watch_observer(&w);
    bert_evaluate_options options = settings_evaluate(s);
    options.observer = &observer;
    options.model = s->models[0];

    char *text = NULL;
    bert_status status = bert_evaluate(&options, &text);
    watch_release(&w);
    if (status != BERT_OK) return complain_of_library();

    json_text_print(text, stdout);
    json_t *metrics = s->quiet || s->json ? NULL : json_from_answer(text);
    if (metrics) {
        fflush(stdout);
        bert_task_info room;
        results_print(task_named(json_object_get(metrics, "task"), &room), metrics, stderr);
        mistakes_print(json_object_get(metrics, "errors"), stderr);
    }
    json_decref(metrics);
    bert_free(text);
    return EXIT_DONE;
}
