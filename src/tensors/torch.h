/* torch.h: what torch.save() writes of a state dict: pytorch_model.bin, or a shard of it.
 *
 *     first bytes    form
 *     PK\3\4         a zip archive, since torch 1.6         torch_zip.c
 *     a pickle       a stream of pickles and numbers        torch_legacy.c
 *
 * Both hold a pickle that is read as data (torch_pickle.h): nothing is ever executed. Refused by a
 * sentence: TorchScript, the tar archives of before torch 0.1.10, and whatever is no state dict. */
#ifndef TENSORS_TORCH_H
#define TENSORS_TORCH_H

#include "tensors/tensor_part.h"

tensor_part_open torch_open;

/* One form each: of a part with a path and a map, fill the rest. After a failure
 * tensor_part_close() takes what was filled. */
bert_status torch_zip_read(tensor_part *part);
bert_status torch_legacy_read(tensor_part *part);

#endif
