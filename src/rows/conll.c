#include "rows/conll.h"

#include "base/file.h"
#include "base/memory.h"
#include "bert_lines.h"
#include "rows/table.h"
#include "rows/text_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONLLU_COLUMNS = 10, CONLLU_WORD = 1, CONLLU_TAG = 3 };

struct conll {
    text_lines *text;
    bool is_conllu;
    size_t columns;    /* of every word's line; 0: no word was seen yet */
    size_t first_line; /* the line that said so */
    size_t expected;   /* columns of the first line that cannot be a comment; 0: there is none */
    size_t comments, first_comment;

    slice *words, *tags, *lines; /* the current sentence */
    size_t *numbers;
    size_t words_capacity, tags_capacity, lines_capacity, numbers_capacity;
};

/* What is looked at of a word's line. */
typedef struct word_line {
    slice id, word, tag;
    size_t columns;
} word_line;

/* Does the ending name one of these files? */
static bool is_named(const char *path)
{
    static const char *const endings[] = { ".conll", ".bio",       ".iob",   ".iob2",
                                           ".iobes", ".conll2003", ".conllu" };
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (bert_name_ends(path, endings[i])) return true;
    return false;
}

static bool names_another(const char *path)
{
    return table_is_kind(path) || bert_name_ends(path, ".json");
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

static word_line line_split(bool is_conllu, slice line)
{
    word_line found = { .columns = 0 };
    char separator = is_conllu ? '\t' : conll_separator(line);
    if (separator == ' ') line = trimmed(line);
    size_t word_column = is_conllu ? CONLLU_WORD : 0;
    const char *end = line.bytes + line.count;
    for (const char *at = line.bytes; at;) {
        const char *stop = memchr(at, separator, (size_t)(end - at));
        slice column = trimmed((slice){ at, (size_t)((stop ? stop : end) - at) });
        if (found.columns == 0) found.id = column;
        if (found.columns == word_column) found.word = column;
        if (found.columns == CONLLU_TAG || !is_conllu) found.tag = column; /* else the last */
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

static bool looks_like_conllu(const word_line *found)
{
    return found->columns == CONLLU_COLUMNS && found->id.count && *found->id.bytes == '1';
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
    if (!c->is_conllu && number == c->first_line && looks_like_conllu(found))
        return fail(BERT_FORMAT,
                    "%s:%zu: ten columns, the first of them a number: is it CoNLL-U? Then name the "
                    "file .conllu",
                    conll_path(c), number);
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

static bool ends_sentence(bool is_conllu, slice line)
{
    return text_line_is_blank(line) || (!is_conllu && begins_with(line, "-DOCSTART-"));
}

/* ---- comments */

/* Takes the bytes up to the next blank off the line. */
static slice part_take(slice *line)
{
    size_t count = 0;
    while (count < line->count && !strchr(" \t", line->bytes[count])) count++;
    slice part = { line->bytes, count };
    line->bytes += count;
    line->count -= count;
    while (line->count && strchr(" \t", *line->bytes)) line->bytes++, line->count--;
    return part;
}

/* "# sent_id = 1", "# newpar", "# newdoc id = 3", and "# id 5d22 domain=en" as in MultiCoNER. A
 * line with as many columns as words have is a word's, but for keys that no tag follows. */
static bool is_comment(slice line, size_t columns, size_t expected)
{
    if (!begins_with(line, "# ")) return false;
    part_take(&line);
    slice key = part_take(&line), next = part_take(&line);
    bool alone = !next.count, equals = slice_equal(next, slice_of("="));
    bool begins = slice_equal(key, slice_of("newdoc")) || slice_equal(key, slice_of("newpar"));
    bool names = slice_equal(key, slice_of("sent_id")) || slice_equal(key, slice_of("text"));
    if (begins && (alone || slice_equal(next, slice_of("id")))) return true;
    if (names && equals) return true;
    return expected && columns != expected && key.count &&
           (equals || (slice_equal(key, slice_of("id")) && !alone));
}

/* Is it a line of CoNLL-U that holds no word of the sentence: a comment, a range as 3-4, an empty
 * node as 8.1? */
static bool conllu_is_beside(slice line, const word_line *found)
{
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

/* `words`: of the sentence so far. */
static bool is_beside(conll *c, slice line, const word_line *found, size_t words)
{
    if (c->is_conllu) return conllu_is_beside(line, found);
    if (words || !is_comment(line, found->columns, c->expected)) return false;
    if (!c->comments++) c->first_comment = text_lines_line(c->text);
    return true;
}

size_t conll_comments(const conll *c, size_t *line)
{
    *line = c->first_comment;
    return c->comments;
}

void conll_comments_tell(const char *path, size_t line, size_t count, char *out, size_t capacity)
{
    bool one = count == 1;
    snprintf(out, capacity,
             "%s: %zu line%s with '#' %s read as CoNLL-U's comment%s and not as words; the first "
             "is line %zu",
             path, count, one ? " that begins" : "s that begin", one ? "is" : "are", one ? "" : "s",
             line);
}

/* ---- files */

/* Looks ahead to the first line that is no sentence's end and does not begin with '#'. What is
 * wrong with a line is told when it is read. */
static size_t columns_expect(text_lines *text)
{
    slice line;
    size_t columns = 0;
    for (bool more; !columns && text_lines_take(text, &line, &more) == BERT_OK && more;)
        if (!ends_sentence(false, line) && *line.bytes != '#')
            columns = line_split(false, line).columns;
    text_lines_rewind(text);
    return columns;
}

/* O, B, I-PER, ... */
static bool is_entity_tag(slice tag)
{
    bool shaped = tag.count == 1 || (tag.count > 2 && tag.bytes[1] == '-' && *tag.bytes != 'O');
    return shaped && strchr("OBIESLUM", *tag.bytes);
}

/* Reads the first lines of a file that may be one of plain texts. */
static bool looks_tagged(text_lines *text)
{
    enum { LINES = 200 };
    slice line;
    size_t columns = columns_expect(text), words = 0;
    bool more;
    for (size_t i = 0; i < LINES && columns > 1; i++) {
        if (text_lines_take(text, &line, &more) != BERT_OK) return false;
        if (!more) break;
        if (ends_sentence(false, line)) continue;
        word_line found = line_split(false, line);
        if (is_comment(line, found.columns, columns)) continue;
        if (found.columns != columns || !found.word.count || !is_entity_tag(found.tag))
            return false;
        words++;
    }
    return words > 0;
}

bert_status conll_detect(const char *path, bool *out)
{
    text_lines *text;
    *out = is_named(path);
    if (*out || names_another(path) || file_is_stream(path)) return BERT_OK;
    bert_status status = text_lines_open(path, &text);
    if (status != BERT_OK) return status == BERT_MEMORY ? status : BERT_OK; /* no such file, then */
    *out = looks_tagged(text);
    text_lines_free(text);
    return BERT_OK;
}

bool conll_is_kind(const char *path)
{
    bool is;
    return conll_detect(path, &is) == BERT_OK && is;
}

bert_status conll_open(const char *path, conll **out)
{
    if (names_another(path))
        return fail(BERT_FORMAT,
                    "%s: not a file of words and tags, a word a line; such files are named "
                    ".conll, .conllu, .conll2003, .bio, .iob, .iob2 or .iobes",
                    path);
    conll *c = NULL;
    TRY(memory_zeroed(1, sizeof *c, (void **)&c));
    c->is_conllu = bert_name_ends(path, ".conllu");
    bert_status status = text_lines_open(path, &c->text);
    if (status == BERT_OK) {
        if (!c->is_conllu) c->expected = columns_expect(c->text);
        *out = c;
    } else
        conll_free(c);
    return status;
}

bert_status conll_next(conll *c, conll_sentence *out, bool *more)
{
    size_t count = 0;
    slice line;
    for (bool another;;) {
        TRY(text_lines_take(c->text, &line, &another));
        if (!another) break;
        if (ends_sentence(c->is_conllu, line)) {
            if (count) break;
            continue;
        }
        word_line found = line_split(c->is_conllu, line);
        if (is_beside(c, line, &found, count)) continue;
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
