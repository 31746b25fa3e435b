/* unit_outputs.h: the decoder of tasks whose rows are one unit each and whose answer is all that
 * the head gives for it: const float *, [sequences of a unit, width of the logits]. */
#ifndef TASKS_UNIT_OUTPUTS_H
#define TASKS_UNIT_OUTPUTS_H

#include "task/task.h"

bert_status unit_decoder_open(const examples *e, void **decoder);
void unit_decoder_free(void *decoder);
bert_status unit_decode(void *decoder, const examples *e, const pass *p, size_t first, size_t count,
                        const answer_taker *taker);

#endif
