/* frame.h: the special tokens around one text, or around two.
 *
 *     BERT       [CLS] a [SEP]        [CLS] a [SEP] b [SEP]
 *     RoBERTa    <s> a </s>           <s> a </s> </s> b </s>
 *
 * A family has one frame for single texts and one for pairs; tokenizer_frame() gives them. Whoever
 * counts special tokens, or makes a sequence of tokens of his own, asks the frame. */
#ifndef TEXT_FRAME_H
#define TEXT_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAME_RUN_MAX = 4 };

/* Special tokens that stand side by side. */
typedef struct frame_run {
    int32_t ids[FRAME_RUN_MAX]; /* [count] */
    size_t count;
} frame_run;

typedef struct frame {
    bool pair;
    frame_run before, between, after; /* between: empty unless it is a frame of pairs */
} frame;

/* Where tokens stand in a sequence. */
typedef struct token_span {
    size_t begin, count;
} token_span;

/* Tokens that somebody else owns. */
typedef struct token_slice {
    const int32_t *ids; /* [count] */
    size_t count;
} token_slice;

/* The two frames of a family, for single texts and for pairs. */
void frames_bert(int32_t cls, int32_t sep, frame *single, frame *pair);
void frames_roberta(int32_t cls, int32_t sep, frame *single, frame *pair);

/* How many special tokens there are, and whether `id` is one of them. */
size_t frame_count(const frame *f);
bool frame_holds(const frame *f, int32_t id);

/* The texts' tokens that a sequence of `length` has room for; 0 where the special tokens fill it.
 */
size_t frame_room(const frame *f, size_t length);

/* At most so many sequences are made of so many tokens, since each has its special tokens. */
size_t frame_sequences(const frame *f, size_t tokens);

/* Where the texts stand in a sequence, the first of which has `first` tokens. */
size_t frame_first_at(const frame *f);
size_t frame_second_at(const frame *f, size_t first);

/* Of a whole sequence with so many tokens of the two texts (second 0 for a single text): its
 * length, and how many of its tokens have the type 0: all of a single text's, and of a pair's those
 * before the second text. The others have the type 1. */
size_t frame_length(const frame *f, size_t first, size_t second);
size_t frame_first_count(const frame *f, size_t first);

/* Writes the sequence of two texts, or of one (second.count 0), to ids [frame_length()]. */
void frame_put(const frame *f, token_slice first, token_slice second, int32_t *ids);

#endif
