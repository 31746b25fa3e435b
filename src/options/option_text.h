/* option_text.h: what options.c asks of one option's value, besides bert_options.h. */
#ifndef OPTIONS_OPTION_TEXT_H
#define OPTIONS_OPTION_TEXT_H

#include "bert_options.h"

/* BERT_ARGUMENT where the field is out of bounds; an absent value is within them. */
bert_status option_field_check(const bert_option *o, const void *field);

#endif
