#include "text/sentencepiece_convert.h"

#include "text/charsmap.h"
#include "text/metaspace.h"
#include "text/replace.h"
#include "text/sentencepiece.h"
#include "text/strip.h"
#include "text/unicode.h"
#include "text/unigram.h"

#include <stdlib.h>

/* A piece that stands before or behind those of the file. */
typedef struct extra_piece {
    const char *text;
    double score;
} extra_piece;

enum { EXTRA_FIRST_MAX = 5 };

/* What sets the converters apart. */
typedef struct converter {
    const char *file;
    extra_piece first[EXTRA_FIRST_MAX]; /* ended by NULL where there are fewer */
    size_t passed_over;                 /* so many of the file's first pieces */
    const char *last;                   /* a piece at the end, or NULL */
    int32_t unknown;                    /* an id; -1: the file's */
    const char *cls, *sep;              /* of the frames */
    bool roberta;                       /* frames as RoBERTa's, all of one type */
    bool commas_apart;                  /* "7," scores 100 less */
    bert_status (*normalize)(const tokenizer_class *c, slice charsmap, normalizer *out);
} converter;

static bert_status push_replace(normalizer *n, const char *pattern, const char *content)
{
    void *options;
    if (strcmp(pattern, REPLACE_BLANKS) == 0)
        TRY(replace_blanks_make(slice_of(content), &options));
    else
        TRY(replace_make(slice_of(pattern), slice_of(content), &options));
    return normalizer_push(n, &normalizer_replace, options);
}

static bert_status push_strip(normalizer *n, bool left, bool right)
{
    void *options;
    TRY(strip_make(left, right, &options));
    return normalizer_push(n, &normalizer_strip, options);
}

static bert_status push_charsmap(normalizer *n, slice charsmap)
{
    void *options;
    if (charsmap.count == 0) return BERT_OK;
    TRY(charsmap_make(charsmap, &options));
    return normalizer_push(n, &normalizer_precompiled, options);
}

/* SpmConverter.normalizer() */
static bert_status normalize_fairseq(const tokenizer_class *c, slice charsmap, normalizer *out)
{
    (void)c;
    TRY(push_charsmap(out, charsmap));
    TRY(push_strip(out, false, true));
    return push_replace(out, REPLACE_BLANKS, METASPACE_MARK);
}

/* AlbertConverter.normalizer() */
static bert_status normalize_albert(const tokenizer_class *c, slice charsmap, normalizer *out)
{
    bool keep_accents = false, lowercase = true;
    TRY(json_get_bool(c->config, c->config_path, "keep_accents", &keep_accents));
    TRY(json_get_bool(c->config, c->config_path, "do_lower_case", &lowercase));
    TRY(push_replace(out, "``", "\""));
    TRY(push_replace(out, "''", "\""));
    if (!keep_accents) {
        TRY(normalizer_push(out, &normalizer_nfkd, NULL));
        TRY(normalizer_push(out, &normalizer_strip_accents, NULL));
    }
    if (lowercase) TRY(normalizer_push(out, &normalizer_lowercase, NULL));
    TRY(push_charsmap(out, charsmap));
    return push_replace(out, REPLACE_BLANKS, " ");
}

/* DebertaV2Converter.normalizer() */
static bert_status normalize_deberta(const tokenizer_class *c, slice charsmap, normalizer *out)
{
    bool lowercase = false;
    TRY(json_get_bool(c->config, c->config_path, "do_lower_case", &lowercase));
    if (lowercase) TRY(normalizer_push(out, &normalizer_lowercase, NULL));
    TRY(push_strip(out, true, true));
    TRY(push_charsmap(out, charsmap));
    return push_replace(out, REPLACE_BLANKS, " ");
}

static const converter converters[] = {
    [PIECES_ALBERT] = { .file = "spiece.model",
                        .unknown = -1,
                        .cls = "[CLS]",
                        .sep = "[SEP]",
                        .commas_apart = true,
                        .normalize = normalize_albert },
    [PIECES_CAMEMBERT] = { .file = "sentencepiece.bpe.model",
                           .first = { { "<s>NOTUSED", 0 },
                                      { "<pad>", 0 },
                                      { "</s>NOTUSED", 0 },
                                      { "<unk>", 0 },
                                      { "<unk>NOTUSED", -100 } },
                           .passed_over = 1,
                           .last = "<mask>",
                           .unknown = 3,
                           .cls = "<s>",
                           .sep = "</s>",
                           .roberta = true,
                           .normalize = normalize_fairseq },
    [PIECES_DEBERTA] = { .file = "spm.model",
                         .unknown = -1,
                         .cls = "[CLS]",
                         .sep = "[SEP]",
                         .normalize = normalize_deberta },
    [PIECES_XLM_ROBERTA] = { .file = "sentencepiece.bpe.model",
                             .first = { { "<s>", 0 },
                                        { "<pad>", 0 },
                                        { "</s>", 0 },
                                        { "<unk>", 0 } },
                             .passed_over = 3,
                             .last = "<mask>",
                             .unknown = 3,
                             .cls = "<s>",
                             .sep = "</s>",
                             .roberta = true,
                             .normalize = normalize_fairseq },
};

