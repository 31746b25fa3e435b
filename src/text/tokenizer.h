/* tokenizer.h: text to WordPiece ids, as Hugging Face's fast tokenizers make them.
 * A tokenizer is read-only after tokenizer_open(): any number of threads may share it. */
#ifndef TEXT_TOKENIZER_H
#define TEXT_TOKENIZER_H

#include "base/folder.h"
#include "base/slice.h"
#include "base/status.h"
#include "text/frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct tokenizer tokenizer;

/* Which of the two texts of a pair gives way when both are too long (transformers' names). */
typedef enum truncation {
    TRUNCATE_LONGEST_FIRST,
    TRUNCATE_ONLY_FIRST,
    TRUNCATE_ONLY_SECOND
} truncation;

/* Positions in a text: bytes, or code points after tokenizer_code_points(). Special tokens added by
 * the template have { 0, 0 }. */
typedef struct text_range {
    uint32_t begin, end;
} text_range;

#define NO_WORD UINT32_MAX

/* Where an encoding is put, and what came of it. Start from { 0 }; reuse keeps the memory;
 * tokenizer_encoding_release() at the end. The tokens of one text or two stand in their frame
 * (frame.h); the first `first_count` ids have type 0, the others type 1. */
typedef struct tokenizer_encoding {
    int32_t *ids;        /* [count] */
    text_range *offsets; /* [count], bytes into the text the token came from */
    uint32_t *words; /* [count], which of the words of its text the token is in, as transformers'
                        word_ids has it; NO_WORD for special tokens of the frame */
    size_t count, first_count;
    token_span
        texts[2]; /* where the tokens of each text stand; none of a second that is not there */
    size_t whole_count; /* what `count` would have been without truncation */
    size_t capacity;
    /* the tokenizer's own: */
    size_t ids_capacity, offsets_capacity;
    uint32_t word; /* the word that is being encoded */
    struct tokenizer_scratch *scratch;
} tokenizer_encoding;

/* Opens the tokenizer of a model folder: tokenizer.json when present, else vocab.txt;
 * tokenizer_config.json (or its class's defaults) overrides the normalizer where the class does,
 * which that file names, or config.json. A class with other ids is BERT_UNSUPPORTED. The caller
 * frees with tokenizer_free(). */
bert_status tokenizer_open(const char *folder, tokenizer **out);
void tokenizer_free(tokenizer *t);

size_t tokenizer_vocabulary_count(const tokenizer *t); /* highest id + 1 */
const char *tokenizer_token(const tokenizer *t,
                            int32_t id); /* its text; borrowed; "[UNK]"'s for an id without one */
int32_t tokenizer_mask_id(const tokenizer *t);    /* [MASK]'s; -1: the vocabulary has none */
int32_t tokenizer_unknown_id(const tokenizer *t); /* [UNK]'s */
/* Is it the id of [CLS], [SEP], [PAD], [UNK], [MASK] or a special token that was added? */
bool tokenizer_is_special(const tokenizer *t, int32_t id);

/* The special tokens around single texts, or around pairs; borrowed. */
const frame *tokenizer_frame(const tokenizer *t, bool pair);

/* Does the token continue the word of the token before it, as "##ing" does? An encoding's `words`
 * know better. */
bool tokenizer_continues(const tokenizer *t, int32_t id);
/* Have tokens the blank that stands before a word, as "Ġing" and "▁ing" do? */
bool tokenizer_marks_words(const tokenizer *t);

/* A text made of tokens. Start from { 0 }; the caller frees `bytes` with free(). */
typedef struct joined_text {
    char *bytes; /* [count], ended by NUL */
    size_t count, capacity;
} joined_text;

/* Appends the text of a token, or of several that are joined already, as the reference's decoder
 * does: " word", or "ing" for one that continues a word. The first of a text keeps its "##". What
 * byte-level tokens make may be malformed UTF-8 at its ends. */
bert_status tokenizer_join(const tokenizer *t, slice token, bool first, joined_text *to);
/* Puts U+FFFD in the place of what is malformed: one for each sequence that is cut short. */
bert_status joined_mend(joined_text *text);
bert_status joined_append(joined_text *to, slice bytes);
size_t tokenizer_max_length(
    const tokenizer *t); /* tokenizer_config's model_max_length; SIZE_MAX if none */
/* Does it keep the case of letters because its vocabulary has them, and no file says? */
bool tokenizer_cased_by_vocabulary(const tokenizer *t);
/* Does it give no token types? Then the model takes the second text of a pair for type 0, too. */
bool tokenizer_untyped(const tokenizer *t);
bool tokenizer_truncates_left(const tokenizer *t); /* do texts lose their beginning? */

/* Encodes UTF-8 `text`, and `pair` unless its bytes are NULL, into at most `max_length` ids,
 * special tokens included. max_length must leave room for the special tokens (frame_count()):
 * BERT_ARGUMENT otherwise. `how` is not used for a single text, which loses its end (its beginning
 * where the configuration's truncation_side is "left"; so do pairs). Where
 * only_first or only_second would have to take a text whole: BERT_ARGUMENT, as the reference
 * refuses too. Malformed UTF-8 is skipped. Fails otherwise only with BERT_MEMORY. */
bert_status tokenizer_encode(const tokenizer *t, slice text, slice pair, size_t max_length,
                             truncation how, tokenizer_encoding *out);
/* The same of a text that is one of several words, without bound: byte-level tokenizers read it as
 * if a blank stood before it, as transformers wants it of words ("add_prefix_space"). */
bert_status tokenizer_encode_word(const tokenizer *t, slice word, tokenizer_encoding *out);
void tokenizer_encoding_release(tokenizer_encoding *encoding);

/* BERT_ARGUMENT for a text that is too long to encode, for callers that know its place. */
bert_status tokenizer_check_text(slice text);

/* The tokens of the first text (0) or the second (1), without special tokens; borrowed. */
static inline token_slice encoding_tokens(const tokenizer_encoding *e, size_t text)
{
    return (token_slice){ e->ids + e->texts[text].begin, e->texts[text].count };
}

/* Turns byte offsets into code-point offsets, as the reference gives them (malformed bytes count
 * for nothing). */
void tokenizer_code_points(slice text, slice pair, tokenizer_encoding *encoding);

/* The files of a model's folder that make its tokenizer, those of them that are there. */
enum { TOKENIZER_FILES = 10 };
extern const char *const tokenizer_files[TOKENIZER_FILES];

/* Copies them from one model folder to another. What the first leaves to its vocabulary, a
 * tokenizer_config.json says in the other; and, for a model that was trained on words, that
 * byte-level tokens of words begin with a blank. */
bert_status tokenizer_copy_files(const char *from, const folder_handle *to, bool of_words);

#endif
