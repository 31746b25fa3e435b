/* conll.h: sentences of files with a word a line and a column for its tag.
 *
 *   .conll .bio .iob .iob2 .iobes .conll2003
 *             the word comes first, the tag LAST, what stands between is not looked at; columns are
 *             split at TABs where the line has one, else at runs of spaces; a line that begins
 *             with -DOCSTART- ends a sentence and is no word (CoNLL-2003). Files of one column
 *             hold words without tags.
 *   .conllu   CoNLL-U: ten columns split at TABs, the word is the second (FORM), the tag the
 *             fourth (UPOS, handed out as it is, "_" too); comments (#) and lines whose ID holds
 *             '-' or '.' (ranges of words, empty nodes) are skipped
 *
 * Blank lines, one or several, stand between sentences. Lines, byte-order mark and encoding are as
 * in text_lines.h. Every word's line has as many columns as the first one's. Spaces at the ends of
 * a column do not belong to it; a word or tag of nothing else is refused. */
#ifndef ROWS_CONLL_H
#define ROWS_CONLL_H

#include "base/slice.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct conll conll;

typedef struct conll_sentence {
    const slice *words;    /* [count] */
    const slice *tags;     /* [count], or NULL: the file has words only */
    const slice *lines;    /* [count], each word's whole line without its end */
    const size_t *numbers; /* [count], and its number in the file, from 1 */
    size_t count;          /* at least 1 */
    size_t line;           /* of the first word: numbers[0] */
} conll_sentence;

/* Opens by the name's ending; another one is BERT_FORMAT. The caller frees with conll_free(). */
bert_status conll_open(const char *path, conll **out);
void conll_free(conll *c); /* NULL is left alone */

bool conll_is_kind(const char *path); /* does the ending name one of these files? */

const char *conll_path(const conll *c);

/* Steps to the next sentence; *more is false at the end. The arrays are borrowed until the next
 * call, the bytes they point at until conll_free(). A file without any sentence is BERT_DATA, a
 * line that breaks the format BERT_FORMAT. Messages name path and line; after a failure `c` can
 * only be freed. */
bert_status conll_next(conll *c, conll_sentence *out, bool *more);

/* What separates the columns of a word's line, for who appends another: TAB or space. TAB where the
 * line has one column. */
char conll_separator(slice line);

#endif