const char *sentencepiece_file(const tokenizer_kind *kind)
{
    return kind->pieces == PIECES_NONE ? NULL : converters[kind->pieces].file;
}

/* Does it end in a digit and a comma? */
static bool is_number_comma(slice text)
{
    if (text.count < 2 || text.bytes[text.count - 1] != ',') return false;
    size_t digit = text.count - 2;
    uint32_t code = 0;
    while (digit > 0 && ((unsigned char)text.bytes[digit] & 0xC0) == 0x80) digit--;
    utf8_decode((slice){ text.bytes + digit, text.count - 1 - digit }, &code);
    return unicode_is_digit(code);
}

static bert_status pieces_take(const converter *k, const sentencepiece_model *file, tokenizer *t)
{
    TRY(unigram_begin(EXTRA_FIRST_MAX + file->count + 1, &t->model));
    for (size_t i = 0; i < EXTRA_FIRST_MAX && k->first[i].text; i++)
        TRY(unigram_add(&t->model, &t->vocabulary, slice_of(k->first[i].text), k->first[i].score));
    for (size_t i = k->passed_over; i < file->count; i++) {
        const sentencepiece *piece = &file->pieces[i];
        double score = piece->score;
        if (k->commas_apart && is_number_comma(piece->text)) score -= 100;
        TRY(unigram_add(&t->model, &t->vocabulary, piece->text, score));
    }
    if (k->last) TRY(unigram_add(&t->model, &t->vocabulary, slice_of(k->last), 0));
    int32_t unknown = k->unknown;
    if (unknown < 0) unknown = file->unknown > INT32_MAX ? INT32_MAX : (int32_t)file->unknown;
    return unigram_finish(&t->model, &t->vocabulary, unknown, false);
}

/* Control pieces are special tokens, those that the trainer's user defined are not. */
static bert_status added_take(const sentencepiece_model *file, tokenizer *t)
{
    for (size_t i = 0; i < file->count; i++) {
        const sentencepiece *piece = &file->pieces[i];
        if (piece->type != SENTENCEPIECE_CONTROL && piece->type != SENTENCEPIECE_USER_DEFINED)
            continue;
        char *text = strndup(piece->text.bytes, piece->text.count);
        if (!text) return fail(BERT_MEMORY, "out of memory for a tokenizer");
        added_token token = { .content = text,
                              .special = piece->type == SENTENCEPIECE_CONTROL,
                              .normalized_given = true };
        bert_status status = added_tokens_add(&t->added, &token, &t->vocabulary);
        free(text);
        TRY(status);
    }
    return BERT_OK;
}

static bert_status cutter_make(const tokenizer_class *c, tokenizer *t)
{
    bool by_punctuation = false;
    void *options;
    if (c->kind->pieces == PIECES_DEBERTA)
        TRY(json_get_bool(c->config, c->config_path, "split_by_punct", &by_punctuation));
    if (by_punctuation) {
        TRY(step_options_read(&pre_tokenizer_punctuation.options, NULL, "Punctuation", &options));
        TRY(pre_tokenizer_push(&t->pre_tokenizer, &pre_tokenizer_punctuation, options));
    }
    TRY(metaspace_make(slice_of(METASPACE_MARK), METASPACE_ALWAYS, true, &options));
    return pre_tokenizer_push(&t->pre_tokenizer, &pre_tokenizer_metaspace, options);
}

bert_status sentencepiece_convert(const tokenizer_class *c, const char *path, tokenizer *t)
{
    const converter *k = &converters[c->kind->pieces];
    sentencepiece_model file = { 0 };
    if (c->lowercase_first)
        return fail(BERT_UNSUPPORTED,
                    "%s/sentence_bert_config.json: do_lower_case is true over a tokenizer made of "
                    "%s; save it as tokenizer.json with the normalizer Lowercase",
                    c->folder, k->file);
    bert_status status = sentencepiece_read(path, &file);
    if (status == BERT_OK) status = fail_in(pieces_take(k, &file, t), "%s", path);
    if (status == BERT_OK) status = fail_in(added_take(&file, t), "%s", path);
    if (status == BERT_OK)
        status = fail_in(k->normalize(c, file.charsmap, &t->normalizer), "%s", path);
    if (status == BERT_OK) status = fail_in(cutter_make(c, t), "%s", path);
    sentencepiece_release(&file);
    return status;
}

static bert_status special_find(const tokenizer *t, const char *text, const char *path, int32_t *id)
{
    const added_entry *added = added_tokens_find(&t->added, text);
    *id = added ? added->id : vocabulary_find(&t->vocabulary, slice_of(text));
    if (*id == TRIE_ABSENT) return fail(BERT_FORMAT, "%s: the vocabulary lacks \"%s\"", path, text);
    return BERT_OK;
}

bert_status sentencepiece_frames(const tokenizer_class *c, const char *path, tokenizer *t)
{
    const converter *k = &converters[c->kind->pieces];
    int32_t cls, sep;
    TRY(special_find(t, k->cls, path, &cls));
    TRY(special_find(t, k->sep, path, &sep));
    t->post.framed = true;
    t->post.untyped = k->roberta;
    if (k->roberta)
        frames_roberta(cls, sep, &t->post.single, &t->post.pair);
    else
        frames_bert(cls, sep, &t->post.single, &t->post.pair);
    return BERT_OK;
}
