#include "metrics/squad.h"

#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>

void squad_scratch_release(squad_scratch *scratch)
{
    squad_text_release(&scratch->prediction);
    squad_text_release(&scratch->truth);
}

static int token_order(const void *a, const void *b)
{
    return slice_compare(*(const slice *)a, *(const slice *)b);
}

static bert_status token_append(squad_text *t, slice token)
{
    void *tokens = t->tokens;
    TRY(memory_grow(&tokens, &t->token_capacity, t->token_count + 1, sizeof token));
    t->tokens = tokens;
    t->tokens[t->token_count++] = token;
    return BERT_OK;
}

/* A normalized text has one space between its tokens and none elsewhere. */
static bert_status tokens_cut(squad_text *t)
{
    for (size_t at = 0, bytes; at < t->count; at += bytes + 1) {
        const char *first = t->bytes + at, *space = memchr(first, ' ', t->count - at);
        bytes = space ? (size_t)(space - first) : t->count - at;
        TRY(token_append(t, (slice){ first, bytes }));
    }
    if (t->token_count > 1) qsort(t->tokens, t->token_count, sizeof *t->tokens, token_order);
    return BERT_OK;
}

static bert_status text_open(slice text, squad_text *out)
{
    TRY(squad_normalize(text, out));
    return tokens_cut(out);
}

/* How many tokens two sorted bags share, each as often as it is in both. */
static size_t tokens_shared(const squad_text *a, const squad_text *b)
{
    size_t shared = 0;
    for (size_t i = 0, j = 0; i < a->token_count && j < b->token_count;) {
        int order = slice_compare(a->tokens[i], b->tokens[j]);
        shared += order == 0;
        i += order <= 0;
        j += order >= 0;
    }
    return shared;
}

/* The operations stand in the script's order, so that the last bit is the same. */
static double f1_of(const squad_text *prediction, const squad_text *truth)
{
    if (prediction->token_count == 0 || truth->token_count == 0)
        return prediction->token_count == truth->token_count;
    double same = (double)tokens_shared(prediction, truth);
    if (same == 0.0) return 0.0;
    double precision = same / (double)prediction->token_count;
    double recall = same / (double)truth->token_count;
    return (2.0 * precision * recall) / (precision + recall);
}

static void scores_raise(const squad_text *prediction, const squad_text *truth, squad_scores *best)
{
    slice have = { prediction->bytes, prediction->count }, want = { truth->bytes, truth->count };
    best->exact = best->exact || slice_equal(have, want);
    best->f1 = fmax(best->f1, f1_of(prediction, truth));
}

bert_status squad_score(squad_scratch *scratch, slice prediction, const slice *truths, size_t count,
                        squad_scores *out)
{
    squad_scores best = { 0 };
    bool compared = false;
    TRY(text_open(prediction, &scratch->prediction));
    for (size_t i = 0; i < count; i++) {
        TRY(text_open(truths[i], &scratch->truth));
        if (scratch->truth.count == 0) continue;
        scores_raise(&scratch->prediction, &scratch->truth, &best);
        compared = true;
    }
    if (!compared) scores_raise(&scratch->prediction, &(squad_text){ 0 }, &best);
    *out = best;
    return BERT_OK;
}

void squad_totals_release(squad_totals *totals)
{
    free(totals->questions);
    *totals = (squad_totals){ 0 };
}

bert_status squad_totals_add(squad_totals *totals, const squad_question *question)
{
    void *questions = totals->questions;
    TRY(memory_grow(&questions, &totals->capacity, totals->count + 1, sizeof *question));
    totals->questions = questions;
    totals->questions[totals->count++] = *question;
    return BERT_OK;
}

static void part_add(squad_part *part, squad_scores score, uint32_t weight)
{
    part->exact += (double)weight * score.exact;
    part->f1 += (double)weight * score.f1;
    part->total += weight;
}

static void part_end(squad_part *part)
{
    if (part->total == 0) return;
    part->exact = 100.0 * part->exact / (double)part->total;
    part->f1 = 100.0 * part->f1 / (double)part->total;
}

void squad_totals_parts(const squad_totals *totals, double threshold, const uint32_t *weights,
                        squad_report *report)
{
    report->all = report->has_answer = report->no_answer = (squad_part){ 0 };
    for (size_t i = 0; i < totals->count; i++) {
        const squad_question *q = &totals->questions[i];
        squad_scores score = q->score;
        if (q->null_odds > threshold) score = (squad_scores){ !q->has_answer, !q->has_answer };
        uint32_t weight = weights ? weights[i] : 1;
        part_add(&report->all, score, weight);
        part_add(q->has_answer ? &report->has_answer : &report->no_answer, score, weight);
    }
    part_end(&report->all);
    part_end(&report->has_answer);
    part_end(&report->no_answer);
}

/* A question's place in the sweep. */
typedef struct sweep_step {
    double null_odds;
    size_t question;
} sweep_step;

static int sweep_order(const void *left, const void *right)
{
    const sweep_step *a = left, *b = right;
    if (isnan(a->null_odds) != isnan(b->null_odds)) return isnan(a->null_odds) ? 1 : -1;
    if (a->null_odds < b->null_odds) return -1;
    if (a->null_odds > b->null_odds) return 1;
    return (a->question > b->question) - (a->question < b->question);
}

typedef double score_of(const squad_question *question);

static double exact_of_question(const squad_question *question)
{
    return question->score.exact;
}

static double f1_of_question(const squad_question *question)
{
    return question->score.f1;
}

/* At first no question is answered, which is right where there is no answer. */
static void sweep(const squad_totals *totals, const sweep_step *steps, size_t without_answer,
                  score_of *score, double *best_score, double *best_threshold)
{
    double now = (double)without_answer, best = now, threshold = 0.0;
    for (size_t i = 0; i < totals->count; i++) {
        const squad_question *q = &totals->questions[steps[i].question];
        now += q->has_answer ? score(q) : q->answered ? -1.0 : 0.0;
        if (now > best) {
            best = now;
            threshold = steps[i].null_odds;
        }
    }
    *best_score = 100.0 * best / (double)totals->count;
    *best_threshold = threshold;
}

bert_status squad_totals_report(const squad_totals *totals, double threshold, squad_report *out)
{
    squad_report report = { 0 };
    if (totals->count > 0) {
        void *block;
        TRY(memory_zeroed(totals->count, sizeof(sweep_step), &block));
        sweep_step *steps = block;
        for (size_t i = 0; i < totals->count; i++)
            steps[i] = (sweep_step){ totals->questions[i].null_odds, i };
        qsort(steps, totals->count, sizeof *steps, sweep_order);

        squad_totals_parts(totals, threshold, NULL, &report);
        sweep(totals, steps, report.no_answer.total, exact_of_question, &report.best_exact,
              &report.best_exact_threshold);
        sweep(totals, steps, report.no_answer.total, f1_of_question, &report.best_f1,
              &report.best_f1_threshold);
        free(steps);
    }
    *out = report;
    return BERT_OK;
}
