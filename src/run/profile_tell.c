#include "run/profile_tell.h"

#include "json/json.h"
#include "task/observe.h"

#include <stdlib.h>

static json_t *row_object(const profile_row *row)
{
    return json_pack("{s:s, s:s, s:I, s:f, s:f, s:f}", "phase", row->phase, "operation",
                     row->operation, "calls", (json_int_t)row->calls, "seconds", row->seconds,
                     "products", row->products, "bytes", row->bytes);
}

bert_status profile_tell(const profile *p, const bert_observer *observer)
{
    profile_summary summary;
    profile_summarize(p, &summary);
    json_t *rows = json_array();
    json_t *object =
        json_pack("{s:I, s:f}", "steps", (json_int_t)summary.steps, "seconds", summary.seconds);
    bert_status status = json_put(object, "operations", rows);
    for (size_t i = 0; i < summary.count && status == BERT_OK; i++)
        status = json_append(rows, row_object(&summary.rows[i]));
    char *text;
    if (status == BERT_OK) status = json_text(object, &text);
    json_decref(object);
    TRY(status);
    observe(observer, &(bert_event){ .kind = BERT_EVENT_PROFILE, .text = text });
    free(text);
    return BERT_OK;
}
