#include "data/row_key.h"

#include "base/digest.h"
#include "base/memory.h"
#include "text/unicode.h"

#include <stdlib.h>

/* A row's texts made plain, one after another. */
typedef struct plain {
    char *bytes;
    size_t count, capacity;
} plain;

/* The bytes a code point becomes; no more than three times its own (a capital I with a dot). */
static size_t character_plain(uint32_t code, char *out)
{
    uint32_t lower[UNICODE_LOWER_MAX];
    if (!(unicode_properties(code) & UNICODE_LOWERS)) return utf8_encode(code, out);
    size_t count = unicode_lower(code, lower), bytes = 0;
    for (size_t i = 0; i < count; i++) bytes += utf8_encode(lower[i], out + bytes);
    return bytes;
}

static size_t text_plain(slice text, char *out)
{
    size_t count = 0;
    bool blank = false; /* one is due before the next character */
    while (text.count) {
        uint32_t code;
        size_t length = utf8_decode(text, &code);
        bool malformed = length == 0;
        if (malformed) length = 1;
        if (!malformed && unicode_properties(code) & UNICODE_SPACE) {
            blank = count > 0;
        } else {
            if (blank) out[count++] = ' ';
            blank = false;
            if (malformed)
                out[count++] = *text.bytes;
            else
                count += character_plain(code, out + count);
        }
        text = (slice){ text.bytes + length, text.count - length };
    }
    return count;
}

/* A NUL stands before each text, and none for one that is not there. */
static bert_status plain_add(plain *p, slice text)
{
    size_t growth = 3;
    if (!text.bytes) return BERT_OK;
    TRY(memory_grow((void **)&p->bytes, &p->capacity, p->count + 1 + growth * text.count, 1));
    p->bytes[p->count++] = '\0';
    p->count += text_plain(text, p->bytes + p->count);
    return BERT_OK;
}

static bert_status row_plain(const dataset_row *row, dataset_form form, row_reach reach, plain *p)
{
    bool bundle = reach == REACH_BUNDLE;
    p->count = 0;
    if (bundle && form == FORM_QUESTIONS) return plain_add(p, row->pair);
    TRY(plain_add(p, row->text));
    if (bundle && (form == FORM_CHOICES || form == FORM_COMPARED)) return BERT_OK;
    TRY(plain_add(p, row->pair));
    for (size_t i = 0; i < row->item_count; i++) TRY(plain_add(p, row->items[i]));
    return BERT_OK;
}

static row_key key_of(const plain *p)
{
    uint8_t digest[DIGEST_BYTES];
    row_key key;
    bytes_digest((slice){ p->bytes, p->count }, digest);
    memcpy(key.half, digest, sizeof key.half);
    return key;
}

bert_status row_keys_open(const dataset *d, row_reach reach, row_key **out)
{
    plain p = { 0 };
    void *memory;
    TRY(memory_zeroed(d->count, sizeof(row_key), &memory));
    row_key *keys = memory;
    bert_status status = BERT_OK;
    for (size_t i = 0; i < d->count && status == BERT_OK; i++) {
        status = row_plain(&d->rows[i], d->form, reach, &p);
        if (status == BERT_OK) keys[i] = key_of(&p);
    }
    free(p.bytes);
    if (status == BERT_OK)
        *out = keys;
    else
        free(keys);
    return status;
}

bert_status text_keys_open(const slice *texts, size_t count, row_key **out)
{
    plain p = { 0 };
    void *memory;
    TRY(memory_zeroed(count, sizeof(row_key), &memory));
    row_key *keys = memory;
    bert_status status = BERT_OK;
    for (size_t i = 0; i < count && status == BERT_OK; i++) {
        p.count = 0;
        status = plain_add(&p, texts[i]);
        if (status == BERT_OK) keys[i] = key_of(&p);
    }
    free(p.bytes);
    if (status == BERT_OK)
        *out = keys;
    else
        free(keys);
    return status;
}

int row_key_compare(const void *a, const void *b)
{
    const row_key *x = a, *y = b;
    for (size_t i = 0; i < 2; i++)
        if (x->half[i] != y->half[i]) return x->half[i] < y->half[i] ? -1 : 1;
    return 0;
}

bool text_is_blank(slice text)
{
    while (text.count) {
        uint32_t code;
        size_t length = utf8_decode(text, &code);
        if (!length || !(unicode_properties(code) & UNICODE_SPACE)) return false;
        text = (slice){ text.bytes + length, text.count - length };
    }
    return true;
}

bool row_has_empty_text(const dataset_row *row)
{
    if (!row->text.bytes && !row->item_count) return true;
    if (row->text.bytes && text_is_blank(row->text)) return true;
    if (row->pair.bytes && text_is_blank(row->pair)) return true;
    for (size_t i = 0; i < row->item_count; i++)
        if (text_is_blank(row->items[i])) return true;
    return false;
}
