/* tensor_names.h: which tensor of a file holds a weight, whatever the file calls it.
 *
 * families/ have transformers' names for PyTorch. The same weights are called, of layer 0's
 * query for example:
 *
 *   PyTorch     [bert.]encoder.layer.0.attention.self.query.weight        [out, in]
 *               LayerNorm.gamma, LayerNorm.beta before 2019
 *   Google      bert/encoder/layer_0/attention/self/query/kernel          [in, out]
 *               LayerNorm/gamma, LayerNorm/beta; embeddings/word_embeddings;
 *               cls/predictions/output_bias; output_weights and output_bias of run_classifier.py,
 *               cls/squad/output_weights of run_squad.py, [out, in] these
 *   Keras       bert/tf_bert_model/bert/encoder/layer_._0/attention/self/query/kernel:0   [in, out]
 *               LayerNorm/gamma:0; embeddings/word_embeddings/weight:0, .../embeddings:0;
 *               mlm___cls/predictions/...; before it one or more names of models
 *
 * Where all of PyTorch's begin with what wrappers put there ("module.", "_orig_mod.", "model.",
 * also behind each other), that is passed over.
 *
 * Rules: transformers' modeling_tf_pytorch_utils.py and load_tf_weights_in_bert(). */
#ifndef MODEL_TENSOR_NAMES_H
#define MODEL_TENSOR_NAMES_H

#include "tensors/tensors.h"

typedef struct named_tensor {
    const tensor_info *info; /* NULL: there is none */
    bool transposed;         /* does a matrix stand [in, out]? */
} named_tensor;

typedef struct tensor_names tensor_names;

/* family: what may stand before the encoder's names, "bert"; borrowed. The file must stay open
 * meanwhile. The caller frees. */
bert_status tensor_names_open(const tensor_file *file, const char *family, tensor_names **out);
void tensor_names_free(tensor_names *n);

/* By its name in the family, with or without the family's prefix before it. */
named_tensor tensor_names_find(const tensor_names *n, const char *name);

/* tensor_to_float(), turned where it stands [in, out]. out [t.info->count]. */
void named_tensor_to_float(named_tensor t, float *out);

/* What is passed over before all names of the file; "": nothing. */
const char *tensor_names_prefix(const tensor_names *n);

/* What the file holds for the model: each weight once (Keras repeats the embeddings where a head
 * shares them), without what an optimizer left there and without the numbers that old versions of
 * transformers kept though the configuration tells them (position_ids). By name. */
size_t tensor_names_count(const tensor_names *n);
const tensor_info *tensor_names_at(const tensor_names *n, size_t index);

#endif
