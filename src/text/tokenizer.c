#include "text/tokenizer.h"

#include "base/file.h"
#include "base/memory.h"
#include "text/bert_normalizer.h"
#include "text/bpe.h"
#include "text/byte_level_pre_tokenizer.h"
#include "text/sentencepiece_convert.h"
#include "text/tokenizer_class.h"
#include "text/tokenizer_json.h"
#include "text/tokenizer_parts.h"
#include "text/wordpiece.h"

#include <stdlib.h>
#include <string.h>

/* The id of the class's token in this role; TRIE_ABSENT: it has none, or the vocabulary lacks it.
 */
static bert_status role_find(const tokenizer *t, const tokenizer_class *c, special_role role,
                             const char **text, int32_t *id)
{
    *text = "";
    TRY(tokenizer_class_token(c, role, text));
    const added_entry *added = added_tokens_find(&t->added, *text);
    *id = !**text ? TRIE_ABSENT
          : added ? added->id
                  : vocabulary_find(&t->vocabulary, slice_of(*text));
    return BERT_OK;
}

/* The id of a token that must be there. */
static bert_status role_require(const tokenizer *t, const tokenizer_class *c, special_role role,
                                const char *path, int32_t *id)
{
    const char *text;
    TRY(role_find(t, c, role, &text, id));
    if (*id == TRIE_ABSENT)
        return fail(BERT_FORMAT, "%s: the vocabulary lacks \"%s\", the %s", path, text,
                    special_role_key(role));
    return BERT_OK;
}

static bert_status class_frame(const tokenizer_class *c, bool roberta, const char *path,
                               tokenizer *t)
{
    int32_t cls, sep;
    TRY(role_require(t, c, SPECIAL_CLS, path, &cls));
    TRY(role_require(t, c, SPECIAL_SEP, path, &sep));
    (roberta ? frames_roberta : frames_bert)(cls, sep, &t->post.single, &t->post.pair);
    return BERT_OK;
}

/* Of vocab.txt. */
static bert_status open_vocabulary(const tokenizer_class *c, const char *path, tokenizer *t)
{
    int32_t unknown;
    TRY(bert_normalizer_make(
        (bert_normalizer_options){ .clean_text = true,
                                   .split_cjk = c->split_cjk,
                                   .strip_accents = c->strip_accents,
                                   .lowercase = c->lowercase || c->lowercase_first },
        &t->normalizer));
    TRY(pre_tokenizer_push(&t->pre_tokenizer, &pre_tokenizer_bert, NULL));
    TRY(vocabulary_read(&t->vocabulary, path));
    TRY(role_require(t, c, SPECIAL_UNK, path, &unknown));
    TRY(class_frame(c, c->kind->roberta_frame, path, t));
    return wordpiece_make(&t->vocabulary, unknown, &t->model);
}

/* Of vocab.json and merges.txt. */
static bert_status open_merges(const tokenizer_class *c, const char *path, tokenizer *t)
{
    char *merges;
    TRY(path_join(c->folder, "merges.txt", &merges));
    bert_status status = byte_level_push(&t->pre_tokenizer, c->add_prefix_space);
    if (status == BERT_OK) status = bpe_open(path, merges, &t->vocabulary, &t->model);
    free(merges);
    TRY(status);
    t->post.trims = c->trim_offsets;
    t->post.keeps_prefix = c->add_prefix_space;
    return BERT_OK;
}

static bert_status frame_roberta(const tokenizer_class *c, const char *path, tokenizer *t)
{
    return class_frame(c, true, path, t);
}

/* Does the vocabulary have all of the special tokens? */
static bool frame_is_known(const frame *f, const vocabulary *v)
{
    const frame_run *runs[] = { &f->before, &f->between, &f->after };
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
        for (size_t k = 0; k < runs[i]->count; k++)
            if (!vocabulary_text(v, runs[i]->ids[k])) return false;
    return true;
}

/* A class puts its own flags over the file's BertNormalizer, after its added tokens were normalized
 * by that. Other normalizers it leaves alone. */
static bert_status class_normalize(const tokenizer_class *c, tokenizer *t)
{
    const bert_normalizer_options *of_file = bert_normalizer_of(&t->normalizer);
    bool keeps = c->kind->keeps_normalizer || !of_file;
    if (keeps && c->lowercase_first && !(of_file && of_file->lowercase))
        return fail(BERT_UNSUPPORTED,
                    "%s/sentence_bert_config.json: do_lower_case is true over a tokenizer that "
                    "keeps the normalizer of tokenizer.json; set \"lowercase\" there",
                    c->folder);
    if (keeps) return BERT_OK;
    bert_normalizer_options own = *of_file;
    own.lowercase = c->lowercase || c->lowercase_first;
    own.split_cjk = c->split_cjk;
    own.strip_accents = c->strip_accents;
    normalizer_release(&t->normalizer);
    return bert_normalizer_make(own, &t->normalizer);
}

