#include "watch.h"
#include "data_print.h"
#include "interrupt.h"
#include "json_lines.h"
#include "report.h"

#include <stdio.h>
#include <string.h>

watch watch_start(const settings *s)
{
    return (watch){ .settings = s, .progress = progress_start(s->quiet) };
}

void watch_release(watch *w)
{
    progress_clear(&w->progress);
    json_decref(w->metrics);
    json_decref(w->profile);
    json_decref(w->columns);
    w->metrics = w->profile = w->columns = NULL;
}

const bert_task_info *task_named(const json_t *name, bert_task_info *room)
{
    bool known =
        json_is_string(name) && bert_task_get_info(json_string_value(name), sizeof *room, room);
    return known ? room : NULL;
}

void metrics_print(const json_t *metrics, FILE *out)
{
    static const char prefix[] = "eval_";
    const char *name, *separator = "";
    json_t *value;
    json_object_foreach((json_t *)metrics, name, value)
    {
        if (!json_is_number(value) || strncmp(name, prefix, sizeof prefix - 1) != 0) continue;
        fprintf(out, "%s%s ", separator, name + sizeof prefix - 1);
        if (json_is_integer(value))
            fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        else
            fprintf(out, "%.4f", json_real_value(value));
        separator = ", ";
    }
    fputc('\n', out);
}

/* Takes the value over. */
static void line_print(watch *w, json_t *value)
{
    if (!json_line_print(value, stdout)) w->broken = true;
    json_decref(value);
}

static void evaluation_print(watch *w, const bert_event *event, json_t *metrics)
{
    if (w->settings->json) {
        json_t *line = json_with(json_object(), "epoch", json_integer((json_int_t)event->epoch));
        if (*w->run) line = json_with(line, w->run, json_integer((json_int_t)w->run_number));
        line_print(w, json_with_members(line, metrics));
    } else {
        if (event->epoch == 0)
            fputs("before training: ", stdout);
        else
            printf("after epoch %zu of %zu: ", event->epoch, event->epochs);
        metrics_print(metrics, stdout);
    }
    fflush(stdout); /* a failure is sticky, and told when the command ends */
}

static void evaluation_note(watch *w, const bert_event *event)
{
    json_t *metrics = json_from_answer(event->text);
    if (!metrics) return;
    evaluation_print(w, event, metrics);
    bool best = !w->metrics || w->metrics_epoch == 0 || event->score > w->best_score;
    if (best || !w->settings->train.keep_best) {
        json_decref(w->metrics);
        w->metrics = json_incref(metrics);
        w->metrics_epoch = event->epoch;
        w->best_score = event->score;
    }
    json_decref(metrics);
}

static void metrics_forget(watch *w)
{
    json_decref(w->metrics);
    w->metrics = NULL;
    w->metrics_epoch = 0;
}

/* Of several runs one begins: what was measured is the one's before. */
static void run_note(watch *w, const bert_event *event)
{
    metrics_forget(w);
    snprintf(w->run, sizeof w->run, "%s", event->run ? event->run : "");
    w->run_number = event->number;
    if (w->settings->json) return;
    printf("%s:\n", event->text);
    fflush(stdout);
}

/* All have ended: what was measured last is that of one of them. */
static void runs_note(watch *w, const bert_event *event)
{
    json_t *runs = json_from_answer(event->text);
    metrics_forget(w);
    w->runs_ended = json_array_size(json_object_get(runs, "runs"));
    if (w->settings->json) {
        line_print(w, runs);
        return;
    }
    runs_print(runs, stdout);
    json_decref(runs);
}

/* The result of a dry run; else news. */
static void data_note(watch *w, const bert_event *event)
{
    bool result = w->settings->train.dry_run;
    json_t *summary = json_from_answer(event->text);
    w->task = task_named(json_object_get(summary, "task"), &w->task_info);
    json_decref(w->columns);
    w->columns = json_incref(json_object_get(summary, "columns"));
    if (result && w->settings->json)
        line_print(w, json_incref(summary));
    else if (result || !w->settings->quiet)
        data_print(summary, result ? stdout : stderr);
    json_decref(summary);
}

static void tell(void *context, const bert_event *event)
{
    watch *w = context;
    if (event->kind == BERT_EVENT_STEP) {
        w->step = event->step;
        w->steps = event->steps;
        progress_step(&w->progress, event);
        return;
    }
    if (event->kind == BERT_EVENT_PROGRESS) {
        progress_evaluation(&w->progress, event->done, event->total);
        return;
    }
    progress_clear(&w->progress);
    if (event->kind == BERT_EVENT_EVALUATED) {
        progress_evaluated(&w->progress, event);
        evaluation_note(w, event);
    }
    if (event->kind == BERT_EVENT_DATA) data_note(w, event);
    if (event->kind == BERT_EVENT_RUN) run_note(w, event);
    if (event->kind == BERT_EVENT_RUNS) runs_note(w, event);
    if (event->kind == BERT_EVENT_PROFILE) w->profile = json_from_answer(event->text);
    if (event->kind == BERT_EVENT_WARNING) complain("warning: %s", event->text);
    if (event->kind == BERT_EVENT_NOTE && !w->settings->quiet) remark("%s", event->text);
}

static bool stop(void *context)
{
    (void)context;
    return interrupt_came();
}

bert_observer watch_observer(watch *w)
{
    bert_observer observer = bert_observer_default();
    observer.tell = tell;
    observer.stop = stop;
    observer.context = w;
    return observer;
}
