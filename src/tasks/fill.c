/* fill.c: which words stand where they were hidden: BertForMaskedLM. Training and evaluation hide
 * words themselves (masking.h); prediction answers the [MASK]s that a text holds. */
#include "base/memory.h"
#include "base/utf8.h"
#include "data/windows.h"
#include "json/json.h"
#include "task/observe.h"
#include "tasks/masking.h"
#include "tasks/pooled.h"
#include "tasks/tasks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- targets */

/* Where a [MASK] stands in its row's text. */
typedef struct blank {
    size_t row;
    text_range bytes;
} blank;

typedef struct fill_targets {
    masking masking;
    blank *blanks; /* [blank_count] of all rows, where they are not labelled */
    size_t blank_count, blank_capacity;
} fill_targets;

static void targets_free(void *targets)
{
    fill_targets *t = targets;
    masking_release(&t->masking);
    free(t->blanks);
    free(t);
}

static bert_status targets_open(examples *e)
{
    void *memory;
    TRY(memory_zeroed(1, sizeof(fill_targets), &memory));
    fill_targets *t = e->targets = memory;
    return masking_init(e->tokenizer, e->options->mask_share, e->options->whole_words, &t->masking);
}

static size_t masks_count(const fill_targets *t, const tokenizer_encoding *text)
{
    size_t masks = 0;
    for (size_t i = 0; i < text->count; i++) masks += text->ids[i] == t->masking.mask;
    return masks;
}

static bert_status blanks_add(examples *e, size_t row)
{
    fill_targets *t = e->targets;
    size_t needed = t->blank_count + masks_count(t, &e->scratch);
    TRY(memory_grow((void **)&t->blanks, &t->blank_capacity, needed, sizeof *t->blanks));
    for (size_t i = 0; i < e->scratch.count; i++)
        if (e->scratch.ids[i] == t->masking.mask)
            t->blanks[t->blank_count++] = (blank){ .row = row, .bytes = e->scratch.offsets[i] };
    return BERT_OK;
}

/* A text with the blanks to be filled. */
static bert_status question_encode(examples *e, size_t row)
{
    const fill_targets *t = e->targets;
    const dataset_row *r = &e->rows[row];
    if (r->pair.bytes || !r->text.bytes)
        return fail(BERT_DATA, "%s:%zu: blanks are filled in single texts, not in %s", r->path,
                    r->line, r->pair.bytes ? "pairs" : "other inputs");
    TRY(tokenizer_encode(e->tokenizer, r->text, r->pair, SIZE_MAX, TRUNCATE_LONGEST_FIRST,
                         &e->scratch));
    size_t masks = masks_count(t, &e->scratch);
    if (masks == 0)
        return fail(BERT_DATA, "%s:%zu: the text has no %s to be filled", r->path, r->line,
                    tokenizer_token(e->tokenizer, t->masking.mask));
    TRY(pooled_encode(e, row)); /* leaves in the scratch what the units are made of */
    size_t left = masks_count(t, &e->scratch);
    if (left < masks)
        return fail(BERT_DATA,
                    "%s:%zu: the text is cut to %zu tokens and loses %zu of its %zu [MASK]; allow "
                    "more (%s), or let it be cut into windows (%s)",
                    r->path, r->line, e->max_length, masks - left, masks, FIELD(max_length),
                    FIELD(windows));
    return blanks_add(e, row);
}

static bert_status encode(examples *e, size_t row)
{
    return e->labelled ? pooled_encode(e, row) : question_encode(e, row);
}

/* ---- which tokens a batch is asked for */

/* The tokens of a unit, as they are in the data. */
static const int32_t *unit_ids(const examples *e, size_t unit)
{
    return e->features.ids + e->features.starts[unit];
}

/* The first token of a unit that the window before it does not hold too. */
static size_t unit_begin(const examples *e, size_t unit)
{
    const features *f = &e->features;
    if (unit == 0 || features_row(f, unit) != features_row(f, unit - 1)) return 0;
    const frame *around = tokenizer_frame(e->tokenizer, false);
    size_t stride = 0; /* as it was cut */
    (void)windows_stride(e->options->stride, e->max_length, frame_count(around), &stride);
    return frame_first_at(around) + stride;
}

