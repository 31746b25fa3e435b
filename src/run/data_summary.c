#include "run/data_summary.h"

#include "base/memory.h"
#include "json/json.h"
#include "model/trained_as.h"
#include "task/observe.h"

#include <stdlib.h>

/* ---- lengths */

/* Tokens of the longest of a row's sequences, nothing cut. */
static bert_status whole_length(const examples *e, dataset_form form, size_t row,
                                tokenizer_encoding *scratch, size_t *out)
{
    const dataset_row *r = &e->rows[row];
    const slice none = { NULL, 0 };
    size_t longest = 0, words = frame_count(tokenizer_frame(e->tokenizer, false));
    bool apart = form == FORM_COMPARED; /* each text is a sequence */
    for (size_t i = 0; i < r->item_count; i++) {
        bool ending = form == FORM_CHOICES;
        TRY(tokenizer_encode(e->tokenizer, ending ? r->text : r->items[i],
                             ending ? r->items[i] : none, SIZE_MAX, TRUNCATE_LONGEST_FIRST,
                             scratch));
        longest = size_larger(longest, scratch->count);
        words += scratch->texts[0].count;
    }
    if (form == FORM_WORDS) longest = words;
    if (r->text.bytes && form != FORM_CHOICES && form != FORM_WORDS) {
        TRY(tokenizer_encode(e->tokenizer, r->text, apart ? none : r->pair, SIZE_MAX,
                             TRUNCATE_LONGEST_FIRST, scratch));
        longest = size_larger(longest, scratch->count);
    }
    if (r->pair.bytes && apart) {
        TRY(tokenizer_encode(e->tokenizer, r->pair, none, SIZE_MAX, TRUNCATE_LONGEST_FIRST,
                             scratch));
        longest = size_larger(longest, scratch->count);
    }
    if (e->features.prompt.count) { /* before each of them */
        TRY(tokenizer_encode(e->tokenizer, e->features.prompt, none, SIZE_MAX,
                             TRUNCATE_LONGEST_FIRST, scratch));
        longest += scratch->texts[0].count;
    }
    *out = longest;
    return BERT_OK;
}

/* Of every row: what its sequences have, or, where one of them may have been cut, what the whole
 * would. The first of several windows is full; sentences are cut between words, so before that. */
static bert_status lengths_take(const examples *e, dataset_form form, size_t *lengths)
{
    const features *f = &e->features;
    tokenizer_encoding scratch = { 0 };
    bert_status status = BERT_OK;
    for (size_t i = 0; i < f->sequences; i++) {
        size_t *length = &lengths[f->rows[i]];
        *length = size_larger(*length, f->starts[i + 1] - f->starts[i]);
    }
    for (size_t row = 0; row < e->row_count && status == BERT_OK; row++) {
        bool whole = form != FORM_WORDS && lengths[row] < e->max_length;
        if (form == FORM_WORDS) whole = !e->truncated && !e->options->windows;
        if (!whole) status = whole_length(e, form, row, &scratch, &lengths[row]);
    }
    tokenizer_encoding_release(&scratch);
    return status;
}

