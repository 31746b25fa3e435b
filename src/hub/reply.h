/* reply.h: the head of an answer, line by line. */
#ifndef HUB_REPLY_H
#define HUB_REPLY_H

#include "base/slice.h"
#include "hub/name.h"

#include <stdint.h>

enum { HUB_ETAG_BYTES = 128 };

typedef struct hub_reply {
    long status;                   /* 200, 206, 404, ...; 0: no answer yet */
    char etag[HUB_ETAG_BYTES];     /* without W/ and quotes: X-Linked-Etag, else ETag; "": none */
    bool linked;                   /* was it X-Linked-Etag? */
    char commit[HUB_COMMIT_BYTES]; /* X-Repo-Commit; "": none */
    int64_t linked_size, length;   /* X-Linked-Size, Content-Length; -1: none */
    int64_t range_begin, range_of; /* Content-Range; -1: none */
    char error_code[32], error_message[64];
} hub_reply;

/* Empties it. */
void hub_reply_start(hub_reply *reply);

/* Takes one line as it came, with its line end. A status line begins anew, but what answers before
 * a redirect have told of the file itself stays: commit, linked etag and size. from_endpoint: the
 * answer is the endpoint's own; another host's says nothing of the file's name. */
void hub_reply_line(hub_reply *reply, slice line, bool from_endpoint);

#endif
