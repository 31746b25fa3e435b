#include "columns.h"
#include "commands.h"
#include "json_lines.h"
#include "report.h"
#include "watch.h"

#include <stdio.h>
#include <string.h>

enum { NUMBER_WIDTH = 11, INTERVAL_WIDTH = 24, NAME_WIDTH = 16 };

static const char *text_at(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static double number_at(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static void number_print(const json_t *value, const char *format)
{
    char text[32] = "-";
    if (json_is_number(value)) snprintf(text, sizeof text, format, json_number_value(value));
    printf("%*s", NUMBER_WIDTH, text);
}

static void metric_print(const char *name, const json_t *metric)
{
    const json_t *interval = json_object_get(metric, "interval");
    char text[64] = "-";
    printf("%-*s", NAME_WIDTH, name + strlen("eval_"));
    number_print(json_object_get(metric, "first"), "%.4f");
    number_print(json_object_get(metric, "second"), "%.4f");
    number_print(json_object_get(metric, "difference"), "%+.4f");
    if (json_is_array(interval))
        snprintf(text, sizeof text, "%+.4f to %+.4f",
                 json_number_value(json_array_get(interval, 0)),
                 json_number_value(json_array_get(interval, 1)));
    printf("%*s\n", INTERVAL_WIDTH, text);
}

static void metrics_table_print(const settings *s, const json_t *result)
{
    const char *name;
    json_t *metric;
    printf("A: %s\nB: %s\n\n", s->operands[0], s->operands[1]);
    printf("%-*s%*s%*s%*s%*s\n", NAME_WIDTH, "", NUMBER_WIDTH, "A", NUMBER_WIDTH, "B", NUMBER_WIDTH,
           "B - A", INTERVAL_WIDTH, "95 % interval");
    json_object_foreach(json_object_get(result, "metrics"), name, metric)
        metric_print(name, metric);
}

/* ---- in words */

static const double chance = 0.05; /* a smaller p is more than chance */

static void p_print(double p)
{
    if (p < 0.0001)
        printf("p < 0.0001");
    else
        printf("p = %.4f", p);
}

static void verdicts_print(const json_t *m)
{
    double only_first = number_at(m, "only_first"), only_second = number_at(m, "only_second");
    double p = number_at(m, "p");
    if (only_first + only_second == 0.0)
        printf("No difference");
    else if (p < chance)
        printf("%s is better", only_second > only_first ? "B" : "A");
    else
        printf("The difference may be chance");
    printf(": %.0f example%s only B has right, %.0f only A; ", only_second,
           only_second == 1.0 ? "" : "s", only_first);
    p_print(p);
    printf(" (McNemar's test, %s)\n", text_at(m, "test"));
    printf("Right means: %s.\n", text_at(m, "right"));
}

/* By the main score, where answers are more or less wrong. */
static void interval_verdict_print(const json_t *result)
{
    const char *name = text_at(result, "main_metric");
    const json_t *metric = json_object_get(json_object_get(result, "metrics"), name);
    const json_t *interval = json_object_get(metric, "interval");
    double low = json_number_value(json_array_get(interval, 0));
    double high = json_number_value(json_array_get(interval, 1));
    bool less = json_is_true(json_object_get(metric, "less_is_better"));
    if (!json_is_array(interval))
        printf("Nothing can be said: %s is not defined on these examples.\n",
               name + strlen("eval_"));
    else if (low > 0.0 || high < 0.0)
        printf("%s is better: the 95 %% interval of the difference in %s leaves out 0\n",
               (low > 0.0) != less ? "B" : "A", name + strlen("eval_"));
    else
        printf("The difference may be chance: its 95 %% interval in %s holds 0\n",
               name + strlen("eval_"));
}

static void result_print(const settings *s, const json_t *result)
{
    const json_t *m = json_object_get(result, "mcnemar");
    metrics_table_print(s, result);
    putchar('\n');
    if (m)
        verdicts_print(m);
    else
        interval_verdict_print(result);
}

int command_compare(const settings *s)
{
    watch w = watch_start(s);
    const bert_observer observer = watch_observer(&w);
    bert_evaluate_options options = settings_evaluate(s);
    options.observer = &observer;

    char *text = NULL;
    bert_status status = bert_compare(s->models[0], s->models[1], &options, &text);
    watch_release(&w);
    if (status != BERT_OK) return complain_of_library();

    json_t *result = s->json ? NULL : json_from_answer(text);
    if (result)
        result_print(s, result);
    else
        json_text_print(text, stdout);
    json_decref(result);
    bert_free(text);
    return EXIT_DONE;
}
