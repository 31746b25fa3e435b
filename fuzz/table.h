/* table.h: what the targets of the three kinds of table share. */
#ifndef FUZZ_TABLE_H
#define FUZZ_TABLE_H

#include "fuzz.h"
#include "rows/table.h"

/* Called with each row. */
typedef void table_row_check(const table *t, void *context);

/* Reads all rows of the bytes as a file of this name, and holds them against table.h. */
void table_read(const char *path, slice bytes, table_row_check *check, void *context);

#endif
