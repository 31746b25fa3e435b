/* byte_level_pre_tokenizer.h: the option of ByteLevel that a class has a say in. */
#ifndef TEXT_BYTE_LEVEL_PRE_TOKENIZER_H
#define TEXT_BYTE_LEVEL_PRE_TOKENIZER_H

#include "base/status.h"
#include "text/pre_tokenizer.h"

#include <stdbool.h>

/* Appends ByteLevel with GPT-2's pattern. */
bert_status byte_level_push(pre_tokenizer *p, bool add_prefix_space);

/* Sets the option in the last step, which is ByteLevel. */
void byte_level_set_prefix(pre_tokenizer *p, bool add_prefix_space);

#endif
