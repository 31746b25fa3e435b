/* modernbert.c: ModernBERT: norms before the parts of a layer, no biases, rotary positions, local
 * and global attention, a gated feed-forward part. The reference is transformers' ModernBertModel.
 *
 * transformers before 5 reads every how many layers one is global, and two thetas; from 5 on it
 * writes a list of layer_types and rope_parameters, which come first where both are there. */
#include "base/memory.h"
#include "json/json.h"
#include "model/config.h"

#include <math.h>
#include <string.h>

#define LAYER ".layers.#."
static const param_names names = {
    .embedding_word = ".embeddings.tok_embeddings.weight",
    .embedding_norm_gain = ".embeddings.norm.weight",
    .layer_input_gain = LAYER "attn_norm.weight",
    .layer_projections_weight = LAYER "attn.Wqkv.weight",
    .layer_attention_weight = LAYER "attn.Wo.weight",
    .layer_attention_gain = LAYER "mlp_norm.weight",
    .layer_intermediate_weight = LAYER "mlp.Wi.weight",
    .layer_output_weight = LAYER "mlp.Wo.weight",
    .final_norm_gain = ".final_norm.weight",
    .transform_dense_weight = "head.dense.weight",
    .transform_norm_gain = "head.norm.weight",
    .classifier_weight = "classifier.weight",
    .classifier_bias = "classifier.bias",
    .masked_bias = "decoder.bias",
};

static const family_keys keys = { .hidden = "hidden_size",
                                  .layers = "num_hidden_layers",
                                  .attention_heads = "num_attention_heads",
                                  .intermediate = "intermediate_size",
                                  .activation = "hidden_activation",
                                  .norm_epsilon = "norm_eps",
                                  .hidden_dropout = "embedding_dropout",
                                  .attention_dropout = "attention_dropout" };

static const config defaults = { .vocabulary = 50368,
                                 .hidden = 768,
                                 .layers = 22,
                                 .attention_heads = 12,
                                 .intermediate = 1152,
                                 .positions = 8192,
                                 .pad = 50283,
                                 .norm_epsilon = 1e-5,
                                 .rotary_theta = { 160000.0, 10000.0 } };

/* Biases that a configuration may ask for, and no published model has. */
static bert_status biases_check(const json_t *o, const char *path)
{
    static const struct {
        const char *key;
        bool known;
    } biases[] = { { "norm_bias", false },
                   { "attention_bias", false },
                   { "mlp_bias", false },
                   { "classifier_bias", false },
                   { "decoder_bias", true } };
    for (size_t i = 0; i < sizeof biases / sizeof *biases; i++) {
        bool has = biases[i].known;
        TRY(json_get_bool(o, path, biases[i].key, &has));
        if (has != biases[i].known)
            return fail(BERT_UNSUPPORTED, "%s: %s is %s; only %s is known", path, biases[i].key,
                        has ? "true" : "false", has ? "false" : "true");
    }
    return BERT_OK;
}

/* Of dropout, and what fresh weights are drawn from. */
static bert_status rates_read(const json_t *o, const char *path, config *c)
{
    c->classifier_dropout = 0.0;
    TRY(config_read_rate(o, path, "classifier_dropout", &c->classifier_dropout));
    TRY(config_read_rate(o, path, "mlp_dropout", &c->intermediate_dropout));
    c->choice_dropout = c->token_dropout = c->answer_dropout = c->classifier_dropout;
    const json_t *cut = json_object_get(o, "initializer_cutoff_factor");
    c->initializer_cut = cut && json_is_null(cut) ? 3.0 : 2.0;
    return json_get_double(o, path, "initializer_cutoff_factor", 0.1, 1e3, &c->initializer_cut);
}

static bert_status pooling_read(const json_t *o, const char *path, config *c)
{
    const char *pooling = "cls";
    TRY(json_get_string(o, path, "classifier_pooling", &pooling));
    c->classifier_mean = strcmp(pooling, "mean") == 0;
    if (c->classifier_mean || strcmp(pooling, "cls") == 0) return BERT_OK;
    return fail(BERT_UNSUPPORTED,
                "%s: classifier_pooling '%s' is not known; there are cls and mean", path, pooling);
}

/* ---- which layers are local */

static const char global_name[] = "full_attention", local_name[] = "sliding_attention";

static bert_status layer_types_read(const json_t *list, const char *path, config *c)
{
    if (!json_is_array(list) || json_array_size(list) != c->layers)
        return fail(BERT_FORMAT, "%s: layer_types must be a list of %zu names, one for each layer",
                    path, c->layers);
    for (size_t i = 0; i < c->layers; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        c->local[i] = name && strcmp(name, local_name) == 0;
        if (!name || (!c->local[i] && strcmp(name, global_name) != 0))
            return fail(BERT_UNSUPPORTED,
                        "%s: layer_types[%zu] is not known; there are full_attention and "
                        "sliding_attention",
                        path, i);
    }
    return BERT_OK;
}

