#include "model/config.h"

#include "base/file.h"
#include "base/memory.h"
#include "json/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* hidden_act's names, as transformers/activations.py knows them; the first of a kind is the one
 * written in summaries. */
static const struct {
    const char *name;
    activation_kind kind;
} activations[] = {
    { "gelu", ACTIVATION_GELU },          { "gelu_python", ACTIVATION_GELU },
    { "gelu_new", ACTIVATION_GELU_NEW },  { "gelu_pytorch_tanh", ACTIVATION_GELU_NEW },
    { "gelu_fast", ACTIVATION_GELU_NEW }, { "relu", ACTIVATION_RELU },
    { "silu", ACTIVATION_SILU },          { "swish", ACTIVATION_SILU },
    { "tanh", ACTIVATION_TANH },
};

static const char google_name[] = "bert_config.json";

const char *config_activation_name(activation_kind kind)
{
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++)
        if (activations[i].kind == kind) return activations[i].name;
    return "?";
}

bert_status config_check_length(const config *c, size_t max_length)
{
    size_t most = config_length_most(c);
    if (max_length <= most) return BERT_OK;
    if (c->position_first > 0)
        return fail_field(BERT_ARGUMENT, "max_length",
                          "%zu is above the %zu tokens that the model reads: of its %zu positions "
                          "the first %zu are for padding",
                          max_length, most, c->positions, c->position_first);
    return fail_field(BERT_ARGUMENT, "max_length",
                      "%zu is above the %zu positions that the model has", max_length, most);
}

bert_status config_check_pairs(const config *c)
{
    if (c->types != 1) return BERT_OK;
    return fail(BERT_ARGUMENT, "the model reads single texts only (config.json's type_vocab_size "
                               "is 1), so it cannot take pairs; give one text column");
}

bool config_is_tied(const config *c)
{
    return !c->family->decoder || !json_is_false(json_object_get(c->source, "tie_word_embeddings"));
}

bert_status config_check_tied(const config *c)
{
    if (config_is_tied(c)) return BERT_OK;
    return fail(BERT_UNSUPPORTED,
                "config.json says \"tie_word_embeddings\": false, a decoder of its own for masked "
                "words; the task 'fill' knows only one that shares the word embeddings (true)");
}

bert_status config_read_activation(const json_t *object, const char *path, const char *key,
                                   activation_kind *out)
{
    const char *name = config_activation_name(*out);
    TRY(json_get_string(object, path, key, &name));
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++) {
        if (strcmp(name, activations[i].name) != 0) continue;
        *out = activations[i].kind;
        return BERT_OK;
    }
    return fail(BERT_UNSUPPORTED,
                "%s: %s '%s' is not known; there are gelu, gelu_new, relu, silu, tanh", path, key,
                name);
}

/* Numbers of the widest row a model makes of a token, for all positions: what one activation takes
 * in memory, whatever the weights take in the file. BERT large has 2 million. */
enum { ACTIVATION_NUMBERS_MAX = 1 << 28 };

static bert_status activations_check(const char *path, const char *key, size_t width,
                                     const config *c)
{
    if (width <= ACTIVATION_NUMBERS_MAX / c->positions) return BERT_OK;
    return fail(BERT_FORMAT,
                "%s: %s %zu at max_position_embeddings %zu would be %zu numbers for one text; at "
                "most %d are computed",
                path, key, width, c->positions, width * c->positions, ACTIVATION_NUMBERS_MAX);
}

/* A size whose key the family may lack. */
static bert_status size_read(const json_t *o, const char *path, const char *key, size_t least,
                             size_t most, size_t *out)
{
    return key ? json_get_size(o, path, key, least, most, out) : BERT_OK;
}

