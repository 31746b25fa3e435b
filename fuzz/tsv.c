/* tsv.c: tables split at TABs. */
#include "table.h"

static void fields_check(const table *t, void *context)
{
    (void)context;
    for (size_t i = 0; i < table_column_count(t); i++) {
        slice field = table_field(t, i);
        CHECK(field.bytes != NULL);
        if (i) CHECK(field.bytes == table_field(t, i - 1).bytes + table_field(t, i - 1).count + 1);
        for (size_t at = 0; at < field.count; at++)
            CHECK(field.bytes[at] != '\t' && field.bytes[at] != '\n' && field.bytes[at] != '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    table_read("t.tsv", (slice){ (const char *)data, size }, fields_check, NULL);
    return 0;
}
