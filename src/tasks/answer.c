/* answer.c: where in a context the answer to a question stands: BertForQuestionAnswering with the
 * cross-entropies of the first and the last token. */
#include "tasks/answer.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "json/json.h"
#include "task/observe.h"
#include "tasks/tasks.h"

#include <stdlib.h>

static bert_status targets_open(examples *e)
{
    return memory_zeroed(1, sizeof(answer_targets), &e->targets);
}

static void targets_free(void *targets)
{
    answer_targets *t = targets;
    free(t->windows);
    free(t->offsets);
    free(t);
}

static bert_status encoded(examples *e, const char *what, const bert_observer *observer)
{
    const answer_targets *t = e->targets;
    bool one = t->shortened == 1;
    if (t->shortened)
        observe_note(observer, "%s: %zu question%s too long for %s windows and lose%s %s end", what,
                     t->shortened, one ? " is" : "s are", one ? "its" : "their", one ? "s" : "",
                     one ? "its" : "their");
    if (t->displaced && e->options->fix_answers)
        observe_note(observer,
                     "%s: %zu answers do not stand at their answer_start; %zu were found elsewhere "
                     "in their context, %zu nowhere: those count as not in the text",
                     what, t->displaced, t->displaced - t->lost, t->lost);
    else if (t->displaced)
        observe_warning(
            observer,
            "%s: %zu of %zu answers do not stand at their answer_start: %s%s; %s searches for them",
            what, t->displaced, e->row_count, t->examples, t->displaced > 3 ? "; ..." : "",
            FIELD(fix_answers));
    observe_note(observer, "%s: %zu question%s in %zu window%s of at most %zu tokens", what,
                 e->row_count, e->row_count == 1 ? "" : "s", e->features.count,
                 e->features.count == 1 ? "" : "s", e->max_length);
    return BERT_OK;
}

static double weigh(const examples *e, const uint32_t *index, size_t count, size_t first_in_step,
                    uint64_t key)
{
    (void)e;
    (void)index;
    (void)first_in_step;
    (void)key;
    return 2.0 * (double)count;
}

/* The ends of a batch side by side, as the operation wants them, a few at a time. */
static void loss(const pass *p, const examples *e, const uint32_t *index, size_t count,
                 double scale, double *total)
{
    enum { RUN = 256 };
    const answer_targets *t = e->targets;
    int32_t spans[2 * RUN];
    for (size_t begin = 0; begin < count; begin += RUN) {
        size_t run = count - begin < RUN ? count - begin : RUN;
        for (size_t i = 0; i < 2 * run; i++)
            spans[i] = t->windows[index[begin + i / 2]].span[i % 2];
        p->on->segment_cross_entropy(p->on, run, 2, p->batch->starts + begin, p->tape->logits,
                                     spans, (float)scale, scale != 0.0 ? p->tape->dlogits : NULL,
                                     total);
    }
}

/* ---- for people */

/* "answer", "score", "start" and "end" in code points; -1 where there is no answer. */
static bert_status span_put(json_t *object, slice context, const answer_found *f, size_t i)
{
    const answer_span *s = &f->best[i];
    TRY(json_put(
        object, "answer",
        json_string_of((slice){ context.bytes + s->range.begin, s->range.end - s->range.begin })));
    TRY(json_put(object, "score", json_number(f->share[i])));
    TRY(json_put(
        object, "start",
        json_integer((json_int_t)utf8_code_points((slice){ context.bytes, s->range.begin }))));
    return json_put(
        object, "end",
        json_integer((json_int_t)utf8_code_points((slice){ context.bytes, s->range.end })));
}

static bert_status nothing_put(json_t *object, const examples *e, const answer_found *f)
{
    TRY(json_put(object, "answer", json_string("")));
    TRY(json_put(object, "score", json_number(e->config->unanswerable ? f->share[f->count] : 0.0)));
    TRY(json_put(object, "start", json_integer(-1)));
    return json_put(object, "end", json_integer(-1));
}

static bert_status describe(const examples *e, size_t row, const void *answer, json_t *object)
{
    const answer_found *f = answer;
    const dataset_row *r = &e->rows[row];
    if (r->id.bytes) TRY(json_put(object, "id", json_string_of(r->id)));
    TRY(f->empty ? nothing_put(object, e, f) : span_put(object, r->pair, f, 0));
    if (e->config->unanswerable)
        TRY(json_put(object, "null_odds", json_number(answer_null_odds(f))));
    if (e->options->answers < 2) return BERT_OK;
    json_t *list = json_array();
    TRY(json_put(object, "answers", list));
    for (size_t i = 0; i < f->count && i < e->options->answers; i++) {
        json_t *one = json_object();
        TRY(json_append(list, one));
        TRY(span_put(one, r->pair, f, i));
    }
    return BERT_OK;
}

/* The texts that are right, each once; none: there is no answer. */
static bert_status truths_append(const dataset_row *row, json_t *list)
{
    for (size_t i = 0; i < row->answer_count; i++) {
        slice text = row->answers[i].text;
        size_t before = 0;
        while (before < i && !slice_equal(row->answers[before].text, text)) before++;
        if (before == i) TRY(json_append(list, json_string_of(text)));
    }
    return BERT_OK;
}

static bert_status explain(const examples *e, size_t row, const void *answer, json_t *object)
{
    json_t *expected = json_array();
    TRY(json_put(object, "expected", expected));
    TRY(truths_append(&e->rows[row], expected));
    return json_put(object, "answer", json_string_of(answer_text(e, row, answer)));
}

const task task_answer = {
    .info = {
        .name = "answer",
        .title = "Question answering",
        .input = BERT_INPUT_OBJECTS,
        .sample = "{\"question\": \"..\", \"context\": \"..\"}",
        .members = "answer score start end null_odds answers",
        .windowed = true,
        .per_token = true,
        .percent = true,
        .scores = { "eval_f1" },
        .files = (const char *const[]){ "predictions.json", "nbest_predictions.json", "null_odds.json", NULL },
        .pipeline = "question-answering",
        .transformers_class = "AutoModelForQuestionAnswering",
    },
    .form = FORM_QUESTIONS,
    .head = &head_spans,
    .options = TAKES_WINDOWS | TAKES_STRIDE | TAKES_FIX_ANSWERS | TAKES_ANSWERS |
               TAKES_ANSWER_TOKENS | TAKES_NULL_THRESHOLD,
    .max_length = 384,
    .labels = &labels_none,
    .encoding = &(const task_encoding){ .token_bytes = sizeof(text_range),
                                        .open = targets_open,
                                        .free = targets_free,
                                        .add = answer_encode,
                                        .end = encoded },
    .loss = &(const task_loss){ .weigh = weigh, .add = loss },
    .decoding = &answer_decoding,
    .answers = &(const task_answers){ .describe = describe,
                                      .right = "the answer matches exactly",
                                      .judge = answer_judge,
                                      .explain = explain },
    .metrics = &answer_metrics,
};
