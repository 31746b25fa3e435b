#include "model/tensor_names.h"

#include "base/memory.h"
#include "base/slice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMPONENTS_MAX = 24 };

typedef struct name_entry {
    const char *name; /* as in the family, without its prefix */
    const tensor_info *info;
    bool transposed;
    unsigned rank; /* among those of one name: the lowest is taken */
} name_entry;

struct tensor_names {
    name_entry *entries; /* [count], by name, each once */
    size_t count;
    char *text;         /* the names */
    const char *family; /* may stand before names, "bert" */
    char *prefix;       /* of wrappers, which all names of the file begin with; "": none */
};

/* A path's parts, and the name that is made of it. */
typedef struct path_parts {
    slice parts[COMPONENTS_MAX];
    size_t count;
} path_parts;

static bool is(slice part, const char *word)
{
    return slice_equal(part, slice_of(word));
}

static bool is_one_of(slice part, const char *const *words)
{
    for (; *words; words++)
        if (is(part, *words)) return true;
    return false;
}

/* Keras' "$1___$2" stands for $2: a name twice in one model. */
static slice part_renamed(slice part)
{
    const char *mark = memmem(part.bytes, part.count, "___", 3);
    if (!mark) return part;
    return (slice){ mark + 3, part.count - (size_t)(mark + 3 - part.bytes) };
}

/* Cut at each '/', from the last part on that begins a model: what stands before are names of
 * scopes. False where none does. */
static bool path_cut(slice path, path_parts *out)
{
    static const char *const begins[] = { "bert", "classifier", "qa_outputs", "cls", NULL };
    out->count = 0;
    bool begun = false;
    if (slice_ends_with(path, ":0")) path.count -= 2;
    for (const char *end = path.bytes + path.count; path.bytes < end;) {
        const char *stop = memchr(path.bytes, '/', (size_t)(end - path.bytes));
        if (!stop) stop = end;
        slice part = part_renamed((slice){ path.bytes, (size_t)(stop - path.bytes) });
        if (is_one_of(part, begins)) {
            begun = true;
            out->count = 0;
        }
        if (out->count == COMPONENTS_MAX) return false;
        if (part.count) out->parts[out->count++] = part;
        path.bytes = stop + (stop < end);
    }
    return begun && out->count > 1;
}

/* "layer_0", Keras' "layer_._0": "layer.0". */
static int part_put(char *out, size_t room, slice part)
{
    if (part.count > 6 && memcmp(part.bytes, "layer_", 6) == 0) {
        slice number = { part.bytes + 6, part.count - 6 };
        if (number.count > 2 && memcmp(number.bytes, "._", 2) == 0)
            number = (slice){ number.bytes + 2, number.count - 2 };
        return snprintf(out, room, "layer.%.*s", (int)number.count, number.bytes);
    }
    return snprintf(out, room, "%.*s", (int)part.count, part.bytes);
}

/* The last part says what of its layer it is. */
static const char *last_renamed(slice last)
{
    static const struct {
        const char *word, *name;
    } words[] = {
        { "kernel", "weight" },     { "gamma", "weight" },          { "weight", "weight" },
        { "embeddings", "weight" }, { "output_weights", "weight" }, { "beta", "bias" },
        { "bias", "bias" },         { "output_bias", "bias" }
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is(last, words[i].word)) return words[i].name;
    return NULL;
}

/* out has room for the path's length and 8 more. False: it names no weight of a model. */
static bool name_of_path(const char *path, char *out, size_t room, bool *transposed)
{
    path_parts p;
    bool head = strcmp(path, "output_weights") == 0 || strcmp(path, "output_bias") == 0;
    if (!path_cut(slice_of(path), &p) && !head) return false;
    slice last = p.parts[p.count - 1];
    const char *name = last_renamed(last);
    *transposed = is(last, "kernel");
    if (head) {
        snprintf(out, room, "classifier.%s", name);
        return true;
    }
    if (p.count == 3 && is(p.parts[0], "cls") && is(p.parts[1], "squad") && name) {
        snprintf(out, room, "qa_outputs.%s", name);
        return true;
    }
    size_t at = 0;
    for (size_t i = is(p.parts[0], "bert"); i + 1 < p.count; i++) {
        at += (size_t)part_put(out + at, room - at, p.parts[i]);
        out[at++] = '.';
    }
    if (name)
        snprintf(out + at, room - at, "%s", name);
    else /* Google's word_embeddings is the table itself */
        snprintf(out + at, room - at, "%.*s%s", (int)last.count, last.bytes,
                 slice_ends_with(last, "_embeddings") ? ".weight" : "");
    return true;
}

/* What torch's wrappers put before all names: DataParallel, torch.compile(), and a model that is a
 * member of another (as in Lightning). They may stand in each other. */
static const char *const wrappers[] = { "module.", "_orig_mod.", "model." };

/* Do all names go on with `word` behind their first `skip` bytes? */
static bool all_go_on(const tensor_file *file, size_t skip, const char *word)
{
    for (size_t i = 0; i < tensor_file_count(file); i++)
        if (strncmp(tensor_file_at(file, i)->name + skip, word, strlen(word)) != 0) return false;
    return tensor_file_count(file) > 0;
}

static size_t wrappers_length(const tensor_file *file)
{
    size_t length = 0, count = sizeof wrappers / sizeof *wrappers;
    for (size_t i = 0; i < count;) {
        bool there = all_go_on(file, length, wrappers[i]);
        length += there ? strlen(wrappers[i]) : 0;
        i = there ? 0 : i + 1;
    }
    return length;
}

