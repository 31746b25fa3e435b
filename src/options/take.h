/* take.h: structs of bert.h that come from a program older or newer than the library: they begin
 * with their size. What is taken is a copy of today's size, with structs and not NULL within: the
 * defaults, and over them what the program's struct has, as far as it reaches. BERT_ARGUMENT where
 * its size cannot be one, BERT_UNSUPPORTED where something is set past what is known here. */
#ifndef OPTIONS_TAKE_H
#define OPTIONS_TAKE_H

#include "base/status.h"
#include "bert.h"

/* *out [size bytes]: so much of `full` [known bytes] as there is room for; 0 behind it. */
void struct_give(const void *full, size_t known, size_t size, void *out);

/* What the pointers of a struct that was taken point to. */
typedef struct inner_options {
    bert_columns columns;
    bert_task_options task_options;
    bert_observer observer;
} inner_options;

/* *out is whole while *inner is there. given NULL: the defaults. */
bert_status train_options_take(const bert_train_options *given, bert_train_options *out,
                               inner_options *inner);
bert_status evaluate_options_take(const bert_evaluate_options *given, bert_evaluate_options *out,
                                  inner_options *inner);
bert_status session_options_take(const bert_session_options *given, bert_session_options *out,
                                 inner_options *inner);
bert_status hub_options_take(const bert_hub_options *given, bert_hub_options *out,
                             inner_options *inner);
bert_status convert_options_take(const bert_convert_options *given, bert_convert_options *out);
bert_status columns_take(const bert_columns *given, bert_columns *out);
/* The outer struct alone: its pointers may hold anything. */
bert_status train_options_take_flat(const bert_train_options *given, bert_train_options *out);

#endif
