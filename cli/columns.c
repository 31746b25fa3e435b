#include "columns.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <utf8proc.h>

/* A character of a text. */
typedef struct character {
    const char *bytes;
    int count, width;
    bool control;
} character;

/* The one at *at, which is moved behind it; false at the end, and where it is not UTF-8. */
static bool character_next(const char **at, character *out)
{
    utf8proc_int32_t point;
    utf8proc_ssize_t count = utf8proc_iterate((const utf8proc_uint8_t *)*at, -1, &point);
    if (count <= 0 || !point) return false;
    bool control = utf8proc_category(point) == UTF8PROC_CATEGORY_CC;
    *out = (character){ *at, (int)count, control ? 1 : utf8proc_charwidth(point), control };
    *at += count;
    return true;
}

int column_text_width(const char *text)
{
    int width = 0;
    for (character c; character_next(&text, &c);) width += c.width;
    return width;
}

/* As much of the text as has room. */
static void print_within(FILE *out, const char *text, int room)
{
    for (character c; character_next(&text, &c) && c.width <= room; room -= c.width)
        fprintf(out, "%.*s", c.count, c.control ? " " : c.bytes);
}

void column_print(FILE *out, const char *text)
{
    print_within(out, text, INT_MAX);
}

static int spaces_wanted(const char *text, int width)
{
    int used = column_text_width(text);
    return used < width ? width - used : 0;
}

void column_print_left(FILE *out, const char *text, int width)
{
    column_print(out, text);
    fprintf(out, "%*s", spaces_wanted(text, width), "");
}

void column_print_right(FILE *out, const char *text, int width)
{
    fprintf(out, "%*s", spaces_wanted(text, width), "");
    column_print(out, text);
}

void column_print_cut(FILE *out, const char *text, int width)
{
    bool wide = column_text_width(text) > width;
    print_within(out, text, wide ? width - (int)strlen("...") : width);
    if (wide) fputs("...", out);
}

int column_count(FILE *out)
{
    struct winsize size;
    return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}
