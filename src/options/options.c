#include "options/options.h"

#include "base/slice.h"
#include "json/json.h"
#include "options/option_text.h"
#include "options/take.h"

#include <stdio.h>
#include <string.h>

/* One of each struct: in its fields stand the defaults. */
typedef struct all_options {
    bert_train_options train;
    bert_task_options task;
    bert_evaluate_options evaluate;
    bert_session_options session;
    bert_convert_options convert;
    bert_columns columns;
} all_options;

#define OPTION(owner, kind, field, name, ...)                                                      \
    _Static_assert(BERT_OPTION_FITS(all_options, owner.field, kind),                               \
                   "--" name ": the field's type is not the kind's");
#include "bert_options.def"

static const all_options usual_options = {
#define OPTION(owner, kind, field, name, value, bounds, usual, ...) .owner.field = usual,
#include "bert_options.def"
};

const option option_list[OPTION_COUNT] = {
#define OPTION(owner, kind, field, name, value, bounds, usual, absent, record, ...)                \
    { { BERT_OPTION_##kind, name, value, bounds, absent, #field },                                 \
      OWNER_##owner,                                                                               \
      offsetof(all_options, owner.field) - offsetof(all_options, owner),                           \
      record },
#include "bert_options.def"
};

/* ---- defaults */

/* *out [size bytes] are the defaults of `known` bytes, as far as they fit, 0 behind them, and begin
 * with the size. */
static void usual_give(const void *usual, size_t known, size_t size, void *out)
{
    struct_give(usual, known, size, out);
    memcpy(out, &size, sizeof size);
}

void bert_columns_init(bert_columns *out, size_t size)
{
    usual_give(&usual_options.columns, sizeof *out, size, out);
}

void bert_task_options_init(bert_task_options *out, size_t size)
{
    usual_give(&usual_options.task, sizeof *out, size, out);
}

void bert_train_options_init(bert_train_options *out, size_t size)
{
    usual_give(&usual_options.train, sizeof *out, size, out);
}

void bert_evaluate_options_init(bert_evaluate_options *out, size_t size)
{
    usual_give(&usual_options.evaluate, sizeof *out, size, out);
}

void bert_session_options_init(bert_session_options *out, size_t size)
{
    bert_session_options usual = usual_options.session;
    usual.batch_tokens = 4096; /* no option of the program */
    usual_give(&usual, sizeof usual, size, out);
}

void bert_convert_options_init(bert_convert_options *out, size_t size)
{
    usual_give(&usual_options.convert, sizeof *out, size, out);
}

void bert_hub_options_init(bert_hub_options *out, size_t size)
{
    const bert_hub_options usual = { .weights = true };
    usual_give(&usual, sizeof usual, size, out);
}

void bert_observer_init(bert_observer *out, size_t size)
{
    const bert_observer usual = { .tell = NULL };
    usual_give(&usual, sizeof usual, size, out);
}

/* ---- fields */

static const void *field_of(const option *o, const void *fields)
{
    return (const char *)fields + o->place;
}

bert_status option_check(const option *o, const void *fields)
{
    return option_field_check(&o->form, field_of(o, fields));
}

bert_status options_check(option_owner owner, const void *fields)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (option_list[i].owner == owner) TRY(option_check(&option_list[i], fields));
    return BERT_OK;
}

bool option_given(const option *o, const void *fields, const void *usual)
{
    const void *field = field_of(o, fields), *other = field_of(o, usual);
    switch (o->form.kind) {
    case BERT_OPTION_SIZE:
    case BERT_OPTION_BYTES:
        return *(const size_t *)field && *(const size_t *)field != *(const size_t *)other;
    case BERT_OPTION_SEED:
        return *(const uint64_t *)field && *(const uint64_t *)field != *(const uint64_t *)other;
    case BERT_OPTION_REAL:
        return *(const double *)field != 0.0 && *(const double *)field != *(const double *)other;
    case BERT_OPTION_FLAG:
    case BERT_OPTION_FLAG_OFF:
        return *(const bool *)field && !*(const bool *)other;
    default: {
        const char *text = *(const char *const *)field, *same = *(const char *const *)other;
        return text && (!same || strcmp(text, same) != 0);
    }
    }
}

/* ---- the record */

const char *option_key(const option *o, char key[OPTION_KEY])
{
    snprintf(key, OPTION_KEY, "%s", o->owner == OWNER_columns ? o->form.name : o->form.field);
    for (char *at = key; *at; at++)
        if (*at == '-') *at = '_';
    return key;
}

static json_t *option_json(const option *o, const void *field)
{
    switch (o->form.kind) {
    case BERT_OPTION_SIZE:
    case BERT_OPTION_BYTES:
        return json_integer((json_int_t) * (const size_t *)field);
    case BERT_OPTION_SEED:
        return json_integer((json_int_t) * (const uint64_t *)field);
    case BERT_OPTION_REAL:
        return json_number(*(const double *)field);
    case BERT_OPTION_FLAG:
    case BERT_OPTION_FLAG_OFF:
        return json_boolean(*(const bool *)field);
    default: { /* a path, or what else a user may have given, which need not be UTF-8 */
        const char *text = *(const char *const *)field;
        return text ? json_string_of(slice_of(text)) : json_null();
    }
    }
}

bert_status options_put(option_owner owner, const void *fields, json_t *object)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const option *o = &option_list[i];
        char key[OPTION_KEY];
        if (o->owner != owner || o->record == UNRECORDED) continue;
        TRY(json_put(object, option_key(o, key), option_json(o, field_of(o, fields))));
    }
    return BERT_OK;
}
