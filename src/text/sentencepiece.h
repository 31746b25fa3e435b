/* sentencepiece.h: what a SentencePiece model file (sentencepiece.bpe.model, spm.model,
 * spiece.model) says: a protocol buffer, sentencepiece_model.proto.
 *
 *   ModelProto       1 pieces, 2 trainer_spec, 3 normalizer_spec
 *   SentencePiece    1 piece (text), 2 score (float), 3 type
 *   TrainerSpec      3 model_type, 40 unk_id
 *   NormalizerSpec   2 precompiled_charsmap
 *
 * Other fields are passed over, as transformers' converters do. */
#ifndef TEXT_SENTENCEPIECE_H
#define TEXT_SENTENCEPIECE_H

#include "base/file.h"
#include "base/slice.h"
#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

typedef enum sentencepiece_type {
    SENTENCEPIECE_NORMAL = 1,
    SENTENCEPIECE_UNKNOWN = 2,
    SENTENCEPIECE_CONTROL = 3,
    SENTENCEPIECE_USER_DEFINED = 4
} sentencepiece_type;

typedef struct sentencepiece {
    slice text; /* in the file; UTF-8 without NUL */
    float score;
    int32_t type;
} sentencepiece;

typedef struct sentencepiece_model {
    file_map map;
    sentencepiece *pieces; /* [count], by their ids */
    size_t count, capacity;
    uint64_t unknown; /* an id */
    slice charsmap;   /* in the file; none: count 0 */
} sentencepiece_model;

/* Start from { 0 }; sentencepiece_release() at the end, whatever is returned. A file that is none
 * is BERT_FORMAT, one of another kind than Unigram BERT_UNSUPPORTED. */
bert_status sentencepiece_read(const char *path, sentencepiece_model *out);
void sentencepiece_release(sentencepiece_model *model);

#endif
