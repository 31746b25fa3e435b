/* bpe.h: byte-pair encoding (the reference's BPE): a word's characters, of which the two neighbours
 * that come first in the list of merges become one, again and again. */
#ifndef TEXT_BPE_H
#define TEXT_BPE_H

#include "base/status.h"
#include "text/vocabulary.h"
#include "text/word_model.h"

/* The model of files as GPT-2 has them: vocab.json, which goes into `v`, and merges.txt, read as
 * transformers reads it. Words are bytes. The caller releases, whatever is returned. */
bert_status bpe_open(const char *vocab_path, const char *merges_path, vocabulary *v,
                     word_model *out);

#endif
