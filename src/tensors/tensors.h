/* tensors.h: the tensors of a model folder, whatever kind of file they stand in.
 *
 * The first of these that is there is read:
 *
 *   model.safetensors    or the shards that model.safetensors.index.json names    safetensors.h
 *   pytorch_model.bin    or the shards that pytorch_model.bin.index.json names    torch.h
 *   tf_model.h5          or the shards that tf_model.h5.index.json names          keras.h
 *   a checkpoint of TensorFlow: the one that `checkpoint` names, else bert_model.ckpt.index,
 *   model.ckpt.index                                                              tensorflow.h
 *
 * An index names plain files inside the folder; each tensor must stand in the shard that the index
 * says. Every kind is read with all that its file says verified; nothing in a file is executed. */
#ifndef TENSORS_TENSORS_H
#define TENSORS_TENSORS_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum tensor_type {
    TENSOR_F32,
    TENSOR_F16,
    TENSOR_BF16,
    TENSOR_F64,
    TENSOR_OTHER /* known to the format (I64, BOOL, ...), never a weight */
} tensor_type;

enum { TENSOR_DIMENSIONS_MAX = 8 };

typedef struct tensor_info {
    const char *name; /* as the file has it; borrowed from the checkpoint */
    const char *file; /* the file it stands in, for messages; borrowed */
    tensor_type type;
    size_t dimensions, shape[TENSOR_DIMENSIONS_MAX];
    size_t count;     /* elements */
    const void *data; /* row-major, little endian; aligned to nothing; borrowed */
    bool checksum_given;
    uint32_t checksum; /* masked CRC-32C of the data, base/crc32c.h */
} tensor_info;

typedef struct tensor_file tensor_file;

bert_status tensor_file_open(const char *folder, tensor_file **out);
void tensor_file_free(tensor_file *f); /* every `data` ends here */

/* Do the weights stand in a file of TensorFlow or Keras? */
bool tensor_file_is_tensorflow(const tensor_file *f);

/* Gives back the memory that reading `data` has taken; what is looked at again is read again. */
void tensor_file_forget(const tensor_file *f);

size_t tensor_file_count(const tensor_file *f);
const tensor_info *tensor_file_at(const tensor_file *f, size_t index);
const tensor_info *tensor_file_find(const tensor_file *f,
                                    const char *name); /* NULL: there is none */

/* Reads all data of a tensor where the file keeps their checksum; the type must not be
 * TENSOR_OTHER. BERT_FORMAT: it is another. */
bert_status tensor_verify(const tensor_info *info);

/* Converts to f32 (f16 and bf16 exactly; f32 is copied; f64 is rounded). out [info->count]. The
 * type must not be TENSOR_OTHER. */
void tensor_to_float(const tensor_info *info, float *out);

/* The same for a matrix, turned: out [columns, rows]. */
void tensor_to_float_transposed(const tensor_info *info, float *out);

/* The other way: to TENSOR_F16 or TENSOR_BF16, to the nearest, ties to even; beyond F16's 65504 is
 * infinity. out [count]. */
void tensor_of_float(const float *numbers, size_t count, tensor_type type, uint16_t *out);

#endif
