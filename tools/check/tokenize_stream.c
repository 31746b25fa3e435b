/* tokenize_stream FOLDER: encodes what comes in on standard input, for tools/check/tokenizer.py.
 * All numbers are 32 bits, little endian; texts are bytes, so that they may hold anything.
 *
 *   in:  max_length, how (a truncation), bytes of the text, bytes of the pair or -1, text, pair
 *   out: count or -1 where it is refused, first_count, ids [count], offsets in code points
 * [count][2]
 */
#include "base/memory.h"
#include "base/status.h"
#include "text/tokenizer.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct request {
    int32_t max_length, how, text_bytes, pair_bytes;
} request;

typedef struct buffer {
    void *bytes;
    size_t capacity;
} buffer;

/* False at the end of the input. */
static bool text_read(int32_t count, buffer *into, slice *text)
{
    *text = (slice){ NULL, 0 };
    if (count < 0) return true;
    if (memory_grow(&into->bytes, &into->capacity, (size_t)count + 1, 1) != BERT_OK) return false;
    *text = (slice){ into->bytes, (size_t)count };
    return fread(into->bytes, 1, text->count, stdin) == text->count;
}

static void answer_write(bert_status status, const tokenizer_encoding *encoding)
{
    int32_t head[2] = { -1, 0 };
    if (status == BERT_OK) {
        head[0] = (int32_t)encoding->count;
        head[1] = (int32_t)encoding->first_count;
    }
    fwrite(head, sizeof head[0], 2, stdout);
    if (status != BERT_OK) return;
    fwrite(encoding->ids, sizeof encoding->ids[0], encoding->count, stdout);
    fwrite(encoding->offsets, sizeof encoding->offsets[0], encoding->count, stdout);
}

static bert_status stream_encode(const tokenizer *t)
{
    tokenizer_encoding encoding = { 0 };
    buffer texts[2] = { 0 };
    request r;
    bert_status status = BERT_OK;
    while (fread(&r, sizeof r, 1, stdin) == 1) {
        slice text, pair;
        if (!text_read(r.text_bytes, &texts[0], &text) ||
            !text_read(r.pair_bytes, &texts[1], &pair)) {
            status = fail(BERT_IO, "standard input ends inside a text");
            break;
        }
        status =
            tokenizer_encode(t, text, pair, (size_t)r.max_length, (truncation)r.how, &encoding);
        if (status != BERT_OK && status != BERT_ARGUMENT) break;
        if (status == BERT_OK) tokenizer_code_points(text, pair, &encoding);
        answer_write(status, &encoding);
        status = BERT_OK;
    }
    tokenizer_encoding_release(&encoding);
    free(texts[0].bytes);
    free(texts[1].bytes);
    if (status == BERT_OK && fflush(stdout) != 0)
        status = fail(BERT_IO, "standard output cannot be written");
    return status;
}

int main(int count, char **arguments)
{
    if (count != 2) {
        fprintf(stderr, "usage: tokenize_stream FOLDER < requests > answers\n");
        return 2;
    }
    tokenizer *t = NULL;
    bert_status status = tokenizer_open(arguments[1], &t);
    if (status == BERT_OK) status = stream_encode(t);
    if (status != BERT_OK) fprintf(stderr, "tokenize_stream: %s\n", status_message());
    tokenizer_free(t);
    return status == BERT_OK ? 0 : 1;
}
