/* bert_words.h: how like a word is to one that is known, for messages that ask what was meant: of a
 * column in the library, of an option or a command in the program. It is not installed, and
 * libbert.so does not export what it declares (as bert_options.h). */
#ifndef BERT_WORDS_H
#define BERT_WORDS_H

#include <stddef.h>

enum { BERT_WORD_BYTES_MAX = 63 };

/* The edit distance that a slip of the finger makes: insertions, deletions, replacements and swaps
 * of neighbours, one each; bytes, and the case of ASCII letters aside. A word that is longer than
 * BERT_WORD_BYTES_MAX is farther from any than that. */
size_t bert_word_distance(const char *a, const char *b);

#endif
