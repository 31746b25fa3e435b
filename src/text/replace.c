/* The reference's Replace and Prepend. What takes the place of a match has the origin of the
 * match's last character; what is put before a text has that of its first. */
#include "text/replace.h"

#include "base/memory.h"
#include "text/normalizer.h"
#include "text/rewrite.h"

#include <stdlib.h>

typedef struct replace {
    bool blanks; /* the pattern is two blanks, and takes in those behind them */
    size_t pattern_count, content_count;
    char bytes[]; /* the pattern, the content */
} replace;

static bool find_next(const replace *p, slice text, size_t *at, size_t *end)
{
    const char *stop = text.bytes + text.count;
    for (const char *from = text.bytes + *at; (size_t)(stop - from) >= p->pattern_count; from++) {
        from = memchr(from, p->bytes[0], (size_t)(stop - from));
        if (!from || (size_t)(stop - from) < p->pattern_count) return false;
        if (memcmp(from, p->bytes, p->pattern_count) != 0) continue;
        *at = (size_t)(from - text.bytes);
        *end = *at + p->pattern_count;
        while (p->blanks && *end < text.count && text.bytes[*end] == ' ') ++*end;
        return true;
    }
    return false;
}

static bert_status replace_apply(const void *options, const normalized *from, normalized *to)
{
    const replace *p = options;
    const slice bytes = { from->bytes, from->count };
    const slice content = { p->bytes + p->pattern_count, p->content_count };
    rewriter r = { 0 };
    size_t done = 0, at = 0, end = 0;
    for (; find_next(p, bytes, &at, &end); at = done = end) {
        if (!r.from) TRY(rewriter_open(from, to, &r));
        TRY(rewriter_copy(&r, (slice){ bytes.bytes + done, at - done }));
        rewriter_skip(&r, characters_count((slice){ bytes.bytes + at, end - at }));
        TRY(rewriter_add(&r, content));
    }
    if (!r.from) return BERT_OK;
    return rewriter_copy(&r, (slice){ bytes.bytes + done, bytes.count - done });
}

static bert_status make(bool blanks, slice pattern, slice content, void **out)
{
    if (pattern.count > REPLACE_BYTES_MAX || content.count > REPLACE_BYTES_MAX)
        return fail(BERT_UNSUPPORTED, "a pattern or its content is longer than %d bytes",
                    REPLACE_BYTES_MAX);
    TRY(memory_zeroed(1, sizeof(replace) + pattern.count + content.count, out));
    replace *p = *out;
    *p = (replace){ .blanks = blanks,
                    .pattern_count = pattern.count,
                    .content_count = content.count };
    if (pattern.count) memcpy(p->bytes, pattern.bytes, pattern.count);
    if (content.count) memcpy(p->bytes + pattern.count, content.bytes, content.count);
    return BERT_OK;
}

bert_status replace_make(slice pattern, slice content, void **out)
{
    return make(false, pattern, content, out);
}

bert_status replace_blanks_make(slice content, void **out)
{
    return make(true, slice_of("  "), content, out);
}

static bert_status replace_read(const json_t *step, const char *type, void **options)
{
    const char *literal = NULL, *regex = NULL, *content = NULL;
    const json_t *pattern = json_object_get(step, "pattern");
    TRY(json_get_string(pattern, type, "String", &literal));
    TRY(json_get_string(pattern, type, "Regex", &regex));
    TRY(json_get_string(step, type, "content", &content));
    if (!content || (!literal && !regex))
        return fail(BERT_FORMAT, "%s: lacks its \"pattern\" or its \"content\"", type);
    if (regex && strcmp(regex, REPLACE_BLANKS) == 0)
        return replace_blanks_make(slice_of(content), options);
    if (!literal)
        return fail(BERT_UNSUPPORTED,
                    "%s: replaces the pattern \"%s\", and this program knows texts and \"%s\"",
                    type, regex, REPLACE_BLANKS);
    if (!*literal) return fail(BERT_UNSUPPORTED, "%s: replaces the empty text", type);
    return fail_in(replace_make(slice_of(literal), slice_of(content), options), "%s", type);
}

const normalizer_kind normalizer_replace = { .read = replace_read, .apply = replace_apply };

static bert_status prepend_apply(const void *options, const normalized *from, normalized *to)
{
    const replace *p = options;
    rewriter r;
    if (from->count == 0 || p->content_count == 0) return BERT_OK;
    TRY(rewriter_open(from, to, &r));
    rewriter_skip(&r, 1);
    TRY(rewriter_add(&r, (slice){ p->bytes, p->content_count }));
    r.source = 0;
    return rewriter_copy(&r, (slice){ from->bytes, from->count });
}

static bert_status prepend_read(const json_t *step, const char *type, void **options)
{
    const char *content = NULL;
    TRY(json_get_string(step, type, "prepend", &content));
    if (!content) return fail(BERT_FORMAT, "%s: lacks its \"prepend\"", type);
    return fail_in(replace_make((slice){ "", 0 }, slice_of(content), options), "%s", type);
}

const normalizer_kind normalizer_prepend = { .read = prepend_read, .apply = prepend_apply };
