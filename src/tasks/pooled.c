#include "tasks/pooled.h"

#include "base/memory.h"
#include "data/windows.h"
#include "json/json.h"

#include <stdlib.h>
#include <string.h>

/* ---- units */

/* Windows of a single text, or of a pair's second text, each after the whole first one. */
static bert_status windows_append(examples *e, size_t row, const frame *f,
                                  const tokenizer_encoding *whole)
{
    token_slice text = encoding_tokens(whole, f->pair ? 1 : 0);
    size_t special = whole->count - text.count; /* and the first text */
    windows cut = { .tokens = text.count };
    TRY(windows_stride(e->options->stride, e->max_length, special, &cut.stride));
    cut.room = e->max_length - special;
    for (size_t i = 0; i < windows_count(&cut); i++) {
        window w = windows_at(&cut, i);
        token_slice part = { text.ids + w.begin, w.end - w.begin }, none = { NULL, 0 };
        TRY(features_add_framed(&e->features, row, f, f->pair ? encoding_tokens(whole, 0) : part,
                                f->pair ? part : none));
    }
    return BERT_OK;
}

/* Does the stride leave a token to advance by in windows that the frame, and a first text of so
 * many tokens, stand in? */
static bool windows_advance(const examples *e, const frame *f, size_t first)
{
    size_t room = frame_room(f, e->max_length);
    return room >= first + 2 && e->options->stride < room - first;
}

/* A pair whose first text alone fills the windows cannot be cut into them. A stride that fits no
 * pair at all is not excused so: windows_stride() refuses it. */
static bool windows_wanted(const examples *e, const frame *f, const tokenizer_encoding *whole)
{
    return whole->count > e->max_length &&
           (!f->pair || windows_advance(e, f, whole->texts[0].count) || !windows_advance(e, f, 0));
}

bert_status pooled_encode(examples *e, size_t row)
{
    const dataset_row *r = &e->rows[row];
    const frame *f = tokenizer_frame(e->tokenizer, r->pair.bytes != NULL);
    if (e->options->windows) {
        TRY(tokenizer_encode(e->tokenizer, r->text, r->pair, SIZE_MAX, TRUNCATE_LONGEST_FIRST,
                             &e->scratch));
        if (windows_wanted(e, f, &e->scratch)) return windows_append(e, row, f, &e->scratch);
    }
    size_t before = e->features.truncated;
    TRY(features_add(&e->features, e->tokenizer, row, r->text, r->pair, e->max_length,
                     &e->scratch));
    e->truncated += e->features.truncated - before;
    return BERT_OK;
}

/* ---- answers */

typedef struct pooled_decoder {
    double *sum; /* [outputs] over the row's windows so far */
    float *mean; /* [outputs] */
    size_t windows;
} pooled_decoder;

static void decoder_free(void *decoder)
{
    pooled_decoder *d = decoder;
    free(d->sum);
    free(d->mean);
    free(d);
}

static bert_status decoder_open(const examples *e, void **out)
{
    void *memory, *sum = NULL, *mean = NULL;
    TRY(memory_zeroed(1, sizeof(pooled_decoder), &memory));
    pooled_decoder *d = memory;
    bert_status status = memory_zeroed(e->config->outputs, sizeof *d->sum, &sum);
    if (status == BERT_OK) status = memory_zeroed(e->config->outputs, sizeof *d->mean, &mean);
    d->sum = sum;
    d->mean = mean;
    if (status == BERT_OK)
        *out = d;
    else
        decoder_free(d);
    return status;
}

/* The only window's logits as they are; else their mean. */
static void window_add(pooled_decoder *d, size_t width, const float *logits)
{
    for (size_t i = 0; i < width; i++) {
        d->sum[i] = (d->windows ? d->sum[i] : 0.0) + (double)logits[i];
        d->mean[i] = (float)(d->sum[i] / (double)(d->windows + 1));
    }
    d->windows++;
}

static bert_status decode(void *decoder, const examples *e, const head_outputs *o, size_t first,
                          size_t count, const answer_taker *taker)
{
    pooled_decoder *d = decoder;
    const features *f = &e->features;
    for (size_t i = 0; i < count; i++) {
        size_t unit = first + i, row = features_row(f, unit);
        window_add(d, o->width, o->logits + i * o->width);
        if (unit + 1 < f->count && features_row(f, unit + 1) == row) continue;
        d->windows = 0;
        TRY(taker->take(taker->context, row, d->mean));
    }
    return BERT_OK;
}

const task_decoding pooled_decoding = { decoder_open, decoder_free, decode };

bert_status pooled_put_logits(const examples *e, const float *logits, json_t *object)
{
    if (!e->options->logits) return BERT_OK;
    json_t *list = json_array();
    TRY(json_put(object, "logits", list));
    for (size_t i = 0; i < e->config->outputs; i++)
        TRY(json_append(list, json_number((double)logits[i])));
    return BERT_OK;
}

static int higher_first(const void *a, const void *b)
{
    const scored_label *x = a, *y = b;
    if (x->logit != y->logit) return x->logit > y->logit ? -1 : 1;
    return (x->label > y->label) - (x->label < y->label);
}

bert_status pooled_scored(const examples *e, const float *logits, scored_label **out, size_t *count)
{
    size_t labels = e->config->labels, top = e->options->top;
    void *memory;
    TRY(memory_zeroed(labels, sizeof(scored_label), &memory));
    scored_label *scored = memory;
    for (size_t i = 0; i < labels; i++) scored[i] = (scored_label){ i, logits[i] };
    if (top) qsort(scored, labels, sizeof *scored, higher_first);
    *out = scored;
    *count = top && top < labels ? top : labels;
    return BERT_OK;
}

/* ---- weights of labels */

/* The label whose name and a "=" stand at the beginning of the text: of several the longest, since
 * a name may hold "=" and "," itself. c->labels: none. */
static size_t label_at(const char *text, const config *c)
{
    size_t found = c->labels, longest = 0;
    for (size_t i = 0; i < c->labels; i++) {
        size_t length = strlen(c->label_names[i]);
        if (strncmp(text, c->label_names[i], length) != 0 || text[length] != '=') continue;
        if (found < c->labels && length <= longest) continue;
        found = i;
        longest = length;
    }
    return found;
}

bert_status label_weights_parse(const char *text, const config *c, const double *balanced,
                                const char *field, float *weights)
{
    bool ready = strcmp(text, "balanced") == 0;
    for (size_t i = 0; i < c->labels; i++) weights[i] = ready ? (float)balanced[i] : 1.0f;
    for (const char *at = ready ? "" : text; *at;) {
        size_t label = label_at(at, c);
        bool known = label < c->labels;
        size_t length = known ? strlen(c->label_names[label]) : strcspn(at, "=,");
        if (at[length] != '=')
            return fail_field(BERT_ARGUMENT, field,
                              "is 'balanced' or a list such as good=1,bad=2.5; '%s' begins with no "
                              "label and its weight",
                              at);
        if (!known)
            return fail_field(BERT_ARGUMENT, field, "names '%.*s', which is none of the labels",
                              (int)length, at);
        char *end;
        const char *number = at + length + 1;
        double given = strtod(number, &end);
        if (end == number || (*end && *end != ',') || !(given >= 0.0) || given > 1e6)
            return fail_field(BERT_ARGUMENT, field,
                              "holds '%.*s', which gives no weight from 0 to 1e6",
                              (int)(length + 1 + strcspn(number, ",")), at);
        weights[label] = (float)given;
        at = end + (*end == ',');
    }
    return BERT_OK;
}
