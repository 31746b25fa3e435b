/* tensors.h: what the targets of the kinds of tensor file share. */
#ifndef FUZZ_TENSORS_H
#define FUZZ_TENSORS_H

/* Opens the tensors of a folder, reads all of them, finds their weights' names, and holds what came
 * out against tensors.h and model/tensor_names.h. */
void tensors_check(const char *folder);

#endif
