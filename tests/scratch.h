/* scratch.h: a folder that a test may fill, failures with their words, and bytes gone wrong. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include "base/slice.h"
#include "base/status.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* cmocka setup and teardown: *state is a fresh folder, removed with all that is in it. */
int scratch_open(void **state);
int scratch_close(void **state);

/* The folder's path, valid until scratch_close(). */
const char *scratch_folder(void **state);

/* The path of `name` in the folder, whether it is there or not; valid until scratch_close(). */
const char *scratch_path(void **state, const char *name);

/* Writes a file and returns its path. */
const char *scratch_write(void **state, const char *name, slice bytes);
const char *scratch_text(void **state, const char *name, const char *text);

/* Writes `whole` with its first `from`, which must be there, replaced. */
const char *scratch_replaced(void **state, const char *name, const char *whole, const char *from,
                             const char *to);

/* For cmocka's group setup and teardown: *state is the object in a file of tests/data. */
int json_state_open(void **state, const char *path);
int json_state_close(void **state);

/* The like for each test's setup and teardown: *state is a json_fixture, with a scratch folder,
 * whose functions take &f->scratch. */
typedef struct json_fixture {
    json_t *root;
    void *scratch;
} json_fixture;
int json_fixture_open(void **state, const char *path);
int json_fixture_close(void **state);

/* How many entries a folder has, besides itself and its parent. */
size_t folder_entries(const char *folder);

/* The bytes of a file, ended by NUL; the caller frees. */
char *file_text(const char *path, size_t *count);

/* Asserts that two files hold the same bytes. */
void assert_same_file(const char *a, const char *b);

/* Is everything to be tried that a test takes samples of? So says the environment's BERT_TORTURE=1.
 */
bool torture_wanted(void);

/* Asserts a failure of this kind whose message holds `words`. */
void assert_failed(bert_status actual, bert_status wanted, const char *words);
void assert_done(bert_status actual);

/* Damages a copy of `bytes` in one of several ways (cut short, bytes changed, inserted, removed,
 * doubled): the way is a function of `seed`. out [bytes.count + 16]. Returns its length. */
size_t bytes_damage(slice bytes, uint64_t seed, char *out);

#endif
