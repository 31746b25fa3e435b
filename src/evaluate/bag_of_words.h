/* bag_of_words.h: a linear model of which tokens a row has, whatever their order and number: what
 * any fine-tuned model should beat, fit in a share of the time.
 *
 *     answer[k] = bias[k] + sum over the row's tokens t of weight[t][k]
 *
 * Minimized is the sum of the rows' losses plus half the sum of the weights' squares (as
 * scikit-learn's LogisticRegression with C = 1; a ridge regression with alpha = 1), by some seeded
 * passes of AdaGrad over the rows. What it computes depends on the seed and the rows alone. */
#ifndef EVALUATE_BAG_OF_WORDS_H
#define EVALUATE_BAG_OF_WORDS_H

#include "task/task.h"

typedef enum bag_loss {
    BAG_SOFTMAX, /* one of the outputs */
    BAG_SIGMOID, /* each of them or not */
    BAG_SQUARED  /* numbers */
} bag_loss;

/* What a task asks of the model. */
typedef struct bag_question {
    bag_loss loss;
    /* Row `row`'s target [outputs], which comes zeroed: 1 for what is true, or the number. */
    void (*target)(const examples *e, size_t row, float *target);
} bag_question;

/* A rival that hands on the answers, float [outputs], of a model fit to `trained` for each row of
 * `asked`; the question is the task's `bag`. Of very many rows, or labels, it is fit to as many
 * rows as BAG_WORK allows; where there are so many tokens and labels that BAG_WEIGHTS are not
 * enough, it answers as bag_majority(). */
enum { BAG_PASSES = 20, BAG_WORK = 500000000, BAG_WEIGHTS = 1 << 24 };
rival bag_answer;

/* The same without any token, whatever the seed: the most frequent output, the mean number; of
 * BAG_SIGMOID those that more than half of the rows have, or the most frequent one. */
rival bag_majority;

#endif
