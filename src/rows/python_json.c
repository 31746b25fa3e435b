#include "rows/python_json.h"

#include "base/memory.h"

#include <stdbool.h>
#include <stdlib.h>

enum { DEPTH_MAX = 64 };

typedef struct translation {
    slice rest;
    char *out; /* room for all that may come of the input */
    size_t count;
    struct {
        size_t at;  /* of the opening bracket in out */
        char close; /* in the input */
        bool pairs; /* has a colon */
    } open[DEPTH_MAX];
    size_t depth;
} translation;

static void put(translation *t, const char *text)
{
    while (*text) t->out[t->count++] = *text++;
}

/* A string up to its quote, and that; what is escaped for Python alone is escaped anew. */
static bool string_take(translation *t)
{
    char quote = *t->rest.bytes;
    put(t, "\"");
    for (size_t i = 1; i < t->rest.count; i++) {
        char byte = t->rest.bytes[i];
        if (byte == quote) {
            put(t, "\"");
            t->rest = (slice){ t->rest.bytes + i + 1, t->rest.count - i - 1 };
            return true;
        }
        if (byte == '"') put(t, "\\");
        if (byte == '\\') {
            if (++i == t->rest.count) return false;
            byte = t->rest.bytes[i];
            if (byte == 'x')
                put(t, "\\u00"); /* two digits follow */
            else if (byte != '\'') {
                put(t, "\\");
                t->out[t->count++] = byte;
            } else {
                put(t, "'");
            }
            continue;
        }
        t->out[t->count++] = byte;
    }
    return false;
}

static bool bracket_open(translation *t, char byte)
{
    if (t->depth == DEPTH_MAX) return false;
    t->open[t->depth].at = t->count;
    t->open[t->depth].pairs = false;
    t->open[t->depth++].close = byte == '(' ? ')' : byte == '[' ? ']' : '}';
    put(t, byte == '{' ? "{" : "[");
    return true;
}

/* Without the comma before it. Braces without a colon are those of a set; empty ones are {}. */
static bool bracket_close(translation *t, char byte)
{
    if (!t->depth || t->open[--t->depth].close != byte) return false;
    size_t begin = t->open[t->depth].at, end = t->count;
    while (end > begin + 1 && t->out[end - 1] == ' ') end--;
    if (end > begin + 2 && t->out[end - 1] == ',') end--;
    t->count = end;
    bool set = byte == '}' && !t->open[t->depth].pairs && end > begin + 1;
    if (set) t->out[begin] = '[';
    put(t, byte == '}' && !set ? "}" : "]");
    return true;
}

static bool word_take(translation *t)
{
    static const char *const words[][2] = { { "True", "true" },
                                            { "False", "false" },
                                            { "None", "null" } };
    for (size_t i = 0; i < 3; i++) {
        size_t count = strlen(words[i][0]);
        if (t->rest.count < count || memcmp(t->rest.bytes, words[i][0], count) != 0) continue;
        put(t, words[i][1]);
        t->rest = (slice){ t->rest.bytes + count, t->rest.count - count };
        return true;
    }
    return false;
}

static bool step(translation *t)
{
    char byte = *t->rest.bytes;
    if (byte == '\'' || byte == '"') return string_take(t);
    if (word_take(t)) return true;
    t->rest = (slice){ t->rest.bytes + 1, t->rest.count - 1 };
    if (strchr("([{", byte) && byte) return bracket_open(t, byte);
    if (strchr(")]}", byte) && byte) return bracket_close(t, byte);
    if (byte == ':' && t->depth) t->open[t->depth - 1].pairs = true;
    t->out[t->count++] = byte;
    return true;
}

bert_status python_to_json(slice python, char **json, size_t *count)
{
    translation t = { .rest = python };
    void *memory;
    size_t room;
    *json = NULL;
    if (!size_multiply(python.count, 3, &room)) return fail(BERT_MEMORY, "out of memory");
    TRY(memory_zeroed(room + 1, 1, &memory)); /* \xNN becomes \u00NN, None null, ' may become \" */
    t.out = memory;
    bool good = true;
    while (good && t.rest.count) good = step(&t);
    if (good && !t.depth)
        *json = t.out;
    else
        free(t.out);
    *count = t.count;
    return BERT_OK;
}
