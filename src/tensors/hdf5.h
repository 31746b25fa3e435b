/* hdf5.h: the part of HDF5 that h5py, and so Keras, writes weights in; read by mapping. For
 * src/tensors alone.
 *
 * Read are superblocks of version 0 and 1, groups as symbol tables, object headers of version 1,
 * and datasets of little-endian floats that lie in one piece ("contiguous") or in their header
 * ("compact"): what h5py writes unless told otherwise, since its first version.
 *
 *     superblock -> object header of "/" -> B-tree -> symbol node -> object header of each member
 *                                        -> local heap, with the members' names
 *
 *     superblock 0     0 "\211HDF\r\n\032\n", 8 version, 13 size of offsets (8), 14 of lengths (8),
 *                      24 base address (0), 40 end of file, 64 address of the root's object header
 *                      (version 1: from 24 on all 4 later)
 *     object header    0 version (1), 2 number of messages, 8 bytes of them; from 16 on messages:
 *                      0 type, 2 bytes, 4 flags, 8 what it says
 *     B-tree node      0 "TREE", 4 type (0), 5 level, 6 entries; from 24 on key, child, key, ...
 *     symbol node      0 "SNOD", 6 symbols; from 8 on, 40 bytes each: 0 name in the heap, 8 object
 *                      header, 16 kind (2: a soft link)
 *     local heap       0 "HEAP", 8 bytes of names, 24 address of them
 *
 * Format: "HDF5 File Format Specification", versions 1.0 to 3.0. The rest of HDF5 is refused by
 * name: chunks with their filters (compression), data in other files, virtual datasets, groups of
 * the newer form. Links are not followed, so no name leads out of the file.
 *
 * Why not libhdf5: linked, it costs each start of the program 5 ms and 25 libraries; and a few
 * bytes changed in a file of Keras' keep it busy for more than 3 s (4 of 15,000 files,
 * version 1.10.8).
 */
#ifndef TENSORS_HDF5_H
#define TENSORS_HDF5_H

#include "base/slice.h"
#include "tensors/tensor_list.h"

/* Groups in each other; and links, nodes and messages looked at in one file, so that one that leads
 * in circles ends. */
enum { HDF5_DEPTH_MAX = 32, HDF5_STEPS_MAX = 1 << 20 };

/* A file's bytes, and what was looked at so far. */
typedef struct hdf5_file {
    const char *path;
    slice bytes;
    size_t steps;
} hdf5_file;

/* What an object header says. */
typedef struct hdf5_object {
    bool group, dataset;
    uint64_t tree, heap; /* of a group: addresses */
    tensor_info info;    /* of a dataset, but for its name */
} hdf5_object;

/* Adds each dataset of the file, by its path without the first '/'. */
bert_status hdf5_read(const char *path, slice bytes, tensor_list *out);

/* The object at an address; `name` stands in messages. */
bert_status hdf5_object_read(hdf5_file *f, uint64_t address, const char *name, hdf5_object *out);

/* Bytes of the file; false where they are not all in it. */
bool hdf5_at(const hdf5_file *f, uint64_t address, uint64_t count, slice *out);

/* A number of 1 to 8 bytes, little endian; `from` must have them. */
uint64_t hdf5_number(slice from, size_t at, size_t bytes);

bert_status hdf5_step(hdf5_file *f); /* BERT_FORMAT after too many */
bert_status hdf5_damaged(const hdf5_file *f, const char *what);

#endif
