/* checkpoint.h: a run's state in one file.
 *
 *   offset     bytes  field (numbers little endian)
 *        0         8  magic "BERTCKPT"
 *        8         4  version, 1
 *       12         4  parts, n
 *       16         8  bytes of the whole file
 *       24         8  step after which it was taken
 *       32    64 * n  a table of the parts, for each
 *                        0  16  its name, filled up with NUL
 *                       16   8  its offset in the file, a multiple of 64
 *                       24   8  its bytes
 *                       32  32  SHA-256 of them
 *  32 + 64n       32  SHA-256 of all the above
 *       ...           the parts, with zeros between them
 *
 * What the parts are is said in resume.h. A file appears under its name when all of it is on the
 * disk, or never; what is read is what was written, or it is refused. */
#ifndef RUN_CHECKPOINT_H
#define RUN_CHECKPOINT_H

#include "base/file.h"
#include "base/slice.h"

#include <stdint.h>

enum { CHECKPOINT_PARTS_MAX = 16, CHECKPOINT_NAME_BYTES = 16 };

typedef struct checkpoint_part {
    char name[CHECKPOINT_NAME_BYTES];
    slice bytes;
} checkpoint_part;

/* Writes as file_replace() does (base/file.h). */
bert_status checkpoint_write(const folder_handle *in, const char *name, uint64_t step,
                             const checkpoint_part *parts, size_t count);

typedef struct checkpoint {
    char *path;
    file_map map;
    uint64_t step;
    checkpoint_part parts[CHECKPOINT_PARTS_MAX]; /* [count] in the map */
    size_t count;
} checkpoint;

/* Maps the file and looks at every byte of it. BERT_FORMAT, with what is wrong, where it is not as
 * it was written. */
bert_status checkpoint_open(const char *path, checkpoint *out);
void checkpoint_close(checkpoint *c); /* a zeroed one is left alone */

/* bytes NULL: there is no such part. Valid until checkpoint_close(). */
slice checkpoint_find(const checkpoint *c, const char *name);

/* The file's bytes with parts of these sizes. */
size_t checkpoint_bytes(const size_t *part_bytes, size_t count);

#endif
