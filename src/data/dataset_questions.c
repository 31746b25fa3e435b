/* dataset_questions.c: questions about contexts: SQuAD's .json, or the columns question, context
 * (or passage) and answers (and id) of a table, or those that are named for text, pair and label.
 */
#include "data/dataset_reader.h"

#include "base/memory.h"
#include "data/row_key.h"
#include "rows/squad.h"

#include <stdio.h>
#include <stdlib.h>

/* Many questions share a context; it is kept once for those that follow each other. `same`: the
 * context is known to be the last row's, which need not be looked through again. */
static bert_status context_keep(dataset *d, slice context, bool same, slice *out)
{
    const dataset_row *last = d->count ? &d->rows[d->count - 1] : NULL;
    if (last && (same || slice_equal(last->pair, context))) {
        *out = last->pair;
        return BERT_OK;
    }
    return dataset_keep(d, context, out);
}

/* `place` stands in messages. */
static bert_status answers_keep(dataset *d, const squad_answer *answers, size_t count,
                                const char *place, dataset_row *row)
{
    void *memory;
    for (size_t i = 0; i < count; i++)
        if (text_is_blank(answers[i].text))
            return fail(BERT_DATA,
                        "%s: the answer is white space alone; a question without an answer has "
                        "\"answers\": []",
                        place);
    TRY(dataset_take(d, count, sizeof(dataset_answer), &memory));
    dataset_answer *kept = memory;
    for (size_t i = 0; i < count; i++) {
        TRY(dataset_keep(d, answers[i].text, &kept[i].text));
        kept[i].start = answers[i].start;
    }
    row->answers = kept;
    row->answer_count = count;
    return BERT_OK;
}

static bert_status question_add(dataset *d, slice id, slice question, slice context, bool same,
                                dataset_row *row)
{
    TRY(dataset_keep(d, id, &row->id));
    TRY(dataset_keep(d, question, &row->text));
    TRY(context_keep(d, context, same, &row->pair));
    return dataset_add(d, row);
}

/* ---- SQuAD's JSON */

static bert_status json_read(dataset *d, squad *file, const char *path,
                             const dataset_request *request)
{
    const char *kept_path, *last = NULL; /* bytes of the last question's context */
    TRY(dataset_keep_string(d, path, &kept_path));
    for (size_t number = 1; dataset_wants_more(d, request); number++) {
        squad_question q;
        bool more;
        TRY(squad_next(file, &q, &more));
        if (!more) break;
        dataset_row row = { .line = number, .path = kept_path };
        if (!request->unlabelled && !q.labelled)
            return fail(BERT_DATA, "%s: the question has no 'answers'", squad_place(file));
        if (!request->unlabelled)
            TRY(answers_keep(d, q.answers, q.answer_count, squad_place(file), &row));
        TRY(question_add(d, q.id, q.question, q.context, q.context.bytes == last, &row));
        last = q.context.bytes;
        if (!request->unlabelled && !q.answer_count) d->unanswerable = true;
    }
    return BERT_OK;
}

/* ---- tables */

typedef struct question_columns {
    const char *question_name, *context_name, *answers_name; /* as given, or the usual ones */
    size_t question, context, answers, id;
    bool has_id;
} question_columns;

static bert_status columns_find(dataset *d, table *t, const dataset_request *request,
                                question_columns *c)
{
    static const char *const contexts[] = { "context", "passage" };
    const dataset_columns *given = &request->columns;
    *c = (question_columns){ .question_name = given->text ? given->text : "question",
                             .context_name = given->pair,
                             .answers_name = given->label ? given->label : "answers" };
    if (!c->context_name) c->context_name = dataset_column_found(t, given, NAMES(contexts));
    if (!c->context_name) c->context_name = contexts[0]; /* which is then missed */
    TRY(dataset_column_take(d, t, c->question_name, &c->question));
    TRY(dataset_column_take(d, t, c->context_name, &c->context));
    if (!request->unlabelled) TRY(dataset_column_take(d, t, c->answers_name, &c->answers));
    c->has_id = table_find(t, "id", &c->id);
    return BERT_OK;
}

static bert_status row_read(dataset *d, const table *t, const question_columns *c, const char *path,
                            squad_answer_list *answers, bool unlabelled)
{
    dataset_row row = { .line = table_line(t), .path = path };
    slice question, context, id = { NULL, 0 };
    TRY(dataset_field(t, c->question, FIELD_TEXT, &question));
    TRY(dataset_field(t, c->context, FIELD_TEXT, &context));
    if (c->has_id && table_field(t, c->id).bytes) TRY(dataset_field(t, c->id, FIELD_TEXT, &id));
    if (!unlabelled) {
        char place[1024]; /* messages are not longer */
        snprintf(place, sizeof place, "%s:%zu", path, row.line);
        TRY(squad_answers_parse(table_field(t, c->answers), path, row.line, answers));
        TRY(answers_keep(d, answers->items, answers->count, place, &row));
        if (!answers->count) d->unanswerable = true;
    }
    return question_add(d, id, question, context, false, &row);
}

static bert_status table_read(dataset *d, table *t, const dataset_request *request,
                              squad_answer_list *answers)
{
    question_columns columns;
    const char *path;
    TRY(columns_find(d, t, request, &columns));
    if (!d->text_column) {
        TRY(dataset_keep_string(d, columns.question_name, &d->text_column));
        TRY(dataset_keep_string(d, columns.context_name, &d->pair_column));
        TRY(dataset_keep_string(d, columns.answers_name, &d->label_column));
    }
    TRY(dataset_keep_string(d, table_path(t), &path));
    while (dataset_wants_more(d, request)) {
        bool more;
        TRY(table_next(t, &more));
        if (!more) break;
        TRY(row_read(d, t, &columns, path, answers, request->unlabelled));
    }
    return BERT_OK;
}

bert_status dataset_read_questions(dataset *d, const char *path, const dataset_request *request,
                                   bool first)
{
    (void)first;
    if (squad_is_kind(path)) {
        squad *file;
        TRY(squad_open(path, &file));
        bert_status status = json_read(d, file, path, request);
        squad_free(file);
        return status;
    }
    table *t;
    squad_answer_list answers = { 0 };
    TRY(table_open(path, &t));
    bert_status status = table_read(d, t, request, &answers);
    squad_answer_list_release(&answers);
    return dataset_table_close(d, t, status);
}

/* ---- ids */

typedef struct id_place {
    slice id; /* first: ids are ordered by it */
    size_t row;
} id_place;

static int earlier_first(const void *a, const void *b)
{
    const id_place *x = a, *y = b;
    int order = slice_compare(x->id, y->id);
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

bert_status dataset_count_ids(dataset *d)
{
    void *memory;
    size_t count = 0, first = d->count;
    TRY(memory_zeroed(d->count, sizeof(id_place), &memory));
    id_place *ids = memory;
    for (size_t i = 0; i < d->count; i++)
        if (d->rows[i].id.bytes) ids[count++] = (id_place){ d->rows[i].id, i };
    qsort(ids, count, sizeof *ids, earlier_first);
    for (size_t i = 1; i < count; i++) {
        if (!slice_equal(ids[i].id, ids[i - 1].id)) continue;
        d->repeated_ids.count++;
        first = size_smaller(first, ids[i].row);
    }
    if (d->repeated_ids.count) {
        d->repeated_ids.path = d->rows[first].path;
        d->repeated_ids.line = d->rows[first].line;
    }
    free(memory);
    return BERT_OK;
}
