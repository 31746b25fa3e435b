/* encodings.h: tokenizers against what the reference made of the same texts. A folder of data holds
 * folders of tokenizers, and golden.json, which tools/golden/tokenizer.py explains. */
#ifndef TESTS_ENCODINGS_H
#define TESTS_ENCODINGS_H

#include "text/normalizer.h"
#include "text/tokenizer.h"

#include <jansson.h>

/* golden.json; texts in it may hold U+0000. The caller releases. */
json_t *encodings_open(const char *data);

/* The tokenizer in the folder `name`. The caller frees. */
tokenizer *encodings_tokenizer(const char *data, const char *name);

/* Asserts the ids and offsets of all its cases. */
void encodings_check(const char *data, const char *name);

/* The same of every character between letters, by sums; and unless `n` is NULL of the text that it
 * normalizes that to. */
void encodings_sweep(const char *data, const char *name, const normalizer *n);

#endif
