/* tensor_part.h: one file of tensors, of any kind. For the readers of src/tensors alone. */
#ifndef TENSORS_TENSOR_PART_H
#define TENSORS_TENSOR_PART_H

#include "base/file.h"
#include "tensors/tensors.h"

typedef struct tensor_data {
    char *path;
    file_map map;
} tensor_data;

typedef struct tensor_part {
    char *path;
    file_map map;      /* where the data stand in the file as they are; else none */
    tensor_data *data; /* [data_count] where they stand in files of their own beside it */
    size_t data_count;
    tensor_info *tensors; /* [count], by name; their names and data are the part's */
    size_t count;
    void *own; /* whatever else they stand in, NULL for nothing */
    void (*own_free)(void *own);
} tensor_part;

/* A reader of one kind of file. Takes `path` over, which is freed by tensor_part_close(); after a
 * failure it is already. */
typedef bert_status tensor_part_open(char *path, tensor_part *out);

/* For a kind whose file has no fixed name: *name = the one in this folder, or NULL. The caller
 * frees. */
typedef bert_status tensor_part_find(const char *folder, char **name);

void tensor_part_close(tensor_part *part); /* a zeroed one is left alone */

/* For qsort(). */
int tensor_compare_names(const void *a, const void *b);

#endif
