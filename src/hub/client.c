#include "hub/client.h"

#include "base/clock.h"
#include "base/locale.h"
#include "hub/address.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void hub_client_close(hub_client *c)
{
    if (c->handle) c->curl.easy_cleanup(c->handle);
    c->handle = NULL;
}

bert_status hub_fail(hub_client *c, hub_trouble trouble, bert_status status, const char *format,
                     ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    c->trouble = trouble;
    return fail(status, "%s: %s", c->name->id, text);
}

void hub_tell(const bert_observer *observer, const bert_event *event)
{
    LOCALE_OF_PROGRAM;
    bert_event sized = *event;
    sized.size = sizeof sized;
    if (observer->tell) observer->tell(observer->context, &sized);
}

void hub_note(const hub_client *c, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    hub_tell(c->observer, &(bert_event){ .kind = BERT_EVENT_NOTE, .text = text });
}

bool hub_wants_stop(const hub_client *c)
{
    LOCALE_OF_PROGRAM;
    return c->observer->stop && c->observer->stop(c->observer->context);
}

bert_status hub_fail_stopped(hub_client *c)
{
    return hub_fail(c, HUB_FINAL, BERT_STOPPED,
                    "stopped; what has arrived stays, and the next time goes on from there");
}

bert_status hub_wait(hub_client *c, double seconds)
{
    const struct timespec moment = { .tv_nsec = 50 * 1000 * 1000 };
    double end = clock_seconds() + seconds;
    while (clock_seconds() < end) {
        if (hub_wants_stop(c)) return hub_fail_stopped(c);
        nanosleep(&moment, NULL);
    }
    return BERT_OK;
}

bert_status hub_fail_code(hub_client *c, CURLcode code, const char *url, long timeout,
                          const char *reason)
{
    int host = (int)address_origin(url);
    if (!*reason) reason = c->curl.easy_strerror(code);
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return hub_fail(c, HUB_UNREACHED, BERT_IO,
                        "the host of %.*s is not found; look at the network, and at HF_ENDPOINT",
                        host, url);
    case CURLE_COULDNT_CONNECT:
        return hub_fail(c, HUB_UNREACHED, BERT_IO,
                        "%.*s cannot be reached; look at the network, and at https_proxy where "
                        "it has a proxy",
                        host, url);
    case CURLE_OPERATION_TIMEDOUT:
        return hub_fail(c, HUB_UNREACHED, BERT_IO,
                        "%.*s has sent next to nothing for %ld s; try again, or wait longer with "
                        "HF_HUB_DOWNLOAD_TIMEOUT and HF_HUB_ETAG_TIMEOUT",
                        host, url, timeout);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return hub_fail(c, HUB_FINAL, BERT_IO,
                        "no trusted connection to %.*s: %s; where a proxy of your network answers "
                        "in its place, let SSL_CERT_FILE name a file with its certificate",
                        host, url, reason);
    case CURLE_OUT_OF_MEMORY:
        return hub_fail(c, HUB_FINAL, BERT_MEMORY, "out of memory for a request");
    default:
        return hub_fail(c, HUB_UNREACHED, BERT_IO, "the connection to %.*s broke: %s", host, url,
                        reason);
    }
}

/* ---- answers that are none */

static bert_status fail_token(hub_client *c)
{
    const hub_environment *e = c->environment;
    return hub_fail(c, HUB_REFUSED, BERT_IO,
                    "the token of %s is not valid (any more); make a new one at "
                    "%s/settings/tokens, or take it away",
                    e->token_from, e->endpoint);
}

static bert_status fail_gated(hub_client *c)
{
    const hub_environment *e = c->environment;
    return hub_fail(c, HUB_REFUSED, BERT_IO,
                    "is gated: its owners want to be asked first, at %s/%s; %s%s", e->endpoint,
                    c->name->id,
                    e->token ? "the account of your token has no access yet, that of "
                             : "then set HF_TOKEN to a token of your account",
                    e->token ? e->token_from : "");
}

static bert_status fail_missing(hub_client *c)
{
    const hub_environment *e = c->environment;
    return hub_fail(
        c, HUB_REFUSED, BERT_IO,
        "there is no such model at %s, or it is private: look at the spelling%s%s", e->endpoint,
        e->token ? "; the token may not see it, that of " : "; for a private one set HF_TOKEN",
        e->token ? e->token_from : "");
}

bert_status hub_fail_reply(hub_client *c, const char *what, const hub_reply *reply)
{
    const hub_environment *e = c->environment;
    const char *code = reply->error_code, *message = reply->error_message;
    bool denied = reply->status == 401;
    if (strcmp(code, "RevisionNotFound") == 0)
        return hub_fail(c, HUB_FINAL, BERT_IO,
                        "has no revision '%s' (a branch, a tag or a whole commit); %s/%s/commits "
                        "has what there is",
                        c->name->revision, e->endpoint, c->name->id);
    if (strcmp(code, "GatedRepo") == 0) return fail_gated(c);
    if (strcmp(message, "Access to this resource is disabled.") == 0)
        return hub_fail(c, HUB_REFUSED, BERT_IO, "has been disabled at %s", e->endpoint);
    if (denied && e->token && strncmp(message, "Invalid credentials", 19) == 0)
        return fail_token(c);
    if (strcmp(code, "EntryNotFound") == 0)
        return hub_fail(c, HUB_FINAL, BERT_IO, "the server lists %s and does not have it", what);
    if (denied || reply->status == 404) return fail_missing(c);
    if (reply->status == 403)
        return hub_fail(c, HUB_REFUSED, BERT_IO, "the server refuses to give it (HTTP 403)%s%s",
                        e->token ? "; what may the token do, that of "
                                 : "; it may want a token: "
                                   "set HF_TOKEN",
                        e->token ? e->token_from : "");
    return hub_fail(c, HUB_FINAL, BERT_IO,
                    "%s answers HTTP %ld where %s was asked for; is it the address of a Hub?",
                    e->endpoint, reply->status, what);
}
