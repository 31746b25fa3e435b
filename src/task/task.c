#include "task/task.h"

#include "json/json.h"
#include <assert.h>
#include <stdlib.h>

void score_put(score_list *list, const char *name, double value)
{
    assert(list->count < SCORES_MAX);
    list->items[list->count++] = (named_score){ .name = name, .value = value };
}

bert_status scores_describe(const score_list *list, json_t *object)
{
    for (size_t i = 0; i < list->count; i++)
        TRY(json_put(object, list->items[i].name, json_number(list->items[i].value)));
    return BERT_OK;
}

double examples_weigh(const examples *e, const uint32_t *index, size_t count, size_t first_in_step,
                      uint64_t key)
{
    const task_loss *loss = e->task->loss;
    return loss->weigh ? loss->weigh(e, index, count, first_in_step, key) : (double)count;
}

const task_labels labels_none = { 0 };

void label_names_release(label_names *labels)
{
    for (size_t i = 0; labels->names && i < labels->count; i++) free(labels->names[i]);
    free(labels->names);
    *labels = (label_names){ 0 };
}
