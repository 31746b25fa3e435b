/* A text is cut before each character that neither moves nor composes with what stands before it
 * (UNICODE_LEANS). What lies between two cuts is brought into the form by itself: decomposed, put
 * into canonical order, composed. Most pieces are one character that stays what it is, and are not
 * looked at. Which character takes whose origin follows from the counts that the reference's
 * iterators hand along (crate unicode-normalization-alignments, decompose.rs and recompose.rs). */
#include "text/normal_form.h"

#include "base/memory.h"
#include "text/rewrite.h"
#include "text/unicode.h"

#include <assert.h>
#include <stdlib.h>

typedef struct form_part {
    uint32_t code;
    uint32_t takes; /* characters of the old text */
    size_t place;   /* among the parts before they are ordered */
    unsigned combining_class;
} form_part;

typedef struct form_parts {
    form_part *items;
    size_t count, capacity;
} form_parts;

static bool is_compatible(normal_form form)
{
    return form == NORMAL_NFKC || form == NORMAL_NFKD;
}

static bool composes(normal_form form)
{
    return form == NORMAL_NFC || form == NORMAL_NFKC;
}

/* The property of the characters that are changed by themselves. */
static unsigned changes(normal_form form)
{
    static const unsigned properties[] = { [NORMAL_NFC] = UNICODE_CHANGES_NFC,
                                           [NORMAL_NFD] = UNICODE_DECOMPOSES,
                                           [NORMAL_NFKC] = UNICODE_CHANGES_NFKC,
                                           [NORMAL_NFKD] = UNICODE_COMPATIBLE };
    return properties[form];
}

static bert_status parts_push(form_parts *parts, uint32_t code, bool first)
{
    void *items = parts->items;
    bert_status status =
        memory_grow(&items, &parts->capacity, parts->count + 1, sizeof *parts->items);
    parts->items = items;
    TRY(status);
    form_part part = { .code = code, .takes = first, .place = parts->count };
    if (unicode_properties(code) & UNICODE_COMBINING)
        part.combining_class = unicode_combining_class(code);
    parts->items[parts->count++] = part;
    return BERT_OK;
}

static bert_status parts_decompose(normal_form form, slice piece, form_parts *parts)
{
    parts->count = 0;
    for (size_t at = 0, length; at < piece.count; at += length) {
        uint32_t code = 0, to[UNICODE_COMPATIBLE_MAX];
        length = utf8_decode((slice){ piece.bytes + at, piece.count - at }, &code);
        assert(length > 0);
        unsigned properties = unicode_properties(code);
        size_t count = 1;
        if (is_compatible(form) && properties & UNICODE_COMPATIBLE)
            count = unicode_decompose_compatible(code, to);
        else if (properties & UNICODE_DECOMPOSES)
            count = unicode_decompose(code, to);
        else
            to[0] = code;
        for (size_t i = 0; i < count; i++) TRY(parts_push(parts, to[i], i == 0));
    }
    return BERT_OK;
}

static int compare_parts(const void *a, const void *b)
{
    const form_part *left = a, *right = b;
    if (left->combining_class != right->combining_class)
        return left->combining_class < right->combining_class ? -1 : 1;
    return left->place < right->place ? -1 : 1;
}

/* Canonical order: each run of combining characters by class. */
static void parts_order(form_parts *parts)
{
    for (size_t begin = 0, end; begin < parts->count; begin = end) {
        for (end = begin; end < parts->count && parts->items[end].combining_class; end++) {
        }
        if (end - begin > 1)
            qsort(parts->items + begin, end - begin, sizeof *parts->items, compare_parts);
        if (end == begin) end++;
    }
}

/* A character composes with the last one before it that does not combine, unless one of its class
 * or above stands between. What is composed stands for the characters of both. */
static void parts_compose(form_parts *parts)
{
    form_part *starter = NULL;
    unsigned between = 0; /* the class of the last character between; 0: there is none */
    size_t kept = 0;
    for (size_t i = 0; i < parts->count; i++) {
        form_part part = parts->items[i];
        bool blocked = between && between >= part.combining_class;
        uint32_t composed = starter && !blocked ? unicode_compose(starter->code, part.code) : 0;
        if (composed) {
            starter->code = composed;
            starter->takes += part.takes;
            continue;
        }
        parts->items[kept] = part;
        if (part.combining_class == 0) {
            starter = &parts->items[kept];
            between = 0;
        } else if (starter) {
            between = part.combining_class;
        }
        kept++;
    }
    parts->count = kept;
}

static bert_status piece_rewrite(normal_form form, slice piece, form_parts *parts, rewriter *r)
{
    TRY(parts_decompose(form, piece, parts));
    parts_order(parts);
    if (composes(form)) parts_compose(parts);
    for (size_t i = 0; i < parts->count; i++)
        TRY(rewriter_put(r, parts->items[i].code, parts->items[i].takes));
    return BERT_OK;
}

/* The end of the piece that begins at `at`; *plain: the form leaves it as it is. */
static size_t piece_end(normal_form form, slice text, size_t at, bool *plain)
{
    *plain = true;
    for (size_t begin = at, length; at < text.count; at += length) {
        uint32_t code = (unsigned char)text.bytes[at];
        length = 1;
        if (code >= 0x80) length = utf8_decode((slice){ text.bytes + at, text.count - at }, &code);
        assert(length > 0);
        unsigned properties = code < 0x80 ? 0 : unicode_properties(code);
        if (at > begin && !(properties & UNICODE_LEANS)) return at;
        if (properties & (changes(form) | UNICODE_LEANS)) *plain = false;
    }
    return at;
}

/* Copies up to the next piece that is not plain; *end = where that ends. */
static bool piece_next(normal_form form, slice text, size_t *begin, size_t *end)
{
    bool plain = true;
    for (*end = *begin; *end < text.count;) {
        *begin = *end;
        *end = piece_end(form, text, *begin, &plain);
        if (!plain) return true;
    }
    *begin = *end;
    return false;
}

bert_status normal_form_apply(normal_form form, normalized *text)
{
    slice bytes = { text->bytes, text->count };
    size_t begin = 0, end, done = 0;
    if (!piece_next(form, bytes, &begin, &end)) return BERT_OK;

    rewriter r;
    form_parts parts = { 0 };
    bert_status status = rewriter_open(text, &r);
    bytes.bytes = text->bytes;
    do {
        if (status == BERT_OK)
            status = rewriter_copy(&r, (slice){ bytes.bytes + done, begin - done });
        if (status == BERT_OK)
            status = piece_rewrite(form, (slice){ bytes.bytes + begin, end - begin }, &parts, &r);
        done = begin = end;
    } while (status == BERT_OK && piece_next(form, bytes, &begin, &end));
    if (status == BERT_OK)
        status = rewriter_copy(&r, (slice){ bytes.bytes + done, bytes.count - done });
    if (status == BERT_OK) rewriter_close(&r);
    free(parts.items);
    return status;
}
