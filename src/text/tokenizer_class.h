/* tokenizer_class.h: what a tokenizer's class in transformers makes of the small files beside a
 * vocabulary: tokenizer_config.json, special_tokens_map.json, added_tokens.json. */
#ifndef TEXT_TOKENIZER_CLASS_H
#define TEXT_TOKENIZER_CLASS_H

#include "base/status.h"
#include "json/json.h"
#include "text/added_tokens.h"
#include "text/normalizer.h"
#include "text/tokenizer_kind.h"
#include "text/vocabulary.h"

#include <stdbool.h>
#include <stddef.h>

/* Start from { 0 }; tokenizer_class_release() at the end, whatever was returned. */
typedef struct tokenizer_class {
    char *folder; /* of all files */
    char *config_path, *special_path, *added_path;
    json_t *config, *special, *added; /* NULL for a file that is not there */
    const tokenizer_kind *kind;
    bool lowercase, split_cjk, strip_accents; /* unless the kind keeps tokenizer.json's */
    bool lowercase_first;     /* sentence-transformers' do_lower_case: before all else */
    bool cased_by_vocabulary; /* no file says; vocab.txt has upper-case pieces */
    bool split_special;
    bool add_prefix_space, trim_offsets; /* of byte-level tokenizers */
    bool untyped;                        /* the model is given no token types */
    const char *truncation_side;         /* "left", "right" or NULL */
    size_t max_length;                   /* SIZE_MAX: none */
} tokenizer_class;

/* Of a folder for sentence-transformers, as of any other. A class that tokenizer_config.json, or
 * config.json where that names none, says and this program has not is BERT_UNSUPPORTED. */
bert_status tokenizer_class_read(const char *folder, tokenizer_class *out);
void tokenizer_class_release(tokenizer_class *c);

/* *text = the content of the special token in this role, borrowed; "": the mask is not there. */
bert_status tokenizer_class_token(const tokenizer_class *c, special_role role, const char **text);

/* Adds what the class adds to the tokens of tokenizer.json, which is `file`, or NULL where there is
 * no such file. */
bert_status tokenizer_class_add(const tokenizer_class *c, const json_t *file, added_tokens *added,
                                vocabulary *v);

#endif
