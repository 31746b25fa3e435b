/* keras.h: weights as transformers' TensorFlow classes save them (tf_model.h5): datasets of an HDF5
 * file, whose paths are the weights' names. For src/formats alone. */
#ifndef FORMATS_KERAS_H
#define FORMATS_KERAS_H

#include "formats/tensor_part.h"

tensor_part_open keras_open;

#endif
