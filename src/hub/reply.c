#include "hub/reply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void hub_reply_start(hub_reply *reply)
{
    *reply = (hub_reply){ .linked_size = -1, .length = -1, .range_begin = -1, .range_of = -1 };
}

/* Of the answer alone, and not of those that led to it. */
static void status_begin(hub_reply *reply, const char *line)
{
    hub_reply fresh;
    const char *space = strchr(line, ' ');
    hub_reply_start(&fresh);
    fresh.status = space ? strtol(space, NULL, 10) : 0;
    fresh.linked_size = reply->linked_size;
    memcpy(fresh.commit, reply->commit, sizeof fresh.commit);
    fresh.linked = reply->linked;
    if (fresh.linked) memcpy(fresh.etag, reply->etag, sizeof fresh.etag);
    *reply = fresh;
}

/* What does not fit is as good as none. */
static void text_set(const char *value, char *out, size_t capacity)
{
    size_t count = strlen(value);
    *out = '\0';
    if (count < capacity) memcpy(out, value, count + 1);
}

static int64_t number_of(const char *text)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    return end == text || errno || number < 0 ? -1 : number;
}

/* W/"abc" and "abc" are abc. */
static void etag_set(char *value, char *out)
{
    if (strncmp(value, "W/", 2) == 0) value += 2;
    size_t count = strlen(value);
    if (count >= 2 && value[0] == '"' && value[count - 1] == '"') {
        value[count - 1] = '\0';
        value++;
    }
    text_set(value, out, HUB_ETAG_BYTES);
}

/* "bytes 100-199/200" */
static void range_set(const char *value, hub_reply *reply)
{
    const char *slash = strchr(value, '/');
    if (strncasecmp(value, "bytes ", 6) != 0 || !slash) return;
    reply->range_begin = number_of(value + 6);
    reply->range_of = number_of(slash + 1);
}

static void member_set(hub_reply *reply, const char *name, char *value, bool from_endpoint)
{
    if (strcasecmp(name, "x-linked-etag") == 0 && from_endpoint) {
        etag_set(value, reply->etag);
        reply->linked = *reply->etag != '\0';
    } else if (strcasecmp(name, "etag") == 0 && from_endpoint && !reply->linked)
        etag_set(value, reply->etag);
    else if (strcasecmp(name, "x-linked-size") == 0 && from_endpoint)
        reply->linked_size = number_of(value);
    else if (strcasecmp(name, "content-length") == 0)
        reply->length = number_of(value);
    else if (strcasecmp(name, "content-range") == 0)
        range_set(value, reply);
    else if (strcasecmp(name, "x-repo-commit") == 0 && from_endpoint)
        text_set(value, reply->commit, sizeof reply->commit);
    else if (strcasecmp(name, "x-error-code") == 0)
        text_set(value, reply->error_code, sizeof reply->error_code);
    else if (strcasecmp(name, "x-error-message") == 0)
        text_set(value, reply->error_message, sizeof reply->error_message);
}

void hub_reply_line(hub_reply *reply, slice line, bool from_endpoint)
{
    static const char white[] = " \t\r\n";
    char text[512]; /* what is longer is nothing that is read here */
    while (line.count && strchr(white, line.bytes[line.count - 1])) line.count--;
    if (!line.count || line.count >= sizeof text) return;
    memcpy(text, line.bytes, line.count);
    text[line.count] = '\0';
    if (strncmp(text, "HTTP/", 5) == 0) {
        status_begin(reply, text);
        return;
    }
    char *colon = strchr(text, ':');
    if (!colon) return;
    *colon = '\0';
    member_set(reply, text, colon + 1 + strspn(colon + 1, white), from_endpoint);
}
