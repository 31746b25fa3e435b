/* task.h: what a task must give, and all that training, evaluation and prediction know of it.
 * A task is one file in src/tasks and one line in tasks.def.
 *
 *     row -> encode -> units (features.h) and targets -> head -> loss
 *                                                        head -> decode -> answer of the row
 *                                                                 -> metrics, or JSON to print */
#ifndef TASK_TASK_H
#define TASK_TASK_H

#include "base/status.h"
#include "bert_program.h"
#include "data/dataset.h"
#include "model/heads.h"
#include "text/tokenizer.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* Labels in the order of their logits. */
typedef struct label_names {
    char **names; /* [count] */
    size_t count;
} label_names;

void label_names_release(label_names *labels);

typedef struct task task;

/* Of bert_task_options what a task reads, as bits for task.options. */
enum {
#define OPTION(...)
#define TASK_OPTION(BIT, ...) TASK_OPTION_##BIT,
#include "bert_options.def"
};
enum {
#define OPTION(...)
#define TASK_OPTION(BIT, ...) TAKES_##BIT = 1 << TASK_OPTION_##BIT,
#include "bert_options.def"
};

/* Rows of data in the form training, evaluation and prediction want them. What it points to is
 * borrowed and outlives it. */
typedef struct examples {
    const task *task;
    const bert_task_options *options;
    const config *config;
    const tokenizer *tokenizer;
    size_t max_length;
    const dataset_row *rows; /* [row_count] */
    size_t row_count;
    const struct examples *training; /* for dev data: those trained on; NULL if these are the
                                       training data, or if there are none */
    double score_divisor; /* of a model that was trained with scores; 0: not known, or none */
    bool labelled;        /* do the rows have labels, and are targets made of them? */

    features features;
    size_t truncated; /* rows that lost tokens to max_length */
    void *targets;    /* the task's own: what each unit asks, and where its tokens come from */
    tokenizer_encoding scratch;
} examples;

/* weigh() of the loss of the examples' task. */
double examples_weigh(const examples *e, const uint32_t *index, size_t count, size_t first_in_step,
                      uint64_t key);

/* Who takes the answers of rows, in the order of the rows. */
typedef struct answer_taker {
    bert_status (*take)(void *context, size_t row, const void *answer);
    void *context;
} answer_taker;

/* The numbers by which models are compared. A name is a constant, the member's in the metrics, and
 * has a line in metrics/measures.def; a value is NAN where it is not defined. */
typedef struct named_score {
    const char *name;
    double value;
} named_score;

enum { SCORES_MAX = 12 };

typedef struct score_list {
    named_score items[SCORES_MAX]; /* [count] */
    size_t count, main;            /* main: the one to go by, if it must be one */
} score_list;

void score_put(score_list *list, const char *name, double value);

/* Each score as a member of an object; null where it is not defined, for JSON has no NaN. */
bert_status scores_describe(const score_list *list, json_t *object);

/* What is thought of one row's answer. */
typedef struct verdict {
    bool right;
    /* Of one that is not right: how sure the model was, a probability; where answers are numbers,
     * by how much this one is wrong. The more, the worse. */
    double severity;
} verdict;

/* Who takes the answers of rows that are settled, with the examples to judge them by. */
typedef struct settled_taker {
    bert_status (*take)(void *context, const examples *e, size_t row, const void *answer);
    void *context;
} settled_taker;

/* Who is told the labels of a row. */
typedef struct label_taker {
    bert_status (*take)(void *context, slice label);
    void *context;
} label_taker;

/* ---- the parts of a task: facts and functions, which tasks may share */