static bert_status sizes_read(const json_t *o, const char *path, config *c)
{
    const size_t most = 1 << 22; /* VOCABULARY_IDS_MAX */
    const family_keys *k = c->family->keys;
    TRY(json_get_size(o, path, "vocab_size", 1, most, &c->vocabulary));
    TRY(size_read(o, path, k->hidden, 1, 1 << 16, &c->hidden));
    TRY(size_read(o, path, k->layers, 1, 1024, &c->layers));
    TRY(size_read(o, path, k->attention_heads, 1, 1024, &c->attention_heads));
    TRY(size_read(o, path, k->intermediate, 1, 1 << 18, &c->intermediate));
    TRY(json_get_size(o, path, "max_position_embeddings", 3, 1 << 16, &c->positions));
    TRY(size_read(o, path, k->types, 1, 1024, &c->types));
    c->layer_sets = c->layers;
    if (!c->embedding)
        c->embedding = c->hidden;
    else
        TRY(size_read(o, path, k->embedding, 1, 1 << 16, &c->embedding));
    if (c->hidden % c->attention_heads != 0)
        return fail(BERT_FORMAT, "%s: %s %zu is no multiple of %s %zu", path, k->hidden, c->hidden,
                    k->attention_heads, c->attention_heads);
    TRY(activations_check(path, k->hidden, c->hidden, c));
    return activations_check(path, k->intermediate, config_intermediate_sums(c), c);
}

static bert_status pad_read(const json_t *o, const char *path, config *c)
{
    size_t pad = (size_t)c->pad;
    TRY(json_get_size(o, path, "pad_token_id", 0, 1 << 22, &pad));
    c->pad = json_is_null(json_object_get(o, "pad_token_id")) ? -1 : (int32_t)pad;
    if (c->family->pads_by_one) c->pad = 1;
    if (!c->family->positions_padded) return BERT_OK;
    c->position_first = (size_t)(c->pad + 1);
    if (c->position_first + 3 <= c->positions) return BERT_OK;
    return fail(BERT_FORMAT,
                "%s: of max_position_embeddings %zu those up to pad_token_id %d are no text's; "
                "fewer than 3 are left",
                path, c->positions, (int)c->pad);
}

bert_status config_read_rate(const json_t *o, const char *path, const char *key, double *out)
{
    /* a rate of 1, as a float too, would divide by zero */
    return json_get_double(o, path, key, 0.0, nextafterf(1.0f, 0.0f), out);
}

static bert_status numbers_read(const json_t *o, const char *path, config *c)
{
    const family_keys *k = c->family->keys;
    TRY(config_read_rate(o, path, k->hidden_dropout, &c->hidden_dropout));
    TRY(config_read_rate(o, path, k->attention_dropout, &c->attention_dropout));
    c->classifier_dropout = c->hidden_dropout;
    TRY(config_read_rate(o, path, "classifier_dropout", &c->classifier_dropout));
    c->choice_dropout = c->token_dropout = c->classifier_dropout;
    c->answer_dropout = c->dense_dropout = -1.0;
    c->initializer_range = 0.02;
    TRY(json_get_double(o, path, "initializer_range", 0.0, 1e3, &c->initializer_range));
    return k->norm_epsilon ? json_get_double(o, path, k->norm_epsilon, 0.0, 1.0, &c->norm_epsilon)
                           : BERT_OK;
}

/* What would make the numbers differ silently if it were passed over. */
static bert_status features_check(const json_t *o, const char *path, const family **kind)
{
    const char *model_type = NULL, *positions = "absolute";
    const char *class_name =
        json_string_value(json_array_get(json_object_get(o, "architectures"), 0));
    bool decoder = false;
    TRY(json_get_string(o, path, "model_type", &model_type));
    TRY(json_get_string(o, path, "position_embedding_type", &positions));
    TRY(json_get_bool(o, path, "is_decoder", &decoder));
    TRY(family_find(path, model_type, class_name, kind));
    if (strcmp(positions, "absolute") != 0)
        return fail(BERT_UNSUPPORTED,
                    "%s: position_embedding_type '%s' is not known; only 'absolute' is", path,
                    positions);
    if (decoder)
        return fail(BERT_UNSUPPORTED, "%s: is_decoder is true; only encoders can be read", path);
    return BERT_OK;
}

