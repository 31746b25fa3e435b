#include "columns.h"

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
