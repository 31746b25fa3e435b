/* config_dense.c: config.json of a Dense module of sentence-transformers. */
#include "base/file.h"
#include "json/json.h"
#include "model/config.h"

#include <stdlib.h>
#include <string.h>

bool config_is_torch(const char *name, const char *word)
{
    static const char package[] = "torch.nn.";
    return strncmp(name, package, strlen(package)) == 0 &&
           strcmp(strrchr(name, '.') + 1, word) == 0;
}

static bert_status activation_take(const char *name, const char *path, config *c)
{
    static const struct {
        const char *word;
        activation_kind kind;
    } known[] = { { "Tanh", ACTIVATION_TANH },
                  { "GELU", ACTIVATION_GELU },
                  { "ReLU", ACTIVATION_RELU },
                  { "SiLU", ACTIVATION_SILU } };
    c->dense.linear = config_is_torch(name, "Identity");
    if (c->dense.linear) return BERT_OK;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!config_is_torch(name, known[i].word)) continue;
        c->dense.activation = known[i].kind;
        return BERT_OK;
    }
    return config_refuse_vectors(c,
                                 "%s has the activation '%s', where torch's Identity, Tanh, GELU, "
                                 "ReLU and SiLU are known",
                                 path, name);
}

static bert_status dense_take(const json_t *o, const char *path, config *c)
{
    static const char text[] = "sentence_embedding"; /* the vector that the pooling has made */
    const char *function = "torch.nn.modules.activation.Tanh", *from = text, *to = text;
    size_t in = 0;
    TRY(json_get_size(o, path, "in_features", 1, 1 << 24, &in));
    TRY(json_get_size(o, path, "out_features", 1, 1 << 16, &c->dense.width));
    TRY(json_get_bool(o, path, "bias", &c->dense.bias));
    TRY(json_get_string(o, path, "activation_function", &function));
    TRY(json_get_string(o, path, "module_input_name", &from));
    TRY(json_get_string(o, path, "module_output_name", &to));
    if (in != c->hidden)
        TRY(config_refuse_vectors(c,
                                  "%s has in_features %zu, where a text's vector has %zu numbers",
                                  path, in, c->hidden));
    if (!c->dense.width) TRY(config_refuse_vectors(c, "%s has no out_features", path));
    if (strcmp(from, text) != 0 || strcmp(to, text) != 0)
        TRY(config_refuse_vectors(c, "%s makes '%s' of '%s', where '%s' is known", path, to, from,
                                  text));
    return activation_take(function, path, c);
}

bert_status config_read_dense(const char *folder, config *c)
{
    char *path;
    json_t *object = NULL;
    c->dense.bias = true;
    TRY(path_join(folder, "config.json", &path));
    bert_status status =
        file_exists(path)
            ? json_read_object(path, &object)
            : config_refuse_vectors(c, "modules.json names %s, and it is not there", path);
    if (object) status = dense_take(object, path, c);
    json_decref(object);
    free(path);
    if (status != BERT_OK || c->vectors_unknown) return status;
    c->dense.folder = strdup(folder);
    return c->dense.folder ? BERT_OK : fail(BERT_MEMORY, "out of memory for the configuration");
}

void config_drop_dense(config *c)
{
    free(c->dense.folder);
    c->dense = (dense_config){ 0 };
}

size_t config_vector_width(const config *c)
{
    return c->dense.folder ? c->dense.width : c->hidden;
}

size_t config_widest(const config *c)
{
    size_t width = config_vector_width(c);
    return width > c->hidden ? width : c->hidden;
}