static int smaller_first(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

static bert_status lengths_sum_up(const examples *e, dataset_form form, data_part *out)
{
    void *memory;
    size_t n = e->row_count;
    TRY(memory_zeroed(n, sizeof(size_t), &memory));
    size_t *lengths = memory;
    bert_status status = lengths_take(e, form, lengths);
    if (status == BERT_OK) {
        qsort(lengths, n, sizeof *lengths, smaller_first);
        out->median = (double)(lengths[(n - 1) / 2] + lengths[n / 2]) / 2.0;
        out->percentile_95 = lengths[(95 * n + 99) / 100 - 1];
        out->longest = lengths[n - 1];
        out->for_99_percent = lengths[n - 1 - (n - 1) / 100]; /* those above are fewer than 1 % */
    }
    free(lengths);
    return status;
}

/* ---- texts that come again */

typedef struct keyed_row {
    row_key key; /* first: row_key_compare() reads it */
    uint64_t labels;
} keyed_row;

typedef struct label_hash {
    uint64_t sum;
    size_t place; /* the tags of words count by their place, other labels in any order */
    bool ordered;
} label_hash;

static uint64_t bytes_hash(slice bytes)
{
    uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */
    for (size_t i = 0; i < bytes.count; i++)
        hash = (hash ^ (unsigned char)bytes.bytes[i]) * 0x100000001b3;
    return hash;
}

static bert_status label_hash_take(void *context, slice label)
{
    label_hash *h = context;
    uint64_t own = bytes_hash(label);
    if (h->ordered) own = (own ^ ++h->place) * 0x9e3779b97f4a7c15;
    h->sum += own;
    return BERT_OK;
}

/* One number for what a row is labelled with. Answers, of which a question may have several, are
 * all alike. */
static bert_status labels_hash(const examples *e, dataset_form form, size_t row, uint64_t *out)
{
    label_hash h = { .ordered = form == FORM_WORDS };
    if (e->task->labels->tell)
        TRY(e->task->labels->tell(e, row, &(label_taker){ label_hash_take, &h }));
    else if (e->rows[row].label.bytes && form != FORM_QUESTIONS)
        h.sum = bytes_hash(e->rows[row].label);
    *out = h.sum;
    return BERT_OK;
}

/* Ordered by key. */
static bert_status keyed_rows_open(const examples *e, const dataset *d, keyed_row **out)
{
    row_key *keys;
    void *memory;
    TRY(row_keys_open(d, REACH_ROW, &keys));
    bert_status status = memory_zeroed(d->count, sizeof(keyed_row), &memory);
    keyed_row *rows = status == BERT_OK ? memory : NULL;
    for (size_t i = 0; i < d->count && status == BERT_OK; i++) {
        rows[i].key = keys[i];
        status = labels_hash(e, d->form, i, &rows[i].labels);
    }
    free(keys);
    if (status != BERT_OK) {
        free(rows);
        return status;
    }
    qsort(rows, d->count, sizeof *rows, row_key_compare);
    *out = rows;
    return BERT_OK;
}

static void repeats_count(const keyed_row *rows, size_t count, data_part *out)
{
    for (size_t begin = 0, end; begin < count; begin = end) {
        bool differ = false;
        for (end = begin + 1; end < count && row_key_compare(&rows[end], &rows[begin]) == 0; end++)
            differ = differ || rows[end].labels != rows[begin].labels;
        out->repeated += end - begin - 1;
        out->contradicting += differ;
    }
}

/* ---- both parts */

static bert_status part_fill(const examples *e, const dataset *d, keyed_row **rows, data_part *out)
{
    out->rows = e->row_count;
    out->units = e->features.count;
    out->truncated = e->truncated;
    for (size_t i = 0; i < d->count; i++) out->empty += row_has_empty_text(&d->rows[i]);
    TRY(label_tally_take(e, &out->labels));
    TRY(lengths_sum_up(e, d->form, out));
    TRY(keyed_rows_open(e, d, rows));
    repeats_count(*rows, d->count, out);
    return BERT_OK;
}

static size_t leaks_count(const keyed_row *dev, size_t dev_count, const keyed_row *train,
                          size_t train_count)
{
    size_t leaked = 0;
    for (size_t i = 0, k = 0; i < dev_count; i++) {
        while (k < train_count && row_key_compare(&train[k], &dev[i]) < 0) k++;
        leaked += k < train_count && row_key_compare(&train[k], &dev[i]) == 0;
    }
    return leaked;
}

bert_status data_summary_make(const examples *train, const dataset *train_rows, const examples *dev,
                              const dataset *dev_rows, data_summary *out)
{
    data_summary s = { .columns = dataset_columns_of(train_rows) };
    keyed_row *trained = NULL, *asked = NULL;
    bert_status status = part_fill(train, train_rows, &trained, &s.train);
    if (status == BERT_OK) status = label_tally_likes(&s.train.labels, &s.likes);
    if (status == BERT_OK && dev) status = part_fill(dev, dev_rows, &asked, &s.dev);
    if (status == BERT_OK && dev)
        s.leaked = leaks_count(asked, dev_rows->count, trained, train_rows->count);
    free(trained);
    free(asked);
    if (status == BERT_OK)
        *out = s;
    else
        data_summary_release(&s);
    return status;
}

void data_summary_release(data_summary *s)
{
    label_tally_release(&s->train.labels);
    label_tally_release(&s->dev.labels);
    *s = (data_summary){ 0 };
}

/* ---- as JSON */

static bert_status label_put(json_t *labels, const char *name, const label_tally *tally)
{
    const label_count *own = label_tally_find(tally, slice_of(name));
    return json_put(labels, name, json_integer(own ? (json_int_t)own->count : 0));
}

/* Those of the model first, in its order. */
static bert_status labels_put(const label_tally *tally, const config *c, json_t *labels)
{
    for (size_t i = 0; tally->count && i < c->labels; i++)
        TRY(label_put(labels, c->label_names[i], tally));
    for (size_t i = 0; i < tally->count; i++)
        if (!json_object_get(labels, tally->items[i].name.bytes))
            TRY(label_put(labels, tally->items[i].name.bytes, tally));
    return BERT_OK;
}

/* null where there are no such data. */
static bert_status part_put(const data_part *p, const char *name, const config *c, json_t *object)
{
    if (!p->rows) return json_put(object, name, json_null());
    json_t *part = json_object();
    TRY(json_put(object, name, part));
    const struct {
        const char *name;
        size_t count;
    } after[] = { { "truncated", p->truncated },
                  { "max_length_for_99_percent", p->for_99_percent },
                  { "empty", p->empty },
                  { "repeated", p->repeated },
                  { "contradicting", p->contradicting } };
    TRY(json_put(part, "rows", json_integer((json_int_t)p->rows)));
    TRY(json_put(part, "units", json_integer((json_int_t)p->units)));
    json_t *labels = json_object();
    TRY(json_put(part, "labels", labels));
    TRY(labels_put(&p->labels, c, labels));
    TRY(json_put(part, "tokens",
                 json_pack("{s:f, s:I, s:I}", "median", p->median, "percentile_95",
                           (json_int_t)p->percentile_95, "longest", (json_int_t)p->longest)));
    for (size_t i = 0; i < sizeof after / sizeof *after; i++)
        TRY(json_put(part, after[i].name, json_integer((json_int_t)after[i].count)));
    return BERT_OK;
}

static bert_status unseen_append(const data_summary *s, json_t *unseen)
{
    for (size_t i = 0; i < s->dev.labels.count; i++)
        if (!label_tally_find(&s->train.labels, s->dev.labels.items[i].name))
            TRY(json_append(unseen, json_string_of(s->dev.labels.items[i].name)));
    return BERT_OK;
}

bert_status data_summary_put(const data_summary *s, const config *c, json_t *object)
{
    TRY(trained_columns_put(&s->columns, object));
    TRY(part_put(&s->train, "train", c, object));
    TRY(part_put(&s->dev, "dev", c, object));
    TRY(json_put(object, "leaked", json_integer((json_int_t)s->leaked)));
    json_t *unseen = json_array();
    TRY(json_put(object, "labels_unseen", unseen));
    return unseen_append(s, unseen);
}

/* ---- what to worry about */

static void part_warn(const data_part *p, const char *what, const config *c, size_t max_length,
                      const bert_observer *observer)
{
    const double many = 0.05;
    if (p->contradicting)
        observe_warning(observer,
                        "%s data: %zu %s with different labels; what they have in common cannot be "
                        "learnt",
                        what, p->contradicting,
                        p->contradicting == 1 ? "text stands" : "texts stand");
    if ((double)p->truncated <= many * (double)p->rows) return;
    if (p->for_99_percent <= config_length_most(c))
        observe_warning(
            observer,
            "%s data: %.1f %% of the texts are cut at %zu tokens; %s %zu would cut fewer than 1 %%",
            what, 100.0 * (double)p->truncated / (double)p->rows, max_length, FIELD(max_length),
            p->for_99_percent);
    else
        observe_warning(observer,
                        "%s data: %.1f %% of the texts are cut at %zu tokens, and 1 %% or more "
                        "would be at the %zu that the model has; see %s",
                        what, 100.0 * (double)p->truncated / (double)p->rows, max_length,
                        config_length_most(c), FIELD(windows));
}

void data_summary_warn(const data_summary *s, const config *c, size_t max_length,
                       const bert_observer *observer)
{
    const label_likes *likes = &s->likes;
    part_warn(&s->train, "training", c, max_length, observer);
    if (likes->count)
        observe_warning(observer,
                        "training data: %zu labels differ from another only by blanks, by case or "
                        "by how a number is written, and are labels of their own, such as '%.*s' "
                        "and '%.*s'",
                        likes->count, (int)likes->first.count, likes->first.bytes,
                        (int)likes->second.count, likes->second.bytes);
    if (!s->dev.rows) return;
    part_warn(&s->dev, "dev", c, max_length, observer);
    if (s->leaked)
        observe_warning(observer,
                        "%zu of %zu dev texts (%.1f %%) stand in the training data too; their "
                        "score says what was remembered, not what was learnt",
                        s->leaked, s->dev.rows, 100.0 * (double)s->leaked / (double)s->dev.rows);
}
