/* tensorflow_table.h: a sorted table of keys and values, as LevelDB has it and TensorFlow keeps a
 * checkpoint's index in (tensorflow/core/lib/io/format.cc, table_builder.cc, block.cc). For
 * src/tensors alone.
 *
 *     data block ... | metaindex block | index block | footer, 48 bytes
 *
 *     footer   handle of the metaindex block, handle of the index block (a handle: offset and
 *              size, two varints), zeros up to byte 40, magic 0xdb4775248b80fb57
 *     block    entries; fixed32 a restart; fixed32 number of restarts; a byte for the compression
 *              (0 none, 1 snappy); fixed32 masked CRC-32C of all before it
 *     entry    varint bytes shared with the key before, varint bytes of the key that follow, varint
 *              bytes of the value, those of the key, those of the value
 *
 * The index block has an entry for each data block, whose value is its handle. Keys are in the
 * order of their bytes over the whole table, each once. TensorFlow compresses no index ("Compressed
 * tables cannot be read by TensorFlow releases prior to 1.1", tensor_bundle.cc), so snappy is
 * refused. */
#ifndef TENSORS_TENSORFLOW_TABLE_H
#define TENSORS_TENSORFLOW_TABLE_H

#include "base/slice.h"
#include "base/status.h"

/* BERT large with Adam's moments has an index of 130 KB. */
enum { TENSORFLOW_TABLE_MAX = 1 << 24, TENSORFLOW_KEY_MAX = 4096 };

/* Called with each entry; key and value are borrowed for the call. */
typedef bert_status tensorflow_entry(void *context, slice key, slice value);

/* Goes through the entries of a file's bytes, all blocks verified. `path` stands in messages. */
bert_status tensorflow_table_read(const char *path, slice file, tensorflow_entry *entry,
                                  void *context);

#endif
