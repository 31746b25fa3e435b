#include "data/split.h"

#include "base/memory.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>

void strata_release(strata *s)
{
    for (size_t i = 0; s->names && i < s->count; i++) free(s->names[i]);
    free(s->names);
    free(s->of);
    free(s->label_starts);
    free(s->labels);
    *s = (strata){ 0 };
}

/* Rows of one key. */
typedef struct bundle {
    size_t first, rows; /* the first of them; how many */
    uint32_t stratum;
} bundle;

typedef struct stratum {
    size_t rows, bundles;
    size_t smallest; /* rows of the smallest bundle */
    size_t begin;    /* of its bundles in the order */
} stratum;

typedef struct splitting {
    const split_request *request;
    uint32_t *bundle_of; /* [rows] */
    bundle *bundles;     /* [bundle_count] in the order of their first rows */
    size_t bundle_count;
    stratum *strata;
    uint32_t *order; /* [bundle_count] stratum by stratum, as drawn */
    uint32_t *part;  /* [bundle_count] held out together; NO_FOLD: always trained on */
    bool *stays;     /* [bundle_count] in training, for a label that it has */
} splitting;

static void splitting_release(splitting *s)
{
    free(s->bundle_of);
    free(s->bundles);
    free(s->strata);
    free(s->order);
    free(s->part);
    free(s->stays);
}

static bert_status splitting_open(const split_request *q, splitting *out)
{
    splitting s = { .request = q };
    bert_status status = memory_zeroed(q->count, sizeof *s.bundle_of, (void **)&s.bundle_of);
    if (status == BERT_OK) status = memory_zeroed(q->count, sizeof *s.bundles, (void **)&s.bundles);
    if (status == BERT_OK)
        status = memory_zeroed(q->strata->count, sizeof *s.strata, (void **)&s.strata);
    if (status == BERT_OK) status = memory_zeroed(q->count, sizeof *s.order, (void **)&s.order);
    if (status == BERT_OK) status = memory_zeroed(q->count, sizeof *s.part, (void **)&s.part);
    if (status == BERT_OK) status = memory_zeroed(q->count, sizeof *s.stays, (void **)&s.stays);
    if (status == BERT_OK)
        *out = s;
    else
        splitting_release(&s);
    return status;
}

typedef struct keyed_row {
    row_key key; /* first: row_key_compare() reads it */
    size_t row;
} keyed_row;

