#include "report/chart.h"
#include "report/markup.h"
#include "report/page.h"

#include <math.h>

enum { SMOOTHED_FROM = 8 }; /* points: fewer are seen as they are */

/* The dev data's numbers over steps or epochs. */
typedef struct measured {
    double x[CURVE_POINTS], y[CURVE_POINTS];
    size_t count;
} measured;

/* The number `key` of the evaluations, each at its member `place`. Past CURVE_POINTS evaluations,
 * which no eye tells apart, every second, third, ... is taken, and the last. */
static void measured_take(const report_facts *f, const char *place, const char *key, measured *out)
{
    json_t *list = json_object_get(f->run, "evaluations");
    size_t total = json_array_size(list), stride = total / CURVE_POINTS + 1;
    out->count = 0;
    for (size_t i = 0; i < total; i++) {
        if (i % stride && i + 1 < total) continue;
        json_t *one = json_array_get(list, i);
        double value = facts_number(json_object_get(one, "metrics"), key, NAN);
        if (!isfinite(value) || out->count == CURVE_POINTS) continue;
        out->x[out->count] = facts_number(one, place, 0.0);
        out->y[out->count++] = value;
    }
}

static void curve_draw(FILE *out, const chart *c, const curve *values)
{
    double smooth[CURVE_POINTS];
    if (values->width > 1)
        chart_band(out, c, values->x, values->least, values->most, values->count, "band");
    if (values->count < SMOOTHED_FROM) {
        chart_line(out, c, values->x, values->mean, values->count, "line");
        chart_points(out, c, values->x, values->mean, values->count, "point");
        return;
    }
    chart_line(out, c, values->x, values->mean, values->count, "raw");
    curve_smooth(values, smooth);
    chart_line(out, c, values->x, smooth, values->count, "line");
}

/* What a colour stands for; `class` is that of the line. */
static void key_put(FILE *out, const char *class, const char *text)
{
    fprintf(out, "<span class=\"item\"><span class=\"key %s\"></span>%s</span> ", class, text);
}

static void curve_keys(FILE *out, const curve *values)
{
    char text[96];
    if (values->count < SMOOTHED_FROM) {
        key_put(out, "line", "each step");
        return;
    }
    key_put(out, "line", "smoothed");
    snprintf(text, sizeof text, "means of %zu steps, with their range", values->width);
    key_put(out, "raw", values->width > 1 ? text : "each step");
}

/* Up to the run's last step: the last point may stand for some steps before it, too. */
static axis steps_axis(const report_facts *f, const curve *values)
{
    double last = values->x[values->count - 1];
    return axis_make_whole(0.0, fmax(last, facts_number(f->run, "steps", 0.0)), 6);
}

/* A dashed line from side to side. */
static void level_draw(FILE *out, const chart *c, double y)
{
    chart_line(out, c, (double[]){ c->x.low, c->x.high }, (double[]){ y, y }, 2, "limit");
}

static void loss_draw(FILE *out, const report_facts *f, const curve *loss)
{
    char description[256], first[NUMBER_TEXT], last[NUMBER_TEXT];
    double smooth[CURVE_POINTS];
    measured dev;
    measured_take(f, "step", "eval_loss", &dev);
    double low = fmin(curve_least(loss), 0.0), high = curve_most(loss);
    for (size_t i = 0; i < dev.count; i++) high = fmax(high, dev.y[i]);
    curve_smooth(loss, smooth);
    snprintf(description, sizeof description,
             "The training loss over the steps, from about %s to about %s.",
             number_fixed(smooth[0], 3, first), number_fixed(smooth[loss->count - 1], 3, last));
    chart c = { .id = "loss",
                .title = "Loss",
                .description = description,
                .x_name = "step",
                .y_name = "mean over a step",
                .x = steps_axis(f, loss),
                .y = axis_make(low, high, 5) };
    chart_begin(out, &c);
    curve_draw(out, &c, loss);
    if (dev.count) {
        chart_line(out, &c, dev.x, dev.y, dev.count, "dev");
        chart_points(out, &c, dev.x, dev.y, dev.count, "dev-point");
    }
    chart_end(out);
    fprintf(out, "<figcaption>");
    curve_keys(out, loss);
    if (dev.count) key_put(out, "dev", "dev data");
    fprintf(out, "</figcaption></figure>\n");
}

static size_t best_of(const measured *m, bool higher)
{
    size_t best = 0;
    for (size_t i = 1; i < m->count; i++)
        if (higher ? m->y[i] > m->y[best] : m->y[i] < m->y[best]) best = i;
    return best;
}

/* All of few points, else the first, the best and the last. */
static void measured_labels(FILE *out, const report_facts *f, const chart *c, const measure *m,
                            const measured *dev, const measured *drawn)
{
    enum { FEW = 6 };
    char text[NUMBER_TEXT];
    size_t best = best_of(dev, !measure_less_is_better(m->key));
    for (size_t i = 0; i < dev->count; i++) {
        if (dev->count > FEW && i && i != best && i + 1 < dev->count) continue;
        chart_label(out, c, drawn->x[i], drawn->y[i], measure_value_text(f, m, dev->y[i], text));
    }
}

