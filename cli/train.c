#include "columns.h"
#include "commands.h"
#include "interrupt.h"
#include "json_lines.h"
#include "options.h"
#include "profile_table.h"
#include "report.h"
#include "results.h"
#include "watch.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool result_print_json(const watch *w, const char *output)
{
    json_t *line = json_with(json_object(), "output", json_from_word(output));
    line = json_with(line, "steps", json_integer((json_int_t)w->step));
    line = json_with(line, "interrupted", json_boolean(interrupt_came()));
    if (w->settings->train.keep_best && w->metrics_epoch > 0)
        line = json_with(line, "epoch", json_integer((json_int_t)w->metrics_epoch));
    if (w->profile) line = json_with(line, "profile", json_incref(w->profile));
    bool printed = json_line_print(line, stdout);
    json_decref(line);
    return printed;
}

/* Of a model that reads pairs, the columns that it was trained on. */
static void columns_print(const char *text, const char *pair)
{
    fputs("the columns ", stdout);
    column_print(stdout, text);
    fputs(" and ", stdout);
    column_print(stdout, pair);
    putchar('\n');
}

/* What the model reads: a line, or what stands in a file. */
static void next_command_print(const watch *w, const char *output)
{
    const char *sample = w->task ? w->task->sample : NULL;
    const char *text = json_string_value(json_object_get(w->columns, "text"));
    const char *pair = json_string_value(json_object_get(w->columns, "text_pair"));
    bool by_columns = !sample || (pair && w->task->input == BERT_INPUT_TEXTS);
    if (!by_columns) {
        printf("echo '%s' | bert predict %s\n", sample, output);
        return;
    }
    printf("bert predict %s FILE, with ", output);
    if (pair)
        columns_print(text, pair);
    else
        puts("columns as those you trained on");
}

/* Has the run left the checkpoint of a wish to stop? */
static bool resumable(const watch *w, const char *output)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/checkpoint-%zu.ckpt", output, w->step);
    return interrupt_came() && access(path, F_OK) == 0;
}

/* Was a series of seeds stopped when some had ended? What is saved is the best of these, and not
 * the one at work. */
static bool seeds_left(const watch *w)
{
    return interrupt_came() && w->runs_ended && w->runs_ended < w->settings->train.seeds;
}

static bool stopped_before_the_end(const watch *w)
{
    return seeds_left(w) || (interrupt_came() && w->step < w->steps);
}

/* What is saved, and how to go on where there is more to do. */
static void saved_print(const watch *w, const char *output, FILE *out)
{
    bool others = seeds_left(w);
    if (others)
        fprintf(out, "interrupted after %zu of %zu seeds, the best of which is ", w->runs_ended,
                w->settings->train.seeds);
    else if (stopped_before_the_end(w))
        fprintf(out, "interrupted after step %zu of %zu; ", w->step, w->steps);
    fprintf(out, "saved as %s", output);
    if (w->settings->train.keep_best && w->metrics_epoch > 0)
        fprintf(out, " (epoch %zu, the best one)", w->metrics_epoch);
    if (others || resumable(w, output))
        fprintf(out, "\n\nTo go on from there:\n  %s%s", w->settings->command_line,
                w->settings->train.resume ? "" : " --resume");
    fputc('\n', out);
}

/* With --quiet what was measured, which --dev asks for, and that the run is not at its end. */
static void result_print(const watch *w, const char *output)
{
    bool quiet = w->settings->quiet;
    if (w->metrics && w->metrics_epoch > 0) {
        const char *dev = w->settings->train.dev;
        printf("\n%s after epoch %zu:\n", dev ? dev : "held-out data", w->metrics_epoch);
        results_print(w->task, w->metrics, stdout);
        if (!quiet || w->profile) putchar('\n');
    }
    if (w->profile) {
        profile_print(w->profile, stdout);
        if (!quiet) putchar('\n');
    }
    if (quiet) {
        if (stopped_before_the_end(w)) saved_print(w, output, stderr);
        return;
    }
    saved_print(w, output, stdout);
    printf("\nNow try:\n  ");
    next_command_print(w, output);
}

/* Of a dry run the watch has printed what there is. Returns the exit status: what the run has saved
 * stays, but a line that is lacking is a failure. */
static int result_tell(const watch *w, const char *output)
{
    bool printed = !w->broken;
    if (w->settings->train.dry_run) return printed ? EXIT_DONE : EXIT_FAILED;
    if (w->settings->json)
        printed = result_print_json(w, output) && printed;
    else
        result_print(w, output);
    return printed ? EXIT_DONE : EXIT_FAILED;
}

int command_train(const settings *s)
{
    if (s->print_options) return options_print(INDEX_TRAIN, s, stdout);
    watch w = watch_start(s);
    const bert_observer observer = watch_observer(&w);
    bert_train_options options = settings_train(s);
    options.model = s->models[0];
    options.observer = &observer;

    /* A run of hours must not die because whoever read its messages went away. */
    signal(SIGPIPE, SIG_IGN);
    interrupt_watch();
    int status = EXIT_DONE;
    if (bert_train(&options) != BERT_OK) {
        progress_clear(&w.progress);
        status = complain_of_library();
    } else {
        progress_clear(&w.progress);
        status = result_tell(&w, options.output);
    }
    watch_release(&w);
    return status;
}
