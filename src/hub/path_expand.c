#include "hub/path_expand.h"

#include <ctype.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bert_status fail_memory(void)
{
    return fail(BERT_MEMORY, "out of memory for a path");
}

/* Of the user whose name has `count` bytes, none: of the one who asks. *out NULL: not known. */
static bert_status home_find(const char *user, size_t count, char **out)
{
    const char *home = getenv("HOME");
    struct passwd entry, *found = NULL;
    char text[4096], name[256];
    *out = NULL;
    if (count >= sizeof name) return BERT_OK;
    snprintf(name, sizeof name, "%.*s", (int)count, user);
    if (count)
        getpwnam_r(name, &entry, text, sizeof text, &found);
    else if (!home || !*home)
        getpwuid_r(getuid(), &entry, text, sizeof text, &found);
    if (found) home = found->pw_dir;
    if (!home || (count && !found)) return BERT_OK;
    *out = strdup(home);
    return *out ? BERT_OK : fail_memory();
}

/* With the home in place of a "~" in front, without the slashes at the home's end. */
static bert_status home_put(const char *path, char **out)
{
    size_t user = *path == '~' ? strcspn(path + 1, "/") : 0;
    char *home = NULL;
    if (*path == '~') TRY(home_find(path + 1, user, &home));
    int bytes;
    if (home) {
        size_t count = strlen(home);
        while (count && home[count - 1] == '/') count--;
        const char *rest = path + 1 + user;
        bytes = asprintf(out, "%.*s%s", (int)count, home, count || *rest ? rest : "/");
    } else {
        bytes = asprintf(out, "%s", path);
    }
    free(home);
    return bytes < 0 ? fail_memory() : BERT_OK;
}

/* The bytes of the "$NAME" or "${NAME}" that stands here, and where in them the name is; 0: it is a
 * dollar and no more. */
static size_t reference_find(const char *at, size_t *begin, size_t *count)
{
    bool braces = at[1] == '{';
    *begin = braces ? 2 : 1;
    *count = braces ? strcspn(at + 2, "}") : 0;
    if (braces) return at[2 + *count] ? *count + 3 : 0;
    while (isalnum((unsigned char)at[1 + *count]) || at[1 + *count] == '_') ++*count;
    return *count ? *count + 1 : 0;
}

/* Puts what the reference stands for; itself where nothing is known of it. */
static bert_status reference_put(const char *at, size_t bytes, size_t begin, size_t count, FILE *to)
{
    char *name = strndup(at + begin, count);
    if (!name) return fail_memory();
    const char *value = getenv(name);
    if (value)
        fputs(value, to);
    else
        fwrite(at, 1, bytes, to);
    free(name);
    return BERT_OK;
}

static bert_status variables_put(const char *path, FILE *to)
{
    for (const char *at = path; *at;) {
        size_t plain = strcspn(at, "$"), begin, count;
        fwrite(at, 1, plain, to);
        at += plain;
        if (!*at) break;
        size_t bytes = reference_find(at, &begin, &count);
        if (bytes)
            TRY(reference_put(at, bytes, begin, count, to));
        else
            fputc('$', to);
        at += bytes ? bytes : 1;
    }
    return BERT_OK;
}

bert_status path_expand(const char *path, char **out)
{
    char *homed, *text = NULL;
    size_t bytes;
    TRY(home_put(path, &homed));
    FILE *to = open_memstream(&text, &bytes);
    bert_status status = to ? variables_put(homed, to) : fail_memory();
    if (to && fclose(to) != 0 && status == BERT_OK) status = fail_memory();
    free(homed);
    if (status == BERT_OK)
        *out = text;
    else
        free(text);
    return status;
}
