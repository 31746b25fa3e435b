#include "hub/request.h"

#include "hub/address.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    REDIRECTS_MAX = 10,
    ATTEMPTS_MAX = 5,           /* in a row that bring nothing */
    ATTEMPTS_IN_ALL_MAX = 1000, /* ends with a server that gives a byte a connection, too */
    SLOWEST = 100,              /* bytes a second, over the time-out */
    PASSED_OVER_MAX = 1 << 16,  /* of a body that nobody wants */
    WAIT_MAX = 120,             /* seconds that a server may have us wait */
    URL_BYTES_MAX = 1 << 13,
};

/* One question while it goes from address to address. */
typedef struct exchange {
    hub_client *client;
    const hub_receiver *receiver;
    hub_reply *reply;
    char url[URL_BYTES_MAX];
    bool from_endpoint, begun;
    size_t passed_over;
    bert_status status; /* of the receiver */
    long timeout;
    char range[32], reason[CURL_ERROR_SIZE];
} exchange;

/* ---- what libcurl calls */

static size_t header_take(char *bytes, size_t size, size_t count, void *context)
{
    exchange *x = context;
    hub_reply_line(x->reply, (slice){ bytes, size * count }, x->from_endpoint);
    return size * count;
}

static size_t body_take(char *bytes, size_t size, size_t count, void *context)
{
    exchange *x = context;
    const hub_receiver *r = x->receiver;
    if (!r || (x->reply->status != 200 && x->reply->status != 206)) {
        x->passed_over += size * count;
        return x->passed_over > PASSED_OVER_MAX ? 0 : size * count;
    }
    if (!x->begun) x->status = r->begin(r->context, x->reply);
    x->begun = true;
    if (x->status == BERT_OK) x->status = r->take(r->context, (slice){ bytes, size * count });
    return x->status == BERT_OK ? size * count : 0;
}

static int stop_look(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total,
                     curl_off_t up_now)
{
    (void)total, (void)now, (void)up_total, (void)up_now;
    return hub_wants_stop(context);
}

/* ---- one address */

static bert_status handle_open(hub_client *c)
{
    if (c->handle) return BERT_OK;
    TRY(curl_library_open(&c->curl));
    c->handle = c->curl.easy_init();
    return c->handle ? BERT_OK : hub_fail(c, HUB_FINAL, BERT_MEMORY, "out of memory for a request");
}

/* The token, where it may go; *list is for slist_free_all(). */
static bert_status headers_make(const exchange *x, struct curl_slist **list)
{
    hub_client *c = x->client;
    const char *token = c->environment->token;
    char line[5000];
    *list = NULL;
    if (!token || !x->from_endpoint) return BERT_OK;
    snprintf(line, sizeof line, "Authorization: Bearer %s", token);
    *list = c->curl.slist_append(NULL, line);
    explicit_bzero(line, sizeof line);
    return *list ? BERT_OK : hub_fail(c, HUB_FINAL, BERT_MEMORY, "out of memory for a request");
}

static void options_set(exchange *x, int64_t from, struct curl_slist *headers)
{
    CURL *handle = x->client->handle;
    __typeof__(x->client->curl.easy_setopt) set = x->client->curl.easy_setopt;
    x->client->curl.easy_reset(handle);
    set(handle, CURLOPT_URL, x->url);
    set(handle, CURLOPT_USERAGENT, "bert.c/" BERT_VERSION);
    set(handle, CURLOPT_NOBODY, x->receiver ? 0L : 1L);
    set(handle, CURLOPT_HTTPHEADER, headers);
    set(handle, CURLOPT_NOSIGNAL, 1L);
    set(handle, CURLOPT_CONNECTTIMEOUT, x->timeout);
    set(handle, CURLOPT_LOW_SPEED_LIMIT, (long)SLOWEST);
    set(handle, CURLOPT_LOW_SPEED_TIME, x->timeout);
    set(handle, CURLOPT_ERRORBUFFER, x->reason);
    set(handle, CURLOPT_HEADERFUNCTION, header_take);
    set(handle, CURLOPT_HEADERDATA, x);
    set(handle, CURLOPT_WRITEFUNCTION, body_take);
    set(handle, CURLOPT_WRITEDATA, x);
    set(handle, CURLOPT_NOPROGRESS, 0L);
    set(handle, CURLOPT_XFERINFOFUNCTION, stop_look);
    set(handle, CURLOPT_XFERINFODATA, x->client);
    if (from > 0) {
        snprintf(x->range, sizeof x->range, "%" PRId64 "-", from);
        set(handle, CURLOPT_RANGE, x->range);
    }
    if (x->client->environment->certificates)
        set(handle, CURLOPT_CAINFO, x->client->environment->certificates);
}

/* An answer whose body nobody wanted is one all the same. */
static bool is_answer(const exchange *x, CURLcode code)
{
    return code == CURLE_OK ||
           (code == CURLE_WRITE_ERROR && !x->begun && x->passed_over > PASSED_OVER_MAX);
}

