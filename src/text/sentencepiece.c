#include "text/sentencepiece.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "base/wire.h"
#include "text/vocabulary.h"

#include <stdlib.h>

enum { MODEL_PIECE = 1, MODEL_TRAINER = 2, MODEL_NORMALIZER = 3 };
enum { PIECE_TEXT = 1, PIECE_SCORE = 2, PIECE_TYPE = 3 };
enum { TRAINER_MODEL_TYPE = 3, TRAINER_UNKNOWN = 40, TYPE_UNIGRAM = 1 };
enum { NORMALIZER_CHARSMAP = 2 };

static bert_status malformed(const char *path)
{
    return fail(BERT_FORMAT, "%s: is not a SentencePiece model, or a damaged one", path);
}

static bert_status piece_read(slice message, const char *path, sentencepiece *out)
{
    wire_field field;
    *out = (sentencepiece){ .text = { "", 0 }, .type = SENTENCEPIECE_NORMAL };
    while (message.count) {
        if (!wire_next(&message, &field)) return malformed(path);
        uint32_t bits = (uint32_t)field.value;
        if (field.number == PIECE_TEXT && field.kind == WIRE_BYTES) out->text = field.bytes;
        if (field.number == PIECE_SCORE && field.kind == WIRE_FIXED32)
            memcpy(&out->score, &bits, sizeof out->score);
        if (field.number == PIECE_TYPE && field.kind == WIRE_VARINT)
            out->type = (int32_t)field.value;
    }
    return BERT_OK;
}

static bert_status piece_push(slice message, const char *path, sentencepiece_model *model)
{
    sentencepiece piece;
    TRY(piece_read(message, path, &piece));
    if (model->count == VOCABULARY_IDS_MAX)
        return fail(BERT_FORMAT, "%s: more than %d pieces", path, VOCABULARY_IDS_MAX);
    if (utf8_malformed(piece.text) != piece.text.count ||
        (piece.text.count && memchr(piece.text.bytes, '\0', piece.text.count)))
        return fail(BERT_FORMAT, "%s: piece %zu is not UTF-8, or holds the character U+0000", path,
                    model->count);
    /* NaN compares false with all, so that the best way to cut a word would depend on order */
    if (!(piece.score <= 1e9f && piece.score >= -1e9f))
        return fail(BERT_FORMAT, "%s: the score of piece %zu is not a number, or too large", path,
                    model->count);
    void *pieces = model->pieces;
    bert_status status =
        memory_grow(&pieces, &model->capacity, model->count + 1, sizeof *model->pieces);
    model->pieces = pieces;
    TRY(status);
    model->pieces[model->count++] = piece;
    return BERT_OK;
}

static bert_status trainer_read(slice message, const char *path, sentencepiece_model *model)
{
    wire_field field;
    uint64_t type = TYPE_UNIGRAM;
    while (message.count) {
        if (!wire_next(&message, &field)) return malformed(path);
        if (field.kind != WIRE_VARINT) continue;
        if (field.number == TRAINER_MODEL_TYPE) type = field.value;
        if (field.number == TRAINER_UNKNOWN) model->unknown = field.value;
    }
    if (type == TYPE_UNIGRAM) return BERT_OK;
    return fail(BERT_UNSUPPORTED,
                "%s: was trained as another kind of model than Unigram; save the tokenizer as "
                "tokenizer.json, by transformers' save_pretrained()",
                path);
}

static bert_status normalizer_read(slice message, const char *path, sentencepiece_model *model)
{
    wire_field field;
    while (message.count) {
        if (!wire_next(&message, &field)) return malformed(path);
        if (field.number == NORMALIZER_CHARSMAP && field.kind == WIRE_BYTES)
            model->charsmap = field.bytes;
    }
    return BERT_OK;
}

static bert_status model_read(slice message, const char *path, sentencepiece_model *model)
{
    wire_field field;
    while (message.count) {
        if (!wire_next(&message, &field)) return malformed(path);
        if (field.kind != WIRE_BYTES) continue;
        if (field.number == MODEL_PIECE) TRY(piece_push(field.bytes, path, model));
        if (field.number == MODEL_TRAINER) TRY(trainer_read(field.bytes, path, model));
        if (field.number == MODEL_NORMALIZER) TRY(normalizer_read(field.bytes, path, model));
    }
    return model->count ? BERT_OK : malformed(path);
}

bert_status sentencepiece_read(const char *path, sentencepiece_model *out)
{
    TRY(file_map_open(path, &out->map));
    return model_read((slice){ out->map.bytes, out->map.count }, path, out);
}

void sentencepiece_release(sentencepiece_model *model)
{
    free(model->pieces);
    if (model->map.bytes) file_map_close(&model->map);
    *model = (sentencepiece_model){ 0 };
}
