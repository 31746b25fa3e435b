/* safetensors.h: tensors in a .safetensors file, read by mapping. For src/tensors alone.
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
#ifndef TENSORS_SAFETENSORS_H
#define TENSORS_SAFETENSORS_H

#include "tensors/tensor_part.h"

/* The format allows 100,000,000 bytes. Parsed, a byte takes some 20 of memory, and the headers of
 * 1,024 layers are 2 MB. */
enum { SAFETENSORS_HEADER_MAX = 1 << 24 };

tensor_part_open safetensors_open;

#endif
