/* api.h: what the files behind bert.h share. */
#ifndef API_API_H
#define API_API_H

#include "base/slice.h"
#include "bert_program.h"
#include "model/panels.h"
#include "model/pretrained.h"
#include "options/take.h"
#include "run/record.h"
#include "tasks/tasks.h"
#include "text/tokenizer.h"

#include <pthread.h>

struct bert_tokenizer {
    tokenizer *tokenizer;
};

/* Made by the first session, for all that follow. */
typedef struct shared_panels {
    pthread_mutex_t lock;
    weight_panels panels; /* without layers: not made yet */
} shared_panels;

struct bert_model {
    pretrained weights;
    shared_panels *panels;
    bert_tokenizer tokenizer;
    const task *task;   /* what its head is for; NULL: it has none */
    trained_as trained; /* for a session that does not say otherwise */
    size_t max_length;  /* for one that names none */
};

static inline bert_text text_from(slice s)
{
    return (bert_text){ .bytes = s.bytes, .count = s.count };
}

static inline slice slice_from(bert_text text)
{
    return (slice){ .bytes = text.bytes, .count = text.count };
}

/* The weights as one who answers wants them: in panels (model/panels.h), by `on` if nobody has done
 * so yet. *out is borrowed from the model. */
bert_status model_params(const bert_model *m, compute *on, const params **out);

/* BERT_ARGUMENT where the model has no trained head; BERT_UNSUPPORTED where its head is for
 * something that is not known here. */
bert_status head_check(const bert_model *m);

/* What bert_predict() gives of the model. */
bert_output output_kind(const bert_model *m);

/* Are the model's answers logistic functions of its outputs, where it has some? */
bool answers_logistic(const bert_model *m);

/* The options given, with windows, stride and masking as the model was trained where they are not.
 * BERT_ARGUMENT for what the model's task does not take. */
bert_status task_options_of(const bert_model *m, const bert_task_options *given,
                            bert_task_options *out);

/* BERT_ARGUMENT where the model was trained on pairs and the row is a single text, or the other way
 * round. */
bert_status texts_check(const bert_model *m, const dataset_row *row);

/* Labelled rows to ask for. */
typedef struct rows_request {
    const task *kind;
    const char *const *paths; /* [count] */
    size_t count;
    bert_columns columns;
    const dataset_columns *known; /* taken where none is named and the first file has them */
    const config *model;          /* that the rows are for, or NULL */
    const bert_task_options *options;
    const bert_observer *observer; /* is told where `known` has others than would be found, and what
                                      else is to be said of the rows */
    size_t limit;                  /* 0: all */
} rows_request;

/* The caller releases. */
bert_status task_rows_open(const rows_request *request, dataset *out);

/* BERT_ARGUMENT where `labels` names columns and the task has not several labels. */
bert_status labels_check(const bert_columns *columns, const task *kind);

/* Says what was guessed or is odd about rows that were read. */
void rows_tell(const dataset *d, const bert_observer *observer);

/* BERT_ARGUMENT where columns are named and neither the files nor `more` (NULL: none) is a table.
 */
bert_status columns_check(const bert_columns *named, const char *const *paths, size_t count,
                          const char *more);

/* Copies the folders that modules.json of a folder for sentence-transformers names, as they are;
 * the names must be plain ones. Without such a file nothing is copied. */
bert_status modules_copy(const char *from, const folder_handle *to);

/* Adds to the message on files that cannot be used how they are mended, if the model's folder is in
 * the Hub's cache. Returns `status`. */
bert_status cache_hint(bert_status status, const char *folder);

/* Is BERT_ISA something that there is? */
bert_status isa_check(void);

#endif