static bool part_is(const json_t *root, const char *key, const char *type)
{
    const char *is = json_string_value(json_object_get(json_object_get(root, key), "type"));
    return is && strcmp(is, type) == 0;
}

/* A class puts its own options over those of ByteLevel and of the step that trims, unless they
 * stand in a Sequence. */
static void class_byte_level(const tokenizer_class *c, const json_t *root, tokenizer *t)
{
    if (part_is(root, "pre_tokenizer", "ByteLevel"))
        byte_level_set_prefix(&t->pre_tokenizer, c->add_prefix_space);
    if (!c->kind->byte_level) return;
    if (!part_is(root, "post_processor", "RobertaProcessing") &&
        !part_is(root, "post_processor", "ByteLevel"))
        return;
    t->post.trims = c->trim_offsets;
    t->post.keeps_prefix = c->add_prefix_space;
}

static bert_status open_json(const tokenizer_class *c, const char *path, tokenizer *t)
{
    json_t *root = NULL;
    bert_status status = tokenizer_json_read(path, &root, t);
    if (status == BERT_OK) class_byte_level(c, root, t);
    if (status == BERT_OK) status = tokenizer_class_add(c, root, &t->added, &t->vocabulary);
    json_decref(root);
    TRY(status);
    if (!frame_is_known(&t->post.single, &t->vocabulary) ||
        !frame_is_known(&t->post.pair, &t->vocabulary))
        return fail(BERT_FORMAT, "%s: the vocabulary lacks a special token of the post_processor",
                    path);
    TRY(fail_in(added_tokens_build(&t->added, &t->normalizer), "%s", path));
    return class_normalize(c, t);
}

/* What a class makes a tokenizer of where there is no tokenizer.json. */
typedef struct class_files {
    const char *name;
    bert_status (*open)(const tokenizer_class *c, const char *path, tokenizer *t);
    /* Makes the frames when the class's own special tokens are added; NULL: `open` has done so. */
    bert_status (*frame)(const tokenizer_class *c, const char *path, tokenizer *t);
} class_files;

static class_files files_of(const tokenizer_kind *kind)
{
    if (kind->pieces)
        return (class_files){ sentencepiece_file(kind), sentencepiece_convert,
                              sentencepiece_frames };
    if (kind->byte_level) return (class_files){ "vocab.json", open_merges, frame_roberta };
    return (class_files){ "vocab.txt", open_vocabulary, NULL };
}

static bert_status open_others(const tokenizer_class *c, tokenizer *t)
{
    class_files files = files_of(c->kind);
    char *path;
    TRY(path_join(c->folder, files.name, &path));
    bert_status status = BERT_OK;
    if (c->kind->needs_json)
        status = fail(BERT_UNSUPPORTED,
                      "%s: lacks tokenizer.json, which a tokenizer of its class is made from",
                      c->folder);
    else if (!file_exists(path))
        status = fail(BERT_IO, "%s: has neither tokenizer.json nor %s; is it a model's folder?",
                      c->folder, files.name);
    if (status == BERT_OK) status = files.open(c, path, t);
    if (status == BERT_OK) status = tokenizer_class_add(c, NULL, &t->added, &t->vocabulary);
    if (status == BERT_OK && files.frame) status = files.frame(c, path, t);
    if (status == BERT_OK)
        status = fail_in(added_tokens_build(&t->added, &t->normalizer), "%s", c->folder);
    free(path);
    return status;
}

static bert_status open_files(const tokenizer_class *c, const char *json, tokenizer *t)
{
    const char *text;
    t->max_length = c->max_length;
    t->cased_by_vocabulary = c->cased_by_vocabulary;
    t->added.split_special = c->split_special;
    TRY(file_exists(json) ? open_json(c, json, t) : open_others(c, t));
    TRY(role_find(t, c, SPECIAL_MASK, &text, &t->mask_id)); /* TRIE_ABSENT is -1 */
    t->unknown_id = t->model.unknown;
    if (t->unknown_id < 0) TRY(role_find(t, c, SPECIAL_UNK, &text, &t->unknown_id));
    if (t->post.trims) TRY(token_blanks_make(&t->vocabulary, &t->added, &t->blanks));
    t->untyped = c->untyped || t->post.untyped;
    if (c->truncation_side) t->truncate_left = strcmp(c->truncation_side, "left") == 0;
    return BERT_OK;
}

