#include "report/yaml.h"

#include "report/characters.h"
#include "report/markup.h"

#include <string.h>

/* Line and paragraph separators are line ends to YAML 1.1; a byte order mark and the last two of
 * the plane may not stand in a file. */
static bool is_hidden(const character *c)
{
    return character_is_control(c) || c->code == 0x2028 || c->code == 0x2029 || c->code == 0xfeff ||
           c->code == 0xfffe || c->code == 0xffff;
}

void yaml_text(FILE *out, const char *text)
{
    characters all = characters_of(text);
    character c;
    fputc('"', out);
    while (character_next(&all, &c)) {
        if (is_hidden(&c))
            fprintf(out, "\\u%04X", (unsigned)c.code);
        else if (c.code == '"' || c.code == '\\')
            fprintf(out, "\\%c", (char)c.code);
        else
            fwrite(c.bytes, 1, c.count, out);
    }
    fputc('"', out);
}

void yaml_number(FILE *out, double value)
{
    char text[NUMBER_TEXT];
    const char *exponent = strchr(number_short(value, text), 'e');
    if (!exponent) {
        fputs(text, out);
        return;
    }
    fprintf(out, "%.*s%s", (int)(exponent - text), text, strchr(text, '.') ? "" : ".0");
    fprintf(out, "e%s%s", exponent[1] == '-' ? "" : "+", exponent + 1);
}

void markdown_text(FILE *out, const char *text)
{
    characters all = characters_of(text);
    character c;
    while (character_next(&all, &c)) {
        bool space = c.code == '\t' || c.code == '\n' || c.code == '\r' || c.code == 0x2028 ||
                     c.code == 0x2029;
        if (space)
            fputc(' ', out);
        else if (character_is_control(&c))
            fputs("\xef\xbf\xbd", out); /* U+FFFD */
        else if (c.code < 0x80 && strchr("\\`*_{}[]<>|&~$#!", (int)c.code))
            fprintf(out, "\\%c", (char)c.code);
        else
            fwrite(c.bytes, 1, c.count, out);
    }
}