/* In labelled data what is drawn, in a question its blanks. */
static bool asks(const examples *e, uint64_t key, size_t in_step, size_t unit, size_t token)
{
    const fill_targets *t = e->targets;
    const int32_t *ids = unit_ids(e, unit);
    if (e->labelled) return masking_chooses(&t->masking, key, (uint32_t)in_step, ids, token);
    return ids[token] == t->masking.mask && token >= unit_begin(e, unit);
}

static size_t wanted(const examples *e, size_t tokens)
{
    const fill_targets *t = e->targets;
    if (!e->labelled) return t->blank_count < tokens ? t->blank_count : tokens;
    size_t longest = 1;
    for (size_t i = 0; i < e->features.count; i++) {
        size_t own = masking_longest(&t->masking, unit_ids(e, i), features_length(&e->features, i));
        if (own > longest) longest = own;
    }
    return masking_most(t->masking.share, longest, tokens);
}

static void prepare(const examples *e, batch *b, const uint32_t *index, size_t count, uint64_t key)
{
    const fill_targets *t = e->targets;
    size_t room = b->limits.wanted;
    batch_want_none(b);
    for (size_t i = 0; i < count; i++) {
        for (size_t row = b->starts[i]; row < b->starts[i + 1] && room > 0; row++) {
            if (!asks(e, key, b->unit[row], index[i], b->token[row])) continue;
            batch_want(b, row);
            room--; /* masking_most() sees to it that it is never used up */
            if (e->labelled)
                b->ids[row] =
                    masking_shows(&t->masking, key, b->unit[row], b->token[row], b->ids[row]);
        }
    }
    batch_want_end(b);
}

static double weigh(const examples *e, const uint32_t *index, size_t count, size_t first_in_step,
                    uint64_t key)
{
    size_t asked = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t token = 0; token < features_length(&e->features, index[i]); token++)
            asked += asks(e, key, first_in_step + i, index[i], token);
    return (double)asked;
}

/* ---- loss */

/* The wanted tokens begin .. end - 1 of a batch as they were before prepare(). index
 * [sequences]: the units of the batch's sequences. */
static void labels_take(const examples *e, const batch *b, const uint32_t *index, size_t begin,
                        size_t end, int32_t *labels)
{
    size_t sequence = 0;
    for (size_t i = begin; i < end; i++) {
        while (b->wanted_starts[sequence + 1] <= i) sequence++;
        labels[i - begin] = unit_ids(e, index[sequence])[b->wanted_token[i]];
    }
}

static void loss(const pass *p, const examples *e, const uint32_t *index, size_t count,
                 double scale, double *total)
{
    enum { RUN = 256 };
    (void)count;
    int32_t labels[RUN];
    size_t words = p->config->vocabulary, asked = batch_wanted(p->batch);
    for (size_t begin = 0; begin < asked; begin += RUN) {
        size_t run = asked - begin < RUN ? asked - begin : RUN;
        labels_take(e, p->batch, index, begin, begin + run, labels);
        float *dlogits = scale != 0.0 ? p->tape->dlogits + begin * words : NULL;
        p->on->cross_entropy(p->on, run, words, p->tape->logits + begin * words, labels, NULL,
                             (float)scale, dlogits, total);
    }
}

/* The batch's loss is one sum, and tells no rows apart. */
static void unit_loss(const pass *p, const examples *e, size_t unit, size_t place, double *total)
{
    enum { RUN = 64 };
    const batch *b = p->batch;
    int32_t labels[RUN];
    size_t words = p->config->vocabulary, end = b->wanted_starts[place + 1];
    for (size_t begin = b->wanted_starts[place]; begin < end; begin += RUN) {
        size_t run = size_smaller(end - begin, RUN);
        for (size_t i = 0; i < run; i++) labels[i] = unit_ids(e, unit)[b->wanted_token[begin + i]];
        p->on->cross_entropy(p->on, run, words, p->tape->logits + begin * words, labels, NULL, 0.0f,
                             NULL, total);
    }
}

/* ---- answers */

typedef struct candidate {
    int32_t id;
    double score; /* softmax over the vocabulary */
} candidate;

