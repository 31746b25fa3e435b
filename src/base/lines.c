#include "bert_lines.h"

#include "base/memory.h"
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

/* ---- line ends */

/* Where the byte stands from `from` on; `count`: nowhere. */
static size_t byte_find(char byte, const char *bytes, size_t from, size_t count)
{
    const char *found = memchr(bytes + from, byte, count - from);
    return found ? (size_t)(found - bytes) : count;
}

/* Where the next LF or, if they matter, CR stands; `count`: nowhere. What is more likely is looked
 * for first, and the other only up to there. */
static size_t end_find(const bert_line_cutter *c, const char *bytes, size_t from, size_t count)
{
    char first = c->ends_in_cr ? '\r' : '\n', other = c->ends_in_cr ? '\n' : '\r';
    size_t at = byte_find(first, bytes, from, count);
    return c->knows_end && !c->ends_in_cr ? at : byte_find(other, bytes, from, at);
}

static size_t behind_crs(const char *bytes, size_t at, size_t count)
{
    while (at < count && bytes[at] == '\r') at++;
    return at;
}

/* Learns from the first line end, which is at or after `at`; false: more bytes must tell. */
static bool end_learn(bert_line_cutter *c, const char *bytes, size_t at, size_t count, bool ended)
{
    enum { CRS_MAX = 16 }; /* before an LF; it may be long in coming */
    size_t behind = behind_crs(bytes, at, count);
    if (behind == count && !ended && behind - at < CRS_MAX) return false;
    c->knows_end = at < count;
    c->ends_in_cr = behind > at && (behind == count || bytes[behind] != '\n');
    return true;
}

/* The line ends in the CR at `at`, or with the bytes. */
static bool cr_take(size_t at, const char *bytes, size_t count, bool ended, size_t *taken)
{
    if (at + 1 >= count && !ended) return false; /* an LF may follow */
    *taken = at == count ? at : at + 1 + (at + 1 < count && bytes[at + 1] == '\n');
    return true;
}

bert_status bert_line_cut(bert_line_cutter *c, const char *name, const char *bytes, size_t count,
                          bool ended, size_t *length, size_t *taken)
{
    *length = *taken = 0;
    if (!count) return BERT_OK;
    size_t at = end_find(c, bytes, c->scanned, count);
    c->scanned = at;
    if (at == count && !ended) return BERT_OK;
    if (!c->knows_end && !end_learn(c, bytes, at, count, ended)) return BERT_OK;
    if (!c->ends_in_cr) {
        at = byte_find('\n', bytes, at, count);
        c->scanned = at;
        if (at == count && !ended) return BERT_OK;
        *taken = at + (at < count);
        while (at && bytes[at - 1] == '\r') at--;
    } else if (at < count && bytes[at] == '\n') {
        return fail(BERT_FORMAT,
                    "%s:%zu: the line ends in LF where those before it end in CR; save the file "
                    "with LF at the end of every line",
                    name, c->line + 1);
    } else if (!cr_take(at, bytes, count, ended, taken)) {
        return BERT_OK;
    }
    *length = at;
    c->scanned = 0;
    c->line++;
    return BERT_OK;
}

bert_status bert_utf8_check(const char *name, size_t line, const char *bytes, size_t count)
{
    size_t malformed = utf8_malformed((slice){ bytes, count });
    if (malformed == count) return BERT_OK;
    return fail(BERT_FORMAT,
                "%s:%zu: not UTF-8 at byte %zu of the line; convert the file to UTF-8 (iconv)",
                name, line, malformed + 1);
}

bert_status bert_line_check(const char *name, size_t line, const char *bytes, size_t count)
{
    TRY(bert_utf8_check(name, line, bytes, count));
    const char *nul = count ? memchr(bytes, '\0', count) : NULL;
    if (nul)
        return fail(BERT_FORMAT, "%s:%zu: a NUL at byte %zu of the line; is this a text file?",
                    name, line, (size_t)(nul - bytes) + 1);
    return BERT_OK;
}

/* ---- encodings */

typedef struct encoding {
    const char *name;
    size_t width; /* bytes of a unit */
    bool big;     /* the highest byte comes first */
} encoding;

static uint32_t unit_at(const char *bytes, const encoding *e)
{
    uint32_t unit = 0;
    for (size_t i = 0; i < e->width; i++)
        unit = unit << 8 | (unsigned char)bytes[e->big ? i : e->width - 1 - i];
    return unit;
}

static bool is_half(uint32_t unit, uint32_t first)
{
    return unit >= first && unit < first + 0x400;
}

static bool is_printable(char byte)
{
    return byte >= ' ' && byte < 0x7F;
}

/* Does the sample read as text? At least a blank and a line end must be ASCII. If most units are
 * two ASCII characters, it is UTF-8 with a NUL in it. */
static bool reads_as(const char *bytes, size_t count, const encoding *e)
{
    size_t ascii = 0, twins = 0, units = count / e->width;
    bool half_open = false;
    for (size_t i = 0; i < units; i++) {
        const char *at = bytes + i * e->width;
        uint32_t unit = unit_at(at, e);
        if (half_open != is_half(unit, 0xDC00)) return false;
        half_open = e->width == 2 && is_half(unit, 0xD800);
        if (unit > 0x10FFFF || (e->width == 4 && is_half(unit, 0xD800))) return false;
        if (unit < ' ' && !(unit >= '\t' && unit <= '\r')) return false;
        ascii += unit < 0x80;
        twins += is_printable(at[0]) && is_printable(at[1]);
    }
    return ascii > 1 && 2 * twins <= units;
}

bert_status bert_encoding_check(const char *name, const char *bytes, size_t count)
{
    static const encoding encodings[] = { { "UTF-32LE", 4, false },
                                          { "UTF-32BE", 4, true },
                                          { "UTF-16LE", 2, false },
                                          { "UTF-16BE", 2, true } };
    enum { SAMPLE_BYTES = 1 << 16 };
    const char *marked = NULL;
    if (count >= 2 && (memcmp(bytes, "\xFF\xFE", 2) == 0 || memcmp(bytes, "\xFE\xFF", 2) == 0))
        marked = "UTF-16";
    if (count >= 4 && (memcmp(bytes, "\xFF\xFE\0\0", 4) == 0 || !memcmp(bytes, "\0\0\xFE\xFF", 4)))
        marked = "UTF-32";
    if (count >= 2 && memcmp(bytes, "\x1F\x8B", 2) == 0)
        return fail(BERT_FORMAT, "%s: is packed by gzip; unpack it (gunzip), or name the file .gz",
                    name);
    if (marked)
        return fail(BERT_FORMAT, "%s: is %s; convert it (iconv -f %s -t UTF-8)", name, marked,
                    marked);
    size_t sample = size_smaller(count, SAMPLE_BYTES);
    if (!sample || !memchr(bytes, '\0', sample)) return BERT_OK;
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++)
        if (reads_as(bytes, sample, &encodings[i]))
            return fail(BERT_FORMAT,
                        "%s: seems to be %s without a byte-order mark; convert it (iconv -f %s -t "
                        "UTF-8)",
                        name, encodings[i].name, encodings[i].name);
    return BERT_OK;
}

size_t bert_mark_length(const char *bytes, size_t count)
{
    return count >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}
