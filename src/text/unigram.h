/* unigram.h: the word model Unigram, for who makes one without tokenizer.json. */
#ifndef TEXT_UNIGRAM_H
#define TEXT_UNIGRAM_H

#include "base/slice.h"
#include "base/status.h"
#include "text/vocabulary.h"
#include "text/word_model.h"

#include <stdbool.h>
#include <stdint.h>

/* Makes room for the scores of ids below `count`; then each piece is added, in the order of the ids
 * from 0 on; then the model is finished. The caller releases with word_model_release(), whatever is
 * returned. */
bert_status unigram_begin(size_t count, word_model *out);

/* A text that is there already is found by its newest id. */
bert_status unigram_add(word_model *m, vocabulary *v, slice text, double score);

/* Sets the id of what is unknown, which must be one of the pieces; without `byte_fallback` it
 * stands for all unknown text, with it for what has no piece "<0xNN>" for each byte. */
bert_status unigram_finish(word_model *m, const vocabulary *v, int32_t unknown, bool byte_fallback);

#endif
