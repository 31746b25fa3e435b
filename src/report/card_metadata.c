#include "report/card.h"

#include "report/facts.h"
#include "report/yaml.h"

#include <string.h>

/* The k-th measure of the metrics that the Hub has a name for, from 0; NULL at the end. */
static const measure *hub_measure(const report_facts *f, size_t k)
{
    for (size_t i = 0; i < measure_count; i++) {
        const measure *m = &measures[i];
        if (*m->hub && json_is_number(json_object_get(f->metrics, m->key)) && k-- == 0) return m;
    }
    return NULL;
}

static void member(FILE *out, const char *name, const char *text)
{
    fprintf(out, "%s: ", name);
    yaml_text(out, text);
    fputc('\n', out);
}

/* May it stand where the Hub wants the name of a model? */
static bool is_name(const char *text)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/";
    return *text && !text[strspn(text, allowed)];
}

static void metric_names(FILE *out, const report_facts *f)
{
    const measure *m;
    if (!hub_measure(f, 0)) return;
    fprintf(out, "metrics:\n");
    for (size_t k = 0; (m = hub_measure(f, k)); k++) {
        bool named = false;
        for (size_t i = 0; i < k && !named; i++)
            named = strcmp(hub_measure(f, i)->hub, m->hub) == 0;
        if (!named) fprintf(out, "- %s\n", m->hub);
    }
}

/* "csv" of "dev.csv": what `datasets` calls a builder of local files. Dev data that were held out
 * are of the first training file. */
static const char *dev_type(const report_facts *f)
{
    const char *dev = facts_option(f, "dev"),
               *train =
                   json_string_value(json_array_get(facts_at(f->run, "options", "train", NULL), 0)),
               *path = *dev || !train ? dev : train;
    const char *point = strrchr(path_name(path), '.');
    return point && point[1] ? point + 1 : "text";
}

static void results_put(FILE *out, const report_facts *f)
{
    const bert_task_info *k = f->task;
    const measure *m;
    char dev[DEV_NAME];
    if (!hub_measure(f, 0)) return;
    fprintf(out, "model-index:\n- ");
    member(out, "name", path_name(facts_option(f, "output")));
    fprintf(out, "  results:\n  - task:\n      type: %s\n      ", k->pipeline);
    member(out, "name", k->title);
    fprintf(out, "    dataset:\n      ");
    member(out, "name", facts_dev_name(f, dev));
    fprintf(out, "      ");
    member(out, "type", dev_type(f));
    fprintf(out, "    metrics:\n");
    for (size_t i = 0; (m = hub_measure(f, i)); i++) {
        fprintf(out, "    - type: %s\n      value: ", m->hub);
        yaml_number(out, facts_number(f->metrics, m->key, 0.0));
        fprintf(out, "\n      ");
        member(out, "name", m->name);
    }
}

static const char tag_line[] = "\n- bert.c\n";

void card_metadata(FILE *out, const report_facts *f)
{
    const bert_task_info *k = f->task;
    bool vectors = !k->transformers_class;
    fprintf(out, "---\nlibrary_name: %s\n", vectors ? "sentence-transformers" : "transformers");
    member(out, "license", f->license ? f->license : "unknown");
    if (f->base && is_name(f->base)) member(out, "base_model", f->base);
    fprintf(out, "pipeline_tag: %s\n", k->pipeline);
    fprintf(out, "tags:%s", tag_line);
    fprintf(out, "- %s\n", k->name);
    if (vectors) fprintf(out, "- feature-extraction\n");
    metric_names(out, f);
    results_put(out, f);
    fprintf(out, "---\n");
}

bool card_is_ours(const char *path)
{
    enum { HEAD_BYTES = 4096 }; /* the tags come before what may be long */
    char head[HEAD_BYTES + 1];
    FILE *stream = fopen(path, "re");
    if (!stream) return false;
    head[fread(head, 1, HEAD_BYTES, stream)] = '\0';
    fclose(stream);
    const char *tag = strstr(head, tag_line), *end = strstr(head, "\n---\n");
    return strncmp(head, "---\n", strlen("---\n")) == 0 && tag && (!end || tag < end);
}
