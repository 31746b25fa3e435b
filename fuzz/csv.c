/* csv.c: RFC 4180. What was read is written again with every field in quotes, and must read the
 * same. */
#include "table.h"

#include <stdio.h>
#include <stdlib.h>

/* All fields of all rows, each with its length before it. */
typedef struct fields {
    char *text;
    size_t count;
    FILE *stream, *quoted;
} fields;

static void field_quote(slice field, FILE *out)
{
    fputc('"', out);
    for (size_t i = 0; i < field.count; i++) {
        if (field.bytes[i] == '"') fputc('"', out);
        fputc(field.bytes[i], out);
    }
    fputc('"', out);
}

static void row_quote(size_t count, const table *t, bool names, FILE *out)
{
    for (size_t i = 0; i < count; i++) {
        if (i) fputc(',', out);
        field_quote(names ? slice_of(table_column_name(t, i)) : table_field(t, i), out);
    }
    fputc('\n', out);
}

static void fields_keep(const table *t, void *context)
{
    fields *f = context;
    size_t count = table_column_count(t);
    for (size_t i = 0; i < count; i++) {
        slice field = table_field(t, i);
        CHECK(field.bytes != NULL);
        fprintf(f->stream, "%zu:", field.count);
        fwrite(field.bytes, 1, field.count, f->stream);
    }
    if (!f->quoted) return;
    if (ftell(f->quoted) == 0) row_quote(count, t, true, f->quoted);
    row_quote(count, t, false, f->quoted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fields first = { 0 }, again = { 0 };
    char *quoted;
    size_t quoted_count;
    first.stream = open_memstream(&first.text, &first.count);
    first.quoted = open_memstream(&quoted, &quoted_count);
    again.stream = open_memstream(&again.text, &again.count);
    CHECK(first.stream && first.quoted && again.stream);

    table_read("t.csv", (slice){ (const char *)data, size }, fields_keep, &first);
    fclose(first.quoted);
    fclose(first.stream);
    if (quoted_count) table_read("t.csv", (slice){ quoted, quoted_count }, fields_keep, &again);
    fclose(again.stream);
    CHECK(slice_equal((slice){ first.text, first.count }, (slice){ again.text, again.count }));
    free(first.text);
    free(again.text);
    free(quoted);
    return 0;
}
