#include "report/markup.h"

#include "report/characters.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- text */

static const char *entity_of(uint32_t code)
{
    switch (code) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static void character_put(FILE *out, const character *c)
{
    const char *entity = entity_of(c->code);
    bool space = c->code == '\t' || c->code == '\n' || c->code == '\r';
    if (entity)
        fputs(entity, out);
    else if (character_is_control(c) && !space)
        fputs("\xef\xbf\xbd", out); /* U+FFFD */
    else
        fwrite(c->bytes, 1, c->count, out);
}

void markup_cut(FILE *out, const char *text, size_t most)
{
    if (markup_range(out, text, 0, most)) fputs("…", out);
}

bool markup_range(FILE *out, const char *text, size_t from, size_t to)
{
    characters all = characters_of(text);
    character one;
    for (size_t at = 0; character_next(&all, &one); at++) {
        if (at >= to) return true;
        if (at >= from) character_put(out, &one);
    }
    return false;
}

void markup_text(FILE *out, const char *text)
{
    markup_cut(out, text, SIZE_MAX);
}

void markup_isolated(FILE *out, const char *text, size_t most)
{
    fputs("<bdi>", out);
    markup_cut(out, text, most);
    fputs("</bdi>", out);
}

/* ---- numbers */

/* The locale's decimal separator, if it is not a point, is the one thing that is neither digit,
 * sign nor letter. */
static char *pointed(char *number)
{
    for (char *at = number; *at; at++)
        if (!strchr("0123456789+-einfa", *at)) *at = '.';
    return number;
}

char *number_fixed(double value, int decimals, char *out)
{
    double half = 0.5 * pow(10.0, -decimals);
    if (value < 0.0 && value > -half) value = 0.0;
    snprintf(out, NUMBER_TEXT, fabs(value) < 1e15 ? "%.*f" : "%.*g", decimals, value);
    return pointed(out);
}

char *number_count(double value, char *out)
{
    char digits[NUMBER_TEXT];
    number_fixed(value, 0, digits);
    size_t count = strlen(digits), sign = *digits == '-', used = 0;
    for (size_t i = 0; i < count && used + 2 < NUMBER_TEXT; i++) {
        if (i > sign && (count - i) % 3 == 0 && strspn(digits + sign, "0123456789") == count - sign)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = '\0';
    return out;
}

/* "5e-05" as "5e-5". */
static void exponent_shorten(char *number)
{
    char *exponent = strchr(number, 'e');
    if (!exponent) return;
    char *digits = exponent + 1 + (exponent[1] == '-' || exponent[1] == '+');
    size_t zeros = strspn(digits, "0");
    if (digits[zeros]) memmove(digits, digits + zeros, strlen(digits + zeros) + 1);
    if (exponent[1] == '+') memmove(exponent + 1, exponent + 2, strlen(exponent + 2) + 1);
}

char *number_short(double value, char *out)
{
    enum { DIGITS_MAX = 17 }; /* enough for any double */
    for (int digits = 1; digits <= DIGITS_MAX; digits++) {
        snprintf(out, NUMBER_TEXT, "%.*g", digits, value);
        if (strtod(out, NULL) == value) break;
    }
    exponent_shorten(pointed(out));
    return out;
}

char *number_percent(double share, char *out)
{
    number_fixed(100.0 * share, 1, out);
    strncat(out, " %", NUMBER_TEXT - strlen(out) - 1);
    return out;
}

char *number_seconds(double seconds, char *out)
{
    double whole = floor(seconds + 0.5);
    if (seconds < 1.0)
        snprintf(out, NUMBER_TEXT, "%.0f ms", 1000.0 * seconds);
    else if (seconds < 59.95) {
        number_fixed(seconds, 1, out);
        strncat(out, " s", NUMBER_TEXT - strlen(out) - 1);
    } else if (whole < 3600.0)
        snprintf(out, NUMBER_TEXT, "%.0f min %.0f s", floor(whole / 60.0), fmod(whole, 60.0));
    else
        snprintf(out, NUMBER_TEXT, "%.0f h %.0f min", floor(whole / 3600.0),
                 floor(fmod(whole, 3600.0) / 60.0));
    return out;
}
