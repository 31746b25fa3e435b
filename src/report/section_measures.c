#include "report/markup.h"
#include "report/page.h"

#include <math.h>

static bool stands_in(json_t *metrics, const measure *m)
{
    return json_is_number(json_object_get(metrics, m->key));
}

static void cell_measure(FILE *out, const report_facts *f, const measure *m, json_t *metrics)
{
    char text[NUMBER_TEXT];
    cell_number(out, measure_text(f, m, metrics, text));
}

static void cell_interval(FILE *out, const report_facts *f, const measure *m)
{
    char text[INTERVAL_TEXT];
    cell_number(out, measure_interval_text(f, m, text));
}

static void heads_put(FILE *out, bool intervals, json_t *first, json_t *baselines)
{
    const char *name;
    json_t *metrics;
    fprintf(out, "<div class=\"scroll\"><table><caption>On the dev data</caption><thead><tr>"
                 "<td></td><th scope=\"col\" class=\"number\">the model</th>");
    if (intervals) fprintf(out, "<th scope=\"col\" class=\"number\">95 %% interval</th>");
    if (first) fprintf(out, "<th scope=\"col\" class=\"number\">before training</th>");
    json_object_foreach(baselines, name, metrics)
    {
        fprintf(out, "<th scope=\"col\" class=\"number\">baseline: ");
        baseline_name(out, name);
        fprintf(out, "</th>");
    }
    fprintf(out, "</tr></thead><tbody>\n");
}

static void unmeasured_put(FILE *out, const report_facts *f)
{
    char dev[DEV_NAME];
    fprintf(out,
            "<p>Nothing was measured: %s. How good the model is on other texts is not known; "
            "<code>bert evaluate</code> tells.</p>\n",
            *facts_dev_name(f, dev)
                ? "the run was stopped within an epoch, after which it was not evaluated again"
                : "the run was given no dev data (<code>--dev</code>, <code>--dev-share</code>)");
}

static void folds_put(FILE *out, const report_facts *f, json_t *folds, size_t count)
{
    json_t *means = json_object_get(folds, "mean");
    fprintf(out,
            "<p>The model, which was trained on all of the data, was not measured itself: each of "
            "%zu folds was held out in turn and measured by one that was trained on the others, "
            "in the same way.</p>\n<div class=\"scroll\"><table><caption>Of %zu "
            "folds</caption><thead><tr><td></td><th scope=\"col\" class=\"number\">mean</th>"
            "<th scope=\"col\" class=\"number\">standard deviation</th></tr></thead><tbody>\n",
            count, count);
    for (size_t i = 0; i < measure_count; i++) {
        const measure *m = &measures[i];
        if (m->kind == MEASURE_COUNT || !stands_in(means, m)) continue;
        fprintf(out, "<tr><th scope=\"row\">%s</th>", m->name);
        cell_measure(out, f, m, means);
        cell_measure(out, f, m, json_object_get(folds, "standard_deviation"));
        fprintf(out, "</tr>\n");
    }
    fprintf(out, "</tbody></table></div>\n");
}

void section_measures(FILE *out, const report_facts *f)
{
    json_t *first = facts_untrained(f), *baselines = json_object_get(f->run, "baselines");
    const char *name;
    json_t *metrics;
    fprintf(out, "<section><h2>Results</h2>\n");
    if (!f->metrics) {
        size_t count;
        json_t *folds = facts_folds(f, &count);
        if (folds)
            folds_put(out, f, folds, count);
        else
            unmeasured_put(out, f);
        fprintf(out, "</section>\n");
        return;
    }
    bool intervals = json_object_size(json_object_get(f->metrics, "intervals")) > 0;
    heads_put(out, intervals, first, baselines);
    for (size_t i = 0; i < measure_count; i++) {
        const measure *m = &measures[i];
        if (!stands_in(f->metrics, m)) continue;
        fprintf(out, "<tr><th scope=\"row\">%s</th>", m->name);
        cell_measure(out, f, m, f->metrics);
        if (intervals) cell_interval(out, f, m);
        if (first) cell_measure(out, f, m, m->kind == MEASURE_COUNT ? NULL : first);
        json_object_foreach(baselines, name, metrics) cell_measure(out, f, m, metrics);
        fprintf(out, "</tr>\n");
    }
    fprintf(out, "</tbody></table></div></section>\n");
}
