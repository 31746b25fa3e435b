#include "columns.h"

#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <utf8proc.h>

int column_text_width(const char *text)
{
    int width = 0;
    utf8proc_int32_t point;
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
    for (utf8proc_ssize_t step; (step = utf8proc_iterate(at, -1, &point)) > 0 && point; at += step)
        width += utf8proc_charwidth(point);
    return width;
}

static int spaces_wanted(const char *text, int width)
{
    int used = column_text_width(text);
    return used < width ? width - used : 0;
}

void column_print_left(FILE *out, const char *text, int width)
{
    fprintf(out, "%s%*s", text, spaces_wanted(text, width), "");
}

void column_print_right(FILE *out, const char *text, int width)
{
    fprintf(out, "%*s%s", spaces_wanted(text, width), "", text);
}

void column_print_cut(FILE *out, const char *text, int width)
{
    int room = column_text_width(text) > width ? width - (int)strlen("...") : width, used = 0;
    utf8proc_int32_t point;
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
    for (utf8proc_ssize_t step; (step = utf8proc_iterate(at, -1, &point)) > 0 && point;
         at += step) {
        bool control = utf8proc_category(point) == UTF8PROC_CATEGORY_CC;
        int own = control ? 1 : utf8proc_charwidth(point);
        if (used + own > room) break;
        used += own;
        if (control)
            fputc(' ', out);
        else
            fwrite(at, 1, (size_t)step, out);
    }
    if (room < width) fputs("...", out);
}

int column_count(FILE *out)
{
    struct winsize size;
    return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}
