/* safetensors.h: tensors in a file, read by mapping.
 *
 *   offset    bytes  field
 *        0        8  n, length of the header, little endian
 *        8        n  JSON: { name: { "dtype": "F32", "shape": [..], "data_offsets": [begin, end] },
 *                            "__metadata__": {..} }
 *    8 + n           the data; offsets count from here, the end is not included
 *
 * Format and limits: huggingface/safetensors, README and safetensors/src/tensor.rs. A file that
 * lies is refused: header longer than the file or 16 MiB; a shape whose product wraps or
 * is not the data's length; offsets outside, overlapping or leaving holes; a type it does not know;
 * a name twice. */
#ifndef FORMATS_SAFETENSORS_H
#define FORMATS_SAFETENSORS_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum tensor_type {
    TENSOR_F32,
    TENSOR_F16,
    TENSOR_BF16,
    TENSOR_OTHER /* known to the format (I64, BOOL, ...), never a weight */
} tensor_type;

enum { TENSOR_DIMENSIONS_MAX = 8 };

typedef struct tensor_info {
    const char *name; /* borrowed from the checkpoint */
    const char *file; /* the file it stands in, for messages; borrowed */
    tensor_type type;
    size_t dimensions, shape[TENSOR_DIMENSIONS_MAX];
    size_t count;     /* elements */
    const void *data; /* in the map; little endian; aligned to nothing; borrowed */
} tensor_info;

/* All tensors of a model folder: model.safetensors, or the shards that model.safetensors.index.json
 * names (plain file names inside the folder; each tensor must stand in the shard that the index
 * says). */
typedef struct tensor_file tensor_file;

bert_status tensor_file_open(const char *folder, tensor_file **out);
void tensor_file_free(tensor_file *f); /* unmaps: every `data` ends here */

/* Gives back the memory that reading `data` has taken; what is looked at again is read again. */
void tensor_file_forget(const tensor_file *f);

size_t tensor_file_count(const tensor_file *f);
const tensor_info *tensor_file_at(const tensor_file *f, size_t index);
const tensor_info *tensor_file_find(const tensor_file *f,
                                    const char *name); /* NULL: there is none */

/* Converts to f32 (f16 and bf16 exactly; f32 is copied). out [info->count]. The type must not be
 * TENSOR_OTHER. */
void tensor_to_float(const tensor_info *info, float *out);

/* A tensor to be written; at most two dimensions; cols == 0 means a vector of `rows`. */
typedef struct tensor_out {
    const char *name;
    size_t rows, cols;
    const float *data;
} tensor_out;

/* Writes `path` atomically with metadata {"format":"pt"}, tensors in the order of their names, data
 * aligned to 8 bytes. */
bert_status tensor_file_write(const char *path, const tensor_out *tensors, size_t count);

#endif
