#include "rows/text_lines.h"

#include "base/memory.h"
#include "rows/data_file.h"

#include <stdlib.h>

struct text_lines {
    char *path;
    data_file file;
    bool found; /* a line that is not blank */
    size_t crs, first_cr;
};

bool text_lines_is_kind(const char *path)
{
    return bert_name_ends(path, ".txt");
}

bert_status text_lines_open(const char *path, text_lines **out)
{
    text_lines *t = NULL;
    TRY(memory_zeroed(1, sizeof *t, (void **)&t));
    t->path = strdup(path);
    bert_status status =
        t->path ? data_file_open(t->path, &t->file) : fail(BERT_MEMORY, "out of memory for a path");
    if (status == BERT_OK)
        *out = t;
    else
        text_lines_free(t);
    return status;
}

void text_lines_free(text_lines *t)
{
    if (!t) return;
    data_file_close(&t->file);
    free(t->path);
    free(t);
}

/* *cr: a CR inside the line, or NULL. */
static bert_status line_take(text_lines *t, slice *line, const char **cr, bool *more)
{
    TRY(data_file_line(&t->file, line, more));
    *cr = NULL;
    if (!*more) return BERT_OK;
    if (line->count) *cr = memchr(line->bytes, '\r', line->count);
    return bert_line_check(t->path, text_lines_line(t), line->bytes, line->count);
}

bert_status text_lines_take(text_lines *t, slice *line, bool *more)
{
    const char *cr;
    TRY(line_take(t, line, &cr, more));
    if (!cr) return BERT_OK;
    return fail(BERT_FORMAT,
                "%s:%zu: a CR at byte %zu of the line, where lines end in LF; save the file with "
                "LF at the end of every line",
                t->path, text_lines_line(t), (size_t)(cr - line->bytes) + 1);
}

bool text_line_is_blank(slice line)
{
    for (size_t i = 0; i < line.count; i++)
        if (line.bytes[i] != ' ' && line.bytes[i] != '\t') return false;
    return true;
}

bert_status text_lines_next(text_lines *t, slice *text, bool *more)
{
    slice line;
    const char *cr;
    do TRY(line_take(t, &line, &cr, more));
    while (*more && text_line_is_blank(line));
    if (!*more && !t->found)
        return fail(BERT_DATA, "%s: has no text; one text a line was expected", t->path);
    if (*more) *text = line;
    if (cr && !t->crs++) t->first_cr = text_lines_line(t);
    t->found = true;
    return BERT_OK;
}

size_t text_lines_crs(const text_lines *t, size_t *line)
{
    *line = t->first_cr;
    return t->crs;
}

const char *text_lines_path(const text_lines *t)
{
    return t->path;
}

size_t text_lines_line(const text_lines *t)
{
    return t->file.cutter.line;
}

void text_lines_rewind(text_lines *t)
{
    slice rest = t->file.rest;
    t->file.rest = (slice){ t->file.begin, rest.count + (size_t)(rest.bytes - t->file.begin) };
    t->file.cutter = (bert_line_cutter){ 0 };
}
