#include "models.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* huggingface_hub's wish for no bars is one for no progress here. */
static bool progress_unwanted(void)
{
    static const char *const words[] = { "1", "on", "yes", "true" };
    const char *value = getenv("HF_HUB_DISABLE_PROGRESS_BARS");
    for (size_t i = 0; value && i < sizeof words / sizeof *words; i++)
        if (strcasecmp(value, words[i]) == 0) return true;
    return false;
}

fetch_watch fetch_watch_start(const settings *s)
{
    return (fetch_watch){ .progress = progress_start(s->quiet || progress_unwanted()),
                          .quiet = s->quiet };
}

static void tell(void *context, const bert_event *event)
{
    fetch_watch *w = context;
    if (event->kind == BERT_EVENT_FETCH) {
        progress_fetch(&w->progress, event);
        return;
    }
    progress_clear(&w->progress);
    if (event->kind == BERT_EVENT_WARNING) complain("warning: %s", event->text);
    if (event->kind == BERT_EVENT_NOTE && !w->quiet) remark("%s", event->text);
}

bert_observer fetch_watch_observer(fetch_watch *w)
{
    bert_observer observer = bert_observer_default();
    observer.tell = tell;
    observer.context = w;
    return observer;
}

/* How many of a command's operands are models, from the first. */
static size_t model_operands(command_index command)
{
    if (command == INDEX_PULL) return 0; /* a name, whatever folders there are */
    return command == INDEX_COMPARE ? 2 : 1;
}

int models_find(command_index command, settings *s)
{
    size_t count = s->print_options ? 0 : model_operands(command);
    fetch_watch w = fetch_watch_start(s);
    const bert_observer observer = fetch_watch_observer(&w);
    bert_hub_options options = bert_hub_options_default();
    options.weights = command != INDEX_TOKENIZE;
    options.observer = &observer;
    for (size_t i = 0; i < count; i++) {
        bert_status status = bert_hub_find(&options, s->operands[i], &s->models[i]);
        progress_clear(&w.progress);
        if (status != BERT_OK) return complain_of_library();
    }
    return EXIT_DONE;
}
