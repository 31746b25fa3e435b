/* bert_normalizer.h: the reference's BertNormalizer, and those of its options that a class has a
 * say in. */
#ifndef TEXT_BERT_NORMALIZER_H
#define TEXT_BERT_NORMALIZER_H

#include "base/status.h"
#include "text/normalizer.h"

#include <stdbool.h>

/* The reference's options, by what they do. */
typedef struct bert_normalizer_options {
    bool clean_text;    /* control characters go, any white space becomes a blank */
    bool split_cjk;     /* "handle_chinese_chars": blanks around CJK ideographs */
    bool strip_accents; /* decompose, then drop the marks */
    bool lowercase;
} bert_normalizer_options;

typedef struct bert_normalizer {
    bert_normalizer_options options;
    unsigned char ascii[256]; /* what a byte becomes, where that is so whatever stands beside it; 0
                                 where it needs a longer look */
} bert_normalizer;

/* Makes `out` a normalizer of this one step. The caller releases. */
bert_status bert_normalizer_make(bert_normalizer_options options, normalizer *out);

/* The options of a normalizer that is this one step; NULL: it is another, or none. */
const bert_normalizer_options *bert_normalizer_of(const normalizer *n);

#endif
