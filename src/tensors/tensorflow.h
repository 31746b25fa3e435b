/* tensorflow.h: a checkpoint of TensorFlow's Saver (a "tensor bundle": tensorflow/core/util/
 * tensor_bundle, protobuf/tensor_bundle.proto), read by mapping. For src/tensors alone.
 *
 *     NAME.index                     a table (tensorflow_table.h): "" -> BundleHeaderProto, the
 *                                    tensors' names -> BundleEntryProto
 *     NAME.data-00000-of-00002 ...   the numbers of each tensor somewhere in one of these
 *
 *     BundleHeaderProto  1 num_shards, 2 endianness (0 little)
 *     BundleEntryProto   1 dtype, 2 shape { 2 dim { 1 size } }, 3 shard_id, 4 offset, 5 size,
 *                        6 crc32c (fixed32, masked), 7 slices
 *
 * A file that lies is refused: a shape whose product wraps or is not the data's length; data
 * outside of their file; a name twice. Each tensor's checksum is kept for tensor_verify(). Not
 * read: partitioned variables, big-endian files, checkpoints of objects (tf.train.Checkpoint),
 * whose tensors have no names of their own. */
#ifndef TENSORS_TENSORFLOW_H
#define TENSORS_TENSORFLOW_H

#include "tensors/tensor_part.h"

enum { TENSORFLOW_FILES_MAX = 1024 };

/* The index in a folder: the one that the text file `checkpoint` names last, else
 * bert_model.ckpt.index, else model.ckpt.index. *name is its name, NULL where there is none; the
 * caller frees. */
tensor_part_find tensorflow_find;

/* By the index's path; opens the data files beside it. */
tensor_part_open tensorflow_open;

#endif
