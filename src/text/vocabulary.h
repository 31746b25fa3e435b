/* vocabulary.h: the texts of tokens and their ids.
 * Read-only use may be shared by threads. A zeroed vocabulary is empty. */
#ifndef TEXT_VOCABULARY_H
#define TEXT_VOCABULARY_H

#include "base/slice.h"
#include "base/status.h"
#include "text/trie.h"

#include <stddef.h>
#include <stdint.h>

/* A bound that no BERT comes near; an id makes room for all ids below it. */
enum { VOCABULARY_IDS_MAX = 1 << 22 };

/* Words are cut into pieces of up to 1,000 characters; each byte of a text takes some 30 bytes. */
enum { VOCABULARY_TEXT_BYTES_MAX = 1 << 12 };

typedef struct vocabulary {
    trie ids;     /* text -> id */
    size_t count; /* different texts in `ids` */
    char **texts; /* [id_end]; NULL for an id without one */
    size_t id_end, texts_capacity;
    int32_t empty_id_next; /* id of the empty text + 1; 0 for none (no trie holds it) */
} vocabulary;

/* Adds a text. One that is there already moves to the new id, and its old id has no text then, as
 * with transformers' load_vocab(). `id` must be below VOCABULARY_IDS_MAX. A text that is too long
 * is BERT_FORMAT, and so is one more than the trie holds: whoever knows the file puts it before. */
bert_status vocabulary_add(vocabulary *v, slice text, int32_t id);

/* Names an id without making it findable (a token added on top of the vocabulary). */
bert_status vocabulary_name(vocabulary *v, slice text, int32_t id);

/* Takes a line from the front of *rest, as Python's idea of a line is, which the reference reads
 * by: it ends with \n, \r or \r\n. */
slice vocabulary_line(slice *rest);

/* Reads vocab.txt: one text a line, the first has id 0. */
bert_status vocabulary_read(vocabulary *v, const char *path);
void vocabulary_release(vocabulary *v);

/* The id of a text, or TRIE_ABSENT; and the text of an id, borrowed, or NULL. */
int32_t vocabulary_find(const vocabulary *v, slice text);
const char *vocabulary_text(const vocabulary *v, int32_t id);

#endif
