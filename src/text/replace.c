/* The reference's Replace and Prepend. What takes the place of a match has the origin of the
 * match's last character; what is put before a text has that of its first. */
#include "text/replace.h"

#include "base/memory.h"
#include "text/normalizer.h"
#include "text/pattern.h"
#include "text/rewrite.h"

#include <stdlib.h>

typedef struct replace {
    pattern *pattern; /* or NULL */
    bool blanks;      /* the text that is looked for is two blanks, and takes in those behind it */
    size_t pattern_count, content_count;
    char bytes[]; /* a text that is looked for, the content */
} replace;

static bool find_text(const replace *p, slice text, size_t *at, size_t *end)
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

/* Goes through the matches. */
typedef struct matches {
    const replace *of;
    slice text;
    size_t begin, end; /* of the last one */
    pattern_search search;
} matches;

static bert_status matches_next(matches *m, bool *found)
{
    if (m->of->pattern) {
        TRY(pattern_next(m->of->pattern, m->text, &m->search, found));
        m->begin = m->search.begin;
        m->end = m->search.end;
    } else {
        m->begin = m->end;
        *found = find_text(m->of, m->text, &m->begin, &m->end);
    }
    return BERT_OK;
}

static bert_status match_rewrite(const matches *m, size_t done, rewriter *r)
{
    const replace *p = m->of;
    TRY(rewriter_copy(r, (slice){ m->text.bytes + done, m->begin - done }));
    rewriter_skip(r, characters_count((slice){ m->text.bytes + m->begin, m->end - m->begin }));
    return rewriter_add(r, (slice){ p->bytes + p->pattern_count, p->content_count });
}

static bert_status matches_rewrite(matches *m, const normalized *from, normalized *to)
{
    rewriter r = { 0 };
    bool found;
    size_t done = 0;
    TRY(matches_next(m, &found));
    if (!found) return BERT_OK;
    TRY(rewriter_open(from, to, &r));
    while (found) {
        TRY(match_rewrite(m, done, &r));
        done = m->end;
        TRY(matches_next(m, &found));
    }
    return rewriter_copy(&r, (slice){ m->text.bytes + done, m->text.count - done });
}

static bert_status replace_apply(const void *options, const normalized *from, normalized *to)
{
    matches m = { .of = options, .text = { from->bytes, from->count } };
    if (from->count == 0) return BERT_OK;
    bert_status status = matches_rewrite(&m, from, to);
    pattern_close(&m.search);
    return status;
}

static void replace_release(void *options)
{
    replace *p = options;
    if (p) pattern_free(p->pattern);
    free(p);
}

static bert_status make(bool blanks, slice wanted, slice content, void **out)
{
    if (wanted.count > REPLACE_BYTES_MAX || content.count > REPLACE_BYTES_MAX)
        return fail(BERT_UNSUPPORTED, "a pattern or its content is longer than %d bytes",
                    REPLACE_BYTES_MAX);
    TRY(memory_zeroed(1, sizeof(replace) + wanted.count + content.count, out));
    replace *p = *out;
    *p = (replace){ .blanks = blanks,
                    .pattern_count = wanted.count,
                    .content_count = content.count };
    if (wanted.count) memcpy(p->bytes, wanted.bytes, wanted.count);
    if (content.count) memcpy(p->bytes + wanted.count, content.bytes, content.count);
    return BERT_OK;
}

bert_status replace_make(slice wanted, slice content, void **out)
{
    return make(false, wanted, content, out);
}

bert_status replace_blanks_make(slice content, void **out)
{
    return make(true, slice_of("  "), content, out);
}

static bert_status replace_read(const json_t *step, const char *type, void **options)
{
    const char *literal = NULL, *regex = NULL, *content = NULL;
    const json_t *wanted = json_object_get(step, "pattern");
    TRY(json_get_string(wanted, type, "String", &literal));
    TRY(json_get_string(wanted, type, "Regex", &regex));
    TRY(json_get_string(step, type, "content", &content));
    if (!content || (!literal && !regex))
        return fail(BERT_FORMAT, "%s: lacks its \"pattern\" or its \"content\"", type);
    if (regex && strcmp(regex, REPLACE_BLANKS) == 0)
        return replace_blanks_make(slice_of(content), options);
    if (literal && !*literal) return fail(BERT_UNSUPPORTED, "%s: replaces the empty text", type);
    TRY(fail_in(replace_make(slice_of(literal ? literal : ""), slice_of(content), options), "%s",
                type));
    return literal ? BERT_OK : pattern_read(step, type, &((replace *)*options)->pattern);
}

const normalizer_kind normalizer_replace = {
    .options = { .read = replace_read, .release = replace_release }, .apply = replace_apply
};

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

const normalizer_kind normalizer_prepend = { .options = { .read = prepend_read },
                                             .apply = prepend_apply };
