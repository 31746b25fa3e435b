/* Unicode's four normal forms, as the reference's NFC, NFD, NFKC and NFKD make them (UAX #15).
 *
 * A text is cut before each character that neither moves nor composes with what stands before it
 * (UNICODE_LEANS). What lies between two cuts is brought into the form by itself: decomposed, put
 * into canonical order, composed. Most pieces are one character that stays what it is, and are not
 * looked at. Which character takes whose origin follows from the counts that the reference's
 * iterators hand along (crate unicode-normalization-alignments, decompose.rs and recompose.rs). */
#include "base/memory.h"
#include "text/normalizer.h"
#include "text/rewrite.h"
#include "text/unicode.h"

#include <stdlib.h>

typedef enum normal_form { NORMAL_NFC, NORMAL_NFD, NORMAL_NFKC, NORMAL_NFKD } normal_form;

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
        uint32_t to[UNICODE_COMPATIBLE_MAX], code = character_at(piece, at, &length);
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
        uint32_t code = character_at(text, at, &length);
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

static bert_status form_rewrite(normal_form form, form_parts *parts, rewriter *r, size_t begin,
                                size_t end)
{
    slice bytes = { r->from->bytes, r->from->count };
    size_t done = 0;
    do {
        TRY(rewriter_copy(r, (slice){ bytes.bytes + done, begin - done }));
        TRY(piece_rewrite(form, (slice){ bytes.bytes + begin, end - begin }, parts, r));
        done = begin = end;
    } while (piece_next(form, bytes, &begin, &end));
    return rewriter_copy(r, (slice){ bytes.bytes + done, bytes.count - done });
}

static bert_status form_apply(normal_form form, const normalized *from, normalized *to)
{
    size_t begin = 0, end;
    if (!piece_next(form, (slice){ from->bytes, from->count }, &begin, &end)) return BERT_OK;

    rewriter r;
    form_parts parts = { 0 };
    TRY(rewriter_open(from, to, &r));
    bert_status status = form_rewrite(form, &parts, &r, begin, end);
    free(parts.items);
    return status;
}

#define FORM(name, form)                                                                           \
    static bert_status name##_apply(const void *options, const normalized *from, normalized *to)   \
    {                                                                                              \
        (void)options;                                                                             \
        return form_apply(form, from, to);                                                         \
    }                                                                                              \
    const normalizer_kind normalizer_##name = { .apply = name##_apply };

FORM(nfc, NORMAL_NFC)
FORM(nfd, NORMAL_NFD)
FORM(nfkc, NORMAL_NFKC)
FORM(nfkd, NORMAL_NFKD)