/* Room above and below, but not past what a share can be. */
static axis measured_axis(const measured *drawn, double beside, bool percent)
{
    double low = drawn->y[0], high = drawn->y[0];
    for (size_t i = 1; i < drawn->count; i++) {
        low = fmin(low, drawn->y[i]);
        high = fmax(high, drawn->y[i]);
    }
    if (isfinite(beside)) {
        low = fmin(low, beside);
        high = fmax(high, beside);
    }
    double room = fmax(0.08 * (high - low), percent ? 1.0 : 0.0);
    low -= room;
    high += room;
    return percent ? axis_make(fmax(low, 0.0), fmin(high, 100.0), 5) : axis_make(low, high, 5);
}

static void measured_caption(FILE *out, const report_facts *f, const baseline *beside)
{
    json_t *saved = facts_saved_evaluation(f);
    char epoch[NUMBER_TEXT];
    fprintf(out, "<figcaption>");
    key_put(out, "dev", "dev data; epoch 0 is before training");
    if (beside->metrics) {
        fprintf(out, "<span class=\"item\"><span class=\"key limit\"></span>baseline, ");
        baseline_name(out, beside->name);
        fprintf(out, "</span> ");
    }
    if (saved)
        fprintf(out, "<span class=\"item\">saved: epoch %s</span>",
                number_count(facts_number(saved, "epoch", 0.0), epoch));
    fprintf(out, "</figcaption></figure>\n");
}

/* The measure of the last evaluation that the task goes by; NULL: there was none. */
static const measure *measured_which(const report_facts *f)
{
    json_t *list = json_object_get(f->run, "evaluations");
    size_t count = json_array_size(list);
    return count ? measure_leading(f, json_object_get(json_array_get(list, count - 1), "metrics"))
                 : NULL;
}

static void measure_draw(FILE *out, const report_facts *f)
{
    const measure *m = measured_which(f);
    measured dev;
    if (!m) return;
    measured_take(f, "epoch", m->key, &dev);
    if (!dev.count) return;
    measured drawn = dev;
    bool percent = measure_in_percent(m);
    for (size_t i = 0; percent && i < drawn.count; i++)
        drawn.y[i] = measure_percent(f, m, dev.y[i]);
    baseline b = facts_baseline(f, m);
    double beside = b.metrics ? facts_number(b.metrics, m->key, NAN) : NAN;
    if (percent && isfinite(beside)) beside = measure_percent(f, m, beside);
    chart c = { .id = "measure",
                .title = m->name,
                .description = "The measure that the task goes by, on the dev data, by epoch.",
                .x_name = "epoch",
                .y_name = percent ? "percent, on the dev data" : "on the dev data",
                .x = axis_make_whole(drawn.x[0], drawn.x[drawn.count - 1], 6),
                .y = measured_axis(&drawn, beside, percent) };
    chart_begin(out, &c);
    if (isfinite(beside)) level_draw(out, &c, beside);
    chart_line(out, &c, drawn.x, drawn.y, drawn.count, "dev");
    chart_points(out, &c, drawn.x, drawn.y, drawn.count, "dev-point");
    measured_labels(out, f, &c, m, &dev, &drawn);
    chart_end(out);
    measured_caption(out, f, &b);
}

static void rate_draw(FILE *out, const report_facts *f, const curve *rate)
{
    chart c = { .id = "rate",
                .title = "Learning rate",
                .description = "The learning rate as it was applied, over the steps.",
                .x_name = "step",
                .y_name = "as applied",
                .x = steps_axis(f, rate),
                .y = axis_make(0.0, curve_most(rate), 5) };
    chart_begin(out, &c);
    chart_line(out, &c, rate->x, rate->mean, rate->count, "line");
    chart_end(out);
    fprintf(out, "<figcaption>schedule: ");
    markup_text(out, facts_option(f, "schedule"));
    fprintf(out, "</figcaption></figure>\n");
}

static void norm_draw(FILE *out, const report_facts *f, const curve *norm)
{
    char number[NUMBER_TEXT], text[2 * NUMBER_TEXT];
    double clip = facts_number(json_object_get(f->run, "options"), "clip", 0.0);
    chart c = { .id = "norm",
                .title = "Gradient norm",
                .description = "The gradient's norm before clipping, over the steps.",
                .x_name = "step",
                .y_name = "before clipping",
                .x = steps_axis(f, norm),
                .y = axis_make(0.0, curve_most(norm), 5) };
    bool clipped = clip > 0.0 && clip < c.y.high;
    chart_begin(out, &c);
    if (clipped) level_draw(out, &c, clip);
    curve_draw(out, &c, norm);
    chart_end(out);
    fprintf(out, "<figcaption>");
    curve_keys(out, norm);
    snprintf(text, sizeof text, "clipped to %s", number_short(clip, number));
    if (clipped) key_put(out, "limit", text);
    fprintf(out, "</figcaption></figure>\n");
}

void section_curves(FILE *out, const report_facts *f, const log_curves *curves)
{
    if (!curves->loss.count) return;
    fprintf(out, "<section><h2>Training</h2>\n<div class=\"charts\">\n");
    loss_draw(out, f, &curves->loss);
    measure_draw(out, f);
    rate_draw(out, f, &curves->learning_rate);
    norm_draw(out, f, &curves->gradient_norm);
    fprintf(out, "</div></section>\n");
}
