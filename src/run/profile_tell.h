/* profile_tell.h: where a run's time went, told to the caller's observer. */
#ifndef RUN_PROFILE_TELL_H
#define RUN_PROFILE_TELL_H

#include "bert.h"
#include "compute/profile.h"

/* A BERT_EVENT_PROFILE, whose text is described in bert.h. */
bert_status profile_tell(const profile *p, const bert_observer *observer);

#endif
