/* sentencepiece_convert.h: a tokenizer made of a SentencePiece model file alone, as transformers'
 * converters (SpmConverter and its kin) make it of the file and the class. */
#ifndef TEXT_SENTENCEPIECE_CONVERT_H
#define TEXT_SENTENCEPIECE_CONVERT_H

#include "base/status.h"
#include "text/tokenizer_class.h"
#include "text/tokenizer_parts.h"

/* The file's name in a folder of this class; NULL: the class knows none. */
const char *sentencepiece_file(const tokenizer_kind *kind);

/* Fills `t`, which is zeroed, from the file at `path`, added tokens included, but for the special
 * tokens that the class adds. */
bert_status sentencepiece_convert(const tokenizer_class *c, const char *path, tokenizer *t);

/* Then its frames. */
bert_status sentencepiece_frames(const tokenizer_class *c, const char *path, tokenizer *t);

#endif
