/* mistakes.h: the worst answers of an evaluation, for a person. */
#ifndef CLI_MISTAKES_H
#define CLI_MISTAKES_H

#include <jansson.h>
#include <stdio.h>

/* `errors` as bert_evaluate() lists them; NULL prints nothing. Of each: how sure the model was, or
 * how far off, where it stands, what was expected and answered; then its texts, cut to the line. */
void mistakes_print(const json_t *errors, FILE *out);

#endif
