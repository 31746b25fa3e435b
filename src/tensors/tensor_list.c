#include "tensors/tensor_list.h"

#include "base/memory.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

bert_status tensor_name_check(const char *path, slice name)
{
    if (name.count == 0 || name.count > TENSOR_NAME_MAX)
        return fail(BERT_FORMAT, "%s: a tensor's name has %zu bytes; there can be 1 to %d", path,
                    name.count, TENSOR_NAME_MAX);
    if (memchr(name.bytes, '\0', name.count) || utf8_malformed(name) < name.count)
        return fail(BERT_FORMAT, "%s: a tensor's name is not a text in UTF-8", path);
    return BERT_OK;
}

bert_status tensor_list_add(tensor_list *list, const char *path, tensor_info info, slice name)
{
    TRY(tensor_name_check(path, name));
    if (list->count == TENSORS_MAX || list->text_count + name.count + 1 > TENSOR_NAMES_MAX)
        return fail(BERT_FORMAT, "%s: more than %d tensors, or %d bytes of names", path,
                    TENSORS_MAX, TENSOR_NAMES_MAX);
    TRY(memory_grow((void **)&list->tensors, &list->capacity, list->count + 1,
                    sizeof *list->tensors));
    TRY(memory_grow((void **)&list->names, &list->names_capacity, list->count + 1,
                    sizeof *list->names));
    TRY(memory_grow((void **)&list->text, &list->text_capacity, list->text_count + name.count + 1,
                    1));
    memcpy(list->text + list->text_count, name.bytes, name.count);
    list->text[list->text_count + name.count] = '\0';
    list->tensors[list->count] = info;
    list->names[list->count++] = list->text_count;
    list->text_count += name.count + 1;
    return BERT_OK;
}

bert_status tensor_list_give(tensor_list *list, tensor_part *part)
{
    /* an array even of none, which qsort() and its like must not be given NULL for */
    TRY(memory_grow((void **)&list->tensors, &list->capacity, 1, sizeof *list->tensors));
    for (size_t i = 0; i < list->count; i++) list->tensors[i].name = list->text + list->names[i];
    qsort(list->tensors, list->count, sizeof *list->tensors, tensor_compare_names);
    for (size_t i = 1; i < list->count; i++)
        if (tensor_compare_names(&list->tensors[i - 1], &list->tensors[i]) == 0)
            return fail(BERT_FORMAT, "%s: tensor '%s' is there twice", part->path,
                        list->tensors[i].name);
    part->tensors = list->tensors;
    part->count = list->count;
    part->own = list->text;
    part->own_free = free;
    free(list->names);
    *list = (tensor_list){ 0 };
    return BERT_OK;
}

void tensor_list_release(tensor_list *list)
{
    free(list->tensors);
    free(list->names);
    free(list->text);
    *list = (tensor_list){ 0 };
}
