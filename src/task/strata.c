#include "task/strata.h"

#include "base/memory.h"
#include "task/label_tally.h"
#include "task/labels.h"

#include <stdio.h>
#include <stdlib.h>

static bert_status name_add(strata *s, const char *format, slice label)
{
    char *name;
    if (asprintf(&name, format, (int)size_smaller(label.count, 80), label.bytes) < 0)
        return fail(BERT_MEMORY, "out of memory for labels");
    s->names[s->count++] = name;
    return BERT_OK;
}

static bert_status strata_room(strata *s, size_t rows, size_t count)
{
    TRY(memory_zeroed(rows, sizeof *s->of, (void **)&s->of));
    return memory_zeroed(count, sizeof *s->names, (void **)&s->names);
}

/* ---- by names */

/* The labels of a row so far, behind those of the rows before it, and the rarest of them. */
typedef struct row_labels {
    const label_tally *tally;
    strata *to;
    size_t count, capacity; /* of to->labels */
    const label_count *rarest;
} row_labels;

static bert_status label_take(void *context, slice label)
{
    row_labels *r = context;
    const label_count *own = label_tally_find(r->tally, label);
    void *labels = r->to->labels;
    TRY(memory_grow(&labels, &r->capacity, r->count + 1, sizeof *r->to->labels));
    r->to->labels = labels;
    r->to->labels[r->count++] = (uint32_t)(own - r->tally->items);
    if (!r->rarest || own->count < r->rarest->count) r->rarest = own;
    return BERT_OK;
}

/* A row without labels goes into the last one. */
static bert_status strata_by_labels(const examples *e, const label_tally *tally, strata *s)
{
    row_labels r = { .tally = tally, .to = s };
    TRY(strata_room(s, e->row_count, tally->count + 1));
    TRY(memory_zeroed(e->row_count + 1, sizeof *s->label_starts, (void **)&s->label_starts));
    s->label_count = tally->count;
    for (size_t i = 0; i < tally->count; i++)
        TRY(name_add(s, "the label '%.*s'", tally->items[i].name));
    TRY(name_add(s, "no label%.*s", slice_of("")));
    for (size_t row = 0; row < e->row_count; row++) {
        r.rarest = NULL;
        TRY(e->task->labels->tell(e, row, &(label_taker){ label_take, &r }));
        s->label_starts[row + 1] = r.count;
        s->of[row] = (uint32_t)(r.rarest ? (size_t)(r.rarest - tally->items) : tally->count);
    }
    return BERT_OK;
}

/* ---- by numbers */

typedef struct numbered_row {
    double number;
    size_t row;
} numbered_row;

static int by_number_and_row(const void *a, const void *b)
{
    const numbered_row *x = a, *y = b;
    int order = (x->number > y->number) - (x->number < y->number);
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

/* Equal parts in the order of the numbers; fewer where there are few rows. */
static bert_status strata_by_numbers(const dataset *d, strata *s)
{
    enum { PARTS = 10, PART_ROWS = 10 };
    size_t parts = size_smaller(PARTS, size_larger(1, d->count / PART_ROWS));
    void *memory;
    TRY(strata_room(s, d->count, parts));
    TRY(memory_zeroed(d->count, sizeof(numbered_row), &memory));
    numbered_row *rows = memory;
    for (size_t i = 0; i < d->count; i++) {
        rows[i].row = i; /* what is no number is refused when it is encoded */
        (void)label_number(d->rows[i].label, &rows[i].number);
    }
    qsort(rows, d->count, sizeof *rows, by_number_and_row);
    bert_status status = BERT_OK;
    for (size_t i = 0; i < d->count; i++) s->of[rows[i].row] = (uint32_t)(i * parts / d->count);
    for (size_t i = 0; i < parts && status == BERT_OK; i++)
        status = name_add(s, "labels around '%.*s'", d->rows[rows[i * d->count / parts].row].label);
    free(rows);
    return status;
}

/* ---- by form */

static bert_status strata_by_answers(const dataset *d, strata *s)
{
    TRY(strata_room(s, d->count, 2));
    TRY(name_add(s, "questions without an answer%.*s", slice_of("")));
    TRY(name_add(s, "questions with an answer%.*s", slice_of("")));
    for (size_t i = 0; i < d->count; i++) s->of[i] = d->rows[i].answer_count > 0;
    return BERT_OK;
}

static bert_status strata_fill(const examples *e, const dataset *d, strata *s)
{
    label_tally tally = { 0 };
    if (e->task->labels->tell) {
        TRY(label_tally_take(e, &tally));
        bert_status status = strata_by_labels(e, &tally, s);
        label_tally_release(&tally);
        return status;
    }
    bool numbers = d->form == FORM_TEXTS || d->form == FORM_COMPARED;
    if (d->form == FORM_QUESTIONS) return strata_by_answers(d, s);
    if (numbers && d->count && d->rows[0].label.bytes) return strata_by_numbers(d, s);
    TRY(strata_room(s, d->count, 1));
    return name_add(s, "the data%.*s", slice_of(""));
}

/* BERT_DATA for labels that cannot be read. The caller releases. */
static bert_status strata_open(const task *kind, const bert_task_options *options, const dataset *d,
                               strata *out)
{
    examples e = { .task = kind, .options = options, .rows = d->rows, .row_count = d->count };
    strata s = { 0 };
    bert_status status = strata_fill(&e, d, &s);
    if (status == BERT_OK)
        *out = s;
    else
        strata_release(&s);
    return status;
}

/* ---- the split */

/* What the rows are split by; the caller releases keys and strata. */
static bert_status request_open(const task *kind, const bert_task_options *options, uint64_t seed,
                                const dataset *d, row_key **keys, strata *s, split_request *out)
{
    TRY(row_keys_open(d, REACH_BUNDLE, keys));
    TRY(strata_open(kind, options, d, s));
    *out = (split_request){
        .path = d->rows[0].path, .keys = *keys, .strata = s, .count = d->count, .seed = seed
    };
    return BERT_OK;
}

bert_status folds_deal_out(const task *kind, const bert_task_options *options, size_t folds,
                           uint64_t seed, const dataset *d, uint32_t *fold_of)
{
    row_key *keys = NULL;
    strata s = { 0 };
    split_request request;
    bert_status status = request_open(kind, options, seed, d, &keys, &s, &request);
    if (status == BERT_OK) status = folds_make(&request, folds, fold_of);
    strata_release(&s);
    free(keys);
    return status;
}

bert_status dev_hold_out(const task *kind, const bert_task_options *options, double share,
                         uint64_t seed, dataset *d, dataset *out)
{
    row_key *keys = NULL;
    strata s = { 0 };
    split_request request;
    void *held_out;
    TRY(memory_zeroed(d->count, sizeof(bool), &held_out));
    bert_status status = request_open(kind, options, seed, d, &keys, &s, &request);
    if (status == BERT_OK) {
        request.share = share;
        status = split_make(&request, held_out);
    }
    if (status == BERT_OK) status = dataset_split(d, held_out, out);
    strata_release(&s);
    free(keys);
    free(held_out);
    return status;
}
