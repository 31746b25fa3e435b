#include "base/digest.h"

#include <nettle/base16.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <stdio.h>

_Static_assert(DIGEST_BYTES == SHA256_DIGEST_SIZE, "digest.h says SHA-256");

/* What is read of a big file is given back piece by piece: a multiple of every page's size. */
enum { PIECE = 1 << 20 };

void bytes_digest(slice bytes, uint8_t *out)
{
    struct sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, bytes.count, (const uint8_t *)bytes.bytes);
    sha256_digest(&context, DIGEST_BYTES, out);
}

void mapped_digest(const file_map *map, size_t from, size_t count, uint8_t *out)
{
    struct sha256_ctx context;
    sha256_init(&context);
    for (size_t done = 0; done < count;) {
        size_t piece = count - done < PIECE ? count - done : PIECE;
        sha256_update(&context, piece, (const uint8_t *)map->bytes + from + done);
        file_map_forget(map, from + done, piece);
        done += piece;
    }
    sha256_digest(&context, DIGEST_BYTES, out);
}

bert_status file_digest(const char *path, char *hex)
{
    file_map map;
    uint8_t digest[DIGEST_BYTES];
    TRY(file_map_open(path, &map));
    mapped_digest(&map, 0, map.count, digest);
    file_map_close(&map);
    base16_encode_update(hex, sizeof digest, digest);
    hex[DIGEST_TEXT - 1] = '\0';
    return BERT_OK;
}

bert_status file_git_digest(const char *path, char *hex)
{
    file_map map;
    struct sha1_ctx context;
    uint8_t digest[SHA1_DIGEST_SIZE];
    char head[32];
    TRY(file_map_open(path, &map));
    int bytes = snprintf(head, sizeof head, "blob %zu", map.count) + 1; /* with its NUL */
    sha1_init(&context);
    sha1_update(&context, (size_t)bytes, (const uint8_t *)head);
    sha1_update(&context, map.count, (const uint8_t *)map.bytes);
    sha1_digest(&context, sizeof digest, digest);
    file_map_close(&map);
    base16_encode_update(hex, sizeof digest, digest);
    hex[BASE16_ENCODE_LENGTH(sizeof digest)] = '\0';
    return BERT_OK;
}
