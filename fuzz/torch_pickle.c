/* torch_pickle.c: a state dict's pickle, in an archive that is as it should be.
 *
 *     PICKLE ==== the numbers of storage '0' ==== of '1' ==== of '2'
 */
#include "fuzz.h"
#include "tensors.h"

#include <stdlib.h>

enum { PARTS_MAX = 4, LOCAL = 30, CENTRAL = 46, END = 22, NAME_BYTES = 16 };

/* The archive is put together here; `directory` goes behind the entries. */
typedef struct archive {
    char *bytes, directory[PARTS_MAX * (CENTRAL + NAME_BYTES)];
    size_t count, directory_count;
} archive;

static void number_put(char *at, size_t width, size_t number)
{
    for (size_t i = 0; i < width; i++) at[i] = (char)(number >> 8 * i);
}

/* An entry as it is, without a checksum. */
static void entry_put(archive *a, const char *name, slice bytes)
{
    size_t length = strlen(name);
    char *local = a->bytes + a->count, *central = a->directory + a->directory_count;
    memset(local, 0, LOCAL);
    memcpy(local, "PK\3\4", 4);
    number_put(local + 18, 4, bytes.count); /* as stored */
    number_put(local + 22, 4, bytes.count); /* and in truth */
    number_put(local + 26, 2, length);
    memcpy(local + LOCAL, name, length);
    if (bytes.count) memcpy(local + LOCAL + length, bytes.bytes, bytes.count);

    memset(central, 0, CENTRAL);
    memcpy(central, "PK\1\2", 4);
    number_put(central + 20, 4, bytes.count);
    number_put(central + 24, 4, bytes.count);
    number_put(central + 28, 2, length);
    number_put(central + 42, 4, a->count);
    memcpy(central + CENTRAL, name, length);
    a->directory_count += CENTRAL + length;
    a->count += LOCAL + length + bytes.count;
}

static void archive_end(archive *a, size_t entries)
{
    char *end = a->bytes + a->count + a->directory_count;
    memcpy(a->bytes + a->count, a->directory, a->directory_count);
    memset(end, 0, END);
    memcpy(end, "PK\5\6", 4);
    number_put(end + 8, 2, entries); /* on this disk */
    number_put(end + 10, 2, entries);
    number_put(end + 12, 4, a->directory_count);
    number_put(end + 16, 4, a->count);
    a->count += a->directory_count + END;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = { "m/data.pkl", "m/data/0", "m/data/1", "m/data/2" };
    slice parts[PARTS_MAX];
    size_t count = fuzz_parts((slice){ (const char *)data, size }, parts, PARTS_MAX);
    archive a = { .bytes = malloc(size + PARTS_MAX * (LOCAL + CENTRAL + 2 * NAME_BYTES) + END) };
    CHECK(a.bytes != NULL);
    for (size_t i = 0; i < count; i++) entry_put(&a, names[i], parts[i]);
    archive_end(&a, count);
    fuzz_files_clear();
    fuzz_file("m/pytorch_model.bin", (slice){ a.bytes, a.count });
    free(a.bytes);
    tensors_check("m");
    return 0;
}
