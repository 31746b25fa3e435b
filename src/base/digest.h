/* digest.h: SHA-256 (nettle), so that a run can say exactly what it was made from, and that a file
 * is as it was written. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/file.h"
#include "base/slice.h"

#include <stdint.h>

enum { DIGEST_BYTES = 32, DIGEST_TEXT = 2 * DIGEST_BYTES + 1 };

/* out [DIGEST_BYTES] */
void bytes_digest(slice bytes, uint8_t *out);

/* Of `count` bytes of a mapped file, which need not stay in memory. */
void mapped_digest(const file_map *map, size_t from, size_t count, uint8_t *out);

/* hex [DIGEST_TEXT]: 64 digits, lower case, and a NUL. */
bert_status file_digest(const char *path, char *hex);

/* The name that git gives the contents of a file: SHA-1 of "blob SIZE", a NUL and the bytes. hex
 * [DIGEST_TEXT]: 40 digits and a NUL. Git's wish, and no protection against who forges one. */
bert_status file_git_digest(const char *path, char *hex);

#endif