/* Of a row: how often the model was right, or what it would fill in. */
typedef struct fill_answer {
    size_t asked, first, among_five;
    double loss;                 /* of those asked, added up */
    const candidate *candidates; /* [blanks, each] best first */
    size_t blanks, each;
} fill_answer;

typedef struct fill_decoder {
    candidate *candidates;
    size_t capacity;
    fill_answer answer; /* of the row so far */
} fill_decoder;

static void decoder_free(void *decoder)
{
    fill_decoder *d = decoder;
    free(d->candidates);
    free(d);
}

static bert_status decoder_open(const examples *e, void **out)
{
    TRY(memory_zeroed(1, sizeof(fill_decoder), out));
    fill_decoder *d = *out;
    d->answer.each = size_smaller(e->options->fillings, e->config->vocabulary);
    return BERT_OK;
}

static void word_judge(fill_decoder *d, size_t words, const float *logits, int32_t label)
{
    size_t better = 0;
    for (size_t i = 0; i < words; i++) better += logits[i] > logits[label];
    d->answer.asked++;
    d->answer.first += better < 1;
    d->answer.among_five += better < 5;
}

/* The largest of the logits into best [each], the first of equals first. */
static void words_rank(const float *logits, size_t words, candidate *best, size_t each)
{
    size_t have = 0;
    for (size_t i = 0; i < words; i++) {
        if (have == each && !((double)logits[i] > best[each - 1].score)) continue;
        size_t at = have < each ? have++ : each - 1;
        for (; at > 0 && (double)logits[i] > best[at - 1].score; at--) best[at] = best[at - 1];
        best[at] = (candidate){ .id = (int32_t)i, .score = logits[i] };
    }
}

static bert_status blank_fill(fill_decoder *d, size_t words, const float *logits)
{
    size_t each = d->answer.each, needed = (d->answer.blanks + 1) * each;
    TRY(memory_grow((void **)&d->candidates, &d->capacity, needed, sizeof *d->candidates));
    candidate *best = d->candidates + d->answer.blanks * each;
    words_rank(logits, words, best, each);
    double most = best[0].score, sum = 0.0;
    for (size_t i = 0; i < words; i++) sum += exp((double)logits[i] - most);
    for (size_t i = 0; i < each; i++) best[i].score = exp(best[i].score - most) / sum;
    d->answer.blanks++;
    return BERT_OK;
}

static bert_status unit_decode(fill_decoder *d, const examples *e, const head_outputs *o,
                               size_t place, size_t unit)
{
    const batch *b = o->batch;
    if (e->labelled) d->answer.loss = o->losses[place];
    for (size_t i = b->wanted_starts[place]; i < b->wanted_starts[place + 1]; i++) {
        const float *logits = o->logits + i * o->width;
        if (e->labelled)
            word_judge(d, o->width, logits, unit_ids(e, unit)[b->wanted_token[i]]);
        else
            TRY(blank_fill(d, o->width, logits));
    }
    return BERT_OK;
}

static bert_status decode(void *decoder, const examples *e, const head_outputs *o, size_t first,
                          size_t count, const answer_taker *taker)
{
    fill_decoder *d = decoder;
    const features *f = &e->features;
    for (size_t i = 0; i < count; i++) {
        size_t unit = first + i, row = features_row(f, unit);
        TRY(unit_decode(d, e, o, i, unit));
        if (unit + 1 < f->count && features_row(f, unit + 1) == row) continue;
        d->answer.candidates = d->candidates;
        TRY(taker->take(taker->context, row, &d->answer));
        d->answer = (fill_answer){ .each = d->answer.each };
    }
    return BERT_OK;
}

/* ---- what a user sees */

static bool ends_in_blank(const joined_text *t)
{
    return t->count > 0 && t->bytes[t->count - 1] == ' ';
}

/* A token that continues a word ("##ing") does so in the text: the blank before it goes. Another
 * has one before it where the tokenizer's tokens have it, or where the [MASK] took it with it. */
