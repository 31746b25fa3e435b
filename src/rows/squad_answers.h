/* squad_answers.h: the answers of one question, as squad.c and rows of tables hold them.
 * Private to src/rows. */
#ifndef ROWS_SQUAD_ANSWERS_H
#define ROWS_SQUAD_ANSWERS_H

#include "rows/squad.h"

/* Fills `out` with the answers of a parsed value; the texts are borrowed from it. `place` stands in
 * messages. After a failure `out` is empty. */
bert_status squad_answers_read(const json_t *value, const char *place, squad_answer_list *out);

#endif
