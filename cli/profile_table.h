/* profile_table.h: where the steps' time went, as a table for a person. */
#ifndef CLI_PROFILE_TABLE_H
#define CLI_PROFILE_TABLE_H

#include <jansson.h>
#include <stdio.h>

/* `profile`: what a BERT_EVENT_PROFILE tells. A line for each operation with calls, seconds, share
 * of the steps and the rate: GFLOP/s where it makes matrix products, else GB/s; then the sum of
 * each phase, and what lies between the operations. */
void profile_print(const json_t *profile, FILE *out);

#endif
