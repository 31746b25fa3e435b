/* data_summary.h: what a user should know of the data before training on them.
 *
 *     {"train": {"rows": 60, "units": 60, "labels": {"bad": 30, "good": 30},
 *                "tokens": {"median": 7.0, "percentile_95": 9, "longest": 12},
 *                "truncated": 0, "max_length_for_99_percent": 12,
 *                "empty": 0, "repeated": 2, "contradicting": 0},
 *      "dev": {the same} or null,
 *      "labels_of": "rows", "leaked": 0, "labels_unseen": []}
 *
 *   units           texts or windows of them: what a step counts
 *   labels          how many rows have each (of words: how many words have each tag); {} where they
 *                   are no names
 *   labels_of       what they are counted of: "rows" or "words"
 *   tokens          of each row's longest sequence before it is cut, special tokens included
 *   truncated       rows that lose tokens to max_length
 *   max_length_for_99_percent  the smallest with which fewer than 1 % of the rows would
 *   empty           rows with a text that has nothing to be seen, or without words
 *   repeated        rows whose text stands in an earlier one of them too
 *   contradicting   texts that stand there with different labels
 *   leaked          dev rows whose text stands in the training data too
 *   labels_unseen   labels of dev rows that no training row has
 *
 * Which texts are the same, row_key.h says. */
#ifndef RUN_DATA_SUMMARY_H
#define RUN_DATA_SUMMARY_H

#include "data/row_key.h"
#include "task/label_tally.h"

typedef struct data_part {
    size_t rows, units;
    label_tally labels;
    double median;
    size_t percentile_95, longest, for_99_percent; /* tokens */
    size_t truncated, empty, repeated, contradicting;
} data_part;

typedef struct data_summary {
    data_part train, dev; /* dev.rows 0: there is none */
    bool of_words;        /* are labels those of words? */
    size_t leaked;
    label_likes likes; /* of the training data's labels */
} data_summary;

/* What the examples are made of, as datasets; dev NULL: there is none. The caller releases. */
bert_status data_summary_make(const examples *train, const dataset *train_rows, const examples *dev,
                              const dataset *dev_rows, data_summary *out);
void data_summary_release(data_summary *s);

/* The members above, labels in the order of the configuration. */
bert_status data_summary_put(const data_summary *s, const config *c, json_t *object);

/* Warns of texts on both sides, of contradictions, of labels that are alike, and of many truncated
 * texts. */
void data_summary_warn(const data_summary *s, const config *c, size_t max_length,
                       const bert_observer *observer);

#endif
