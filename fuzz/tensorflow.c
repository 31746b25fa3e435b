/* tensorflow.c: a checkpoint of TensorFlow.
 *
 *     DATA ==== INDEX [==== MORE]
 *
 * DATA is what the data files hold. INDEX begins with a letter:
 *
 *     'r'  the index file as it is
 *     'e'  the entries of its one data block; all around them is made
 *     'b'  the entries of its index block; MORE is the data block at byte 0, restarts included
 *     'c'  as 'e', and MORE is the file `checkpoint`
 *
 * Checksums are put there but for 'r', for no input would find one. */
#include "base/crc32c.h"
#include "fuzz.h"
#include "tensors.h"

#include <stdlib.h>

typedef struct bytes {
    char *at;
    size_t count;
} bytes;

static void put(bytes *b, const void *from, size_t count)
{
    b->at = realloc(b->at, b->count + count + 1);
    CHECK(b->at != NULL);
    if (count) memcpy(b->at + b->count, from, count);
    b->count += count;
}

static void put_varint(bytes *b, uint64_t value)
{
    for (; value >= 0x80; value >>= 7) put(b, &(uint8_t){ (uint8_t)(value | 0x80) }, 1);
    put(b, &(uint8_t){ (uint8_t)value }, 1);
}

/* Appends a block's trailer to what stands from `begin` on; *handle gets its place. */
static void block_end(bytes *file, size_t begin, bytes *handle)
{
    put_varint(handle, begin);
    put_varint(handle, file->count - begin);
    put(file, "\0", 1);
    uint32_t checksum = crc32c_masked(crc32c(0, (slice){ file->at + begin, file->count - begin }));
    put(file, &checksum, sizeof checksum);
}

static void table_put(const char *path, uint8_t kind, slice index, slice data_block)
{
    bytes file = { 0 }, footer = { 0 }, handle = { 0 };
    slice first = kind == 'b' ? data_block : index;
    put(&file, first.bytes, first.count);
    if (kind != 'b') put(&file, "\0\0\0", 4);
    block_end(&file, 0, &handle);
    size_t begin = file.count;
    if (kind == 'b') {
        put(&file, index.bytes, index.count);
    } else {
        put(&file, "\0\1", 2);
        put_varint(&file, handle.count);
        put(&file, "z", 1);
        put(&file, handle.at, handle.count);
    }
    put(&file, "\0\0\0", 4);
    put(&footer, "\0\0", 2);
    block_end(&file, begin, &footer);
    while (footer.count < 40) put(&footer, "\0", 1);
    put(&footer, "\x57\xFB\x80\x8B\x24\x75\x47\xDB", 8);
    put(&file, footer.at, footer.count);
    fuzz_file(path, (slice){ file.at, file.count });
    free(file.at);
    free(footer.at);
    free(handle.at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char index_path[] = "m/bert_model.ckpt.index";
    static const char *const data_paths[] = { "m/bert_model.ckpt.data-00000-of-00001",
                                              "m/bert_model.ckpt.data-00000-of-00002",
                                              "m/bert_model.ckpt.data-00001-of-00002" };
    slice parts[3] = { { "", 0 }, { "", 0 }, { "", 0 } };
    size_t count = fuzz_parts((slice){ (const char *)data, size }, parts, 3);
    if (count < 2) return 0;
    fuzz_files_clear();
    for (size_t i = 0; i < 3; i++) fuzz_file(data_paths[i], parts[0]);
    uint8_t kind = fuzz_byte(&parts[1]);
    if (kind == 'r')
        fuzz_file(index_path, parts[1]);
    else
        table_put(index_path, kind, parts[1], parts[2]);
    if (kind == 'c') fuzz_file("m/checkpoint", parts[2]);
    tensors_check("m");
    return 0;
}
