/* digest.h: SHA-256 (nettle) of files, so that a run can say exactly what it was made from. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/status.h"

enum { DIGEST_TEXT = 64 + 1 };

/* hex [DIGEST_TEXT]: 64 digits, lower case, and a NUL. */
bert_status file_digest(const char *path, char *hex);

#endif
