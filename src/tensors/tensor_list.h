/* tensor_list.h: tensors found in a file one after another, their names built on the way. For the
 * readers of src/tensors whose files do not hold names as texts that could be borrowed. */
#ifndef TENSORS_TENSOR_LIST_H
#define TENSORS_TENSOR_LIST_H

#include "base/slice.h"
#include "tensors/tensor_part.h"

/* Bounds of what a few bytes can claim: BERT large with Adam's moments has 1,200 tensors, the
 * longest of their names some 100 bytes. */
enum { TENSOR_NAME_MAX = 1024, TENSORS_MAX = 1 << 16, TENSOR_NAMES_MAX = 1 << 24 };

/* Start from { 0 }; tensor_list_release() where it was not handed over. */
typedef struct tensor_list {
    tensor_info *tensors; /* [count]; their names stand in `text` only */
    size_t *names;        /* [count]: where in `text` */
    size_t count, capacity, names_capacity;
    char *text;
    size_t text_count, text_capacity;
} tensor_list;

/* BERT_FORMAT with `path` for one that is empty, too long, not UTF-8 or holds a NUL. */
bert_status tensor_name_check(const char *path, slice name);

/* Adds a tensor under a copy of `name`, checked as above; info.name is not looked at. */
bert_status tensor_list_add(tensor_list *list, const char *path, tensor_info info, slice name);

/* Hands all over to the part, by name; two of one name: BERT_FORMAT with its path. */
bert_status tensor_list_give(tensor_list *list, tensor_part *part);
void tensor_list_release(tensor_list *list);

#endif
