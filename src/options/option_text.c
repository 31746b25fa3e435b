/* option_text.c: one option's value: its bounds, and its text. Numbers are read whole or not at
 * all: "3x", "", " 3", "nan" and "0x10" are refused. */
#include "options/option_text.h"

#include "base/status.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char bert_option_required[] = "required";

/* ---- bounds */

/* "(0, 10]". An open end excludes numbers that become equal to it as floats: rates are floats
 * further down. */
static bool within(const char *bounds, double value)
{
    double least = strtod(bounds + 1, NULL), most = strtod(strchr(bounds, ',') + 1, NULL);
    bool above = *bounds == '(' ? (float)value > (float)least : value >= least;
    bool below = bounds[strlen(bounds) - 1] == ')' ? (float)value < (float)most : value <= most;
    return above && below;
}

/* The same for whole numbers, whose bounds include both ends. */
static bool whole_within(const char *bounds, uint64_t value)
{
    return value >= strtoull(bounds + 1, NULL, 10) &&
           value <= strtoull(strchr(bounds, ',') + 1, NULL, 10);
}

static bool whole_number(const char *text, uint64_t *out)
{
    if (!*text || text[strspn(text, "0123456789")]) return false;
    errno = 0;
    *out = strtoull(text, NULL, 10);
    return errno == 0;
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

/* A value of any kind. */
typedef union option_value {
    size_t size;
    uint64_t seed;
    double real;
    const char *text;
    bool flag;
} option_value;

static option_value value_of(const bert_option *o, const void *field)
{
    switch (o->kind) {
    case BERT_OPTION_SIZE:
    case BERT_OPTION_BYTES:
        return (option_value){ .size = *(const size_t *)field };
    case BERT_OPTION_SEED:
        return (option_value){ .seed = *(const uint64_t *)field };
    case BERT_OPTION_REAL:
        return (option_value){ .real = *(const double *)field };
    case BERT_OPTION_FLAG:
    case BERT_OPTION_FLAG_OFF:
        return (option_value){ .flag = *(const bool *)field };
    default:
        return (option_value){ .text = *(const char *const *)field };
    }
}

static bool is_text(const bert_option *o)
{
    return o->kind == BERT_OPTION_TEXT || o->kind == BERT_OPTION_TEXTS ||
           o->kind == BERT_OPTION_FILES;
}

static bool fits(const bert_option *o, option_value value)
{
    switch (o->kind) {
    case BERT_OPTION_SIZE:
        return whole_within(o->bounds, value.size);
    case BERT_OPTION_SEED:
        return whole_within(o->bounds, value.seed);
    case BERT_OPTION_REAL:
        return isfinite(value.real) && within(o->bounds, value.real);
    case BERT_OPTION_BYTES:
        return value.size >= 1 && value.size <= (size_t)1 << 53;
    case BERT_OPTION_WORD:
        return value.text && word_allowed(o->bounds, value.text);
    case BERT_OPTION_FLAG:
    case BERT_OPTION_FLAG_OFF:
        return true;
    default:
        return value.text && *value.text;
    }
}

static bert_status refused(const bert_option *o, const char *text)
{
    const char *wanted = o->kind == BERT_OPTION_REAL    ? "a number in "
                         : o->kind == BERT_OPTION_WORD  ? "one of "
                         : o->kind == BERT_OPTION_BYTES ? "a size such as 3G, 900MB or 2GiB"
                                                        : "a whole number in ";
    if (is_text(o)) return fail_field(BERT_ARGUMENT, o->field, "is empty: it needs %s", o->value);
    return fail_field(BERT_ARGUMENT, o->field, "is '%s'; it must be %s%s", text, wanted, o->bounds);
}

/* Does the field hold what the list calls absent? */
static bool option_absent(const bert_option *o, const void *field)
{
    option_value value = value_of(o, field);
    if (!o->absent) return false;
    switch (o->kind) {
    case BERT_OPTION_SIZE:
    case BERT_OPTION_BYTES:
        return !value.size;
    case BERT_OPTION_REAL:
        return value.real < 0.0;
    case BERT_OPTION_WORD:
    case BERT_OPTION_TEXT:
        return !value.text;
    default:
        return false;
    }
}

bert_status option_field_check(const bert_option *o, const void *field)
{
    option_value value = value_of(o, field);
    char text[BERT_OPTION_CAPACITY];
    if (option_absent(o, field) || fits(o, value)) return BERT_OK;
    if (o->kind == BERT_OPTION_WORD) return refused(o, value.text ? value.text : "");
    bert_option_text(o, field, text, sizeof text);
    return refused(o, text);
}

/* ---- text */

static bool real_number(const char *text, double *out)
{
    if (!*text || text[strspn(text, "0123456789+-.eE")]) return false;
    char *end;
    *out = strtod(text, &end);
    return !*end;
}

/* "", "B", "K", "KB", "KiB" and so on, in any case: what a unit of that name counts; 0: there is
 * none. */
static double unit_bytes(const char *unit)
{
    static const char prefixes[] = "kmgt";
    double bytes = 1.0, step = 1000.0;
    const char *prefix = *unit ? strchr(prefixes, tolower((unsigned char)*unit)) : NULL;
    if (prefix) {
        unit++;
        if (tolower((unsigned char)*unit) == 'i') {
            step = 1024.0;
            unit++;
        }
        for (const char *each = prefixes; each <= prefix; each++) bytes *= step;
    }
    if (tolower((unsigned char)*unit) == 'b') unit++;
    return *unit ? 0.0 : bytes;
}

/* "3G", "1.5 GB", "900M", "1500000K", "3000000000", "2GiB": as sizes are printed, a unit is a
 * thousand of the next; with an i 1,024. */
static bool byte_count(const char *text, size_t *out)
{
    char number[32];
    size_t digits = strspn(text, "0123456789.");
    double bytes;
    if (!digits || digits >= sizeof number) return false;
    memcpy(number, text, digits);
    number[digits] = '\0';
    if (!real_number(number, &bytes)) return false;
    bytes *= unit_bytes(text + digits + (text[digits] == ' ' && text[digits + 1]));
    if (!(bytes <= 0x1p54)) return false; /* out of bounds; it may not fit size_t */
    *out = (size_t)bytes;
    return true;
}

static bool value_parse(const bert_option *o, const char *text, option_value *out)
{
    switch (o->kind) {
    case BERT_OPTION_SIZE:
        if (!whole_number(text, &out->seed) || out->seed > SIZE_MAX) return false;
        out->size = (size_t)out->seed;
        return true;
    case BERT_OPTION_SEED:
        return whole_number(text, &out->seed);
    case BERT_OPTION_REAL:
        return real_number(text, &out->real);
    case BERT_OPTION_BYTES:
        return byte_count(text, &out->size);
    case BERT_OPTION_FLAG:
    case BERT_OPTION_FLAG_OFF:
        out->flag = o->kind == BERT_OPTION_FLAG;
        return true;
    default:
        out->text = text;
        return true;
    }
}

bert_status bert_option_read(const bert_option *o, const char *text, void *field)
{
    option_value value;
    if (!value_parse(o, text, &value) || !fits(o, value)) return refused(o, text);
    switch (o->kind) {
    case BERT_OPTION_SIZE:
    case BERT_OPTION_BYTES:
        *(size_t *)field = value.size;
        return BERT_OK;
    case BERT_OPTION_SEED:
        *(uint64_t *)field = value.seed;
        return BERT_OK;
    case BERT_OPTION_REAL:
        *(double *)field = value.real;
        return BERT_OK;
    case BERT_OPTION_FLAG:
    case BERT_OPTION_FLAG_OFF:
        *(bool *)field = value.flag;
        return BERT_OK;
    default:
        *(const char **)field = value.text;
        return BERT_OK;
    }
}

/* As many digits as read back equal; fifteen do for whatever was written by hand. */
static void real_text(double value, char *out, size_t capacity)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, capacity, "%.*g", digits, value);
        if (strtod(out, NULL) == value) return;
    }
}

void bert_option_text(const bert_option *o, const void *field, char *out, size_t capacity)
{
    option_value value = value_of(o, field);
    *out = '\0';
    if (option_absent(o, field)) return;
    switch (o->kind) {
    case BERT_OPTION_SIZE:
    case BERT_OPTION_BYTES:
        snprintf(out, capacity, "%zu", value.size);
        return;
    case BERT_OPTION_SEED:
        snprintf(out, capacity, "%" PRIu64, value.seed);
        return;
    case BERT_OPTION_REAL:
        real_text(value.real, out, capacity);
        return;
    case BERT_OPTION_FLAG:
        snprintf(out, capacity, "%s", value.flag ? "true" : "false");
        return;
    case BERT_OPTION_FLAG_OFF:
        snprintf(out, capacity, "%s", value.flag ? "false" : "true");
        return;
    default:
        if (value.text) snprintf(out, capacity, "%s", value.text);
        return;
    }
}
