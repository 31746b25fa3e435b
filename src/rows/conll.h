/* conll.h: sentences of files with a word a line and a column for its tag.
 *
 *   .conll .bio .iob .iob2 .iobes .conll2003
 *             the word comes first, the tag LAST, what stands between is not looked at; columns are
 *             split at TABs where the line has one, else at runs of spaces; a line that begins
 *             with -DOCSTART- ends a sentence and is no word (CoNLL-2003). Files of one column
 *             hold words without tags. A comment of CoNLL-U before a sentence's first word is
 *             skipped: "# KEY = VALUE", "# newdoc", "# newpar", "# id ..."; but a line of a word
 *             and its tags is no comment, as "# O" or "#tag O"
 *   .conllu   CoNLL-U: ten columns split at TABs, the word is the second (FORM), the tag the
 *             fourth (UPOS, handed out as it is, "_" too); comments (#) and lines whose ID holds
 *             '-' or '.' (ranges of words, empty nodes) are skipped
 *
 * Any other name that is not a table's or .json is read as the first kind. Blank lines, one or
 * several, stand between sentences. Lines, encoding and packing are as in text_lines.h. Every
 * word's line has as many columns as the first one's. Spaces at the ends of a column do not belong
 * to it; a word or tag of nothing else is refused. */
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

/* The name of a table or a .json is BERT_FORMAT. The caller frees with conll_free(). */
bert_status conll_open(const char *path, conll **out);
void conll_free(conll *c); /* NULL is left alone */

/* Does the ending name one of these files, or does a file whose ending names nothing else (.txt
 * does not) look like one: are all of its first lines words in columns, tagged O or B-..., I-...
 * and their like? Fails only with BERT_MEMORY, for which conll_is_kind() says no. */
bert_status conll_detect(const char *path, bool *out);
bool conll_is_kind(const char *path);

const char *conll_path(const conll *c);

/* Steps to the next sentence; *more is false at the end. The arrays are borrowed until the next
 * call, the bytes they point at until conll_free(). A file without any sentence is BERT_DATA, a
 * line that breaks the format BERT_FORMAT. Messages name path and line; after a failure `c` can
 * only be freed. */
bert_status conll_next(conll *c, conll_sentence *out, bool *more);

/* How many lines were skipped as comments so far, without those of .conllu; *line: the first. */
size_t conll_comments(const conll *c, size_t *line);

/* Says so: "x.conll: 3 lines that begin with '#' are comments ...". */
void conll_comments_tell(const char *path, size_t line, size_t count, char *out, size_t capacity);

/* What separates the columns of a word's line, for who appends another: TAB or space. TAB where the
 * line has one column. */
char conll_separator(slice line);

#endif
