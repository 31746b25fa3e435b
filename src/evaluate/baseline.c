#include "evaluate/baseline.h"

#include "evaluate/bag_of_words.h"
#include "json/json.h"
#include "task/observe.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char prefix[] = "eval_";

void baselines_release(baselines *b)
{
    json_decref(b->metrics);
    *b = (baselines){ 0 };
}

typedef struct scoring {
    const examples *dev;
    void *metrics;
} scoring;

static bert_status answer_take(void *context, size_t row, const void *answer)
{
    scoring *s = context;
    return s->dev->task->metrics->add(s->metrics, s->dev, row, answer);
}

/* What is a number, and not one of the many of a table. */
static bert_status numbers_put(const json_t *metrics, json_t *numbers)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)metrics, name, value)
    {
        if (json_is_number(value) && strncmp(name, prefix, sizeof prefix - 1) == 0)
            TRY(json_put(numbers, name, json_incref(value)));
    }
    return BERT_OK;
}

/* Which of the members is the score. */
static const char *score_member(const task *kind, const json_t *metrics)
{
    const char *const *names = kind->info.scores;
    return json_object_get(metrics, names[0]) ? names[0] : names[1];
}

/* The score is null where its measure is not defined, as a correlation with a constant. */
static bert_status scores_put(const char *name, double score, const json_t *metrics, baselines *b)
{
    json_t *numbers = json_object();
    bool defined = json_is_number(json_object_get(metrics, b->member));
    TRY(json_put(b->metrics, name, numbers));
    TRY(numbers_put(metrics, numbers));
    TRY(json_put(numbers, "score", defined ? json_number(score) : json_null()));
    if (!b->winner || score > b->best) {
        b->best = score;
        b->winner = name;
    }
    return BERT_OK;
}

static bert_status rival_put(const char *name, rival *fit, const examples *trained,
                             const examples *dev, uint64_t seed, baselines *b)
{
    const task *kind = dev->task;
    scoring s = { .dev = dev };
    if (!fit) return BERT_OK;
    TRY(kind->metrics->open(dev, &s.metrics));
    json_t *metrics = json_object();
    bert_status status = fit(trained, dev, seed, &(answer_taker){ answer_take, &s });
    if (status == BERT_OK) status = kind->metrics->put(s.metrics, dev, metrics);
    if (status == BERT_OK) {
        b->member = score_member(kind, metrics);
        status = scores_put(name, kind->metrics->score(s.metrics), metrics, b);
    }
    json_decref(metrics);
    kind->metrics->free(s.metrics);
    return status;
}

/* "majority 0.531, bag of words 0.742" */
static void scores_text(const baselines *b, char *out, size_t capacity)
{
    const char *name;
    json_t *value;
    *out = '\0';
    json_object_foreach(b->metrics, name, value)
    {
        char number[32] = "undefined";
        size_t used = strlen(out);
        const json_t *score = json_object_get(value, "score");
        if (json_is_number(score))
            snprintf(number, sizeof number, "%.3f", json_number_value(score));
        snprintf(out + used, capacity - used, "%s%s %s", used ? ", " : "",
                 strcmp(name, "bag_of_words") == 0 ? "bag of words" : name, number);
    }
}

bert_status baselines_measure(const examples *trained, const examples *dev, uint64_t seed,
                              const bert_observer *observer, baselines *out)
{
    const task *kind = dev->task;
    baselines b = { 0 };
    char scores[128];
    if (!kind->rivals) return BERT_OK;
    task_rivals fit = *kind->rivals;
    if (fit.bag && !fit.majority) fit.majority = bag_majority;
    if (fit.bag && !fit.bag_of_words) fit.bag_of_words = bag_answer;
    b.metrics = json_object();
    bert_status status = rival_put("majority", fit.majority, trained, dev, seed, &b);
    if (status == BERT_OK)
        status = rival_put("bag_of_words", fit.bag_of_words, trained, dev, seed, &b);
    if (status != BERT_OK) {
        baselines_release(&b);
        return status;
    }
    scores_text(&b, scores, sizeof scores);
    observe_note(observer, "baseline: %s (%s on the dev data, without the model)", scores,
                 b.member + sizeof prefix - 1);
    *out = b;
    return BERT_OK;
}

void baselines_compare(const baselines *b, const json_t *metrics, size_t rows,
                       const bert_observer *observer)
{
    char scores[128];
    if (!b->metrics) return;
    const json_t *member = json_object_get(metrics, b->member);
    double score = json_number_value(member);
    double share = fmin(fmax(score, 0.0), 1.0);
    double error = sqrt(share * (1.0 - share) / (double)rows);
    const char *measure = b->member + sizeof prefix - 1;
    scores_text(b, scores, sizeof scores);
    if (!json_is_number(member))
        observe_warning(observer,
                        "%s on the dev data is not defined for the model (baseline: %s): the "
                        "data's numbers, or "
                        "the model's answers, are all equal, so nothing shows what it has learnt",
                        measure, scores);
    else if (score > b->best + error)
        observe_note(observer, "%s on the dev data: the model %.3f; baseline: %s", measure, score,
                     scores);
    else
        observe_warning(
            observer,
            "%s on the dev data: the model's %.3f is not above the baseline (%s) by more "
            "than a standard error (%.3f of %zu rows), so these data do not show that it has "
            "learnt more than the baseline knows",
            measure, score, scores, error, rows);
}
