/* predict_conll.h: a file of sentences, a word a line, answered with a further column. */
#ifndef CLI_PREDICT_CONLL_H
#define CLI_PREDICT_CONLL_H

#include "answer_output.h"
#include "sessions.h"

/* Does the command line name such a file, and does the model give tags? */
bool conll_wanted(const settings *s, const model_session *open);

/* Writes every word's line with its tag behind it, a blank line between sentences, whatever the
 * output's name ends in. Returns the exit status, the reason said. */
int conll_predict(const settings *s, const model_session *open, answer_output *out);

#endif