/* BERT_OK: there is an answer. *code tells the rest. */
static bert_status address_ask(exchange *x, int64_t from, CURLcode *code)
{
    hub_client *c = x->client;
    struct curl_slist *headers;
    TRY(headers_make(x, &headers));
    options_set(x, from, headers);
    x->passed_over = 0;
    *x->reason = '\0';
    *code = c->curl.easy_perform(c->handle);
    c->curl.slist_free_all(headers);
    if (x->reply->status) c->answered = true;
    if (is_answer(x, *code)) return BERT_OK;
    if (*code == CURLE_ABORTED_BY_CALLBACK) return hub_fail_stopped(c);
    if (x->status != BERT_OK) return x->status;
    return hub_fail_code(c, *code, x->url, x->timeout, x->reason);
}

/* ---- redirects */

static bool is_redirect(long status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Where the answer leads. */
static bert_status redirect_take(exchange *x)
{
    hub_client *c = x->client;
    const char *next = NULL;
    int host = (int)address_origin(x->url);
    c->curl.easy_getinfo(c->handle, CURLINFO_REDIRECT_URL, &next);
    if (!next || !address_is_http(next) || strlen(next) >= sizeof x->url)
        return hub_fail(c, HUB_FINAL, BERT_IO, "%.*s redirects to nowhere", host, x->url);
    if (address_is_encrypted(x->url) && !address_is_encrypted(next))
        return hub_fail(c, HUB_FINAL, BERT_IO,
                        "%.*s redirects to %.*s, which is not encrypted; refused", host, x->url,
                        (int)address_origin(next), next);
    memcpy(x->url, next, strlen(next) + 1);
    return BERT_OK;
}

static bert_status redirects_follow(exchange *x, int64_t from, CURLcode *code)
{
    hub_client *c = x->client;
    for (int i = 0; i <= REDIRECTS_MAX; i++) {
        x->from_endpoint = address_same_origin(x->url, c->environment->endpoint);
        TRY(address_ask(x, from, code));
        bool told = !x->receiver && x->reply->linked;
        if (told || !is_redirect(x->reply->status)) return BERT_OK;
        TRY(redirect_take(x));
    }
    return hub_fail(c, HUB_FINAL, BERT_IO, "%s redirects more than %d times",
                    c->environment->endpoint, REDIRECTS_MAX);
}

/* ---- again */

/* Seconds after which the server wants to be asked again; 0: it does not say. */
static double retry_after(const hub_client *c)
{
    curl_off_t seconds = 0;
    c->curl.easy_getinfo(c->handle, CURLINFO_RETRY_AFTER, &seconds);
    return (double)seconds;
}

/* An answer that is for the moment only: a failure, and the time to wait. */
static bert_status fail_busy(exchange *x, double *wait)
{
    hub_client *c = x->client;
    double asked = retry_after(c);
    int host = (int)address_origin(x->url);
    if (asked > 0.0) *wait = asked;
    if (asked > WAIT_MAX) {
        *wait = -1.0;
        return hub_fail(c, HUB_UNREACHED, BERT_IO,
                        "%.*s is busy (HTTP %ld) and asks us to wait %.0f s; try again "
                        "then",
                        host, x->url, x->reply->status, asked);
    }
    return hub_fail(c, HUB_UNREACHED, BERT_IO, "%.*s %s (HTTP %ld)", host, x->url,
                    x->reply->status == 429 ? "is busy" : "has a fault", x->reply->status);
}

static bool is_busy(long status)
{
    return status == 429 || (status >= 500 && status != 501 && status != 505);
}

/* May asking again help? Not where there never was a network. */
static bool may_help(const exchange *x, CURLcode code)
{
    switch (code) {
    case CURLE_OK:
    case CURLE_ABORTED_BY_CALLBACK:
    case CURLE_OUT_OF_MEMORY:
        return false;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
        return x->client->answered;
    default:
        return x->status == BERT_OK && x->client->trouble == HUB_UNREACHED;
    }
}

/* Once. *wait: in how many seconds again; below 0: not again. */
static bert_status attempt(hub_client *c, const char *path, const hub_receiver *receiver,
                           int64_t from, hub_reply *out, double *wait)
{
    CURLcode code = CURLE_OK;
    exchange x = { .client = c, .receiver = receiver, .reply = out };
    x.timeout = receiver ? receiver->timeout : c->environment->etag_timeout;
    hub_reply_start(out);
    int bytes = snprintf(x.url, sizeof x.url, "%s%s", c->environment->endpoint, path);
    if (bytes >= (int)sizeof x.url)
        return hub_fail(c, HUB_FINAL, BERT_ARGUMENT, "the address of a file is too long");
    bert_status status = redirects_follow(&x, from, &code);
    if (status == BERT_OK && is_busy(out->status)) return fail_busy(&x, wait);
    if (status == BERT_OK || !may_help(&x, code)) *wait = -1.0;
    return status;
}

bert_status hub_ask(hub_client *c, const char *path, const hub_receiver *receiver, hub_reply *out)
{
    TRY(handle_open(c));
    int64_t from = receiver ? receiver->from(receiver->context) : 0;
    for (int failed = 0, in_all = 1;; in_all++) {
        double wait = 0.5 * (double)(1 << failed);
        bert_status status = attempt(c, path, receiver, from, out, &wait);
        if (wait < 0.0) return status;
        int64_t now = receiver ? receiver->from(receiver->context) : 0;
        failed = now > from ? 0 : failed + 1;
        from = now;
        if (failed == ATTEMPTS_MAX || in_all == ATTEMPTS_IN_ALL_MAX) return status;
        hub_note(c, "%s; trying again in %.1f s", status_message(), wait);
        TRY(hub_wait(c, wait));
    }
}
