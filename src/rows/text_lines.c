#include "rows/text_lines.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct text_lines {
    char *path;
    file_map map;
    slice rest;  /* of the map: not read yet */
    size_t line; /* taken so far */
    bool found;  /* one that is not blank */
};

bool text_lines_is_kind(const char *path)
{
    const char *ending = strrchr(path, '.');
    return ending && strcasecmp(ending, ".txt") == 0;
}

static bert_status text_lines_begin(text_lines *t)
{
    TRY(file_map_open(t->path, &t->map));
    const char *begin = t->map.bytes;
    if (t->map.count >= 2 &&
        (memcmp(begin, "\xFF\xFE", 2) == 0 || memcmp(begin, "\xFE\xFF", 2) == 0))
        return fail(BERT_FORMAT, "%s: is UTF-16; convert it (iconv -f UTF-16 -t UTF-8)", t->path);
    size_t mark = t->map.count >= 3 && memcmp(begin, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    t->rest = (slice){ begin + mark, t->map.count - mark };
    return BERT_OK;
}

bert_status text_lines_open(const char *path, text_lines **out)
{
    text_lines *t = NULL;
    TRY(memory_zeroed(1, sizeof *t, (void **)&t));
    t->path = strdup(path);
    bert_status status =
        t->path ? text_lines_begin(t) : fail(BERT_MEMORY, "out of memory for a path");
    if (status == BERT_OK)
        *out = t;
    else
        text_lines_free(t);
    return status;
}

void text_lines_free(text_lines *t)
{
    if (!t) return;
    file_map_close(&t->map);
    free(t->path);
    free(t);
}

/* Is the current line UTF-8 without NUL? */
static bert_status line_verify(const text_lines *t, slice line)
{
    size_t malformed = utf8_malformed(line);
    if (malformed < line.count)
        return fail(BERT_FORMAT,
                    "%s:%zu: not UTF-8 at byte %zu of the line; convert the file to UTF-8 (iconv)",
                    t->path, t->line, malformed + 1);
    const char *nul = line.count ? memchr(line.bytes, '\0', line.count) : NULL;
    if (nul)
        return fail(BERT_FORMAT, "%s:%zu: a NUL at byte %zu of the line; is this a text file?",
                    t->path, t->line, (size_t)(nul - line.bytes) + 1);
    return BERT_OK;
}

bert_status text_lines_take(text_lines *t, slice *line, bool *more)
{
    *more = t->rest.count > 0;
    if (!*more) return BERT_OK;
    size_t most = size_smaller(t->rest.count, LINE_BYTES_MAX + 1);
    const char *end = memchr(t->rest.bytes, '\n', most);
    size_t count = end ? (size_t)(end - t->rest.bytes) : most;
    if (count > LINE_BYTES_MAX)
        return fail(BERT_FORMAT, "%s:%zu: is longer than %d bytes; is it a text file?", t->path,
                    t->line + 1, LINE_BYTES_MAX);
    size_t taken = end ? count + 1 : count;
    *line = (slice){ t->rest.bytes, count };
    if (count && line->bytes[count - 1] == '\r') line->count--;
    t->rest = (slice){ t->rest.bytes + taken, t->rest.count - taken };
    t->line++;
    return line_verify(t, *line);
}

bool text_line_is_blank(slice line)
{
    for (size_t i = 0; i < line.count; i++)
        if (line.bytes[i] != ' ' && line.bytes[i] != '\t' && line.bytes[i] != '\r') return false;
    return true;
}

bert_status text_lines_next(text_lines *t, slice *text, bool *more)
{
    slice line;
    do TRY(text_lines_take(t, &line, more));
    while (*more && text_line_is_blank(line));
    if (!*more && !t->found)
        return fail(BERT_DATA, "%s: has no text; one text a line was expected", t->path);
    if (*more) *text = line;
    t->found = true;
    return BERT_OK;
}

const char *text_lines_path(const text_lines *t)
{
    return t->path;
}

size_t text_lines_line(const text_lines *t)
{
    return t->line;
}
