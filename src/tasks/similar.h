/* similar.h: what the files of the task share. A unit has a sequence for each of its texts: the two
 * that are compared, and a third that does not belong to the first. */
#ifndef TASKS_SIMILAR_H
#define TASKS_SIMILAR_H

#include "task/task.h"

typedef struct similar_targets {
    bool scored;        /* else a unit's first two texts belong together */
    const char *prompt; /* before every text; "": nothing */
    float *scores;      /* [units], already divided; where scored */
    size_t capacity;
    double least, most, divisor; /* of the scores as they were read */
} similar_targets;

/* The score as the data have it; BERT_DATA with file and line where it is no number. */
bert_status similar_score(const dataset_row *row, double *out);

/* Of two unit vectors [width]. */
double similar_cosine(const float *a, const float *b, size_t width);

/* An answer is a unit's vectors, float [group, config_vector_width()]. Metrics of pairs and triples
 * hold those of the first rows, as many as make SIMILAR_CANDIDATES partners: 4 bytes a number. */
enum { SIMILAR_CANDIDATES = 10000 };

extern const task_metrics similar_metrics; /* similar_metrics.c */

/* similar_repeats.c: of rows without a score, how many share their first text with another row, or
 * their partner with another's partner or third text: there it counts as wrong. */
bert_status similar_repeats(const examples *e, size_t *out);

/* similar_rival.c: vectors of the words that a text has, each by how rare it is in training. */
rival similar_bag_of_words;

/* The files by which sentence-transformers knows the folder. */
bert_status similar_save(const config *c, unsigned parts, size_t max_length,
                         const folder_handle *folder);

#endif
