/* zip.h: the entries of a zip archive in memory. Those that are stored as they are can be read
 * where they stand; compressed ones are told apart. Archives and entries of more than 4 GB (zip64)
 * too.
 *
 * This is no library's work because libzip tells no entry's place in the file, leaks where memory
 * ends, and reads /etc/localtime for every entry. */
#ifndef TENSORS_ZIP_H
#define TENSORS_ZIP_H

#include "base/slice.h"
#include "base/status.h"

#include <stdint.h>

typedef struct zip_entry {
    slice name;        /* first, for slice_place(); borrowed as the bytes are */
    slice bytes;       /* as they are stored, which is inside the archive */
    size_t size;       /* when they are not compressed any more */
    bool stored;       /* neither compressed nor encrypted, as large as said */
    uint32_t checksum; /* CRC-32; 0 where the writer made none */
} zip_entry;

typedef struct zip_entries {
    zip_entry *entries; /* [count], by name */
    size_t count;
    slice first; /* the name of the directory's first entry; NULL: there is none */
} zip_entries;

/* Reads the directory. `path` is for messages. The caller releases. */
bert_status zip_read(const char *path, slice archive, zip_entries *out);
void zip_release(zip_entries *z); /* a zeroed one is left alone */

const zip_entry *zip_find(const zip_entries *z, slice name); /* NULL: there is none */

/* The CRC-32 of zip archives. */
uint32_t zip_checksum(slice bytes);

#endif
