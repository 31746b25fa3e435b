#include "columns.h"

#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <utf8proc.h>

/* Unicode's Bidi_Control: they turn the direction of what stands behind them. */
static bool is_bidirectional(utf8proc_int32_t point)
{
    return point == 0x061C || point == 0x200E || point == 0x200F ||
           (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

bool shown_next(const char **at, shown_character *out)
{
    utf8proc_int32_t point = 0;
    if (!**at) return false;
    utf8proc_ssize_t count = utf8proc_iterate((const utf8proc_uint8_t *)*at, -1, &point);
    *out = (shown_character){ .bytes = *at, .count = count > 0 ? (int)count : 1 };
    *at += out->count;
    if (count <= 0)
        snprintf(out->shown, sizeof out->shown, "\\x%02x", (unsigned char)*out->bytes);
    else if (point >= '\t' && point <= '\r')
        snprintf(out->shown, sizeof out->shown, " ");
    else if (utf8proc_category(point) == UTF8PROC_CATEGORY_CC || is_bidirectional(point))
        snprintf(out->shown, sizeof out->shown, "\\u%04x", (unsigned)point);
    out->width = *out->shown ? (int)strlen(out->shown) : utf8proc_charwidth(point);
    return true;
}

void shown_print(FILE *out, const shown_character *c)
{
    if (*c->shown)
        fputs(c->shown, out);
    else
        fwrite(c->bytes, 1, (size_t)c->count, out);
}

int column_text_width(const char *text)
{
    int width = 0;
    for (shown_character c; shown_next(&text, &c);) width += c.width;
    return width;
}

/* As much of the text as has room. */
static void print_within(FILE *out, const char *text, int room)
{
    for (shown_character c; shown_next(&text, &c) && c.width <= room; room -= c.width)
        shown_print(out, &c);
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
