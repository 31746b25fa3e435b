#include "text/pattern.h"

#include "base/memory.h"
#include "text/unicode.h"

#include <oniguruma.h>
#include <stdlib.h>
#include <string.h>

/* GPT-4's pattern, the longest of the usual ones, has 100 bytes. Few texts make a pattern go back
 * more than some times for each of their characters. */
enum {
    PATTERN_BYTES_MAX = 1 << 12,
    RETRIES_OF_A_MATCH_MAX = 1 << 20,
    RETRIES_OF_A_SEARCH_MAX = 1 << 26,
    STACK_MAX = 1 << 20,
    GROUPS_MAX = 64
};

struct pattern {
    char *text; /* looked for as it is; NULL: `regex` is */
    regex_t *regex;
};

static bert_status onig_fail(bert_status status, const char *what, int code)
{
    OnigUChar reason[ONIG_MAX_ERROR_MESSAGE_LEN] = "";
    if (code == ONIGERR_MEMORY) return fail(BERT_MEMORY, "out of memory for a pattern");
    onig_error_code_to_str(reason, code);
    return fail(status, "%s: %s", what, (const char *)reason);
}

static bert_status regex_make(const char *text, const char *type, pattern *p)
{
    size_t count = strlen(text);
    if (count > PATTERN_BYTES_MAX)
        return fail(BERT_UNSUPPORTED, "%s: the pattern is longer than %d bytes", type,
                    PATTERN_BYTES_MAX);
    const OnigUChar *from = (const OnigUChar *)text;
    int code = onig_new(&p->regex, from, from + count, ONIG_OPTION_NONE, ONIG_ENCODING_UTF8,
                        ONIG_SYNTAX_DEFAULT, NULL);
    if (code != ONIG_NORMAL) {
        p->regex = NULL;
        return fail_in(onig_fail(BERT_UNSUPPORTED, "the pattern cannot be read", code), "%s", type);
    }
    if (onig_number_of_captures(p->regex) > GROUPS_MAX)
        return fail(BERT_UNSUPPORTED, "%s: the pattern has more than %d groups", type, GROUPS_MAX);
    return BERT_OK;
}

bert_status pattern_read(const json_t *step, const char *type, pattern **out)
{
    const char *text = NULL, *regex = NULL;
    const json_t *object = json_object_get(step, "pattern");
    TRY(json_get_string(object, type, "String", &text));
    TRY(json_get_string(object, type, "Regex", &regex));
    if (!text == !regex) return fail(BERT_FORMAT, "%s: has no \"pattern\"", type);
    if (text ? !*text : !*regex)
        return fail(BERT_UNSUPPORTED, "%s: the \"pattern\" is empty", type);

    void *block;
    TRY(memory_zeroed(1, sizeof(pattern), &block));
    pattern *p = block;
    bert_status status = BERT_OK;
    if (regex)
        status = regex_make(regex, type, p);
    else if (!(p->text = strdup(text)))
        status = fail(BERT_MEMORY, "out of memory for a pattern");
    if (status == BERT_OK)
        *out = p;
    else
        pattern_free(p);
    return status;
}

void pattern_free(pattern *p)
{
    if (!p) return;
    free(p->text);
    if (p->regex) onig_free(p->regex);
    free(p);
}

static bert_status search_open(pattern_search *s)
{
    if (!s->region) s->region = onig_region_new();
    if (!s->limits) s->limits = onig_new_match_param();
    if (!s->region || !s->limits) return fail(BERT_MEMORY, "out of memory for a pattern");
    onig_initialize_match_param(s->limits);
    onig_set_retry_limit_in_match_of_match_param(s->limits, RETRIES_OF_A_MATCH_MAX);
    onig_set_retry_limit_in_search_of_match_param(s->limits, RETRIES_OF_A_SEARCH_MAX);
    onig_set_match_stack_limit_size_of_match_param(s->limits, STACK_MAX);
    return BERT_OK;
}

void pattern_close(pattern_search *s)
{
    if (s->region) onig_region_free(s->region, 1);
    if (s->limits) onig_free_match_param(s->limits);
    *s = (pattern_search){ 0 };
}

static bert_status regex_next(const pattern *p, slice text, pattern_search *s, bool *found)
{
    if (!s->limits) TRY(search_open(s));
    OnigRegion *region = s->region;
    const OnigUChar *begin = (const OnigUChar *)text.bytes, *end = begin + text.count;
    int at = onig_search_with_param(p->regex, begin, end, begin + s->next, end, region,
                                    ONIG_OPTION_NONE, s->limits);
    *found = at != ONIG_MISMATCH;
    if (at < 0 && *found)
        return onig_fail(BERT_ARGUMENT, "the tokenizer's pattern fails on a text", at);
    if (!*found) return BERT_OK;
    s->begin = (size_t)region->beg[0];
    s->end = (size_t)region->end[0];
    return BERT_OK;
}

static void text_next(const pattern *p, slice text, pattern_search *s, bool *found)
{
    size_t count = strlen(p->text);
    const char *at = memmem(text.bytes + s->next, text.count - s->next, p->text, count);
    *found = at != NULL;
    if (!at) return;
    s->begin = (size_t)(at - text.bytes);
    s->end = s->begin + count;
}

/* An empty match right behind another one does not count; the search goes on a character further
 * (the onig crate's find_iter()). */
bert_status pattern_next(const pattern *p, slice text, pattern_search *s, bool *found)
{
    size_t last = s->end;
    while (s->next <= text.count) {
        if (p->regex)
            TRY(regex_next(p, text, s, found));
        else
            text_next(p, text, s, found);
        if (!*found) return BERT_OK;
        if (s->begin < s->end || !s->any || s->begin != last) {
            s->any = true;
            s->next = s->end;
            return BERT_OK;
        }
        uint32_t code;
        size_t length = utf8_decode((slice){ text.bytes + s->next, text.count - s->next }, &code);
        s->next += length ? length : 1;
    }
    *found = false;
    return BERT_OK;
}

const char *pattern_engine(void)
{
    return onig_version();
}