static bert_status label_names_make(config *c, size_t count)
{
    void *names;
    TRY(memory_zeroed(count, sizeof *c->label_names, &names));
    c->label_names = names;
    c->labels = count;
    return BERT_OK;
}

static bert_status label_name_put(config *c, size_t index, const char *name)
{
    if (!(c->label_names[index] = strdup(name)))
        return fail(BERT_MEMORY, "out of memory for label names");
    return BERT_OK;
}

/* A name as Python would print it: a file may have 0 or true in the place of a text. */
static bert_status label_text(const json_t *value, char **out)
{
    *out = NULL;
    if (json_is_number(value)) return json_text(value, out);
    const char *text = json_is_true(value)    ? "True"
                       : json_is_false(value) ? "False"
                                              : json_string_value(value);
    if (!text) return BERT_OK;
    *out = strdup(text);
    return *out ? BERT_OK : fail(BERT_MEMORY, "out of memory for label names");
}

/* Finds a name that two labels have. */
static bert_status label_names_compare(config *c)
{
    json_t *seen = json_object();
    bert_status status = BERT_OK;
    for (size_t i = 0; i < c->labels && !c->label_repeated && status == BERT_OK; i++) {
        if (json_object_get(seen, c->label_names[i])) c->label_repeated = c->label_names[i];
        status = json_put(seen, c->label_names[i], json_true());
    }
    json_decref(seen);
    return status;
}

bert_status config_check_labels(const config *c)
{
    if (!c->label_repeated) return BERT_OK;
    return fail(BERT_UNSUPPORTED,
                "%s: id2label gives two labels the name '%s', so that an answer could not tell "
                "them apart; give each a name of its own",
                config_file_name(c), c->label_repeated);
}

/* id2label's keys are the numbers 0 .. count-1 as strings. */
static bert_status label_names_read(const json_t *map, const char *path, config *c)
{
    const size_t most = 1 << 20;
    size_t count = json_object_size(map);
    if (!json_is_object(map) || count == 0 || count > most)
        return fail(BERT_FORMAT,
                    "%s: id2label must be an object that maps \"0\", \"1\", ... to names", path);
    TRY(label_names_make(c, count));
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)map, key, value)
    {
        char *end;
        unsigned long long index = strtoull(key, &end, 10);
        bool good = *key >= '0' && *key <= '9' && !*end && index < count && !c->label_names[index];
        if (good) TRY(label_text(value, &c->label_names[index]));
        if (!good || !c->label_names[index])
            return fail(BERT_FORMAT,
                        "%s: id2label: the entry \"%s\" does not name one of the labels 0 to %zu "
                        "by a text or a number",
                        path, key, count - 1);
    }
    return label_names_compare(c);
}

static bert_status label_names_number(config *c, size_t count)
{
    TRY(label_names_make(c, count));
    for (size_t i = 0; i < c->labels; i++) {
        char name[32];
        snprintf(name, sizeof name, "LABEL_%zu", i); /* transformers' own default */
        TRY(label_name_put(c, i, name));
    }
    return BERT_OK;
}

static bert_status labels_read(const json_t *o, const char *path, config *c)
{
    const json_t *map = json_object_get(o, "id2label");
    if (map && !json_is_null(map)) {
        c->labels_given = true;
        return label_names_read(map, path, c);
    }
    size_t count = 0;
    TRY(json_get_size(o, path, "num_labels", 1, 1 << 20, &count));
    c->labels_given = count != 0;
    return label_names_number(c, count ? count : 2);
}

