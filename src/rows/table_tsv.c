#include "rows/table_reader.h"

static bool ends_line(char byte)
{
    return byte == '\n' || byte == '\r';
}

static bert_status tsv_open(table *t)
{
    /* Empty lines at the end are no rows. */
    slice *rest = &t->file.rest;
    while (rest->count && ends_line(rest->bytes[rest->count - 1])) rest->count--;
    return table_header_read(t);
}

static bert_status tsv_next(table *t, bool *more)
{
    slice line;
    TRY(data_file_line(&t->file, &line, more));
    t->line = t->file.cutter.line;
    if (!*more) return BERT_OK;
    TRY(table_verify_text(t, line));

    t->field_count = 0;
    for (const char *at = line.bytes, *end = at + line.count;;) {
        const char *tab = at < end ? memchr(at, '\t', (size_t)(end - at)) : NULL;
        TRY(table_field_add(t, (slice){ at, (size_t)((tab ? tab : end) - at) }));
        if (!tab) return BERT_OK;
        at = tab + 1;
    }
}

static void tsv_close(table *t)
{
    (void)t;
}

const table_kind table_kind_tsv = {
    .ending = ".tsv",
    .too_few = "is a TAB missing?",
    .too_many = "is there a TAB inside a text?",
    .open = tsv_open,
    .next = tsv_next,
    .close = tsv_close,
};
