/* fuzz.h: what the targets share. A target is one file, NAME.c, that gives hostile bytes to one
 * parser and checks what its header promises of whatever came out.
 *
 * Files live in memory. The linker turns the library's file_map_open(), file_map_close(),
 * file_map_forget(), file_exists(), file_is_stream() and folder_exists() to files.c, which looks in
 * a list that fuzz_file() fills. A file's bytes are a heap block of just their size, so that the
 * sanitizer sees a read behind the last one; a mapping would hide it behind the zeros up to the
 * page's end. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include "base/slice.h"
#include "base/status.h"
#include "text/tokenizer.h"

#include <stddef.h>
#include <stdint.h>

/* libFuzzer's, and replay.c's. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Must hold, in every build; where not, tells where and aborts. */
#define CHECK(condition) fuzz_check((condition) != 0, #condition, __FILE__, __LINE__)
void fuzz_check(int holds, const char *condition, const char *file, int line);

/* Puts a file there, in place of one of that name. */
void fuzz_file(const char *path, slice bytes);
/* The same with the bytes of a real file of the repository, read once a process. */
void fuzz_file_real(const char *path, const char *real);
void fuzz_files_clear(void);

/* Cuts an input at the lines that are "====": parts [most], the last takes the rest. Returns their
 * number, at least 1. */
size_t fuzz_parts(slice input, slice *parts, size_t most);

/* Takes the first byte off; 0 where there is none. */
uint8_t fuzz_byte(slice *input);

/* A failure of a reader: a sentence that names the file, and never for want of memory. */
void fuzz_refused(bert_status status, const char *path);

/* No text, or UTF-8. */
void fuzz_text(slice text);

/* Encodes a text, and a pair unless its bytes are NULL, and holds the encoding against tokenizer.h.
 */
void fuzz_encode(const tokenizer *t, slice text, slice pair, size_t max_length, truncation how,
                 tokenizer_encoding *encoding);

#endif
