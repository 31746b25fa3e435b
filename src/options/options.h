/* options.h: the options of bert.h's structs, as include/bert_options.def lists them: their bounds,
 * and the record that a run keeps of them. Defaults are there too: bert_train_options_init() and
 * its like are in options.c.
 *
 * A function takes an owner, which is one of the structs, and a pointer to it. */
#ifndef OPTIONS_OPTIONS_H
#define OPTIONS_OPTIONS_H

#include "base/status.h"
#include "bert_options.h"

#include <jansson.h>

typedef enum option_owner {
    OWNER_train,    /* bert_train_options, without its columns and task_options */
    OWNER_task,     /* bert_task_options */
    OWNER_evaluate, /* bert_evaluate_options, as train */
    OWNER_session,  /* bert_session_options, as train */
    OWNER_convert,  /* bert_convert_options */
    OWNER_columns   /* bert_columns */
} option_owner;

/* Is the option in a run's record, and does resume compare it? */
typedef enum option_record { UNRECORDED, RECORDED, COMPARED } option_record;

typedef struct option {
    bert_option form;
    option_owner owner;
    size_t place; /* of the field in the owner's struct */
    option_record record;
} option;

enum {
    OPTION_COUNT = 0
#define OPTION(...) +1
#include "bert_options.def"
};

extern const option option_list[OPTION_COUNT]; /* in the order of bert_options.def */

/* BERT_ARGUMENT where a field is out of bounds, with the message of bert_option_read(). A value
 * that stands for an absent one is within bounds. */
bert_status option_check(const option *o, const void *fields);
bert_status options_check(option_owner owner, const void *fields); /* all of the owner's */

/* Is the field set? 0, false, NULL and its value in `usual`, the defaults, mean "not set". */
bool option_given(const option *o, const void *fields, const void *usual);

/* Puts the options of a struct that are recorded into an object: "batch_size": 32. NULL becomes
 * null. A text may hold malformed UTF-8, which is left out. */
bert_status options_put(option_owner owner, const void *fields, json_t *object);

/* The name of the option's member: that of the field, but for a column that of the option
 * ("text_pair"). Returns `key`. */
enum { OPTION_KEY = 32 };
const char *option_key(const option *o, char key[OPTION_KEY]);

#endif
