#include "rows/conll.h"

#include "base/memory.h"
#include "rows/text_lines.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CONLLU_COLUMNS = 10, CONLLU_WORD = 1, CONLLU_TAG = 3 };

struct conll {
    text_lines *text;
    bool is_conllu;
    size_t columns;    /* of every word's line; 0: no word was seen yet */
    size_t first_line; /* the line that said so */

    slice *words, *tags, *lines; /* the current sentence */
    size_t *numbers;
    size_t words_capacity, tags_capacity, lines_capacity, numbers_capacity;
};

/* What is looked at of a word's line. */
typedef struct word_line {
    slice id, word, tag;
    size_t columns;
} word_line;

static bool ends_in(const char *path, const char *ending)
{
    size_t length = strlen(path), wanted = strlen(ending);
    return length >= wanted && strcasecmp(path + length - wanted, ending) == 0;
}

bool conll_is_kind(const char *path)
{
    static const char *const endings[] = { ".conll", ".bio",       ".iob",   ".iob2",
                                           ".iobes", ".conll2003", ".conllu" };
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (ends_in(path, endings[i])) return true;
    return false;
}

bert_status conll_open(const char *path, conll **out)
{
    if (!conll_is_kind(path))
        return fail(BERT_FORMAT,
                    "%s: not a file of words and tags; its name must end in .conll, .conllu, "
                    ".conll2003, .bio, .iob, .iob2 or .iobes",
                    path);
    conll *c = NULL;
    TRY(memory_zeroed(1, sizeof *c, (void **)&c));
    c->is_conllu = ends_in(path, ".conllu");
    bert_status status = text_lines_open(path, &c->text);
    if (status == BERT_OK)
        *out = c;
    else
        conll_free(c);
    return status;
}

void conll_free(conll *c)
{
    if (!c) return;
    text_lines_free(c->text);
    free(c->words);
    free(c->tags);
    free(c->lines);
    free(c->numbers);
    free(c);
}

const char *conll_path(const conll *c)
{
    return text_lines_path(c->text);
}

/* Without the spaces at its ends. */
static slice trimmed(slice text)
{
    while (text.count && text.bytes[text.count - 1] == ' ') text.count--;
    for (; text.count && *text.bytes == ' '; text.count--) text.bytes++;
    return text;
}

char conll_separator(slice line)
{
    slice inner = trimmed(line);
    bool spaces = inner.count && memchr(inner.bytes, ' ', inner.count);
    return spaces && !memchr(line.bytes, '\t', line.count) ? ' ' : '\t';
}

static word_line line_split(const conll *c, slice line)
{
    word_line found = { .columns = 0 };
    char separator = c->is_conllu ? '\t' : conll_separator(line);
    if (separator == ' ') line = trimmed(line);
    size_t word_column = c->is_conllu ? CONLLU_WORD : 0;
    const char *end = line.bytes + line.count;
    for (const char *at = line.bytes; at;) {
        const char *stop = memchr(at, separator, (size_t)(end - at));
        slice column = trimmed((slice){ at, (size_t)((stop ? stop : end) - at) });
        if (found.columns == 0) found.id = column;
        if (found.columns == word_column) found.word = column;
        if (found.columns == CONLLU_TAG || !c->is_conllu) found.tag = column; /* else the last */
        found.columns++;
        at = stop ? stop + 1 : NULL;
        while (at && separator == ' ' && *at == ' ') at++; /* a run; the line ends in no space */
    }
    return found;
}

static bert_status fail_columns(const conll *c, slice line, size_t columns)
{
    const char *path = conll_path(c), *plural = columns == 1 ? "" : "s";
    size_t number = text_lines_line(c->text);
    if (c->is_conllu)
        return fail(BERT_FORMAT, "%s:%zu: %zu column%s, and CoNLL-U has %d with TABs between them",
                    path, number, columns, plural, CONLLU_COLUMNS);
    const char *hint = columns < c->columns            ? "is a word or its tag missing?"
                       : conll_separator(line) == '\t' ? "is there a TAB inside a word?"
                                                       : "is there a space inside a word?";
    return fail(BERT_FORMAT, "%s:%zu: %zu column%s where the first word, on line %zu, has %zu; %s",
                path, number, columns, plural, c->first_line, c->columns, hint);
}

/* Holds a word's line against the first one's and against its format. */
static bert_status word_verify(conll *c, slice line, const word_line *found)
{
    size_t number = text_lines_line(c->text);
    if (c->columns == 0) {
        c->columns = c->is_conllu ? CONLLU_COLUMNS : found->columns;
        c->first_line = number;
    }
    if (found->columns != c->columns) return fail_columns(c, line, found->columns);
    if (found->word.count == 0)
        return fail(BERT_FORMAT, "%s:%zu: the column of the word is empty", conll_path(c), number);
    if (found->tag.count == 0)
        return fail(BERT_FORMAT, "%s:%zu: the column of the tag is empty", conll_path(c), number);
    return BERT_OK;
}

static bert_status word_add(conll *c, slice line, const word_line *found, size_t count)
{
    TRY(memory_grow((void **)&c->words, &c->words_capacity, count + 1, sizeof *c->words));
    TRY(memory_grow((void **)&c->tags, &c->tags_capacity, count + 1, sizeof *c->tags));
    TRY(memory_grow((void **)&c->lines, &c->lines_capacity, count + 1, sizeof *c->lines));
    TRY(memory_grow((void **)&c->numbers, &c->numbers_capacity, count + 1, sizeof *c->numbers));
    c->words[count] = found->word;
    c->tags[count] = found->tag;
    c->lines[count] = line;
    c->numbers[count] = text_lines_line(c->text);
    return BERT_OK;
}

static bool begins_with(slice line, const char *text)
{
    size_t count = strlen(text);
    return line.count >= count && memcmp(line.bytes, text, count) == 0;
}

static bool ends_sentence(const conll *c, slice line)
{
    return text_line_is_blank(line) || (!c->is_conllu && begins_with(line, "-DOCSTART-"));
}

/* Is it a line of CoNLL-U that holds no word of the sentence: a comment, a range as 3-4, an empty
 * node as 8.1? */
static bool is_beside(const conll *c, slice line, const word_line *found)
{
    if (!c->is_conllu) return false;
    if (*line.bytes == '#') return true;
    size_t marks = 0;
    for (size_t i = 0; i < found->id.count; i++) {
        char byte = found->id.bytes[i];
        if (byte == '-' || byte == '.')
            marks++;
        else if (byte < '0' || byte > '9')
            return false;
    }
    return marks > 0 && found->columns == CONLLU_COLUMNS;
}

bert_status conll_next(conll *c, conll_sentence *out, bool *more)
{
    size_t count = 0;
    slice line;
    for (bool another;;) {
        TRY(text_lines_take(c->text, &line, &another));
        if (!another) break;
        if (ends_sentence(c, line)) {
            if (count) break;
            continue;
        }
        word_line found = line_split(c, line);
        if (is_beside(c, line, &found)) continue;
        TRY(word_verify(c, line, &found));
        TRY(word_add(c, line, &found, count++));
    }
    if (c->columns == 0)
        return fail(BERT_DATA, "%s: has no sentence; a word a line, its tag last, was expected",
                    conll_path(c));
    *more = count > 0;
    if (*more)
        *out = (conll_sentence){ .words = c->words,
                                 .tags = c->columns > 1 ? c->tags : NULL,
                                 .lines = c->lines,
                                 .numbers = c->numbers,
                                 .count = count,
                                 .line = c->numbers[0] };
    return BERT_OK;
}
