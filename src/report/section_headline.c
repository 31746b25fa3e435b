#include "report/markup.h"
#include "report/page.h"

#include <math.h>
#include <string.h>

/* ---- tiles: a name, a figure, what to hold it against */

static void tile_begin(FILE *out, const char *class, const char *name)
{
    fprintf(out, "<div class=\"tile%s\"><span class=\"name\">%s</span>", class, name);
}

static void tile_measure(FILE *out, const report_facts *f, const measure *m, const char *class)
{
    char text[NUMBER_TEXT], interval[INTERVAL_TEXT];
    baseline b = facts_baseline(f, m);
    json_t *first = facts_untrained(f);
    tile_begin(out, class, m->name);
    fprintf(out, "<strong>%s</strong><span class=\"beside\">",
            measure_text(f, m, f->metrics, text));
    if (*measure_interval_text(f, m, interval))
        fprintf(out,
                "95 %% interval <span class=\"together\">%s</span></span>"
                "<span class=\"beside\">",
                interval);
    if (b.metrics) {
        fprintf(out, "baseline %s, ", measure_text(f, m, b.metrics, text));
        baseline_name(out, b.name);
    } else if (first)
        fprintf(out, "before training %s", measure_text(f, m, first, text));
    fprintf(out, "</span></div>\n");
}

static void tile_unmeasured(FILE *out, const report_facts *f)
{
    char dev[DEV_NAME];
    tile_begin(out, " main", "On other data");
    fprintf(out, "<strong>not measured</strong><span class=\"beside\">%s</span></div>\n",
            *facts_dev_name(f, dev) ? "the run was stopped within an epoch"
                                    : "the run was given no dev data");
}

static void tile_folds(FILE *out, const report_facts *f, json_t *folds, size_t count)
{
    char text[NUMBER_TEXT];
    json_t *means = json_object_get(folds, "mean");
    const measure *m = measure_leading(f, means);
    if (!m) return;
    tile_begin(out, " main", m->name);
    fprintf(out, "<strong>%s</strong><span class=\"beside\">mean of %zu folds, ",
            measure_text(f, m, means, text), count);
    fprintf(out, "standard deviation %s</span></div>\n",
            measure_text(f, m, json_object_get(folds, "standard_deviation"), text));
}

/* How the model, by its leading measure, stands to the best baseline if it is not better: "worse
 * than" or "no better than". NULL: it is better, or there is none. */
static const char *beaten_by(const report_facts *f, const measure *m, baseline *out)
{
    *out = facts_baseline(f, m);
    double own = facts_number(f->metrics, m->key, NAN),
           other = facts_number(out->metrics, m->key, NAN);
    if (own == other) return "no better than";
    return (m->kind == MEASURE_ERROR ? own > other : own < other) ? "worse than" : NULL;
}

/* The first other measure that is not the loss, then the loss. */
static void tiles_measures(FILE *out, const report_facts *f)
{
    const measure *leading = measure_leading(f, f->metrics), *loss = measure_find("eval_loss");
    const measure *second = NULL;
    size_t count;
    json_t *folds = facts_folds(f, &count);
    if (!leading && folds) tile_folds(out, f, folds, count);
    if (!leading) {
        if (!folds) tile_unmeasured(out, f);
        return;
    }
    for (size_t i = 0; i < measure_count && !second; i++) {
        const measure *m = &measures[i];
        bool told = m != leading && m != loss && m->kind != MEASURE_COUNT;
        if (told && json_is_number(json_object_get(f->metrics, m->key))) second = m;
    }
    baseline other;
    tile_measure(out, f, leading, beaten_by(f, leading, &other) ? " main beaten" : " main");
    if (second && strncmp(second->key, "eval_", 5) == 0) tile_measure(out, f, second, "");
    if (leading != loss && json_is_number(json_object_get(f->metrics, loss->key)))
        tile_measure(out, f, loss, "");
}

static void tile_time(FILE *out, const report_facts *f)
{
    char text[NUMBER_TEXT], steps[NUMBER_TEXT], rate[NUMBER_TEXT];
    double count = facts_number(f->run, "steps", 0.0);
    tile_begin(out, "", "Training took");
    fprintf(
        out,
        "<strong>%s</strong><span class=\"beside\">%s step%s, %s tokens a second</span></div>\n",
        number_seconds(facts_number(f->results, "train_runtime", 0.0), text),
        number_count(count, steps), count == 1.0 ? "" : "s",
        number_count(facts_number(f->results, "train_tokens_per_second", 0.0), rate));
}

/* ---- what of what */

static void files_put(FILE *out, json_t *files)
{
    for (size_t i = 0; i < json_array_size(files); i++) {
        const char *path = json_string_value(json_array_get(files, i));
        fprintf(out, "%s<b>", i ? ", " : "");
        markup_isolated(out, path ? path_name(path) : "", NAME_CHARACTERS);
        fputs("</b>", out);
    }
}

static void examples_put(FILE *out, json_t *object, const char *key)
{
    char text[NUMBER_TEXT];
    double count = facts_number(object, key, 0.0);
    if (count > 0.0)
        fprintf(out, " (%s example%s)", number_count(count, text), count == 1.0 ? "" : "s");
}

static void lead_put(FILE *out, const report_facts *f)
{
    char text[NUMBER_TEXT], held_out[DEV_NAME];
    const char *dev = facts_dev_name(f, held_out);
    size_t folds;
    double epochs = facts_number(f->results, "epoch", 0.0);
    fprintf(out, "<p class=\"lead\"><b>");
    markup_isolated(out, f->base ? f->base : facts_option(f, "model"), TEXT_CHARACTERS);
    fprintf(out, "</b>, trained on ");
    files_put(out, facts_at(f->run, "options", "train", NULL));
    examples_put(out, f->results, "train_samples");
    fprintf(out, " for %s epoch%s", number_fixed(epochs, epochs == floor(epochs) ? 0 : 2, text),
            epochs == 1.0 ? "" : "s");
    if (json_is_false(json_object_get(f->run, "finished")))
        fprintf(out, " (stopped before its end)");
    if (*dev && f->metrics) {
        fprintf(out, ", measured on <b>");
        markup_isolated(out, dev, NAME_CHARACTERS);
        fprintf(out, "</b>");
        examples_put(out, f->metrics, "eval_examples");
    } else if (facts_folds(f, &folds)) {
        fprintf(out, ", measured by %zu folds", folds);
    }
    fprintf(out, ".</p>\n");
}

/* A model that has learnt nothing of use is not to look like one that has. */
static void verdict_put(FILE *out, const report_facts *f)
{
    char text[NUMBER_TEXT];
    const measure *m = measure_leading(f, f->metrics);
    baseline other;
    const char *how = m ? beaten_by(f, m, &other) : NULL;
    if (!how) return;
    fprintf(out,
            "<p class=\"worry\"><b>This model is %s a baseline.</b> %s of the model: %s; of the "
            "baseline, ",
            how, m->name, measure_text(f, m, f->metrics, text));
    baseline_name(out, other.name);
    fprintf(out, ": %s.</p>\n", measure_text(f, m, other.metrics, text));
}

void section_headline(FILE *out, const report_facts *f)
{
    fprintf(out, "<header><p class=\"over\">bert.c &middot; report of a run</p>\n<h1>%s</h1>\n",
            f->task->title);
    lead_put(out, f);
    verdict_put(out, f);
    fprintf(out, "<div class=\"tiles\">\n");
    tiles_measures(out, f);
    tile_time(out, f);
    fprintf(out, "</div></header>\n");
}
