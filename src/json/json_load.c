/* json_load.c: jansson's parser, safe where memory ends.
 *
 * jansson (2.14) collects the bytes of a token in a buffer that doubles, and does not look whether
 * that succeeded. A byte that got lost changes a text or, where it was a quote or stood behind a
 * backslash, sends the parser past the buffer's end or into an assertion; at best the text is said
 * not to be JSON. But the buffer is one for all tokens. So the text is parsed as the second element
 * of a list whose first is a plain string as long as the longest token:
 *
 *     ["-------",
 *     TEXT]
 *
 * Where memory ends while the buffer grows, errno tells before the string is closed, and the input
 * ends there; the text finds the buffer as large as it will need. What is not JSON is parsed again
 * as it stands, for the message alone. */
#include "json/json.h"

#include <errno.h>
#include <string.h>

/* A token is a string, or what stands between two of these. */
static bool ends_token(char byte)
{
    return strchr(" \t\n\r,:[]{}", byte) != NULL; /* and NUL, which no token holds */
}

/* No token of the text takes more bytes than the buffer has after so many: the first doubling past
 * them is done, and the next one far from the quote that closes the string. */
static size_t padding_bytes(slice text)
{
    size_t longest = 16, begin = 0;
    bool inside = false;
    for (size_t at = 0; at < text.count; at++) {
        char byte = text.bytes[at];
        if (inside && byte == '\\')
            at++;
        else if (byte == '"')
            inside = !inside;
        else if (!inside && ends_token(byte))
            begin = at + 1;
        size_t bytes = at + 1 - begin;
        if (bytes > longest) longest = bytes;
    }
    size_t doubled = 16;
    while (doubled < longest) doubled *= 2;
    return doubled + 1;
}

/* What the parser reads, part after part. */
typedef struct feed {
    slice parts[5]; /* one without bytes is padding */
    size_t at;
} feed;

static size_t feed_next(void *buffer, size_t room, void *context)
{
    enum { PARTS = sizeof((feed *)0)->parts / sizeof(slice) };
    feed *f = context;
    while (f->at < PARTS && !f->parts[f->at].count) f->at++;
    if (f->at == PARTS || errno == ENOMEM) return 0;
    slice *part = &f->parts[f->at];
    size_t count = part->count < room ? part->count : room;
    if (part->bytes) {
        memcpy(buffer, part->bytes, count);
        part->bytes += count;
    } else
        memset(buffer, '-', count);
    part->count -= count;
    return count;
}

/* The one value of a text; NULL where it is not one. */
static json_t *second_parse(slice text, size_t flags)
{
    json_error_t ignored;
    slice padding = { NULL, padding_bytes(text) };
    feed f = { .parts = { slice_of("[\""), padding, slice_of("\",\n"), text, slice_of("]") } };
    json_t *list = json_load_callback(feed_next, &f, flags, &ignored);
    json_t *value = json_array_size(list) == 2 ? json_incref(json_array_get(list, 1)) : NULL;
    json_decref(list);
    return value;
}

json_t *json_load_text(slice text, size_t flags, json_error_t *error)
{
    errno = 0;
    json_t *value = text.count ? second_parse(text, flags) : NULL;
    bool fits = flags & JSON_DECODE_ANY || json_is_object(value) || json_is_array(value);
    if (value && fits && errno != ENOMEM) return value;
    json_decref(value);
    value = errno == ENOMEM ? NULL : json_loadb(text.bytes, text.count, flags, error);
    if (errno != ENOMEM) return value;
    json_decref(value);
    /* jansson keeps the code in the text's last byte */
    memset(error, 0, sizeof *error);
    error->text[JSON_ERROR_TEXT_LENGTH - 1] = json_error_out_of_memory;
    return NULL;
}
