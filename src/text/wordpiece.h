/* wordpiece.h: each word cut into the longest pieces that the vocabulary holds, from its front (the
 * reference's WordPiece). */
#ifndef TEXT_WORDPIECE_H
#define TEXT_WORDPIECE_H

#include "base/status.h"
#include "text/word_model.h"

/* The model of a vocabulary that is read already: what vocab.txt says no word of is as the
 * reference has it. Fails only with BERT_MEMORY. The caller releases. */
bert_status wordpiece_make(const vocabulary *v, int32_t unknown, word_model *out);

#endif
