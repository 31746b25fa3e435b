/* torch_tensors.h: the tensors of a state dict that torch.save() wrote, whatever holds its numbers:
 * a zip archive (torch_zip.c) or a stream (torch_legacy.c).
 *
 * A state dict maps names to tensors; a tensor is a view of a storage: offset, shape and strides in
 * elements. Views may share a storage. What lies row-major is read where it stands; other views are
 * copied, all of them together into no more bytes than the file has. */
#ifndef TENSORS_TORCH_TENSORS_H
#define TENSORS_TORCH_TENSORS_H

#include "tensors/tensor_part.h"
#include "tensors/torch_pickle.h"

/* What a persistent id says: ('storage', type, key, location, count), and in streams a sixth, None
 * or (key, offset, count) of a part of the storage. */
typedef struct torch_storage {
    slice key;
    const torch_name *type;
    size_t count, bytes;
    size_t view_offset, view_count; /* elements; 0 and `count` where it is no part */
} torch_storage;

bert_status torch_storage_parse(const char *path, const pickle *p, const pickle_value *value,
                                torch_storage *out);

/* Where the file keeps numbers. locate() gives a storage's data, which must be just its bytes. */
typedef struct torch_source {
    bert_status (*locate)(void *context, const torch_storage *storage, const char **data);
    void *context;
} torch_source;

/* Fills part->tensors and part->own from a pickle's state dict. After a failure tensor_part_close()
 * takes what was filled. */
bert_status torch_tensors_read(const pickle *p, const torch_source *from, tensor_part *part);

#endif