typedef struct task_labels {
    bool may_be_empty; /* a row's label, for none of several? */

    /* Puts names in the place of numbers in the rows, by a file of labels or those that the model
     * knows (NULL: there is none yet); once, when they have been read. NULL: encoding.add() looks
     * them up. */
    bert_status (*rows_name)(dataset *d, const bert_task_options *options, const config *known);

    /* The labels that training data hold, in order; says what is odd about them. The caller
     * releases. NULL: the task has none. */
    bert_status (*find)(const dataset *d, const bert_task_options *options,
                        const bert_observer *observer, label_names *out);

    /* Hands on the labels of row `row`: its class, each of several, the tag of each word. Reads
     * rows and options, and targets where they are open already: then numbers that a file of labels
     * names are told by their names. NULL: labels are no names. */
    bert_status (*tell)(const examples *e, size_t row, const label_taker *taker);
} task_labels;

extern const task_labels labels_none;

/* Rows as units and targets. */
typedef struct task_encoding {
    size_t token_bytes; /* of its targets, for every token of the units; 0: few */

    /* Opens what add() fills: e->targets (and e->features.group), after all else of *e is set. */
    bert_status (*open)(examples *e);
    void (*free)(void *targets);

    /* Appends the units of row `row` to the features and, with e->labelled, what they ask to the
     * targets. A label that the configuration does not have is BERT_DATA with file and line. */
    bert_status (*add)(examples *e, size_t row);

    /* After all rows, and once: says what was odd about them. NULL: nothing to say. */
    bert_status (*end)(examples *e, const char *what, const bert_observer *observer);

    /* What the scores of the training data were divided by, as those of later data are to be; 0:
     * there are none. NULL: the task has none. */
    double (*score_divisor)(const examples *e);

    /* Of up to `tokens` tokens in a batch, at most so many are wanted by prepare(), for heads of
     * ROWS_WANTED. NULL: all of them. */
    size_t (*wanted)(const examples *e, size_t tokens);

    /* Changes a batch just filled with units index[0 .. count-1] by chance (masked words): `key` is
     * of the seed and the step; in evaluation the same for all models. NULL: nothing. */
    void (*prepare)(const examples *e, batch *b, const uint32_t *index, size_t count, uint64_t key);
} task_encoding;

typedef struct task_loss {
    /* By how much the sum of the units' losses is divided: their number, that of their labelled
     * tokens, the sum of their weights. A step is divided by the weight of all its units.
     * first_in_step: the index in the step of the first, as in batch_fill(). NULL: their number. */
    double (*weigh)(const examples *e, const uint32_t *index, size_t count, size_t first_in_step,
                    uint64_t key);

    /* After the head's forward pass: adds the sum of the units' losses to *loss and writes scale
     * times its gradient to the tape's dlogits. scale 0: no gradient is wanted. */
    void (*add)(const pass *p, const examples *e, const uint32_t *index, size_t count, double scale,
                double *loss);

    /* For tasks whose answers hold their row's loss: adds that of one unit, whose place in the
     * batch is `place`, to *loss. Units have one sequence. NULL: answers hold none. */
    void (*add_unit)(const pass *p, const examples *e, size_t unit, size_t place, double *loss);

    /* Does the loss compare the units of a batch with each other (in_batch_negatives)? NULL: no. */
    bool (*compares)(const examples *e);
} task_loss;

/* What a head has made of a batch, in the program's memory; valid while it is decoded. */
typedef struct head_outputs {
    const batch *batch;  /* which rows are whose: starts, wanted_starts */
    const float *logits; /* [rows, width], a row a sequence, a token or a wanted token (heads.h) */
    size_t width;
    const double *losses; /* [units] of the row's units up to this one, by add_unit(); or NULL */
} head_outputs;

/* Takes the outputs of units first .. first + count - 1, in order and without gaps from one call to
 * the next, and hands on the answer of every row whose last unit is among them. What an answer is,
 * is the task's business; it is valid during the call. */
typedef struct task_decoding {
    bert_status (*open)(const examples *e, void **decoder); /* NULL: the decoder is NULL */
    void (*free)(void *decoder);
    bert_status (*take)(void *decoder, const examples *e, const head_outputs *o, size_t first,
                        size_t count, const answer_taker *taker);
} task_decoding;

