#include "tensors/keras.h"

#include "tensors/hdf5.h"

bert_status keras_open(char *path, tensor_part *out)
{
    tensor_part part = { .path = path };
    tensor_list list = { 0 };
    bert_status status = file_map_open(path, &part.map);
    if (status == BERT_OK)
        status = hdf5_read(path, (slice){ part.map.bytes, part.map.count }, &list);
    if (status == BERT_OK) status = tensor_list_give(&list, &part);
    tensor_list_release(&list);
    if (status == BERT_OK)
        *out = part;
    else
        tensor_part_close(&part);
    return status;
}