/* Behind the family's prefix, where it stands there. */
static const char *name_bare(const char *name, const char *family)
{
    size_t length = strlen(family);
    bool there = strncmp(name, family, length) == 0 && name[length] == '.';
    return there ? name + length + 1 : name;
}

/* PyTorch's, new or old. Returns its rank: with the prefix before without, new names before old. */
static unsigned name_of_torch(const char *name, const char *family, char *out, size_t room)
{
    static const char *const old[][2] = { { "LayerNorm.gamma", "LayerNorm.weight" },
                                          { "LayerNorm.beta", "LayerNorm.bias" } };
    slice rest = slice_of(name_bare(name, family));
    bool bare = rest.bytes == name;
    for (size_t i = 0; i < 2; i++)
        if (slice_ends_with(rest, old[i][0])) {
            size_t stem = rest.count - strlen(old[i][0]);
            snprintf(out, room, "%.*s%s", (int)stem, rest.bytes, old[i][1]);
            return 2 * bare + 1;
        }
    snprintf(out, room, "%s", rest.bytes);
    return 2 * bare;
}

/* Numbers that transformers kept with the weights until 4.31 and that follow from the
 * configuration: 0, 1, 2, ... and zeros. */
static bool is_buffer(const char *name)
{
    return slice_ends_with(slice_of(name), "embeddings.position_ids") ||
           slice_ends_with(slice_of(name), "embeddings.token_type_ids");
}

/* Adam's moments, the step, and what else TensorFlow's and Keras' optimizers leave. */
static bool is_of_optimizer(const char *name)
{
    static const char *const words[] = { "adam_m",      "adam_v",
                                         "Adam",        "Adam_1",
                                         "global_step", "beta1_power",
                                         "beta2_power", "optimizer_weights",
                                         NULL };
    for (const char *at = name; *at;) {
        size_t count = strcspn(at, "/");
        if (is_one_of((slice){ at, count }, words)) return true;
        at += count + (at[count] == '/');
    }
    return false;
}

static int entry_compare(const void *a, const void *b)
{
    const name_entry *left = a, *right = b;
    int order = strcmp(left->name, right->name);
    if (order) return order;
    if (left->rank != right->rank) return left->rank < right->rank ? -1 : 1;
    return strcmp(left->info->name, right->info->name);
}

static int entry_compare_name(const void *key, const void *entry)
{
    return strcmp(key, ((const name_entry *)entry)->name);
}

static void entries_fill(tensor_names *n, const tensor_file *file)
{
    char *at = n->text;
    size_t skip = strlen(n->prefix);
    for (size_t i = 0; i < tensor_file_count(file); i++) {
        const tensor_info *info = tensor_file_at(file, i);
        const char *name = info->name + skip;
        size_t room = strlen(name) + 16;
        name_entry entry = { .name = at, .info = info };
        if (is_of_optimizer(name) || is_buffer(name)) continue;
        if (!name_of_path(name, at, room, &entry.transposed))
            entry.rank = name_of_torch(name, n->family, at, room);
        n->entries[n->count++] = entry;
        at += strlen(at) + 1;
    }
}

static void entries_unite(tensor_names *n)
{
    size_t kept = 0;
    if (n->count) qsort(n->entries, n->count, sizeof *n->entries, entry_compare);
    for (size_t i = 0; i < n->count; i++)
        if (!kept || strcmp(n->entries[kept - 1].name, n->entries[i].name) != 0)
            n->entries[kept++] = n->entries[i];
    n->count = kept;
}

static bert_status prefix_find(tensor_names *n, const tensor_file *file)
{
    size_t length = wrappers_length(file);
    n->prefix = strndup(length ? tensor_file_at(file, 0)->name : "", length);
    return n->prefix ? BERT_OK : fail(BERT_MEMORY, "out of memory for the names of tensors");
}

bert_status tensor_names_open(const tensor_file *file, const char *family, tensor_names **out)
{
    size_t bytes = 0;
    for (size_t i = 0; i < tensor_file_count(file); i++)
        bytes += strlen(tensor_file_at(file, i)->name) + 16;
    tensor_names *n = NULL;
    TRY(memory_zeroed(1, sizeof *n, (void **)&n));
    n->family = family;
    bert_status status =
        memory_zeroed(tensor_file_count(file), sizeof *n->entries, (void **)&n->entries);
    if (status == BERT_OK) status = memory_zeroed(bytes, 1, (void **)&n->text);
    if (status == BERT_OK) status = prefix_find(n, file);
    if (status == BERT_OK) {
        entries_fill(n, file);
        entries_unite(n);
        *out = n;
    } else {
        tensor_names_free(n);
    }
    return status;
}

void tensor_names_free(tensor_names *n)
{
    if (!n) return;
    free(n->entries);
    free(n->text);
    free(n->prefix);
    free(n);
}

named_tensor tensor_names_find(const tensor_names *n, const char *name)
{
    const char *bare = name_bare(name, n->family);
    const name_entry *entry =
        bsearch(bare, n->entries, n->count, sizeof *n->entries, entry_compare_name);
    return entry ? (named_tensor){ entry->info, entry->transposed } : (named_tensor){ NULL, false };
}

void named_tensor_to_float(named_tensor t, float *out)
{
    if (t.transposed)
        tensor_to_float_transposed(t.info, out);
    else
        tensor_to_float(t.info, out);
}

const char *tensor_names_prefix(const tensor_names *n)
{
    return n->prefix;
}

size_t tensor_names_count(const tensor_names *n)
{
    return n->count;
}

const tensor_info *tensor_names_at(const tensor_names *n, size_t index)
{
    return n->entries[index].info;
}
