#include "profile_table.h"

#include <string.h>

static double number_at(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

static const char *text_at(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static void line_print(FILE *out, const char *phase, const char *operation, double seconds,
                       double whole)
{
    fprintf(out, "%-8s  %-24s  %9.3f  %5.1f %%", phase, operation, seconds,
            whole > 0.0 ? 100.0 * seconds / whole : 0.0);
}

static void row_print(FILE *out, const json_t *row, double whole)
{
    double seconds = number_at(row, "seconds"), products = number_at(row, "products");
    double bytes = number_at(row, "bytes"), rate = seconds > 0.0 ? 1e-9 / seconds : 0.0;
    line_print(out, text_at(row, "phase"), text_at(row, "operation"), seconds, whole);
    fprintf(out, "  %7.0f  %8.1f %s\n", number_at(row, "calls"),
            rate * (products > 0.0 ? products : bytes), products > 0.0 ? "GFLOP/s" : "GB/s");
}

/* The seconds of all operations of a phase; NULL: of all phases. */
static double phase_seconds(const json_t *rows, const char *phase)
{
    size_t index;
    json_t *row;
    double seconds = 0.0;
    json_array_foreach((json_t *)rows, index,
                       row) if (!phase || strcmp(text_at(row, "phase"), phase) == 0) seconds +=
        number_at(row, "seconds");
    return seconds;
}

static void sums_print(FILE *out, const json_t *rows, double whole)
{
    const char *told = "";
    size_t index;
    json_t *row;
    json_array_foreach((json_t *)rows, index, row)
    {
        if (strcmp(text_at(row, "phase"), told) == 0) continue;
        told = text_at(row, "phase");
        line_print(out, told, "all", phase_seconds(rows, told), whole);
        fputc('\n', out);
    }
    line_print(out, "", "between operations", whole - phase_seconds(rows, NULL), whole);
    fputc('\n', out);
}

void profile_print(const json_t *profile, FILE *out)
{
    const json_t *rows = json_object_get(profile, "operations");
    double whole = number_at(profile, "seconds");
    fprintf(out,
            "\nwhere %.0f steps spent %.3f s (the first step is left out where there are more):\n",
            number_at(profile, "steps"), whole);
    fprintf(out, "%-8s  %-24s  %9s  %7s  %7s  %8s\n", "phase", "operation", "seconds", "share",
            "calls", "rate");
    size_t index;
    json_t *row;
    json_array_foreach((json_t *)rows, index, row) row_print(out, row, whole);
    sums_print(out, rows, whole);
}
