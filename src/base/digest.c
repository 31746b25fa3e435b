#include "base/digest.h"

#include "base/file.h"

#include <nettle/base16.h>
#include <nettle/sha2.h>

bert_status file_digest(const char *path, char *hex)
{
    file_map map;
    TRY(file_map_open(path, &map));
    struct sha256_ctx context;
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_init(&context);
    sha256_update(&context, map.count, (const uint8_t *)map.bytes);
    sha256_digest(&context, sizeof digest, digest);
    file_map_close(&map);
    base16_encode_update(hex, sizeof digest, digest);
    hex[DIGEST_TEXT - 1] = '\0';
    return BERT_OK;
}
