/* answer_metrics.c: exact match and F1 as SQuAD's script counts them, and the files it reads. */
#include "tasks/answer.h"

#include "base/memory.h"
#include "json/json.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct answer_scores {
    squad_totals totals;
    squad_scratch scratch;
    squad_report report;
    slice *truths; /* of one question */
    char *key;     /* of one question in the files */
    size_t capacity, key_capacity;
    json_t *predictions, *best, *null_odds; /* by id */
} answer_scores;

static void metrics_free(void *metrics)
{
    answer_scores *m = metrics;
    squad_totals_release(&m->totals);
    squad_scratch_release(&m->scratch);
    free(m->truths);
    free(m->key);
    json_decref(m->predictions);
    json_decref(m->best);
    json_decref(m->null_odds);
    free(m);
}

static bert_status metrics_open(const examples *e, void **out)
{
    (void)e;
    void *memory;
    TRY(memory_zeroed(1, sizeof(answer_scores), &memory));
    answer_scores *m = memory;
    m->predictions = json_object();
    m->best = json_object();
    m->null_odds = json_object();
    if (m->predictions && m->best && m->null_odds) {
        *out = m;
        return BERT_OK;
    }
    metrics_free(m);
    return fail(BERT_MEMORY, "out of memory for the answers");
}

/* The texts of the row's right answers, and room for the one that is not there. */
static bert_status truths_take(answer_scores *m, const dataset_row *row)
{
    TRY(memory_grow((void **)&m->truths, &m->capacity, row->answer_count + 1, sizeof *m->truths));
    for (size_t i = 0; i < row->answer_count; i++) m->truths[i] = row->answers[i].text;
    return BERT_OK;
}

static slice span_text(const dataset_row *row, const answer_span *s)
{
    return (slice){ row->pair.bytes + s->range.begin, s->range.end - s->range.begin };
}

static bert_status span_append(const dataset_row *row, const answer_found *f, size_t i,
                               json_t *list)
{
    const answer_span *s = &f->best[i];
    json_t *span = json_object();
    TRY(json_append(list, span));
    TRY(json_put(span, "text", json_string_of(span_text(row, s))));
    TRY(json_put(span, "probability", json_number(f->share[i])));
    TRY(json_put(span, "start_logit", json_number((double)s->start)));
    return json_put(span, "end_logit", json_number((double)s->end));
}

static bert_status nothing_append(const answer_found *f, json_t *list)
{
    json_t *nothing = json_object();
    TRY(json_append(list, nothing));
    TRY(json_put(nothing, "text", json_string("")));
    TRY(json_put(nothing, "probability", json_number(f->share[f->count])));
    return json_put(nothing, "null_score", json_number(f->null));
}

/* A question without an id goes by its number in the data. */
static bert_status key_set(answer_scores *m, const dataset_row *row, size_t number)
{
    enum { DIGITS = 24 };
    TRY(memory_grow((void **)&m->key, &m->key_capacity, row->id.count + DIGITS, 1));
    if (row->id.bytes)
        snprintf(m->key, m->key_capacity, "%.*s", (int)row->id.count, row->id.bytes);
    else
        snprintf(m->key, m->key_capacity, "%zu", number);
    return BERT_OK;
}

static bert_status files_add(answer_scores *m, const examples *e, size_t row, const answer_found *f)
{
    const dataset_row *r = &e->rows[row];
    TRY(key_set(m, r, row + 1));
    json_t *list = json_array();
    TRY(json_put(m->best, m->key, list));
    for (size_t i = 0; i < f->count; i++) TRY(span_append(r, f, i, list));
    if (e->config->unanswerable) TRY(nothing_append(f, list));
    TRY(json_put(m->predictions, m->key, json_string_of(answer_text(e, row, f))));
    return json_put(m->null_odds, m->key, json_number(answer_null_odds(f)));
}

