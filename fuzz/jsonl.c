/* jsonl.c: tables of a JSON object a line. */
#include "table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    table_read("t.jsonl", (slice){ (const char *)data, size }, NULL, NULL);
    return 0;
}
