/* values.c: numbers are read whole or not at all: "3x", "", " 3", "nan" and "0x10" are refused. */
#include "values.h"
#include "report.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool list_add(text_list *list, const char *text)
{
    const char **grown = realloc(list->items, (list->count + 1) * sizeof *grown);
    if (!grown) {
        complain("memory is exhausted");
        list->exhausted = true;
        return false;
    }
    grown[list->count++] = text;
    list->items = grown;
    return true;
}

/* An interval as options.def writes it: "(0, 10]". Doubles hold every bound that the list has. */
static bool within(const char *bounds, double value)
{
    char left, right;
    double least, most;
    if (sscanf(bounds, "%c%lf, %lf%c", &left, &least, &most, &right) != 4) return false;
    return (left == '(' ? value > least : value >= least) &&
           (right == ')' ? value < most : value <= most);
}

static bool whole_number(const char *text, uint64_t *out)
{
    if (!*text || text[strspn(text, "0123456789")]) return false;
    errno = 0;
    *out = strtoull(text, NULL, 10);
    return errno == 0;
}

static bool real_number(const char *text, double *out)
{
    if (!*text || text[strspn(text, "0123456789+-.eE")]) return false;
    char *end;
    *out = strtod(text, &end);
    return !*end && isfinite(*out);
}

/* "3G", "1.5G", "900M", "1500000K", "3000000000": units of a thousand, as sizes are printed. */
static bool byte_count(const char *text, size_t *out)
{
    static const char units[] = "KMG";
    char number[32];
    size_t digits = strspn(text, "0123456789.");
    double bytes;
    if (!digits || digits >= sizeof number) return false;
    memcpy(number, text, digits);
    number[digits] = '\0';
    if (!real_number(number, &bytes)) return false;
    if (text[digits]) {
        const char *unit = strchr(units, text[digits]);
        if (!unit || text[digits + 1]) return false;
        for (const char *each = units; each <= unit; each++) bytes *= 1000.0;
    }
    *out = (size_t)bytes;
    return bytes >= 1.0 && bytes <= 0x1p53;
}

/* `words` is "one|two|N". */
static bool word_allowed(const char *words, const char *text)
{
    uint64_t number;
    for (const char *word = words;; word++) {
        size_t count = strcspn(word, "|");
        if (strlen(text) == count && memcmp(word, text, count) == 0 && strcmp(text, "N") != 0)
            return true;
        if (count == 1 && *word == 'N' && whole_number(text, &number)) return true;
        word += count;
        if (!*word) return false;
    }
}

static bool refused(command_index command, const option_entry *option, const char *text)
{
    const char *wanted = option->kind == KIND_REAL    ? "a number in "
                         : option->kind == KIND_WORD  ? "one of "
                         : option->kind == KIND_BYTES ? "a size such as 3G, 900M or 1500000K"
                                                      : "a whole number in ";
    wrong_use(command, "--%s is '%s'; it must be %s%s", option->name, text, wanted, option->bounds);
    return false;
}

bool value_read(command_index command, const option_entry *option, const char *text, void *field)
{
    uint64_t whole;
    double real;
    bool is_text =
        option->kind == KIND_TEXT || option->kind == KIND_TEXTS || option->kind == KIND_FILES;
    if (is_text && !*text) {
        wrong_use(command, "--%s is empty: it needs %s", option->name, option->value);
        return false;
    }
    switch (option->kind) {
    case KIND_SIZE:
        if (!whole_number(text, &whole) || !within(option->bounds, (double)whole) ||
            whole > SIZE_MAX)
            return refused(command, option, text);
        *(size_t *)field = (size_t)whole;
        return true;
    case KIND_SEED:
        if (!whole_number(text, &whole) || whole > BERT_SEED_MAX)
            return refused(command, option, text);
        *(uint64_t *)field = whole;
        return true;
    case KIND_REAL:
        if (!real_number(text, &real) || !within(option->bounds, real))
            return refused(command, option, text);
        *(double *)field = real;
        return true;
    case KIND_BYTES:
        if (!byte_count(text, field)) return refused(command, option, text);
        return true;
    case KIND_WORD:
        if (!word_allowed(option->bounds, text)) return refused(command, option, text);
        *(const char **)field = text;
        return true;
    case KIND_TEXT:
        *(const char **)field = text;
        return true;
    case KIND_TEXTS:
    case KIND_FILES:
        return list_add(field, text);
    case KIND_FLAG:
        *(bool *)field = true;
        return true;
    case KIND_FLAG_OFF:
        *(bool *)field = false;
        return true;
    }
    return false;
}
