#include "base/digest.h"

#include "base/file.h"

#include <nettle/base16.h>
#include <nettle/sha2.h>

/* What is read of a big file need not stay in memory: a multiple of every page's size. */
enum { PIECE = 1 << 20 };

bert_status file_digest(const char *path, char *hex)
{
    file_map map;
    TRY(file_map_open(path, &map));
    struct sha256_ctx context;
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_init(&context);
    for (size_t done = 0; done < map.count;) {
        size_t count = map.count - done < PIECE ? map.count - done : PIECE;
        sha256_update(&context, count, (const uint8_t *)map.bytes + done);
        file_map_forget(&map, done, count);
        done += count;
    }
    sha256_digest(&context, sizeof digest, digest);
    file_map_close(&map);
    base16_encode_update(hex, sizeof digest, digest);
    hex[DIGEST_TEXT - 1] = '\0';
    return BERT_OK;
}
