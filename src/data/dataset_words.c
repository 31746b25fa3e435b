/* dataset_words.c: the words of a sentence and a tag each: files of the CoNLL family, or lists in
 * two columns of a table. */
#include "data/dataset_reader.h"

#include "rows/conll.h"
#include "rows/json_texts.h"

static const char *const word_columns[] = { "tokens", "words" };
static const char *const tag_columns[] = { "tags", "ner_tags", "pos_tags", "labels" };

static bert_status slices_keep(dataset *d, const slice *items, size_t count, const slice **out)
{
    void *memory;
    TRY(dataset_take(d, count, sizeof(slice), &memory));
    slice *kept = memory;
    for (size_t i = 0; i < count; i++) TRY(dataset_keep(d, items[i], &kept[i]));
    *out = kept;
    return BERT_OK;
}

/* ---- a word a line */

static bert_status sentence_add(dataset *d, const conll_sentence *s, const char *path, bool tagged)
{
    dataset_row row = { .item_count = s->count, .line = s->line, .path = path };
    if (tagged && !s->tags)
        return fail(BERT_DATA, "%s:%zu: the word has no tag; a line is a word and its tag", path,
                    s->line);
    TRY(slices_keep(d, s->words, s->count, &row.items));
    if (tagged) TRY(slices_keep(d, s->tags, s->count, &row.tags));
    return dataset_add(d, &row);
}

/* `path` is the dataset's own. */
static void comments_count(dataset *d, const conll *c, const char *path)
{
    size_t line, count = conll_comments(c, &line);
    if (count && !d->comments.count) d->comments = (dataset_oddity){ .line = line, .path = path };
    d->comments.count += count;
}

static bert_status sentences_read(dataset *d, conll *c, const dataset_request *request)
{
    const char *path;
    TRY(dataset_keep_string(d, conll_path(c), &path));
    while (dataset_wants_more(d, request)) {
        conll_sentence sentence;
        bool more;
        TRY(conll_next(c, &sentence, &more));
        if (!more) break;
        TRY(sentence_add(d, &sentence, path, !request->unlabelled));
    }
    comments_count(d, c, path);
    return BERT_OK;
}

static bert_status conll_read(dataset *d, const char *path, const dataset_request *request)
{
    conll *c = NULL;
    TRY(conll_open(path, &c));
    bert_status status = sentences_read(d, c, request);
    conll_free(c);
    return status;
}

/* ---- lists in a table */

typedef struct list_columns {
    const char *word_name, *tag_name; /* no tag_name: tags are not asked for */
    size_t words, tags;
} list_columns;

/* The lists of one row; the room goes from row to row. */
typedef struct row_lists {
    text_array words, tags;
} row_lists;

/* Sets the dataset's names by the first table. */
static bert_status names_set(dataset *d, const table *t, const dataset_request *request)
{
    const dataset_columns *given = &request->columns;
    const char *words = given->text, *tags = given->label;
    if (!words) words = dataset_column_found(t, given, NAMES(word_columns));
    if (!words) return dataset_column_missing(t, "list of words", FIELD(text), NAMES(word_columns));
    if (!tags) tags = dataset_column_found(t, given, NAMES(tag_columns));
    if (!tags && !request->unlabelled)
        return dataset_column_missing(t, "list of tags", FIELD(label), NAMES(tag_columns));
    TRY(dataset_keep_string(d, words, &d->text_column));
    return request->unlabelled ? BERT_OK : dataset_keep_string(d, tags, &d->label_column);
}

static bert_status tags_check(const row_lists *lists, const char *path, size_t line,
                              const list_columns *columns)
{
    const text_array *tags = &lists->tags;
    if (tags->count != lists->words.count)
        return fail(BERT_DATA, "%s:%zu: '%s' has %zu elements and '%s' %zu; every word has a tag",
                    path, line, columns->word_name, lists->words.count, columns->tag_name,
                    tags->count);
    for (size_t i = 0; i < tags->count; i++)
        if (tags->items[i].count == 0)
            return fail(BERT_DATA, "%s:%zu: element %zu of '%s' is empty", path, line, i + 1,
                        columns->tag_name);
    return BERT_OK;
}

static bert_status row_add(dataset *d, const table *t, const char *path,
                           const list_columns *columns, row_lists *lists)
{
    dataset_row row = { .line = table_line(t), .path = path };
    TRY(json_texts_parse(table_field(t, columns->words), path, row.line, columns->word_name,
                         &lists->words));
    row.item_count = lists->words.count;
    TRY(slices_keep(d, lists->words.items, row.item_count, &row.items));
    if (columns->tag_name) {
        TRY(json_texts_parse(table_field(t, columns->tags), path, row.line, columns->tag_name,
                             &lists->tags));
        TRY(tags_check(lists, path, row.line, columns));
        TRY(slices_keep(d, lists->tags.items, row.item_count, &row.tags));
    }
    return dataset_add(d, &row);
}

static bert_status rows_read(dataset *d, table *t, const dataset_request *request, row_lists *lists)
{
    if (!d->text_column) TRY(names_set(d, t, request));
    list_columns columns = { .word_name = d->text_column, .tag_name = d->label_column };
    TRY(dataset_column_take(d, t, columns.word_name, &columns.words));
    if (columns.tag_name) TRY(dataset_column_take(d, t, columns.tag_name, &columns.tags));
    const char *path;
    TRY(dataset_keep_string(d, table_path(t), &path));
    while (dataset_wants_more(d, request)) {
        bool more;
        TRY(table_next(t, &more));
        if (!more) break;
        TRY(row_add(d, t, path, &columns, lists));
    }
    return BERT_OK;
}

static bert_status table_read(dataset *d, const char *path, const dataset_request *request)
{
    table *t = NULL;
    row_lists lists = { { 0 }, { 0 } };
    TRY(table_open(path, &t));
    bert_status status = rows_read(d, t, request, &lists);
    text_array_release(&lists.words);
    text_array_release(&lists.tags);
    return dataset_table_close(d, t, status);
}

bert_status dataset_read_words(dataset *d, const char *path, const dataset_request *request,
                               bool first)
{
    (void)first; /* the first table sets the names, which may follow a .conll */
    return table_is_kind(path) ? table_read(d, path, request) : conll_read(d, path, request);
}
