/* safetensors_write.h: tensors into a .safetensors file (safetensors.h has its form). */
#ifndef TENSORS_SAFETENSORS_WRITE_H
#define TENSORS_SAFETENSORS_WRITE_H

#include "base/folder.h"
#include "tensors/tensors.h"

/* A tensor to be written; at most two dimensions; cols == 0 means a vector of `rows`. */
typedef struct tensor_out {
    const char *name;
    size_t rows, cols;
    const float *data;
    tensor_type type; /* to be stored as; rounded to the nearest, ties to even */
} tensor_out;

/* Writes a file as file_replace() does (base/file.h), with metadata {"format":"pt"}, tensors in the
 * order of their names, data aligned to 8 bytes. BERT_NUMERIC where a number is too big for F16. */
bert_status tensor_file_write(const folder_handle *in, const char *name, const tensor_out *tensors,
                              size_t count);

#endif
