#include "text/tokenizer.h"

#include "base/file.h"
#include "base/memory.h"
#include "text/tokenizer_class.h"
#include "text/tokenizer_json.h"
#include "text/tokenizer_parts.h"

#include <stdlib.h>
#include <string.h>

enum { CHARACTERS_OF_A_WORD_MAX = 100 }; /* where there is no tokenizer.json to say so */

/* The id of a token that vocab.txt must have. */
static bert_status token_require(const tokenizer *t, const tokenizer_class *c, special_role role,
                                 const char *path, int32_t *id)
{
    const char *text = "";
    TRY(tokenizer_class_token(c, role, &text));
    *id = vocabulary_find(&t->vocabulary, slice_of(text));
    if (*id == TRIE_ABSENT)
        return fail(BERT_FORMAT, "%s: the vocabulary lacks \"%s\", the %s", path, text,
                    special_role_key(role));
    return BERT_OK;
}

static bert_status open_vocabulary(const tokenizer_class *c, const char *path, tokenizer *t)
{
    int32_t unknown, cls, sep;
    TRY(vocabulary_read(&t->vocabulary, path));
    TRY(token_require(t, c, SPECIAL_UNK, path, &unknown));
    TRY(token_require(t, c, SPECIAL_CLS, path, &cls));
    TRY(token_require(t, c, SPECIAL_SEP, path, &sep));
    frames_bert(cls, sep, &t->single, &t->pair);
    return wordpiece_init(&t->vocabulary, "##", unknown, CHARACTERS_OF_A_WORD_MAX, &t->wordpiece);
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

static bert_status open_json(const tokenizer_class *c, const char *path, tokenizer *t)
{
    json_t *root = NULL;
    normalizer_options own = { 0 };
    bert_status status = tokenizer_json_read(path, &root, t, &own);
    if (status == BERT_OK) status = tokenizer_class_add(c, root, &t->added, &t->vocabulary);
    json_decref(root);
    TRY(status);
    if (!frame_is_known(&t->pair, &t->vocabulary))
        return fail(BERT_FORMAT, "%s: the vocabulary lacks the post_processor's [CLS] or [SEP]",
                    path);

    /* A class replaces the file's normalizer after its added tokens were normalized by it. */
    normalizer of_file = normalizer_of(own);
    TRY(added_tokens_build(&t->added, &of_file));
    if (!c->kind->keeps_normalizer) {
        own.lowercase = c->lowercase;
        own.split_cjk = c->split_cjk;
        own.strip_accents = c->strip_accents;
    }
    t->normalizer = normalizer_of(own);
    return BERT_OK;
}

static bert_status mask_find(const tokenizer_class *c, tokenizer *t)
{
    const char *text = "";
    TRY(tokenizer_class_token(c, SPECIAL_MASK, &text));
    t->mask_id = -1;
    if (!*text) return BERT_OK;
    const added_entry *added = added_tokens_find(&t->added, text);
    t->mask_id =
        added ? added->id : vocabulary_find(&t->vocabulary, slice_of(text)); /* TRIE_ABSENT is -1 */
    return BERT_OK;
}

static bert_status open_files(const char *folder, const tokenizer_class *c, const char *json,
                              const char *vocab, tokenizer *t)
{
    t->max_length = c->max_length;
    t->cased_by_vocabulary = c->cased_by_vocabulary;
    t->added.split_special = c->split_special;
    if (file_exists(json)) {
        TRY(open_json(c, json, t));
    } else if (file_exists(vocab) && c->kind->needs_json) {
        return fail(BERT_UNSUPPORTED,
                    "%s: lacks tokenizer.json, which a tokenizer of its class is made from",
                    folder);
    } else if (file_exists(vocab)) {
        t->normalizer = normalizer_of((normalizer_options){ .clean_text = true,
                                                            .split_cjk = c->split_cjk,
                                                            .strip_accents = c->strip_accents,
                                                            .lowercase = c->lowercase });
        TRY(open_vocabulary(c, vocab, t));
        TRY(tokenizer_class_add(c, NULL, &t->added, &t->vocabulary));
        TRY(added_tokens_build(&t->added, &t->normalizer));
    } else {
        return fail(BERT_IO,
                    "%s: has neither tokenizer.json nor vocab.txt; is it a model's folder?",
                    folder);
    }
    TRY(mask_find(c, t));
    t->untyped = c->untyped;
    if (c->truncation_side) t->truncate_left = strcmp(c->truncation_side, "left") == 0;
    return BERT_OK;
}

/* The parts below do not know whose files they are made from: names the folder where the message
 * names none of its files. */
static bert_status place_tell(bert_status status, const char *folder)
{
    if (status == BERT_OK || strncmp(status_message(), folder, strlen(folder)) == 0) return status;
    char *message = strdup(status_message());
    if (message) status = fail(status, "%s: the tokenizer: %s", folder, message);
    free(message);
    return status;
}

bert_status tokenizer_open(const char *folder, tokenizer **out)
{
    void *block;
    TRY(memory_zeroed(1, sizeof(tokenizer), &block));
    tokenizer *t = block;
    tokenizer_class class = { 0 };
    char *json = NULL, *vocab = NULL;
    bert_status status = tokenizer_class_read(folder, &class);
    if (status == BERT_OK) status = path_join(folder, "tokenizer.json", &json);
    if (status == BERT_OK) status = path_join(folder, "vocab.txt", &vocab);
    if (status == BERT_OK) status = place_tell(open_files(folder, &class, json, vocab, t), folder);
    free(json);
    free(vocab);
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
    wordpiece_release(&t->wordpiece);
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
    return text ? text : vocabulary_text(&t->vocabulary, t->wordpiece.unknown);
}

int32_t tokenizer_mask_id(const tokenizer *t)
{
    return t->mask_id;
}

int32_t tokenizer_unknown_id(const tokenizer *t)
{
    return t->wordpiece.unknown;
}

const frame *tokenizer_frame(const tokenizer *t, bool pair)
{
    return pair ? &t->pair : &t->single;
}

slice tokenizer_token_text(const tokenizer *t, slice token, bool *continues)
{
    return wordpiece_text(&t->wordpiece, token, continues);
}

bool tokenizer_continues(const tokenizer *t, int32_t id)
{
    bool continues;
    tokenizer_token_text(t, slice_of(tokenizer_token(t, id)), &continues);
    return continues;
}

bool tokenizer_is_special(const tokenizer *t, int32_t id)
{
    if (id == t->wordpiece.unknown || frame_holds(&t->single, id) || frame_holds(&t->pair, id))
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

static bert_status case_write(const char *from, const folder_handle *to)
{
    tokenizer_class class = { 0 };
    json_t *object = NULL;
    bert_status status = tokenizer_class_read(from, &class);
    if (status == BERT_OK && class.cased_by_vocabulary) {
        object = json_object();
        status = json_put(object, "do_lower_case", json_false());
        if (status == BERT_OK)
            status = json_put(object, "tokenizer_class", json_string("BertTokenizer"));
        if (status == BERT_OK) status = json_write(to, "tokenizer_config.json", object);
    }
    json_decref(object);
    tokenizer_class_release(&class);
    return status;
}

const char *const tokenizer_files[TOKENIZER_FILES] = {
    "tokenizer.json",          "vocab.txt",         "tokenizer_config.json",
    "special_tokens_map.json", "added_tokens.json",
};

bert_status tokenizer_copy_files(const char *from, const folder_handle *to)
{
    for (size_t i = 0; i < TOKENIZER_FILES; i++)
        TRY(file_copy_between(from, to, tokenizer_files[i]));
    return case_write(from, to);
}
