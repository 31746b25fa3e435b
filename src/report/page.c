#include "report/page.h"

#include "report/markup.h"

#include <math.h>
#include <string.h>

void baseline_name(FILE *out, const char *name)
{
    for (const char *word = name; *word; word += *word == '_') {
        size_t letters = strcspn(word, "_");
        char text[NAME_CHARACTERS];
        snprintf(text, sizeof text, "%.*s", (int)letters, word);
        markup_text(out, text);
        word += letters;
        if (*word) fputc(' ', out);
    }
}

void cell_number(FILE *out, const char *text)
{
    fprintf(out, "<td class=\"number\">%s</td>", text);
}

void cell_bar(FILE *out, double share, const char *text, const char *class)
{
    char width[NUMBER_TEXT];
    fprintf(out, "<td class=\"bar %s\" style=\"--w:%s%%\">%s</td>", class,
            number_fixed(100.0 * fmin(fmax(share, 0.0), 1.0), 1, width), text);
}

/* Nothing is loaded and nothing runs, whatever the texts may hold: the policy says so to the
 * browser, should the escaping ever fail. The empty icon keeps it from asking a server for one. */
static void head_put(FILE *out, const report_facts *f)
{
    fprintf(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                 "style-src 'unsafe-inline'; img-src data:\">\n"
                 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                 "<link rel=\"icon\" href=\"data:,\">\n<title>");
    markup_text(out, f->task->title);
    fprintf(out, ": ");
    markup_cut(out, path_name(facts_option(f, "output")), NAME_CHARACTERS);
    fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n", page_style);
}

bert_status page_write(FILE *out, const report_facts *f, const log_curves *curves)
{
    head_put(out, f);
    fprintf(out, "<body><main>\n");
    section_headline(out, f);
    section_curves(out, f, curves);
    TRY(section_data(out, f));
    section_measures(out, f);
    section_confusion(out, f);
    TRY(section_labels(out, f));
    section_mistakes(out, f);
    section_record(out, f);
    fprintf(out, "<footer>Written by bert.c ");
    markup_text(out, facts_text(f->run, "bert.c"));
    fprintf(out, " from run.json, train_log.jsonl and all_results.json of this folder.</footer>\n"
                 "</main></body>\n</html>\n");
    return BERT_OK;
}
