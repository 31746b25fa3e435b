/* answer_best.c: the best spans over a question's windows: the twenty likeliest starts with the
 * twenty likeliest ends of each window, as transformers' examples/question-answering do. */
#include "tasks/answer.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double answer_score(const answer_span *span)
{
    return (double)span->start + (double)span->end;
}

typedef struct answer_decoder {
    answer_found found; /* of the row's windows so far */
} answer_decoder;

static bert_status decoder_open(const examples *e, void **out)
{
    (void)e;
    return memory_zeroed(1, sizeof(answer_decoder), out);
}

/* The tokens with the highest of the logits in `column`, highest first. Returns how many. */
static size_t highest_tokens(const float *logits, size_t tokens, size_t column,
                             size_t best[ANSWER_BEST])
{
    size_t count = 0;
    for (size_t token = 0; token < tokens; token++) {
        float x = logits[2 * token + column];
        size_t at = count;
        while (at > 0 && logits[2 * best[at - 1] + column] < x) at--;
        if (at == ANSWER_BEST) continue;
        if (count < ANSWER_BEST) count++;
        memmove(best + at + 1, best + at, (count - at - 1) * sizeof *best);
        best[at] = token;
    }
    return count;
}

static void span_put(answer_found *f, const answer_span *span)
{
    size_t at = f->count;
    while (at > 0 && answer_score(&f->best[at - 1]) < answer_score(span)) at--;
    if (at == ANSWER_BEST) return;
    if (f->count < ANSWER_BEST) f->count++;
    memmove(f->best + at + 1, f->best + at, (f->count - at - 1) * sizeof *f->best);
    f->best[at] = *span;
}

/* tokens: of the sequence, whose logits begin at `logits`. */
static void window_look(const examples *e, const answer_window *w, const float *logits,
                        size_t tokens, answer_found *f)
{
    const answer_targets *t = e->targets;
    size_t starts[ANSWER_BEST], ends[ANSWER_BEST];
    size_t start_count = highest_tokens(logits, tokens, 0, starts);
    size_t end_count = highest_tokens(logits, tokens, 1, ends);
    double null = (double)logits[0] + (double)logits[1];
    if (f->windows++ == 0 || null < f->null) f->null = null;
    for (size_t i = 0; i < start_count; i++) {
        for (size_t k = 0; k < end_count; k++) {
            size_t start = starts[i], end = ends[k];
            if (start < w->first || end >= w->first + w->count || end < start ||
                end - start >= e->options->answer_tokens)
                continue;
            const text_range *offsets = t->offsets + w->offsets;
            answer_span span = { .range = { offsets[start - w->first].begin,
                                            offsets[end - w->first].end },
                                 .start = logits[2 * start],
                                 .end = logits[2 * end + 1] };
            span_put(f, &span);
        }
    }
}

static void shares_compute(answer_found *f, bool may_be_empty)
{
    size_t count = f->count + may_be_empty;
    double most = may_be_empty ? f->null : -INFINITY, sum = 0.0;
    for (size_t i = 0; i < f->count; i++) most = fmax(most, answer_score(&f->best[i]));
    for (size_t i = 0; i < count; i++) {
        double score = i < f->count ? answer_score(&f->best[i]) : f->null;
        sum += f->share[i] = exp(score - most);
    }
    for (size_t i = 0; i < count; i++) f->share[i] /= sum;
}

static void found_finish(const examples *e, answer_found *f)
{
    bool may_be_empty = e->config->unanswerable;
    double best = f->count ? answer_score(&f->best[0]) : -INFINITY;
    f->empty = f->count == 0 || (may_be_empty && f->null - best > e->options->null_threshold);
    shares_compute(f, may_be_empty);
}

static bert_status decode(void *decoder, const examples *e, const head_outputs *o, size_t first,
                          size_t count, const answer_taker *taker)
{
    answer_decoder *d = decoder;
    const features *f = &e->features;
    const answer_targets *t = e->targets;
    const uint32_t *starts = o->batch->starts;
    for (size_t i = 0; i < count; i++) {
        size_t unit = first + i, row = features_row(f, unit);
        window_look(e, &t->windows[unit], o->logits + 2 * (size_t)starts[i],
                    starts[i + 1] - starts[i], &d->found);
        if (unit + 1 < f->count && features_row(f, unit + 1) == row) continue;
        found_finish(e, &d->found);
        TRY(taker->take(taker->context, row, &d->found));
        d->found = (answer_found){ 0 };
    }
    return BERT_OK;
}

const task_decoding answer_decoding = { decoder_open, free, decode };

double answer_null_odds(const answer_found *found)
{
    return found->null - (found->count ? answer_score(&found->best[0]) : 0.0);
}

slice answer_text(const examples *e, size_t row, const answer_found *found)
{
    if (found->empty) return (slice){ "", 0 };
    text_range range = found->best[0].range;
    return (slice){ e->rows[row].pair.bytes + range.begin, range.end - range.begin };
}
