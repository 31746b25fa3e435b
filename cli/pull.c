#include "commands.h"
#include "models.h"
#include "report.h"

#include <stdio.h>

int command_pull(const settings *s)
{
    char *folder = NULL;
    fetch_watch w = fetch_watch_start(s);
    const bert_observer observer = fetch_watch_observer(&w);
    bert_hub_options options = bert_hub_options_default();
    options.update = true;
    options.observer = &observer;
    bert_status status = bert_hub_pull(&options, s->operands[0], &folder);
    progress_clear(&w.progress);
    if (status != BERT_OK) return complain_of_library();
    puts(folder);
    bert_free(folder);
    return EXIT_DONE;
}
