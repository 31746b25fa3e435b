#include "evaluate/measures.h"

#include "json/json.h"

#include <math.h>
#include <string.h>

bert_status measures_append(const char *kind, size_t number, const evaluation *made, json_t *runs)
{
    const char *name;
    json_t *value, *object = json_object();
    TRY(json_append(runs, object));
    TRY(json_put(object, kind, json_integer((json_int_t)number)));
    TRY(json_put(object, "score", json_number(made->score)));
    json_object_foreach(made->metrics, name, value)
    {
        if (json_is_number(value)) TRY(json_put(object, name, json_incref(value)));
    }
    return BERT_OK;
}

/* The mean over the runs that have the member, and the deviation of a sample (n - 1). */
static bert_status spread_put(const json_t *runs, const char *name, json_t *means,
                              json_t *deviations)
{
    size_t index, count = 0;
    double sum = 0.0, squares = 0.0;
    json_t *run_object;
    json_array_foreach((json_t *)runs, index, run_object)
    {
        const json_t *value = json_object_get(run_object, name);
        if (!json_is_number(value)) continue;
        sum += json_number_value(value);
        count++;
    }
    double mean = sum / (double)count;
    json_array_foreach((json_t *)runs, index, run_object)
    {
        const json_t *value = json_object_get(run_object, name);
        if (json_is_number(value)) squares += pow(json_number_value(value) - mean, 2.0);
    }
    double deviation = count > 1 ? sqrt(squares / (double)(count - 1)) : 0.0;
    TRY(json_put(means, name, json_number(mean)));
    return json_put(deviations, name, json_number(deviation));
}

static size_t best_seed(const json_t *runs)
{
    size_t index, found = 0;
    double best = -INFINITY;
    json_t *run_object;
    json_array_foreach((json_t *)runs, index, run_object)
    {
        double score = json_number_value(json_object_get(run_object, "score"));
        if (!(score > best)) continue;
        best = score;
        found = (size_t)json_integer_value(json_object_get(run_object, "seed"));
    }
    return found;
}

bert_status measures_put(json_t *runs, const char *kind, json_t *object)
{
    const char *name;
    json_t *value;
    TRY(json_put(object, "runs", json_incref(runs)));
    json_t *means = json_object();
    TRY(json_put(object, "mean", means));
    json_t *deviations = json_object();
    TRY(json_put(object, "standard_deviation", deviations));
    json_object_foreach(json_array_get(runs, 0), name, value)
    {
        if (strcmp(name, kind) != 0) TRY(spread_put(runs, name, means, deviations));
    }
    if (strcmp(kind, "seed") != 0) return BERT_OK;
    return json_put(object, "best", json_integer((json_int_t)best_seed(runs)));
}