static int by_key_and_row(const void *a, const void *b)
{
    const keyed_row *x = a, *y = b;
    int order = row_key_compare(&x->key, &y->key);
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

/* bundle_of[i] becomes the first row of i's key; bundles are numbered afterwards. */
static bert_status bundles_find(splitting *s)
{
    const split_request *q = s->request;
    void *memory;
    TRY(memory_zeroed(q->count, sizeof(keyed_row), &memory));
    keyed_row *rows = memory;
    for (size_t i = 0; i < q->count; i++) rows[i] = (keyed_row){ q->keys[i], i };
    qsort(rows, q->count, sizeof *rows, by_key_and_row);
    for (size_t i = 0, first = 0; i < q->count; i++) {
        if (row_key_compare(&rows[i].key, &rows[first].key) != 0) first = i;
        s->bundle_of[rows[i].row] = (uint32_t)rows[first].row;
    }
    free(rows);
    for (size_t i = 0; i < q->count; i++) {
        bool new = s->bundle_of[i] == i;
        s->bundle_of[i] = new ? (uint32_t)s->bundle_count : s->bundle_of[s->bundle_of[i]];
        if (new)
            s->bundles[s->bundle_count++] = (bundle){ .first = i, .stratum = q->strata->of[i] };
        s->bundles[s->bundle_of[i]].rows++;
    }
    return BERT_OK;
}

static void strata_count(splitting *s)
{
    for (size_t i = 0; i < s->bundle_count; i++) {
        const bundle *g = &s->bundles[i];
        stratum *of = &s->strata[g->stratum];
        of->rows += g->rows;
        if (!of->bundles || g->rows < of->smallest) of->smallest = g->rows;
        of->bundles++;
    }
}

/* A stratum of one text cannot be on both sides. */
static bool may_give(const stratum *of)
{
    return of->bundles > 1;
}

static bert_status check_training(const splitting *s)
{
    const split_request *q = s->request;
    const stratum *tightest = NULL;
    for (size_t i = 0; i < q->strata->count; i++) {
        const stratum *of = &s->strata[i];
        bool all = may_give(of) && floor(q->share * (double)of->rows + 0.5) >= (double)of->rows;
        if (all && (!tightest || of->rows < tightest->rows)) tightest = of;
    }
    if (!tightest) return BERT_OK;
    return fail(BERT_ARGUMENT,
                "%s: a dev share of %.4g leaves none of the %zu rows of %s to train on; at most "
                "%.4g does",
                q->path, q->share, tightest->rows, q->strata->names[tightest - s->strata],
                floor(1e4 * (double)(tightest->rows - 1) / (double)tightest->rows) / 1e4);
}

/* Nothing was drawn: no bundle was so small that its share asked for it. */
static bert_status fail_nothing(const splitting *s)
{
    const split_request *q = s->request;
    size_t rows = 0, wanted = 0;
    for (size_t i = 0; i < q->strata->count; i++) {
        const stratum *of = &s->strata[i];
        if (!may_give(of)) continue;
        rows += of->rows;
        wanted = size_larger(wanted, of->smallest);
    }
    if (!rows)
        return fail(BERT_ARGUMENT,
                    "%s: no dev data can be held out of %zu rows: there are no two different texts "
                    "of one label; give dev data of their own (%s)",
                    q->path, q->count, FIELD(dev));
    return fail(BERT_ARGUMENT, "%s: a dev share of %.4g holds out none of %zu rows; %.4g would",
                q->path, q->share, q->count, ceil(1e4 * (double)wanted / (double)rows) / 1e4);
}

/* The bundles in a drawn order, then sorted by their strata, within which that order stays. */
static bert_status order_draw(splitting *s)
{
    void *memory;
    TRY(memory_zeroed(s->bundle_count, sizeof(uint32_t), &memory));
    uint32_t *shuffled = memory;
    for (size_t i = 0; i < s->bundle_count; i++) shuffled[i] = (uint32_t)i;
    rng_shuffle(rng_key(s->request->seed, RNG_STREAM_SPLIT), s->bundle_count, shuffled);
    for (size_t i = 1; i < s->request->strata->count; i++)
        s->strata[i].begin = s->strata[i - 1].begin + s->strata[i - 1].bundles;
    for (size_t i = 0; i < s->bundle_count; i++)
        s->order[s->strata[s->bundles[shuffled[i]].stratum].begin++] = shuffled[i];
    for (size_t i = 0; i < s->request->strata->count; i++)
        s->strata[i].begin -= s->strata[i].bundles;
    free(shuffled);
    return BERT_OK;
}

/* A label all of whose rows are in one part would be unknown to a model that is trained without
 * it: the bundle of the first of them stays in training. *returned: how many bundles did. */
static bert_status labels_return(splitting *s, size_t *returned)
{
    const strata *by = s->request->strata;
    const uint32_t unmet = NO_FOLD - 1;
    void *memory;
    *returned = 0;
    if (!by->label_starts) return BERT_OK;
    TRY(memory_zeroed(by->label_count, sizeof(uint32_t), &memory));
    uint32_t *home = memory; /* [label_count] the part of its rows; NO_FOLD: trained on, always */
    for (size_t i = 0; i < by->label_count; i++) home[i] = unmet;
    for (size_t row = 0; row < s->request->count; row++)
        for (size_t i = by->label_starts[row]; i < by->label_starts[row + 1]; i++) {
            uint32_t *of = &home[by->labels[i]], part = s->part[s->bundle_of[row]];
            *of = *of == unmet || *of == part ? part : NO_FOLD;
        }
    for (size_t row = 0; row < s->request->count; row++)
        for (size_t i = by->label_starts[row]; i < by->label_starts[row + 1]; i++) {
            bool *stays = &s->stays[s->bundle_of[row]];
            if (home[by->labels[i]] != NO_FOLD && !*stays) {
                *stays = true;
                (*returned)++;
            }
            if (*stays) home[by->labels[i]] = NO_FOLD;
        }
    free(home);
    return BERT_OK;
}

/* One after another, each stratum gives the bundles drawn for it, in their order, as long as that
 * brings what is held out nearer to the share of the rows met so far; never its last bundle. */
static size_t strata_draw(splitting *s)
{
    size_t held_out = 0;
    double due = 0.0;
    for (size_t i = 0; i < s->bundle_count; i++) s->part[i] = NO_FOLD;
    for (size_t i = 0; i < s->request->strata->count; i++) {
        size_t left = s->strata[i].bundles;
        if (!may_give(&s->strata[i])) continue;
        due += s->request->share * (double)s->strata[i].rows;
        for (size_t k = 0; k < s->strata[i].bundles && left > 1; k++) {
            uint32_t drawn = s->order[s->strata[i].begin + k];
            const bundle *g = &s->bundles[drawn];
            if ((double)g->rows > 2.0 * due) continue;
            s->part[drawn] = 0;
            due -= (double)g->rows;
            held_out += g->rows;
            left--;
        }
    }
    return held_out;
}

static bert_status splitting_run(splitting *s, bool *held_out)
{
    const split_request *q = s->request;
    size_t returned, count = 0;
    TRY(bundles_find(s));
    strata_count(s);
    TRY(check_training(s));
    TRY(order_draw(s));
    if (strata_draw(s) == 0) return fail_nothing(s);
    TRY(labels_return(s, &returned));
    for (size_t i = 0; i < q->count; i++) {
        uint32_t own = s->bundle_of[i];
        held_out[i] = s->part[own] != NO_FOLD && !s->stays[own];
        count += held_out[i];
    }
    if (count) return BERT_OK;
    return fail(
        BERT_ARGUMENT,
        "%s: a dev share of %.4g holds out none of %zu rows: each text that it draws has a label "
        "that no other text has; a larger share may do, or dev data of their own (%s)",
        q->path, q->share, q->count, FIELD(dev));
}

bert_status split_make(const split_request *q, bool *held_out)
{
    splitting s;
    if (q->count > UINT32_MAX)
        return fail(BERT_ARGUMENT, "%zu rows are more than can be told apart", q->count);
    TRY(splitting_open(q, &s));
    bert_status status = splitting_run(&s, held_out);
    splitting_release(&s);
    return status;
}

/* Round and round, going on from one stratum to the next, so that no fold is served first always.
 */
static size_t bundles_deal(splitting *s, size_t folds)
{
    size_t dealt = 0;
    for (size_t i = 0; i < s->request->strata->count; i++)
        for (size_t k = 0; k < s->strata[i].bundles; k++) {
            uint32_t own = s->order[s->strata[i].begin + k];
            bool deals = may_give(&s->strata[i]) && !s->stays[own];
            s->part[own] = deals ? (uint32_t)(dealt++ % folds) : NO_FOLD;
        }
    return dealt;
}

/* Dealt anew without the bundles that stay, so that folds are of one size, until none has to. */
static bert_status folds_deal(splitting *s, size_t folds, uint32_t *fold_of)
{
    const split_request *q = s->request;
    size_t dealt, returned;
    do {
        dealt = bundles_deal(s, folds);
        TRY(labels_return(s, &returned));
    } while (returned);
    for (size_t i = 0; i < q->count; i++) fold_of[i] = s->part[s->bundle_of[i]];
    if (dealt >= folds) return BERT_OK;
    return fail(BERT_ARGUMENT, "%s: %zu folds are asked for; there are %zu texts to deal to them",
                q->path, folds, dealt);
}

bert_status folds_make(const split_request *q, size_t folds, uint32_t *fold_of)
{
    splitting s;
    if (q->count > UINT32_MAX)
        return fail(BERT_ARGUMENT, "%zu rows are more than can be told apart", q->count);
    TRY(splitting_open(q, &s));
    bert_status status = bundles_find(&s);
    if (status == BERT_OK) strata_count(&s);
    if (status == BERT_OK) status = order_draw(&s);
    if (status == BERT_OK) status = folds_deal(&s, folds, fold_of);
    splitting_release(&s);
    return status;
}

bert_status dataset_split(dataset *d, const bool *held_out, dataset *out)
{
    size_t count = 0, kept = 0;
    void *memory;
    for (size_t i = 0; i < d->count; i++) count += held_out[i];
    TRY(memory_zeroed(count, sizeof *d->rows, &memory));
    dataset part = *d;
    part.storage = NULL;
    part.rows = memory;
    part.count = 0;
    for (size_t i = 0; i < d->count; i++) {
        if (held_out[i])
            part.rows[part.count++] = d->rows[i];
        else
            d->rows[kept++] = d->rows[i];
    }
    d->count = kept;
    *out = part;
    return BERT_OK;
}
