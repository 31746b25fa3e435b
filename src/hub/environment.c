#include "hub/environment.h"

#include "base/file.h"
#include "base/slice.h"
#include "hub/path_expand.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { TOKEN_BYTES_MAX = 4096, TIMEOUT_DEFAULT = 10, TIMEOUT_MAX = 86400 };

/* NULL where it is not set, or empty. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static bool is_true(const char *value)
{
    static const char *const words[] = { "1", "on", "yes", "true" };
    for (size_t i = 0; value && i < sizeof words / sizeof *words; i++)
        if (strcasecmp(value, words[i]) == 0) return true;
    return false;
}

/* ---- folders */

static bert_status copy(const char *text, char **out)
{
    *out = strdup(text);
    return *out ? BERT_OK : fail(BERT_MEMORY, "out of memory for a path");
}

/* HF_HOME, else $XDG_CACHE_HOME/huggingface, else ~/.cache/huggingface */
static bert_status hf_home(char **out)
{
    const char *given = variable("HF_HOME"), *shared = variable("XDG_CACHE_HOME");
    char *path;
    TRY(given ? copy(given, &path) : path_join(shared ? shared : "~/.cache", "huggingface", &path));
    bert_status status = path_expand(path, out);
    free(path);
    if (status == BERT_OK && **out == '~' && !given && !shared) {
        free(*out);
        status = fail(BERT_ARGUMENT,
                      "the cache of models has no place: neither HF_HOME nor HOME is set");
    }
    return status;
}

/* What one of two variables names, else a place in HF_HOME. huggingface_hub expands that once more.
 */
static bert_status place(const char *name, const char *old_name, const char *in_home, char **out)
{
    const char *given = variable(name);
    char *home;
    if (!given && old_name) given = variable(old_name);
    if (given) return path_expand(given, out);
    TRY(hf_home(&home));
    char *path = NULL;
    bert_status status = path_join(home, in_home, &path);
    if (status == BERT_OK) status = path_expand(path, out);
    free(home);
    free(path);
    return status;
}

/* ---- the endpoint */

static bert_status endpoint_read(const char *given, char **out)
{
    static const char own[] = "https://huggingface.co";
    const char *endpoint = given ? given : variable("HF_ENDPOINT");
    if (!endpoint) endpoint = own;
    size_t count = strlen(endpoint);
    while (count && endpoint[count - 1] == '/') count--;
    size_t scheme = strncmp(endpoint, "https://", 8) == 0  ? 8
                    : strncmp(endpoint, "http://", 7) == 0 ? 7
                                                           : 0;
    bool plain = true;
    for (size_t i = 0; i < count; i++) plain &= endpoint[i] > ' ' && endpoint[i] < 0x7F;
    if (!scheme || count <= scheme || !plain)
        return fail(BERT_ARGUMENT, "HF_ENDPOINT is no address: it must be https://HOST");
    /* it stands in messages */
    if (strpbrk(endpoint, "@?#"))
        return fail(BERT_ARGUMENT, "HF_ENDPOINT must be an address without name, password and "
                                   "query; a token goes into HF_TOKEN");
    *out = strndup(endpoint, count);
    return *out ? BERT_OK : fail(BERT_MEMORY, "out of memory for an address");
}

/* ---- the token */

/* Without the white space around it, as huggingface_hub cleans it. An empty one is none. */
static bert_status token_set(hub_environment *e, slice text, const char *from)
{
    static const char white[] = " \t\r\n";
    while (text.count && strchr(white, *text.bytes)) text.bytes++, text.count--;
    while (text.count && strchr(white, text.bytes[text.count - 1])) text.count--;
    if (!text.count) return BERT_OK;
    for (size_t i = 0; i < text.count; i++)
        if (text.bytes[i] <= ' ' || text.bytes[i] >= 0x7F)
            return fail(BERT_ARGUMENT, "%s: holds what no token does; write it anew", from);
    e->token = strndup(text.bytes, text.count);
    e->token_from = strdup(from);
    return e->token && e->token_from ? BERT_OK : fail(BERT_MEMORY, "out of memory for a token");
}

