/* strip.h: options of the normalizer Strip, for who makes one without tokenizer.json. */
#ifndef TEXT_STRIP_H
#define TEXT_STRIP_H

#include "base/status.h"

#include <stdbool.h>

/* Which ends lose their white space. */
bert_status strip_make(bool left, bool right, void **out);

#endif
