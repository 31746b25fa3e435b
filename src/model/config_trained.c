#include "model/trained_as.h"

#include "base/slice.h"
#include "json/json.h"

#include <float.h>
#include <string.h>

static const char *const texts_names[] = {
    [BERT_TEXTS_SINGLE] = "single", [BERT_TEXTS_PAIRS] = "pairs"
};

/* A word that is not known here is left to who knows it. */
static bert_status texts_read(const json_t *o, const char *path, bert_texts *out)
{
    const char *name = NULL;
    TRY(json_get_string(o, path, "texts", &name));
    for (bert_texts t = BERT_TEXTS_SINGLE; name && t <= BERT_TEXTS_PAIRS; t++)
        if (strcmp(name, texts_names[t]) == 0) *out = t;
    return BERT_OK;
}

static bert_status columns_read(const json_t *o, const char *path, dataset_columns *out)
{
    const json_t *columns = json_object_get(o, "columns");
    if (!json_is_object(columns)) return BERT_OK;
    TRY(json_get_string(columns, path, "text", &out->text));
    TRY(json_get_string(columns, path, "text_pair", &out->pair));
    TRY(json_get_string(columns, path, "label", &out->label));
    return json_get_string(columns, path, "labels", &out->labels);
}

bert_status trained_as_read(const json_t *value, const char *path, trained_as *out)
{
    trained_as t = { .known = true };
    if (!json_is_object(value)) return BERT_OK;
    TRY(json_get_size(value, path, "max_length", 3, 1 << 16, &t.max_length));
    TRY(texts_read(value, path, &t.texts));
    TRY(columns_read(value, path, &t.columns));
    TRY(json_get_bool(value, path, "windows", &t.windows));
    TRY(json_get_size(value, path, "stride", 0, 1 << 16, &t.stride));
    TRY(json_get_double(value, path, "mask_share", 0.0, 1.0, &t.mask_share));
    TRY(json_get_bool(value, path, "whole_words", &t.whole_words));
    TRY(json_get_double(value, path, "score_divisor", 1.0, DBL_MAX, &t.score_divisor));
    *out = t;
    return BERT_OK;
}

bert_status trained_columns_put(const dataset_columns *c, json_t *object)
{
    const struct {
        const char *key, *name;
    } columns[] = { { "text", c->text },
                    { "text_pair", c->pair },
                    { "label", c->label },
                    { "labels", c->labels } };
    json_t *names = json_object();
    TRY(json_put(object, "columns", names));
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        if (columns[i].name)
            TRY(json_put(names, columns[i].key, json_string_of(slice_of(columns[i].name))));
    return BERT_OK;
}

static bert_status size_put(json_t *o, const char *key, size_t value)
{
    return value ? json_put(o, key, json_integer((json_int_t)value)) : BERT_OK;
}

static bert_status real_put(json_t *o, const char *key, double value)
{
    return value > 0.0 ? json_put(o, key, json_number(value)) : BERT_OK;
}

static bert_status flag_put(json_t *o, const char *key, bool value)
{
    return value ? json_put(o, key, json_true()) : BERT_OK;
}

bert_status trained_as_put(const trained_as *t, json_t *object)
{
    if (!t->known) return BERT_OK;
    json_t *o = json_object();
    TRY(json_put(object, "trained_on", o));
    TRY(size_put(o, "max_length", t->max_length));
    if (t->texts) TRY(json_put(o, "texts", json_string(texts_names[t->texts])));
    if (t->columns.text) TRY(trained_columns_put(&t->columns, o));
    TRY(flag_put(o, "windows", t->windows));
    TRY(size_put(o, "stride", t->stride));
    TRY(real_put(o, "mask_share", t->mask_share));
    TRY(flag_put(o, "whole_words", t->whole_words));
    return real_put(o, "score_divisor", t->score_divisor);
}
