/* print_report.c: report.html and README.md of facts that stand in a file, for tests of the pages.
 *
 *     build/tools/check/print_report FACTS.json FOLDER
 *
 * FACTS.json is an object with the members of report_facts (src/report/report.h). */
#include "json/json.h"
#include "report/report.h"

#include <stdio.h>

int main(int count, char **words)
{
    json_t *facts = NULL;
    folder_handle folder = { 0 };
    bert_task_info task;
    if (count != 3) {
        fprintf(stderr, "usage: print_report FACTS.json FOLDER\n");
        return 2;
    }
    bert_status status = json_read_object(words[1], &facts);
    const char *name = json_string_value(
        json_object_get(json_object_get(json_object_get(facts, "run"), "options"), "task"));
    if (status == BERT_OK && (!name || !bert_task_get_info(name, sizeof task, &task)))
        status = fail(BERT_DATA, "%s: run.options.task names no task", words[1]);
    if (status == BERT_OK) status = folder_hold(words[2], &folder);
    if (status == BERT_OK)
        status = report_write(
            &folder,
            &(report_facts){ .task = &task,
                             .run = json_object_get(facts, "run"),
                             .defaults = json_object_get(facts, "defaults"),
                             .metrics = json_object_get(facts, "metrics"),
                             .results = json_object_get(facts, "results"),
                             .folds = json_object_get(facts, "folds"),
                             .mistakes = json_object_get(facts, "mistakes"),
                             .labels = json_object_get(facts, "labels"),
                             .log = json_string_value(json_object_get(facts, "log")),
                             .license = json_string_value(json_object_get(facts, "license")),
                             .base = json_string_value(json_object_get(facts, "base")) });
    folder_release(&folder);
    json_decref(facts);
    if (status == BERT_OK) return 0;
    fprintf(stderr, "print_report: %s\n", status_message());
    return 1;
}