static bert_status reach_read(const json_t *o, const char *path, config *c)
{
    size_t every = 3, window = 128;
    void *local;
    TRY(json_get_size(o, path, "global_attn_every_n_layers", 1, 1024, &every));
    TRY(json_get_size(o, path, "local_attention", 2, 1 << 17, &window));
    TRY(memory_zeroed(c->layers, sizeof *c->local, &local));
    c->local = local;
    c->local_reach = window / 2;
    for (size_t i = 0; i < c->layers; i++) c->local[i] = i % every != 0;
    const json_t *list = json_object_get(o, "layer_types");
    return list && !json_is_null(list) ? layer_types_read(list, path, c) : BERT_OK;
}

/* ---- rotary positions */

static bert_status scaling_check(const json_t *scaling, const char *path)
{
    const char *type = "default";
    double share = 1.0;
    if (!json_is_object(scaling)) return BERT_OK;
    TRY(json_get_string(scaling, path, "type", &type));
    TRY(json_get_string(scaling, path, "rope_type", &type));
    TRY(json_get_double(scaling, path, "partial_rotary_factor", 0.0, 1.0, &share));
    if (strcmp(type, "default") == 0 && share == 1.0) return BERT_OK;
    return fail(BERT_UNSUPPORTED,
                "%s: rotary positions are scaled (rope_type '%s', partial_rotary_factor %g); only "
                "'default' and 1 are known",
                path, type, share);
}

static bert_status theta_read(const json_t *o, const char *path, const char *key, double *out)
{
    return json_get_double(o, path, key, 1.0, 1e12, out);
}

static bert_status rotary_read(const json_t *o, const char *path, config *c)
{
    const json_t *parameters = json_object_get(o, "rope_parameters");
    const char *const kinds[] = { global_name, local_name };
    TRY(scaling_check(json_object_get(o, "rope_scaling"), path));
    TRY(theta_read(o, path, "global_rope_theta", &c->rotary_theta[0]));
    const json_t *own = json_object_get(o, "local_rope_theta");
    if (own && json_is_null(own)) c->rotary_theta[1] = c->rotary_theta[0];
    TRY(theta_read(o, path, "local_rope_theta", &c->rotary_theta[1]));
    for (size_t i = 0; i < 2; i++) {
        const json_t *kind = json_object_get(parameters, kinds[i]);
        if (!json_is_object(kind)) continue;
        TRY(scaling_check(kind, path));
        TRY(theta_read(kind, path, "rope_theta", &c->rotary_theta[i]));
    }
    if (c->hidden / c->attention_heads % 2 == 0) return BERT_OK;
    return fail(BERT_FORMAT,
                "%s: hidden_size %zu over num_attention_heads %zu is odd; rotary positions turn "
                "pairs of numbers",
                path, c->hidden, c->attention_heads);
}

static bert_status read(const json_t *o, const char *path, config *c)
{
    TRY(biases_check(o, path));
    TRY(rates_read(o, path, c));
    TRY(pooling_read(o, path, c));
    TRY(reach_read(o, path, c));
    TRY(rotary_read(o, path, c));
    c->transform_activation = ACTIVATION_GELU;
    return config_read_activation(o, path, "classifier_activation", &c->transform_activation);
}

/* ---- the keys that transformers before 5 reads, for a file that has those of 5 */

static bert_status write(const config *c, json_t *o)
{
    size_t every = 1;
    while (every < c->layers && config_is_local(c, every)) every++;
    bool regular = true;
    for (size_t i = 0; i < c->layers; i++)
        regular = regular && config_is_local(c, i) == (i % every != 0);
    if (json_object_get(o, "layer_types") && regular)
        TRY(json_put(o, "global_attn_every_n_layers", json_integer((json_int_t)every)));
    if (!json_object_get(o, "rope_parameters")) return BERT_OK;
    TRY(json_put(o, "global_rope_theta", json_real(c->rotary_theta[0])));
    return json_put(o, "local_rope_theta", json_real(c->rotary_theta[1]));
}

/* _init_weights() */
static double fresh(const config *c, param_part part, double *cut)
{
    *cut = c->initializer_cut;
    if (part == PARAM_CLASSIFIER) return 1.0 / sqrt((double)c->hidden);
    return c->initializer_range / sqrt(2.0 * (double)c->layers);
}

const family family_modernbert = { .name = "ModernBERT",
                                   .model_type = "modernbert",
                                   .class_prefix = "ModernBert",
                                   .prefix = "model",
                                   .names = &names,
                                   .decoder = "decoder.weight",
                                   .keys = &keys,
                                   .defaults = &defaults,
                                   .layer = LAYER_PRE_NORM,
                                   .transformed = true,
                                   .read = read,
                                   .write = write,
                                   .fresh = fresh };
