#include "toy.h"

#include <stdio.h>
#include <string.h>

const char toy_model[] = "tests/data/golden/gelu";

static void listen(void *context, const bert_event *event)
{
    heard *h = context;
    size_t used = strlen(h->text);
    if (event->kind == BERT_EVENT_NOTE || event->kind == BERT_EVENT_WARNING)
        snprintf(h->text + used, sizeof h->text - used, "%s%s\n",
                 event->kind == BERT_EVENT_WARNING ? "warning: " : "", event->text);
    if (event->kind == BERT_EVENT_EVALUATED) h->evaluations++;
    if (event->kind != BERT_EVENT_STEP) return;
    if (h->steps++ == 0) h->first_loss = event->loss;
    h->last_loss = event->loss;
}

static bool stop_early(void *context)
{
    const heard *h = context;
    return h->stop_after && h->steps >= h->stop_after;
}

/* Sixty texts of three classes that a word decides. */
const char *toy_data(void **state, const char *name, const char *const labels[3])
{
    static const char *const words[] = { "bad", "fair", "good" }, *const frames[] = {
        "the film was %s", "a %s plot", "acting: %s !"
    };
    char text[8192] = "text\tlabel\n";
    for (size_t i = 0; i < 60; i++) {
        char line[128];
        snprintf(line, sizeof line, frames[i / 3 % 3], words[i % 3]);
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s %zu\t%s\n", line, i / 9, labels[i % 3]);
    }
    return scratch_text(state, name, text);
}

const char *const same_labels[] = { "bad", "fair", "good" };
const char *const other_labels[] = { "x", "y", "z" };

bert_train_options toy_options(void **state, const char *const *train, heard *h)
{
    bert_train_options o = bert_train_options_default();
    o.model = toy_model;
    o.train = train;
    o.train_count = 1;
    o.output = scratch_path(state, "out");
    o.learning_rate = 1e-3;
    o.max_length = 32;
    o.batch_size = 8;
    h->observer = bert_observer_default();
    h->observer.tell = listen;
    h->observer.stop = stop_early;
    h->observer.context = h;
    o.observer = &h->observer;
    return o;
}

const char *in_folder(void **state, const char *folder, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return scratch_path(state, path);
}
