/* tokenizer_parts.h: what a tokenizer is made of, for the files that make it and the ones that use
 * it. */
#ifndef TEXT_TOKENIZER_PARTS_H
#define TEXT_TOKENIZER_PARTS_H

#include "text/added_tokens.h"
#include "text/normalizer.h"
#include "text/post_processor.h"
#include "text/pre_tokenizer.h"
#include "text/tokenizer.h"
#include "text/trim.h"
#include "text/vocabulary.h"
#include "text/word_model.h"

/* In the order in which a text goes through them, but for the vocabulary. */
struct tokenizer {
    vocabulary vocabulary;
    added_tokens added;
    normalizer normalizer;
    pre_tokenizer pre_tokenizer;
    word_model model;
    post_processor post;
    token_blanks *blanks;     /* [highest id + 1] if post.trims, else NULL */
    int32_t mask_id;          /* [MASK]; -1: there is none */
    int32_t unknown_id;       /* [UNK], the model's or else the class's; -1: there is none */
    bool cased_by_vocabulary; /* see tokenizer_cased_by_vocabulary() */
    bool untyped;             /* gives no token types */
    bool patterned;           /* some step has a pattern that Oniguruma reads */
    bool truncate_left;       /* a text that is too long loses its beginning */
    size_t max_length;        /* SIZE_MAX: no bound is known */
};

#endif