/* A file that is not there is no token. */
static bert_status token_from_file(hub_environment *e, const char *path)
{
    file_map map;
    if (!file_exists(path)) return BERT_OK;
    TRY(file_map_open(path, &map));
    bert_status status = map.count > TOKEN_BYTES_MAX
                             ? fail(BERT_FORMAT, "%s: is too long for a token", path)
                             : token_set(e, (slice){ map.bytes, map.count }, path);
    file_map_close(&map);
    return status;
}

static bert_status token_read(const char *given, hub_environment *e)
{
    static const char *const names[] = { "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN" };
    char *path;
    if (given) return token_set(e, slice_of(given), "the token given");
    if (is_true(getenv("HF_HUB_DISABLE_IMPLICIT_TOKEN"))) return BERT_OK;
    for (size_t i = 0; i < 2 && !e->token; i++)
        if (variable(names[i])) TRY(token_set(e, slice_of(variable(names[i])), names[i]));
    if (e->token) return BERT_OK;
    TRY(place("HF_TOKEN_PATH", NULL, "token", &path));
    bert_status status = token_from_file(e, path);
    free(path);
    return status;
}

/* ---- the rest */

/* As huggingface_hub: the second is looked at where the first is not set or empty. */
static const char *offline_read(bool wished)
{
    if (wished) return "offline mode";
    if (variable("HF_HUB_OFFLINE"))
        return is_true(getenv("HF_HUB_OFFLINE")) ? "HF_HUB_OFFLINE" : NULL;
    return is_true(getenv("TRANSFORMERS_OFFLINE")) ? "TRANSFORMERS_OFFLINE" : NULL;
}

/* 0 is the default, as huggingface_hub takes it. */
static bert_status seconds_read(const char *name, long *out)
{
    const char *text = variable(name);
    *out = TIMEOUT_DEFAULT;
    if (!text) return BERT_OK;
    char *end;
    errno = 0;
    long seconds = strtol(text, &end, 10);
    if (errno || *end || seconds < 0 || seconds > TIMEOUT_MAX)
        return fail(BERT_ARGUMENT,
                    "%s is '%s'; it must be a number of seconds from 1 to %d, or 0 for the default",
                    name, text, TIMEOUT_MAX);
    if (seconds) *out = seconds;
    return BERT_OK;
}

static bert_status certificates_read(char **out)
{
    static const char *const names[] = { "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (variable(names[i])) return copy(variable(names[i]), out);
    return BERT_OK;
}

static bert_status environment_fill(const hub_wishes *wishes, hub_environment *e)
{
    e->offline_from = offline_read(wishes->offline);
    TRY(endpoint_read(wishes->endpoint, &e->endpoint));
    TRY(wishes->cache ? copy(wishes->cache, &e->cache)
                      : place("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "hub", &e->cache));
    TRY(certificates_read(&e->certificates));
    TRY(seconds_read("HF_HUB_ETAG_TIMEOUT", &e->etag_timeout));
    TRY(seconds_read("HF_HUB_DOWNLOAD_TIMEOUT", &e->download_timeout));
    return e->offline_from ? BERT_OK : token_read(wishes->token, e);
}

bert_status hub_environment_read(const hub_wishes *wishes, hub_environment *out)
{
    hub_environment e = { 0 };
    bert_status status = environment_fill(wishes, &e);
    if (status == BERT_OK)
        *out = e;
    else
        hub_environment_release(&e);
    return status;
}

void hub_environment_release(hub_environment *e)
{
    if (e->token) explicit_bzero(e->token, strlen(e->token));
    free(e->endpoint);
    free(e->cache);
    free(e->token);
    free(e->token_from);
    free(e->certificates);
    *e = (hub_environment){ 0 };
}
