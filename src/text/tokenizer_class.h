/* tokenizer_class.h: what transformers' BertTokenizerFast makes of the small files beside a
 * vocabulary: tokenizer_config.json, special_tokens_map.json, added_tokens.json. */
#ifndef TEXT_TOKENIZER_CLASS_H
#define TEXT_TOKENIZER_CLASS_H

#include "base/status.h"
#include "formats/json.h"
#include "text/added_tokens.h"
#include "text/normalizer.h"
#include "text/vocabulary.h"

#include <stdbool.h>
#include <stddef.h>

/* Start from { 0 }; tokenizer_class_release() at the end, whatever was returned. */
typedef struct tokenizer_class {
    char *config_path, *special_path, *added_path;
    json_t *config, *special, *added; /* NULL for a file that is not there */
    bool lowercase, split_cjk, strip_accents;
    bool cased_by_vocabulary; /* no file says; vocab.txt has upper-case pieces */
    bool split_special;
    const char *truncation_side; /* "left", "right" or NULL */
    size_t max_length;           /* SIZE_MAX: none */
} tokenizer_class;

bert_status tokenizer_class_read(const char *folder, tokenizer_class *out);
void tokenizer_class_release(tokenizer_class *c);

/* *text = the content of "unk_token", "cls_token", "sep_token" or "mask_token", borrowed. */
bert_status tokenizer_class_token(const tokenizer_class *c, const char *key, const char **text);

/* Adds what the class adds to the tokens of tokenizer.json, whose "added_tokens" are `of_file`, or
 * NULL where there is no such file. */
bert_status tokenizer_class_add(const tokenizer_class *c, const json_t *of_file,
                                added_tokens *added, vocabulary *v);

#endif