static bert_status word_append(const examples *e, joined_text *t, int32_t id, bool took_blank)
{
    joined_text piece = { 0 };
    bool marked = tokenizer_marks_words(e->tokenizer);
    bert_status status =
        tokenizer_join(e->tokenizer, slice_of(tokenizer_token(e->tokenizer, id)), false, &piece);
    if (status == BERT_OK) status = joined_mend(&piece);
    slice text = { piece.bytes, piece.count };
    bool spaced = text.count > 0 && text.bytes[0] == ' ';
    bool continues = marked ? !spaced : tokenizer_continues(e->tokenizer, id);
    while (continues && ends_in_blank(t)) t->count--;
    bool wanted = t->count > 0 && !ends_in_blank(t) && (marked || took_blank);
    if (spaced && !wanted) text = (slice){ text.bytes + 1, text.count - 1 };
    if (status == BERT_OK) status = joined_append(t, text);
    free(piece.bytes);
    return status;
}

/* The row's text with the best candidates in place of its blanks. */
static bert_status text_fill(const examples *e, slice text, const blank *blanks,
                             const fill_answer *a, joined_text *out)
{
    size_t at = 0;
    for (size_t i = 0; i < a->blanks; i++) {
        TRY(joined_append(out, (slice){ text.bytes + at, blanks[i].bytes.begin - at }));
        at = blanks[i].bytes.begin;
        bool took_blank = at < blanks[i].bytes.end && text.bytes[at] == ' ';
        TRY(word_append(e, out, a->candidates[i * a->each].id, took_blank));
        at = blanks[i].bytes.end;
    }
    return joined_append(out, (slice){ text.bytes + at, text.count - at });
}

/* As transformers' pipeline shows it: "##ing" and " word". */
static bert_status token_put(const examples *e, int32_t id, json_t *object)
{
    joined_text text = { 0 };
    bert_status status =
        tokenizer_join(e->tokenizer, slice_of(tokenizer_token(e->tokenizer, id)), true, &text);
    if (status == BERT_OK) status = joined_mend(&text);
    if (status == BERT_OK)
        status = json_put(object, "token", json_string_of((slice){ text.bytes, text.count }));
    free(text.bytes);
    return status;
}

static bert_status candidates_put(const examples *e, const candidate *best, size_t count,
                                  json_t *object)
{
    json_t *list = json_array();
    TRY(json_put(object, "candidates", list));
    for (size_t i = 0; i < count; i++) {
        json_t *filling = json_object();
        TRY(json_append(list, filling));
        TRY(token_put(e, best[i].id, filling));
        TRY(json_put(filling, "score", json_number((double)(float)best[i].score)));
        TRY(json_put(filling, "id", json_integer((json_int_t)best[i].id)));
    }
    return BERT_OK;
}

/* The blanks of a row, which lie side by side. */
static const blank *blanks_of(const fill_targets *t, size_t row)
{
    size_t begin = 0, end = t->blank_count;
    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        if (t->blanks[middle].row < row)
            begin = middle + 1;
        else
            end = middle;
    }
    return t->blanks + begin;
}

static bert_status describe(const examples *e, size_t row, const void *answer, json_t *object)
{
    const fill_answer *a = answer;
    slice text = e->rows[row].text;
    const blank *blanks = blanks_of(e->targets, row);
    joined_text filled = { 0 };
    bert_status status = text_fill(e, text, blanks, a, &filled);
    if (status == BERT_OK)
        status = json_put(object, "filled", json_string_of((slice){ filled.bytes, filled.count }));
    free(filled.bytes);
    TRY(status);
    json_t *fillings = json_array();
    TRY(json_put(object, "fillings", fillings));
    for (size_t i = 0; i < a->blanks; i++) {
        slice before = { text.bytes, blanks[i].bytes.begin };
        json_t *filling = json_pack("{s:I}", "position", (json_int_t)utf8_code_points(before));
        TRY(json_append(fillings, filling));
        TRY(candidates_put(e, a->candidates + i * a->each, a->each, filling));
    }
    return BERT_OK;
}

/* ---- metrics */

/* Of one row. */
typedef struct fill_row {
    uint32_t asked, first, among_five;
    double loss;
} fill_row;

typedef struct fill_metrics {
    fill_row *rows; /* [count] */
    size_t count, capacity;
    double loss;
} fill_metrics;

static bert_status metrics_open(const examples *e, void **metrics)
{
    (void)e;
    return memory_zeroed(1, sizeof(fill_metrics), metrics);
}

