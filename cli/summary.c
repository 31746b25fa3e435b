#include "summary.h"
#include "bert_program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t parameter_count(const bert_parameter *p)
{
    return p->cols ? p->rows * p->cols : p->rows;
}

bool parameter_trained(const bert_parameter *p, const char *freeze)
{
    if (!freeze) return true;
    if (p->embedding) return false;
    size_t layers = strcmp(freeze, "embeddings") == 0 ? 0 : strtoull(freeze, NULL, 10);
    return p->layer == 0 || p->layer > layers;
}

/* What is neither embedding nor layer goes by its checkpoint name's first word: "bert.pooler.dense
 * .weight" is the pooler's. */
static void part_name(const bert_parameter *p, char *out, size_t capacity)
{
    const char *name = p->name;
    if (strncmp(name, "bert.", 5) == 0) name += 5;
    if (p->embedding)
        snprintf(out, capacity, "embeddings");
    else if (p->layer)
        snprintf(out, capacity, "encoder layer %zu", p->layer);
    else
        snprintf(out, capacity, "%.*s", (int)strcspn(name, "."), name);
}

bool summary_make(const bert_model *model, const char *freeze, summary *out)
{
    bert_model_info info = bert_model_get_info(model);
    bert_task_info task = { .per_token = false };
    (void)bert_task_get_info(info.task, sizeof task, &task); /* without one nothing is */
    summary s = { .parts = calloc(info.parameter_tensors + 1, sizeof *s.parts) };
    if (!s.parts) return false;
    for (size_t i = 0; i < info.parameter_tensors; i++) {
        bert_parameter p = bert_model_parameter(model, i);
        char name[sizeof s.parts->name];
        part_name(&p, name, sizeof name);
        if (s.count == 0 || strcmp(s.parts[s.count - 1].name, name) != 0) {
            summary_part *part = &s.parts[s.count++];
            memcpy(part->name, name, sizeof name);
            part->per_token = p.embedding || p.layer || task.per_token;
            part->width = p.embedding || p.layer ? info.hidden : p.rows;
            part->trained = parameter_trained(&p, freeze);
        }
        s.parts[s.count - 1].parameters += parameter_count(&p);
        s.parameters += parameter_count(&p);
        if (parameter_trained(&p, freeze)) s.trained += parameter_count(&p);
    }
    *out = s;
    return true;
}

void summary_release(summary *s)
{
    free(s->parts);
    *s = (summary){ 0 };
}
