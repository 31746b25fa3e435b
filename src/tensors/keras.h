/* keras.h: weights as transformers' TensorFlow classes save them (tf_model.h5): datasets of an HDF5
 * file, whose paths are the weights' names. For src/tensors alone. */
#ifndef TENSORS_KERAS_H
#define TENSORS_KERAS_H

#include "tensors/tensor_part.h"

tensor_part_open keras_open;

#endif
