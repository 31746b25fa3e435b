/* The reference's BertPreTokenizer: white space parts words and goes, each punctuation character is
 * a word. */
#include "text/pre_tokenizer.h"
#include "text/unicode.h"

/* The end of what begins at `begin`: a word, a blank, or one punctuation character. */
static size_t word_end(const char *bytes, size_t begin, size_t end, bool *blank)
{
    *blank = false;
    for (size_t at = begin, length; at < end; at += length) {
        uint32_t code = (unsigned char)bytes[at];
        length = code < 0x80 ? 1 : utf8_decode((slice){ bytes + at, end - at }, &code);
        unsigned properties = unicode_properties(code);
        if (!(properties & (UNICODE_SPACE | UNICODE_PUNCTUATION))) continue;
        if (at > begin) return at;
        *blank = properties & UNICODE_SPACE;
        return at + length;
    }
    return end;
}

static bert_status word_cut(words *w, size_t begin, size_t end)
{
    for (size_t next; begin < end; begin = next) {
        bool blank;
        next = word_end(w->text.bytes, begin, end, &blank);
        if (blank) continue;
        TRY(words_reserve(w, 1));
        words_put(w, begin, next);
    }
    return BERT_OK;
}

static bert_status cut(const void *options, words *w)
{
    (void)options;
    for (size_t i = 0; i < w->now.count; i++)
        TRY(word_cut(w, w->now.items[i].begin, w->now.items[i].end));
    return BERT_OK;
}

const pre_tokenizer_kind pre_tokenizer_bert = { .cut = cut };