bert_status tokenizer_open(const char *folder, tokenizer **out)
{
    void *block;
    TRY(memory_zeroed(1, sizeof(tokenizer), &block));
    tokenizer *t = block;
    tokenizer_class class = { 0 };
    char *json = NULL;
    bert_status status = tokenizer_class_read(folder, &class);
    if (status == BERT_OK) status = path_join(class.folder, "tokenizer.json", &json);
    if (status == BERT_OK) status = open_files(&class, json, t);
    free(json);
    tokenizer_class_release(&class);
    if (status == BERT_OK)
        *out = t;
    else
        tokenizer_free(t);
    return status;
}

void tokenizer_free(tokenizer *t)
{
    if (!t) return;
    added_tokens_release(&t->added);
    normalizer_release(&t->normalizer);
    pre_tokenizer_release(&t->pre_tokenizer);
    word_model_release(&t->model);
    free(t->blanks);
    vocabulary_release(&t->vocabulary);
    free(t);
}

size_t tokenizer_vocabulary_count(const tokenizer *t)
{
    return t->vocabulary.id_end;
}

const char *tokenizer_token(const tokenizer *t, int32_t id)
{
    const char *text = vocabulary_text(&t->vocabulary, id);
    if (!text) text = vocabulary_text(&t->vocabulary, t->unknown_id);
    return text ? text : "";
}

int32_t tokenizer_mask_id(const tokenizer *t)
{
    return t->mask_id;
}

int32_t tokenizer_unknown_id(const tokenizer *t)
{
    return t->unknown_id;
}

const frame *tokenizer_frame(const tokenizer *t, bool pair)
{
    return pair ? &t->post.pair : &t->post.single;
}

bool tokenizer_continues(const tokenizer *t, int32_t id)
{
    return t->model.kind->continues(&t->model, slice_of(tokenizer_token(t, id)));
}

bool tokenizer_marks_words(const tokenizer *t)
{
    return t->model.kind->marks_words;
}

bert_status tokenizer_join(const tokenizer *t, slice token, bool first, joined_text *to)
{
    return t->model.kind->decode(&t->model, token, first, to);
}

bool tokenizer_is_special(const tokenizer *t, int32_t id)
{
    if (id == t->unknown_id || frame_holds(&t->post.single, id) || frame_holds(&t->post.pair, id))
        return true;
    for (size_t i = 0; i < t->added.count; i++)
        if (t->added.entries[i].id == id && t->added.entries[i].special_once) return true;
    return false;
}

size_t tokenizer_max_length(const tokenizer *t)
{
    return t->max_length;
}

bool tokenizer_cased_by_vocabulary(const tokenizer *t)
{
    return t->cased_by_vocabulary;
}

bool tokenizer_untyped(const tokenizer *t)
{
    return t->untyped;
}

bool tokenizer_truncates_left(const tokenizer *t)
{
    return t->truncate_left;
}

/* What tokenizer_config.json must say of the case where another file, or none, says it. */
static bert_status case_put(const tokenizer_class *c, json_t *object)
{
    TRY(json_put(object, "do_lower_case", json_boolean(c->lowercase_first)));
    if (c->lowercase_first) TRY(json_put(object, "strip_accents", json_boolean(c->strip_accents)));
    if (!c->cased_by_vocabulary) return BERT_OK;
    return json_put(object, "tokenizer_class", json_string("BertTokenizer"));
}

static bert_status config_write(const tokenizer_class *c, bool of_words, const folder_handle *to)
{
    bool cased = c->cased_by_vocabulary || (c->lowercase_first && !c->lowercase);
    bool prefixed = of_words && c->kind->byte_level && !c->add_prefix_space;
    if (!cased && !prefixed) return BERT_OK;
    json_t *object = json_object();
    bert_status status = json_put_members(object, c->config);
    if (status == BERT_OK && cased) status = case_put(c, object);
    if (status == BERT_OK && prefixed) status = json_put(object, "add_prefix_space", json_true());
    if (status == BERT_OK) status = json_write(to, "tokenizer_config.json", object);
    json_decref(object);
    return status;
}

const char *const tokenizer_files[TOKENIZER_FILES] = {
    "tokenizer.json",          "vocab.txt",         "vocab.json", "merges.txt",
    "sentencepiece.bpe.model", "spiece.model",      "spm.model",  "tokenizer_config.json",
    "special_tokens_map.json", "added_tokens.json",
};

bert_status tokenizer_copy_files(const char *from, const folder_handle *to, bool of_words)
{
    tokenizer_class class = { 0 };
    bert_status status = tokenizer_class_read(from, &class);
    for (size_t i = 0; i < TOKENIZER_FILES && status == BERT_OK; i++)
        status = file_copy_between(class.folder, to, tokenizer_files[i]);
    if (status == BERT_OK) status = config_write(&class, of_words, to);
    tokenizer_class_release(&class);
    return status;
}
