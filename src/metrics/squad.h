/* squad.h: how well answers to SQuAD's questions do, number for number as transformers'
 * data/metrics/squad_metrics.py counts it (which follows SQuAD v2's own script).
 *
 *     squad_scratch scratch = { 0 };
 *     squad_totals totals = { 0 };
 *     for each question:
 *         TRY(squad_score(&scratch, prediction, truths, truth_count, &score));
 *         TRY(squad_totals_add(&totals, &(squad_question){ .score = score, ... }));
 *     TRY(squad_totals_report(&totals, SQUAD_TAKE_EVERY_ANSWER, &report));
 *
 * Objects start zeroed and are one thread's at a time. Every failure is BERT_MEMORY; what a failed
 * call was to write is then as it was. */
#ifndef METRICS_SQUAD_H
#define METRICS_SQUAD_H

#include "base/slice.h"
#include "base/status.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A text made ready to be compared. Not ended by NUL. */
typedef struct squad_text {
    char *bytes;
    size_t count, capacity;
    slice *tokens; /* [token_count], of `bytes`, in the order of their bytes; squad_score()'s own */
    size_t token_count, token_capacity;
} squad_text;

void squad_text_release(squad_text *text);

/* *out = `text` in lower case, without ASCII punctuation and the words a, an, the, and with one
 * space between what is left and none around it: the script's normalize_answer(). Case, words and
 * white space are Python's: a capital sigma that ends a word becomes the final one, and a word is a
 * run of letters and numbers (a combining mark parts it). What out held before is overwritten.
 * A byte that is no UTF-8 is kept, as a character of no kind. */
bert_status squad_normalize(slice text, squad_text *out);

/* Room for the texts of one comparison, kept from one to the next. */
typedef struct squad_scratch {
    squad_text prediction, truth;
} squad_scratch;

void squad_scratch_release(squad_scratch *scratch);

typedef struct squad_scores {
    bool exact; /* the normalized texts are equal */
    double f1;  /* harmonic mean of precision and recall over the two bags of words */
} squad_scores;

/* Scores of a prediction against the answers that are right, each the best over these answers.
 * "" says that the question has no answer: it is right, with 1 for both, where nothing is left of
 * the normalized truth, and wrong elsewhere.
 *   truths  [count]; those that normalization leaves empty are passed over, and where none remains
 *           (or count is 0, and truths may be NULL) the answer that is right is "" */
bert_status squad_score(squad_scratch *scratch, slice prediction, const slice *truths, size_t count,
                        squad_scores *out);

/* What is kept of a question. */
typedef struct squad_question {
    squad_scores score;
    double null_odds; /* the more, the likelier is "no answer": score of null less that of the best
                         span. NaN counts as more than any number. */
    bool has_answer;  /* the data holds an answer, be it one that normalization leaves empty */
    bool answered;    /* the predicted text, before normalization, is not empty */
} squad_question;

typedef struct squad_totals {
    squad_question *questions; /* [count] */
    size_t count, capacity;
} squad_totals;

void squad_totals_release(squad_totals *totals);
bert_status squad_totals_add(squad_totals *totals, const squad_question *question);

/* Means in per cent over a part of the questions, 0 where it has none. */
typedef struct squad_part {
    double exact, f1;
    size_t total;
} squad_part;

typedef struct squad_report {
    squad_part all, has_answer, no_answer; /* the script writes the latter as HasAns_ and NoAns_ */
    double best_exact, best_exact_threshold;
    double best_f1, best_f1_threshold;
} squad_report;

#define SQUAD_TAKE_EVERY_ANSWER INFINITY

/* The parts, with "no answer" put in the place of every prediction whose null_odds are more than
 * `threshold`; SQUAD_TAKE_EVERY_ANSWER leaves the predictions as they are.
 *
 * The best scores do not depend on `threshold`: they are the highest that any threshold gives, and
 * the lowest one that gives it. Questions are answered one by one from the lowest null_odds up, at
 * equal odds in the order in which they were added; where the best is to answer none, the threshold
 * is 0. As the script has it, the count moves with every question, between equal odds too, and a
 * question without an answer costs its point where it is `answered`, be it by "the". Best scores
 * tell what they claim if predictions are the best spans, not where "" stands for some already. */
bert_status squad_totals_report(const squad_totals *totals, double threshold, squad_report *out);

/* Sets the parts of *report alone, where question i counts weights[i] times.
 *   weights  [count], or NULL: once each */
void squad_totals_parts(const squad_totals *totals, double threshold, const uint32_t *weights,
                        squad_report *report);

#endif