static bert_status metrics_add(void *metrics, const examples *e, size_t row, const void *answer)
{
    (void)e;
    (void)row;
    fill_metrics *m = metrics;
    const fill_answer *a = answer;
    TRY(memory_grow((void **)&m->rows, &m->capacity, m->count + 1, sizeof *m->rows));
    m->rows[m->count++] = (fill_row){ .asked = (uint32_t)a->asked,
                                      .first = (uint32_t)a->first,
                                      .among_five = (uint32_t)a->among_five,
                                      .loss = a->loss };
    return BERT_OK;
}

static void metrics_free(void *metrics)
{
    free(((fill_metrics *)metrics)->rows);
    free(metrics);
}

static bert_status metrics_scores(void *metrics, const examples *e, const uint32_t *weights,
                                  score_list *out)
{
    (void)e;
    const fill_metrics *m = metrics;
    double asked = 0.0, first = 0.0, among_five = 0.0, loss = 0.0;
    for (size_t i = 0; i < m->count; i++) {
        double times = weights ? weights[i] : 1.0;
        asked += times * m->rows[i].asked;
        first += times * m->rows[i].first;
        among_five += times * m->rows[i].among_five;
        loss += times * m->rows[i].loss;
    }
    if (asked == 0.0) asked = NAN; /* nothing was asked, so nothing is known */
    score_put(out, "eval_perplexity", asked > 0.0 ? exp(fmin(loss / asked, 700.0)) : NAN);
    score_put(out, "eval_top1_accuracy", first / asked);
    score_put(out, "eval_top5_accuracy", among_five / asked);
    return BERT_OK;
}

static bert_status metrics_put(void *metrics, const examples *e, json_t *object)
{
    fill_metrics *m = metrics;
    score_list scores = { 0 };
    uint64_t asked = 0;
    for (size_t i = 0; i < m->count; i++) asked += m->rows[i].asked;
    m->loss = json_number_value(json_object_get(object, "eval_loss"));
    if (!asked) TRY(json_put(object, "eval_loss", json_null()));
    TRY(metrics_scores(m, e, NULL, &scores));
    TRY(scores_describe(&scores, object));
    return json_put(object, "eval_masked_tokens", json_integer((json_int_t)asked));
}

static double metrics_score(const void *metrics)
{
    return -((const fill_metrics *)metrics)->loss;
}

static void metrics_warn(const void *metrics, const examples *e, const bert_observer *observer)
{
    const fill_metrics *m = metrics;
    for (size_t i = 0; i < m->count; i++)
        if (m->rows[i].asked) return;
    observe_warning(observer,
                    "no token of the %zu examples is masked, so nothing is measured; use more or "
                    "longer texts, or a larger share (%s)",
                    e->row_count, FIELD(mask_share));
}

const task task_fill = {
    .info = {
        .name = "fill",
        .title = "Filling of masked words",
        .input = BERT_INPUT_TEXTS,
        .sample = "A [MASK] text.",
        .members = "filled fillings",
        .per_token = true,
        .scores = { "eval_perplexity" },
        .pipeline = "fill-mask",
        .transformers_class = "AutoModelForMaskedLM",
    },
    .form = FORM_LINES,
    .head = &head_masked,
    .options = TAKES_WINDOWS | TAKES_STRIDE | TAKES_MASK_SHARE | TAKES_WHOLE_WORDS | TAKES_FILLINGS,
    .max_length = 128,
    .labels = &labels_none,
    .encoding = &(const task_encoding){ .open = targets_open,
                                        .free = targets_free,
                                        .add = encode,
                                        .wanted = wanted,
                                        .prepare = prepare },
    .loss = &(const task_loss){ .weigh = weigh, .add = loss, .add_unit = unit_loss },
    .decoding =
        &(const task_decoding){ .open = decoder_open, .free = decoder_free, .take = decode },
    .answers = &(const task_answers){ .describe = describe },
    .metrics =
        &(const task_metrics){
            .open = metrics_open,
            .free = metrics_free,
            .add = metrics_add,
            .put = metrics_put,
            .scores = metrics_scores,
            .score = metrics_score,
            .warn = metrics_warn,
        },
};