static bert_status metrics_add(void *metrics, const examples *e, size_t row, const void *answer)
{
    answer_scores *m = metrics;
    const answer_found *f = answer;
    const dataset_row *r = &e->rows[row];
    TRY(truths_take(m, r));
    slice text = f->count ? span_text(r, &f->best[0]) : (slice){ "", 0 };
    squad_question q = { .null_odds = answer_null_odds(f),
                         .has_answer = r->answer_count > 0,
                         .answered = text.count > 0 };
    TRY(squad_score(&m->scratch, text, m->truths, r->answer_count, &q.score));
    TRY(files_add(m, e, row, f));
    return squad_totals_add(&m->totals, &q);
}

/* As exact match has it. */
bert_status answer_judge(const examples *e, size_t row, const void *answer, verdict *out)
{
    const answer_found *f = answer;
    const dataset_row *r = &e->rows[row];
    answer_scores m = { 0 };
    squad_scores scores;
    bert_status status = truths_take(&m, r);
    if (status == BERT_OK)
        status =
            squad_score(&m.scratch, answer_text(e, row, f), m.truths, r->answer_count, &scores);
    squad_scratch_release(&m.scratch);
    free(m.truths);
    TRY(status);
    double none = e->config->unanswerable ? f->share[f->count] : 0.0;
    *out = (verdict){ .right = scores.exact, .severity = f->empty ? none : f->share[0] };
    return BERT_OK;
}

static bert_status part_put(json_t *object, const char *name, const squad_part *part)
{
    char key[64];
    snprintf(key, sizeof key, "eval_%s_exact", name);
    TRY(json_put(object, key, json_number(part->exact)));
    snprintf(key, sizeof key, "eval_%s_f1", name);
    TRY(json_put(object, key, json_number(part->f1)));
    snprintf(key, sizeof key, "eval_%s_total", name);
    return json_put(object, key, json_integer((json_int_t)part->total));
}

static double threshold_of(const examples *e)
{
    return e->config->unanswerable ? e->options->null_threshold : SQUAD_TAKE_EVERY_ANSWER;
}

static bert_status metrics_scores(void *metrics, const examples *e, const uint32_t *weights,
                                  score_list *out)
{
    const answer_scores *m = metrics;
    squad_report report;
    squad_totals_parts(&m->totals, threshold_of(e), weights, &report);
    score_put(out, "eval_exact_match", report.all.exact);
    score_put(out, "eval_f1", report.all.f1);
    return BERT_OK;
}

static bert_status metrics_put(void *metrics, const examples *e, json_t *object)
{
    answer_scores *m = metrics;
    const squad_report *r = &m->report;
    TRY(squad_totals_report(&m->totals, threshold_of(e), &m->report));
    score_list scores = { 0 };
    TRY(metrics_scores(m, e, NULL, &scores));
    TRY(scores_describe(&scores, object));
    if (!r->no_answer.total) return BERT_OK;
    TRY(part_put(object, "HasAns", &r->has_answer));
    TRY(part_put(object, "NoAns", &r->no_answer));
    TRY(json_put(object, "eval_best_exact", json_number(r->best_exact)));
    TRY(json_put(object, "eval_best_exact_thresh", json_number(r->best_exact_threshold)));
    TRY(json_put(object, "eval_best_f1", json_number(r->best_f1)));
    TRY(json_put(object, "eval_best_f1_thresh", json_number(r->best_f1_threshold)));
    return BERT_OK;
}

static double metrics_score(const void *metrics)
{
    return ((const answer_scores *)metrics)->report.all.f1;
}

static bert_status metrics_files(const void *metrics, const examples *e, json_t *files)
{
    const answer_scores *m = metrics;
    TRY(json_put(files, "predictions.json", json_incref(m->predictions)));
    TRY(json_put(files, "nbest_predictions.json", json_incref(m->best)));
    if (!e->config->unanswerable) return BERT_OK;
    return json_put(files, "null_odds.json", json_incref(m->null_odds));
}

const task_metrics answer_metrics = {
    .open = metrics_open,
    .free = metrics_free,
    .add = metrics_add,
    .put = metrics_put,
    .scores = metrics_scores,
    .score = metrics_score,
    .files = metrics_files,
};
