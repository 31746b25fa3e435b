/* request.h: questions to the Hub over HTTP (libcurl): where they may go, how long they may take,
 * when they are asked again.
 *
 * Certificates are always checked. Redirects are followed here and not by libcurl: at most ten,
 * none from https to http; the token goes to the endpoint's own host alone. What stalls is given
 * up; what was cut, or refused for the moment, is asked again a few times, with pauses. */
#ifndef HUB_REQUEST_H
#define HUB_REQUEST_H

#include "base/slice.h"
#include "hub/client.h"
#include "hub/reply.h"

#include <stdint.h>

/* Who takes the body of an answer of status 200 or 206. */
typedef struct hub_receiver {
    /* Asked before each attempt: the byte to go on from. */
    int64_t (*from)(void *context);
    /* Once an answer, before its first byte. */
    bert_status (*begin)(void *context, const hub_reply *reply);
    bert_status (*take)(void *context, slice bytes);
    void *context;
    long timeout; /* seconds for a connection, and for a silence */
} hub_receiver;

/* Asks for `path` below the endpoint until there is an answer that asking again will not change:
 * then BERT_OK, whatever its status. receiver NULL: only the head of the answer is asked for, and a
 * redirect that names the file's etag is not followed. */
bert_status hub_ask(hub_client *c, const char *path, const hub_receiver *receiver, hub_reply *out);

#endif