/* "thresholds": a number above which each label is given; this program's own key. */
static bert_status thresholds_read(const json_t *o, const char *path, config *c)
{
    const json_t *list = json_object_get(o, "thresholds");
    if (!list) return BERT_OK;
    if (!json_is_array(list) || json_array_size(list) != c->labels)
        return fail(BERT_FORMAT, "%s: thresholds must be a list of one number for each label",
                    path);
    void *memory;
    TRY(memory_zeroed(c->labels, sizeof *c->thresholds, &memory));
    c->thresholds = memory;
    for (size_t i = 0; i < c->labels; i++) {
        const json_t *number = json_array_get(list, i);
        if (!json_is_number(number))
            return fail(BERT_FORMAT, "%s: thresholds[%zu] is no number", path, i);
        c->thresholds[i] = json_number_value(number);
    }
    return BERT_OK;
}

static bert_status config_fill(const char *path, config *c)
{
    const json_t *o = c->source;
    TRY(sizes_read(o, path, c));
    TRY(pad_read(o, path, c));
    TRY(numbers_read(o, path, c));
    TRY(config_read_activation(o, path, c->family->keys->activation, &c->activation));
    c->transform_activation = c->activation;
    if (c->family->read) TRY(c->family->read(o, path, c));
    TRY(labels_read(o, path, c));
    TRY(activations_check(path, "the number of labels,", c->labels, c));
    const char *problem = NULL;
    TRY(json_get_string(o, path, "problem_type", &problem));
    const char *architecture =
        json_string_value(json_array_get(json_object_get(o, "architectures"), 0));
    if (problem && !(c->problem = strdup(problem)))
        return fail(BERT_MEMORY, "out of memory for the configuration");
    if (architecture && !(c->architecture = strdup(architecture)))
        return fail(BERT_MEMORY, "out of memory for the configuration");
    c->unanswerable_given = json_object_get(o, "unanswerable");
    TRY(json_get_bool(o, path, "unanswerable", &c->unanswerable));
    c->outputs = c->labels;
    TRY(config_read_answers(path, c));
    TRY(trained_as_read(json_object_get(o, "trained_on"), path, &c->trained));
    return thresholds_read(o, path, c);
}

static bert_status config_open(const char *folder, const sentence_modules *m, const char *path,
                               bool headless, config *out)
{
    if (!folder_exists(folder))
        return fail(BERT_IO,
                    "%s: there is no such folder; a model is a folder with config.json, "
                    "model.safetensors and vocab.txt",
                    folder);
    if (!file_exists(path))
        return fail(BERT_IO,
                    "%s: is not a model: it has no config.json (a model folder has config.json, "
                    "model.safetensors, vocab.txt)",
                    m->model);
    json_t *source = NULL;
    const family *kind;
    TRY(json_read_object(path, &source));
    bert_status status = features_check(source, path, &kind);
    if (status != BERT_OK) {
        json_decref(source);
        return status;
    }
    config c = *kind->defaults;
    c.family = kind;
    c.headless = headless;
    c.source = source;
    status = config_fill(path, &c);
    if (status == BERT_OK) status = config_read_pooling(folder, m, &c);
    if (status == BERT_OK)
        *out = c;
    else
        config_release(&c);
    return status;
}

bert_status config_read(const char *folder, config *out)
{
    char *path = NULL, *google = NULL;
    sentence_modules m;
    bert_status status = modules_read(folder, &m);
    if (status == BERT_OK) status = path_join(m.model, "config.json", &path);
    if (status == BERT_OK) status = path_join(m.model, google_name, &google);
    if (status == BERT_OK) {
        bool headless = !file_exists(path) && file_exists(google);
        status = config_open(folder, &m, headless ? google : path, headless, out);
    }
    modules_release(&m);
    free(path);
    free(google);
    return status;
}

const char *config_file_name(const config *c)
{
    return c->headless ? google_name : "config.json";
}

static void label_names_release(config *c)
{
    for (size_t i = 0; c->label_names && i < c->labels; i++) free(c->label_names[i]);
    free(c->label_names);
    c->label_names = NULL;
    c->label_repeated = NULL;
    c->labels = 0;
}

