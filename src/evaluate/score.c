#include "evaluate/score.h"

#include "metrics/measure.h"

#include <stdio.h>
#include <string.h>

static const char prefix[] = "eval_";

/* "f1" of "eval_f1". */
static const char *bare(const char *name)
{
    return strncmp(name, prefix, sizeof prefix - 1) == 0 ? name + sizeof prefix - 1 : name;
}

/* One that is not defined, as a correlation with a constant, is null (scores_describe()). */
static bool is_metric(const char *name, const json_t *value)
{
    return (json_is_real(value) || json_is_null(value)) &&
           strncmp(name, prefix, sizeof prefix - 1) == 0;
}

static bert_status metric_unknown(const json_t *metrics, const char *metric)
{
    char names[512] = "";
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)metrics, name, value)
    {
        size_t used = strlen(names);
        if (is_metric(name, value))
            snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", bare(name));
    }
    return fail_field(BERT_ARGUMENT, "metric", "is '%s'; of this task it can be %s", metric, names);
}

bert_status score_choose(evaluation *e, const char *metric)
{
    const double worst = -1.0; /* of what may be undefined, the correlations */
    if (!metric) return BERT_OK;
    const char *name;
    json_t *value;
    json_object_foreach(e->metrics, name, value)
    {
        if (!is_metric(name, value) || strcmp(bare(name), bare(metric)) != 0) continue;
        double number = json_real_value(value);
        e->score = json_is_null(value) ? worst : measure_less_is_better(name) ? -number : number;
        return BERT_OK;
    }
    return metric_unknown(e->metrics, metric);
}
