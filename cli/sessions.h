/* sessions.h: a model opened with a session to use it, as predict and embed need them. */
#ifndef CLI_SESSIONS_H
#define CLI_SESSIONS_H

#include "settings.h"

typedef struct model_session {
    bert_model *model;
    bert_session *session;
    bert_model_info info;
} model_session;

/* Returns EXIT_DONE, or another status with the reason said. Close it in every case. */
int model_session_open(const settings *s, model_session *out);
void model_session_close(model_session *open);

/* Says, unless --quiet, what stands before each text, if anything does. */
void model_session_tell_prompt(const settings *s, const model_session *open);

/* Says, unless --quiet, how many inputs were longer than the model takes. */
void model_session_tell_truncated(const settings *s, const model_session *open);

#endif
