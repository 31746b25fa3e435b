#include "report/markup.h"
#include "report/page.h"

/* ---- options */

static void value_put(FILE *out, json_t *value)
{
    char text[NUMBER_TEXT];
    if (json_is_string(value))
        markup_isolated(out, json_string_value(value), TEXT_CHARACTERS);
    else if (json_is_integer(value)) /* no thousands apart: a seed, a number of bytes */
        fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_number(value))
        fputs(number_short(json_number_value(value), text), out);
    else if (json_is_boolean(value))
        fputs(json_is_true(value) ? "yes" : "no", out);
    else if (!json_array_size(value))
        fputs("–", out);
    for (size_t i = 0; i < json_array_size(value); i++) {
        fputs(i ? ", " : "", out);
        value_put(out, json_array_get(value, i));
    }
}

/* Two numbers may be written as a whole one and as one with a point. */
static bool is_default(json_t *value, json_t *other)
{
    if (json_is_number(value) && json_is_number(other))
        return json_number_value(value) == json_number_value(other);
    return value == other || json_equal(value, other) || (json_is_null(value) && !other);
}

static void option_rows(FILE *out, json_t *options, json_t *defaults, bool chosen)
{
    const char *name;
    json_t *value;
    json_object_foreach(options, name, value)
    {
        json_t *other = json_object_get(defaults, name);
        if (json_is_object(value)) {
            option_rows(out, value, other, chosen);
            continue;
        }
        if (is_default(value, other) == chosen) continue;
        fprintf(out, "<tr><th scope=\"row\"><code>");
        markup_text(out, name);
        fprintf(out, "</code></th><td>");
        value_put(out, value);
        if (chosen) {
            fprintf(out, "</td><td class=\"quiet\">");
            value_put(out, other);
        }
        fprintf(out, "</td></tr>\n");
    }
}

static void options_put(FILE *out, const report_facts *f)
{
    json_t *options = json_object_get(f->run, "options");
    fprintf(out,
            "<div class=\"scroll\"><table><caption>Options that were chosen</caption><thead><tr>"
            "<th scope=\"col\">option</th><th scope=\"col\">value</th>"
            "<th scope=\"col\">if not chosen</th></tr></thead><tbody>\n");
    option_rows(out, options, f->defaults, true);
    fprintf(out,
            "</tbody></table></div>\n<details><summary>Options as they are by default</summary>"
            "<div class=\"scroll\"><table><caption>Options by default</caption><thead><tr>"
            "<th scope=\"col\">option</th><th scope=\"col\">value</th></tr></thead><tbody>\n");
    option_rows(out, options, f->defaults, false);
    fprintf(out, "</tbody></table></div></details>\n");
}

/* ---- versions and checksums */

static void version_row(FILE *out, const report_facts *f, const char *name, const char *key)
{
    const char *text = facts_text(f->run, key);
    if (!*text) return;
    fprintf(out, "<tr><th scope=\"row\">%s</th><td>", name);
    markup_isolated(out, text, TEXT_CHARACTERS);
    fprintf(out, "</td></tr>\n");
}

static void memory_row(FILE *out, const report_facts *f)
{
    char text[NUMBER_TEXT];
    double bytes = facts_number(json_object_get(f->run, "memory"), "needed", 0.0);
    if (bytes > 0.0)
        fprintf(out, "<tr><th scope=\"row\">Memory, as planned</th><td>%s MB</td></tr>\n",
                number_count(bytes / 1e6, text));
}

/* The steps after which a run that had been stopped went on. */
static void resumed_row(FILE *out, const report_facts *f)
{
    json_t *steps = json_object_get(f->run, "resumed");
    if (!json_array_size(steps)) return;
    fprintf(out, "<tr><th scope=\"row\">Resumed after step</th><td>");
    value_put(out, steps);
    fprintf(out, "</td></tr>\n");
}

static void versions_put(FILE *out, const report_facts *f)
{
    fprintf(
        out,
        "<div class=\"scroll\"><table class=\"record\"><caption>What it ran on</caption><tbody>\n");
    version_row(out, f, "bert.c", "bert.c");
    version_row(out, f, "Matrix library", "matrix_library");
    version_row(out, f, "Instruction set", "instruction_set");
    version_row(out, f, "Processor", "processor");
    memory_row(out, f);
    resumed_row(out, f);
    version_row(out, f, "Command line", "command_line");
    fprintf(out, "</tbody></table></div>\n");
}

static void checksums_put(FILE *out, const report_facts *f)
{
    const char *path;
    json_t *digest;
    fprintf(out, "<div class=\"scroll\"><table><caption>Checksums (SHA-256)</caption><tbody>\n");
    json_object_foreach(json_object_get(f->run, "sha256"), path, digest)
    {
        const char *hex = json_string_value(digest);
        fprintf(out, "<tr><th scope=\"row\">");
        markup_isolated(out, path, TEXT_CHARACTERS);
        fprintf(out, "</th><td><code>");
        markup_text(out, hex ? hex : "");
        fprintf(out, "</code></td></tr>\n");
    }
    fprintf(out, "</tbody></table></div>\n");
}

void section_record(FILE *out, const report_facts *f)
{
    char series[SERIES_TEXT];
    fprintf(out, "<section><h2>How it was made</h2>\n<p class=\"quiet\">The same options, data and "
                 "checkpoint on a processor of this kind give the same bytes again.");
    if (*facts_series(f, series))
        fprintf(out,
                " The seed is one of several, of which the best is kept: the options to give are "
                "<code>%s</code>, whose first seed also chose what <code>--dev-share</code> holds "
                "out.",
                series);
    fprintf(out, "</p>\n");
    options_put(out, f);
    versions_put(out, f);
    checksums_put(out, f);
    fprintf(out, "</section>\n");
}