void config_release(config *c)
{
    label_names_release(c);
    free(c->problem);
    free(c->architecture);
    free(c->answer_function);
    free(c->thresholds);
    free(c->local);
    free(c->distances);
    free(c->vectors_unknown);
    config_drop_dense(c);
    free(c->prompt_name);
    json_decref(c->prompts);
    json_decref(c->source);
    *c = (config){ 0 };
}

bert_status config_set_head(config *c, const char *class_name, size_t labels)
{
    TRY(activations_check(google_name, "the number of labels,", labels, c));
    char *architecture = strdup(class_name);
    if (!architecture) return fail(BERT_MEMORY, "out of memory for the configuration");
    free(c->architecture);
    c->architecture = architecture;
    if (!labels) return BERT_OK;
    label_names_release(c);
    TRY(label_names_number(c, labels));
    c->labels_given = true;
    c->outputs = labels;
    config_settle_answers(c);
    return BERT_OK;
}

bert_status config_set_labels(config *c, const char *const *names, size_t count)
{
    label_names_release(c);
    free(c->thresholds);
    c->thresholds = NULL;
    TRY(label_names_make(c, count));
    for (size_t i = 0; i < count; i++) TRY(label_name_put(c, i, names[i]));
    c->labels_given = true;
    c->outputs = count;
    return BERT_OK;
}

/* transformers keeps the caller's order of ids; so do we. */
static bert_status labels_put(const config *c, json_t *o)
{
    json_t *names = json_object();
    TRY(json_put(o, "id2label", names));
    json_t *ids = json_object();
    TRY(json_put(o, "label2id", ids));
    for (size_t i = 0; i < c->labels; i++) {
        char key[32];
        snprintf(key, sizeof key, "%zu", i);
        TRY(json_put(names, key, json_string(c->label_names[i])));
        TRY(json_put(ids, c->label_names[i], json_integer((json_int_t)i)));
    }
    return BERT_OK;
}

static bert_status thresholds_put(const config *c, json_t *o)
{
    json_t *list = json_array();
    TRY(json_put(o, "thresholds", list));
    for (size_t i = 0; i < c->labels; i++) TRY(json_append(list, json_number(c->thresholds[i])));
    return BERT_OK;
}

static bert_status config_put(const config *c, const char *class_name, bool labelled,
                              const char *problem, tensor_type stored, json_t *o)
{
    static const char *const types[] = {
        [TENSOR_F32] = "float32", [TENSOR_F16] = "float16", [TENSOR_BF16] = "bfloat16"
    };
    static const char *const own[] = { "id2label",   "label2id", "num_labels",  "problem_type",
                                       "thresholds", "dtype",    "unanswerable" };
    TRY(json_put_members(o, c->source));
    TRY(json_put(o, "architectures", json_pack("[s]", class_name)));
    TRY(json_put(o, "model_type", json_string(c->family->model_type)));
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) json_object_del(o, own[i]);
    if (c->family->write) TRY(c->family->write(c, o));
    if (labelled) TRY(labels_put(c, o));
    if (labelled && c->thresholds) TRY(thresholds_put(c, o));
    if (c->unanswerable_given) TRY(json_put(o, "unanswerable", json_boolean(c->unanswerable)));
    if (problem) TRY(json_put(o, "problem_type", json_string(problem)));
    TRY(trained_as_put(&c->trained, o));
    return json_put(o, "torch_dtype", json_string(types[stored]));
}

bert_status config_write(const config *c, const folder_handle *folder, const char *class_name,
                         bool labelled, const char *problem, tensor_type stored)
{
    json_t *object = json_object();
    bert_status status = config_put(c, class_name, labelled, problem, stored, object);
    if (status == BERT_OK) status = json_write(folder, "config.json", object);
    json_decref(object);
    return status;
}