/* What single answers say, and are worth. */
typedef struct task_answers {
    /* Adds the answer's members ("label", "score", ...) to a JSON object. */
    bert_status (*describe)(const examples *e, size_t row, const void *answer, json_t *object);

    /* When an answer is right, for a person ("all labels are right"); NULL: answers are numbers,
     * which are more or less wrong. */
    const char *right;
    /* What the answer of a labelled row is worth; "answer", "expected" and what else tells a person
     * what is wrong with it. NULL: single answers of the task mean nothing. */
    bert_status (*judge)(const examples *e, size_t row, const void *answer, verdict *out);
    bert_status (*explain)(const examples *e, size_t row, const void *answer, json_t *object);
} task_answers;

/* Metrics of many rows; memory grows with few numbers a row at most. */
typedef struct task_metrics {
    bert_status (*open)(const examples *e, void **metrics);
    void (*free)(void *metrics);
    bert_status (*add)(void *metrics, const examples *e, size_t row, const void *answer);
    /* Adds the task's members to a JSON object, names beginning with "eval_" where transformers has
     * them. "thresholds", a list, go into the configuration of the model that is saved. */
    bert_status (*put)(void *metrics, const examples *e, json_t *object);
    /* The scores of the rows, row r counted weights[r] times (metrics/bootstrap.h).  weights [rows]
     * in the order they were added; NULL: once each. After put(), which puts the latter. */
    bert_status (*scores)(void *metrics, const examples *e, const uint32_t *weights,
                          score_list *out);
    /* What --keep-best goes by: more is better. After put(). */
    double (*score)(const void *metrics);

    /* Do all rows together settle what each one's answer is (thresholds that are tuned)? Then they
     * are not judged as they come: after put(), settle() hands the answers on again, in their
     * order, with examples that go by what was settled. NULL: no. */
    bool (*settles)(const examples *e);
    bert_status (*settle)(const void *metrics, const examples *e, const settled_taker *taker);

    /* Says aloud what a user should worry about. NULL: nothing. */
    void (*warn)(const void *metrics, const examples *e, const bert_observer *observer);
    /* Adds files to be written beside the metrics: name -> value, of those that info.files names.
     * NULL: none. */
    bert_status (*files)(const void *metrics, const examples *e, json_t *files);
} task_metrics;

/* A cheap rival of the model, fit to the training data: hands on its answers to the dev data's
 * rows, of the same kind as the decoder's. `trained` and `asked` have targets. */
typedef bert_status rival(const examples *trained, const examples *asked, uint64_t seed,
                          const answer_taker *taker);

typedef struct task_rivals {
    const struct bag_question *bag; /* what the bag of words is asked (bag_of_words.h), or NULL */
    /* What is answered without looking at the text, and what words tell without their order. NULL:
     * none, or with `bag` bag_majority() and bag_answer(). */
    rival *majority, *bag_of_words;
} task_rivals;

struct task {
    bert_task_info info;      /* what the program and the pages must know of it */
    const char *problem_type; /* in config.json; NULL: none */
    bool logistic;            /* are its answers logistic functions of the outputs? */
    dataset_form form;
    const head *head;
    unsigned
        options; /* what it reads of bert_task_options: TAKES_WINDOWS | ..; the rest is refused */
    size_t max_length; /* the default of --max-length */

    const task_labels *labels; /* labels_none: it has none */
    const task_encoding *encoding;
    const task_loss *loss;
    const task_decoding *decoding;
    const task_answers *answers;
    const task_metrics *metrics;
    const task_rivals *rivals; /* NULL: there are none */

    /* BERT_UNSUPPORTED where a model of this configuration, with the task's head, cannot answer.
     * NULL: it can. */
    bert_status (*check)(const config *c);

    /* Writes what else belongs into the folder of a trained model whose weights are of the encoder
     * and of `parts`. NULL: nothing. */
    bert_status (*save)(const config *c, unsigned parts, size_t max_length,
                        const folder_handle *folder);
};

#endif
