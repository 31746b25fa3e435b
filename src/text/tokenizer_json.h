/* tokenizer_json.h: the file in which Hugging Face's tokenizers keep a tokenizer whole. */
#ifndef TEXT_TOKENIZER_JSON_H
#define TEXT_TOKENIZER_JSON_H

#include "base/status.h"
#include "json/json.h"
#include "text/added_tokens.h"
#include "text/tokenizer_parts.h"

#include <stdbool.h>

/* How an added token looks in JSON: an object, whose flags may be missing; `normalized` is then
 * true unless the token is special, or made so later. The content is borrowed from `object`. */
bert_status added_token_read(const json_t *object, const char *path, added_token *out);

/* Reads the whole pipeline, the added tokens and the direction of truncation into `t`, which is
 * zeroed. A step that this program has not is BERT_UNSUPPORTED. The caller releases *root, where it
 * was NULL, with json_decref(), whatever is returned. */
bert_status tokenizer_json_read(const char *path, json_t **root, tokenizer *t);

/* The file's "added_tokens", an array, or NULL. */
const json_t *tokenizer_json_added(const json_t *root);

#endif
