/* checkpoint.c: a run's state in one file.
 *
 * 'r' and the file's bytes as they are; or 'd', and the file's length and the digests of its parts
 * and of its table are put right first, as one who means harm would do it. */
#include "run/checkpoint.h"

#include "base/digest.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { FIXED_BYTES = 32, ENTRY_BYTES = 64 };

static size_t number_at(const char *at, size_t bytes)
{
    uint64_t number = 0;
    for (size_t i = bytes; i-- > 0;) number = number << 8 | (unsigned char)at[i];
    return number;
}

static void digests_put(char *bytes, size_t count)
{
    if (count < FIXED_BYTES) return;
    for (size_t i = 0; i < 8; i++) bytes[16 + i] = (char)((uint64_t)count >> 8 * i);
    size_t parts = number_at(bytes + 12, 4);
    if (parts > CHECKPOINT_PARTS_MAX) return;
    size_t end = FIXED_BYTES + parts * ENTRY_BYTES;
    if (end + DIGEST_BYTES > count) return;
    for (size_t i = 0; i < parts; i++) {
        char *entry = bytes + FIXED_BYTES + i * ENTRY_BYTES;
        size_t offset = number_at(entry + 16, 8), length = number_at(entry + 24, 8);
        if (offset <= count && length <= count - offset && offset >= end + DIGEST_BYTES)
            bytes_digest((slice){ bytes + offset, length }, (uint8_t *)entry + 32);
    }
    bytes_digest((slice){ bytes, end }, (uint8_t *)bytes + end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    slice input = { (const char *)data, size };
    uint8_t kind = fuzz_byte(&input);
    char *bytes = malloc(input.count ? input.count : 1);
    CHECK(bytes != NULL);
    if (input.count) memcpy(bytes, input.bytes, input.count);
    if (kind == 'd') digests_put(bytes, input.count);
    fuzz_files_clear();
    fuzz_file("m/checkpoint-1.ckpt", (slice){ bytes, input.count });
    free(bytes);

    checkpoint c;
    bert_status status = checkpoint_open("m/checkpoint-1.ckpt", &c);
    if (status != BERT_OK) {
        fuzz_refused(status, "m/checkpoint-1.ckpt");
        return 0;
    }
    size_t sum = 0;
    for (size_t i = 0; i < c.count; i++) {
        CHECK(memchr(c.parts[i].name, '\0', CHECKPOINT_NAME_BYTES) != NULL);
        slice part = checkpoint_find(&c, c.parts[i].name);
        for (size_t j = 0; j < part.count; j++) sum += (unsigned char)part.bytes[j];
    }
    CHECK(sum <= 255 * CHECKPOINT_PARTS_MAX * input.count);
    checkpoint_close(&c);
    return 0;
}
