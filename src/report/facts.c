#include "report/facts.h"

#include "report/markup.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

json_t *facts_at(json_t *object, ...)
{
    va_list keys;
    va_start(keys, object);
    for (const char *key; object && (key = va_arg(keys, const char *));)
        object = json_object_get(object, key);
    va_end(keys);
    return json_is_null(object) ? NULL : object;
}

const char *facts_text(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

double facts_number(json_t *object, const char *key, double otherwise)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : otherwise;
}

const char *facts_option(const report_facts *f, const char *key)
{
    return facts_text(json_object_get(f->run, "options"), key);
}

/* ---- measures */

const measure *measure_leading(const report_facts *f, json_t *metrics)
{
    const char *const keys[] = { f->task->scores[0], f->task->scores[1], "eval_loss" };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i] && json_is_number(json_object_get(metrics, keys[i])))
            return measure_find(keys[i]);
    return NULL;
}

bool measure_in_percent(const measure *m)
{
    return m->kind == MEASURE_SHARE || m->kind == MEASURE_SCORE || m->kind == MEASURE_PERCENT;
}

double measure_percent(const report_facts *f, const measure *m, double value)
{
    bool already = m->kind == MEASURE_PERCENT || (m->kind == MEASURE_SCORE && f->task->percent);
    return already ? value : 100.0 * value;
}

char *measure_value_text(const report_facts *f, const measure *m, double value, char *out)
{
    if (isnan(value)) {
        snprintf(out, NUMBER_TEXT, "–");
        return out;
    }
    if (measure_in_percent(m)) return number_percent(measure_percent(f, m, value) / 100.0, out);
    if (m->kind == MEASURE_COUNT) return number_count(value, out);
    return number_fixed(value, fabs(value) < 100.0 ? 4 : 1, out);
}

char *measure_text(const report_facts *f, const measure *m, json_t *metrics, char *out)
{
    return measure_value_text(f, m, facts_number(metrics, m->key, NAN), out);
}

char *measure_interval_text(const report_facts *f, const measure *m, char *out)
{
    char low[NUMBER_TEXT], high[NUMBER_TEXT];
    const json_t *pair = json_object_get(json_object_get(f->metrics, "intervals"), m->key);
    *out = '\0';
    if (json_array_size(pair) != 2) return out;
    double ends[2] = { json_number_value(json_array_get(pair, 0)),
                       json_number_value(json_array_get(pair, 1)) };
    snprintf(out, INTERVAL_TEXT, "%s to %s", measure_value_text(f, m, ends[0], low),
             measure_value_text(f, m, ends[1], high));
    return out;
}

baseline facts_baseline(const report_facts *f, const measure *m)
{
    baseline best = { 0 };
    double reached = NAN;
    const char *name;
    json_t *metrics;
    json_object_foreach(json_object_get(f->run, "baselines"), name, metrics)
    {
        double value = facts_number(metrics, m->key, NAN);
        bool better = measure_less_is_better(m->key) ? value < reached : value > reached;
        if (isnan(value) || (best.metrics && !better)) continue;
        best = (baseline){ name, metrics };
        reached = value;
    }
    return best;
}

json_t *facts_untrained(const report_facts *f)
{
    json_t *first = json_array_get(json_object_get(f->run, "evaluations"), 0);
    return facts_number(first, "epoch", 1.0) == 0.0 ? json_object_get(first, "metrics") : NULL;
}

/* ---- names */

const char *path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

const char *facts_dev_name(const report_facts *f, char *out)
{
    const char *dev = facts_option(f, "dev");
    double share = facts_number(json_object_get(f->run, "options"), "dev_share", 0.0);
    *out = '\0';
    if (*dev) return path_name(dev);
    if (share > 0.0)
        snprintf(out, DEV_NAME, "%.4g %% of the training data, held out", 100.0 * share);
    return out;
}

json_t *facts_folds(const report_facts *f, size_t *count)
{
    *count = json_array_size(json_object_get(f->folds, "runs"));
    return *count ? f->folds : NULL;
}

char *facts_series(const report_facts *f, char *out)
{
    const json_t *first = json_object_get(f->run, "first_seed"),
                 *seeds = facts_at(f->run, "options", "seeds", NULL);
    *out = '\0';
    if (json_is_integer(first) && json_is_integer(seeds))
        snprintf(out, SERIES_TEXT, "--seed %" JSON_INTEGER_FORMAT " --seeds %" JSON_INTEGER_FORMAT,
                 json_integer_value(first), json_integer_value(seeds));
    return out;
}

json_t *facts_saved_evaluation(const report_facts *f)
{
    json_t *list = json_object_get(f->run, "evaluations");
    const measure *m = measure_leading(f, f->metrics);
    double value = m ? facts_number(f->metrics, m->key, NAN) : NAN;
    double loss = facts_number(f->metrics, "eval_loss", 0.0);
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *one = json_array_get(list, i), *metrics = json_object_get(one, "metrics");
        if (facts_number(one, "epoch", 0.0) > 0.0 && m &&
            facts_number(metrics, m->key, NAN) == value &&
            facts_number(metrics, "eval_loss", 0.0) == loss)
            return one;
    }
    return NULL;
}
