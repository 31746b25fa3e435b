/* client.h: who asks the Hub for one model, and what is told when that fails. */
#ifndef HUB_CLIENT_H
#define HUB_CLIENT_H

#include "bert.h"
#include "hub/curl.h"
#include "hub/environment.h"
#include "hub/name.h"
#include "hub/reply.h"

#include <stdbool.h>

/* Why it came to nothing: may what is in the cache stand in? */
typedef enum hub_trouble {
    HUB_UNREACHED, /* no network, no host, no answer; the server has a fault */
    HUB_REFUSED,   /* the server has no such model for us: missing, private, gated; a bad token */
    HUB_UNWRITTEN, /* the cache cannot be written to */
    HUB_FINAL      /* all else: a certificate, a missing revision, an answer that is none */
} hub_trouble;

/* Begins with the borrowed members alone; hub_client_close() ends it. */
typedef struct hub_client {
    const hub_environment *environment;
    const bert_observer *observer;
    const hub_name *name; /* of the model, for messages */

    curl_library curl;   /* loaded, where there is a handle */
    CURL *handle;        /* NULL: no request yet */
    bool answered;       /* has anything come from anywhere yet? */
    hub_trouble trouble; /* of the last failure */
} hub_client;

void hub_client_close(hub_client *c);

/* fail() with the model's name in front, and what kind of trouble it is. */
bert_status hub_fail(hub_client *c, hub_trouble trouble, bert_status status, const char *format,
                     ...) __attribute__((format(printf, 4, 5)));

/* The sentence on what libcurl says of a request to `url`. `reason`: its own words, or "". */
bert_status hub_fail_code(hub_client *c, CURLcode code, const char *url, long timeout,
                          const char *reason);

/* The sentence on an answer that is no success to the question for `what`. */
bert_status hub_fail_reply(hub_client *c, const char *what, const hub_reply *reply);

void hub_tell(const bert_observer *observer, const bert_event *event);

/* Tells the observer a BERT_EVENT_NOTE. */
void hub_note(const hub_client *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

bool hub_wants_stop(const hub_client *c);
bert_status hub_fail_stopped(hub_client *c);

/* Sleeps. A wish of the observer to stop is a failure. */
bert_status hub_wait(hub_client *c, double seconds);

#endif
