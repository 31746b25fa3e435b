/* tag_decode.c: the answers of rows, each item's from its token, and as JSON. */
#include "tasks/scores.h"
#include "tasks/tag.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "json/json.h"

#include <stdlib.h>
#include <string.h>

typedef struct tag_decoder {
    float *logits;
    bool *read;
    size_t items; /* of the row so far: [items, labels], [items] */
    size_t logits_capacity, read_capacity;
} tag_decoder;

static bert_status decoder_open(const examples *e, void **decoder)
{
    (void)e;
    return memory_zeroed(1, sizeof(tag_decoder), decoder);
}

static void decoder_free(void *decoder)
{
    tag_decoder *d = decoder;
    free(d->logits);
    free(d->read);
    free(d);
}

/* Makes room for `items` of the row, of which those that are new are not read. */
static bert_status items_reserve(tag_decoder *d, size_t items, size_t labels)
{
    if (items <= d->items) return BERT_OK;
    TRY(memory_grow((void **)&d->logits, &d->logits_capacity, items * labels, sizeof *d->logits));
    TRY(memory_grow((void **)&d->read, &d->read_capacity, items, sizeof *d->read));
    memset(d->read + d->items, 0, (items - d->items) * sizeof *d->read);
    d->items = items;
    return BERT_OK;
}

/* logits [tokens of the unit, labels] */
static bert_status unit_take(tag_decoder *d, const examples *e, size_t unit, const float *logits)
{
    const tag_targets *t = e->targets;
    size_t labels = e->config->labels, begin = e->features.starts[unit];
    for (size_t i = begin; i < e->features.starts[unit + 1]; i++) {
        uint32_t item = t->items[i];
        if (item == NO_ITEM) continue;
        TRY(items_reserve(d, (size_t)item + 1, labels));
        memcpy(d->logits + item * labels, logits + (i - begin) * labels, labels * sizeof *logits);
        d->read[item] = true;
    }
    return BERT_OK;
}

static bert_status decode(void *decoder, const examples *e, const head_outputs *o, size_t first,
                          size_t count, const answer_taker *taker)
{
    tag_decoder *d = decoder;
    const features *f = &e->features;
    size_t labels = o->width;
    for (size_t i = 0; i < count; i++) {
        size_t unit = first + i, row = features_row(f, unit);
        TRY(unit_take(d, e, unit, o->logits + o->batch->starts[i] * labels));
        if (unit + 1 < f->count && features_row(f, unit + 1) == row) continue;
        if (e->rows[row].items) TRY(items_reserve(d, e->rows[row].item_count, labels));
        tag_answer a = { .logits = d->logits, .read = d->read, .items = d->items };
        TRY(taker->take(taker->context, row, &a));
        d->items = 0;
    }
    return BERT_OK;
}

const task_decoding tag_decoding = { decoder_open, decoder_free, decode };

size_t tag_best(const tag_answer *a, size_t item, size_t labels, double *score)
{
    const float *logits = a->logits + item * labels;
    size_t best = scores_best(logits, labels);
    *score = 1.0 / scores_sum(logits, labels, best);
    return best;
}

/* ---- single answers */

/* A word's answer: the tag, and how sure the model is; 0 where no token stood for the word. */
static slice word_answer(const examples *e, const tag_answer *a, size_t word, double *score)
{
    *score = 0.0;
    if (!a->read[word]) return ((const tag_targets *)e->targets)->without_token;
    return slice_of(e->config->label_names[tag_best(a, word, e->config->labels, score)]);
}

/* The first of the words whose wrong tag is the surest; false: none is wrong. */
static bool word_judge(const examples *e, size_t row, const tag_answer *a, size_t *word,
                       double *confidence)
{
    bool wrong = false;
    for (size_t i = 0; i < a->items; i++) {
        double score;
        if (slice_equal(word_answer(e, a, i, &score), e->rows[row].tags[i])) continue;
        if (wrong && score <= *confidence) continue;
        *word = i;
        *confidence = score;
        wrong = true;
    }
    return wrong;
}

static bert_status judge(const examples *e, size_t row, const void *answer, verdict *out)
{
    size_t word;
    double confidence = 0.0;
    bool wrong = word_judge(e, row, answer, &word, &confidence);
    *out = (verdict){ .right = !wrong, .severity = confidence };
    return BERT_OK;
}

/* The words of a row, with a space between. */
static bert_status words_join(const dataset_row *row, json_t **out)
{
    size_t bytes = row->item_count, at = 0;
    void *memory;
    for (size_t i = 0; i < row->item_count; i++) bytes += row->items[i].count;
    TRY(memory_zeroed(bytes, 1, &memory));
    char *text = memory;
    for (size_t i = 0; i < row->item_count; i++) {
        if (i) text[at++] = ' ';
        memcpy(text + at, row->items[i].bytes, row->items[i].count);
        at += row->items[i].count;
    }
    *out = json_string_of((slice){ text, at });
    free(text);
    return BERT_OK;
}

/* A wrong word as transformers has its entities: by code points of the text. */
static bert_status wrong_append(const examples *e, size_t row, size_t word, slice answer,
                                size_t start, size_t end, json_t *list)
{
    json_t *one = json_object();
    TRY(json_append(list, one));
    TRY(json_put(one, "position", json_integer((json_int_t)word)));
    TRY(json_put(one, "start", json_integer((json_int_t)start)));
    TRY(json_put(one, "end", json_integer((json_int_t)end)));
    TRY(json_put(one, "expected", json_string_of(e->rows[row].tags[word])));
    return json_put(one, "answer", json_string_of(answer));
}

/* Every wrong word, in the text that words_join() makes. */
static bert_status wrong_put(const examples *e, size_t row, const tag_answer *a, json_t *object)
{
    const dataset_row *r = &e->rows[row];
    size_t start = 0;
    json_t *list = json_array();
    TRY(json_put(object, "wrong_words", list));
    for (size_t i = 0; i < r->item_count; i++) {
        size_t end = start + utf8_code_points(r->items[i]);
        double score;
        slice answer = word_answer(e, a, i, &score);
        if (!slice_equal(answer, r->tags[i]))
            TRY(wrong_append(e, row, i, answer, start, end, list));
        start = end + 1;
    }
    return BERT_OK;
}

static bert_status explain(const examples *e, size_t row, const void *answer, json_t *object)
{
    const dataset_row *r = &e->rows[row];
    size_t word = 0;
    double confidence;
    json_t *text;
    word_judge(e, row, answer, &word, &confidence);
    TRY(words_join(r, &text));
    TRY(json_put(object, "text", text));
    TRY(json_put(object, "word", json_string_of(r->items[word])));
    TRY(json_put(object, "position", json_integer((json_int_t)word)));
    TRY(json_put(object, "expected", json_string_of(r->tags[word])));
    TRY(json_put(object, "answer", json_string_of(word_answer(e, answer, word, &confidence))));
    return wrong_put(e, row, answer, object);
}

/* ---- JSON */

static bert_status logits_put(const tag_answer *a, size_t labels, json_t *object)
{
    json_t *rows = json_array();
    TRY(json_put(object, "logits", rows));
    for (size_t i = 0; i < a->items; i++) {
        json_t *row = a->read[i] ? json_array() : json_null();
        TRY(json_append(rows, row));
        for (size_t k = 0; k < labels && a->read[i]; k++)
            TRY(json_append(row, json_number((double)a->logits[i * labels + k])));
    }
    return BERT_OK;
}

static bert_status words_put(const examples *e, const dataset_row *row, const tag_answer *a,
                             json_t *object)
{
    const tag_targets *t = e->targets;
    json_t *tokens = json_array();
    TRY(json_put(object, "tokens", tokens));
    json_t *tags = json_array();
    TRY(json_put(object, "tags", tags));
    json_t *scores = json_array();
    TRY(json_put(object, "scores", scores));
    for (size_t i = 0; i < a->items; i++) {
        double score = 0.0;
        size_t best = a->read[i] ? tag_best(a, i, e->config->labels, &score) : 0;
        const char *tag = a->read[i] ? e->config->label_names[best] : t->without_token.bytes;
        TRY(json_append(tokens, json_string_of(row->items[i])));
        TRY(json_append(tags, json_string(tag)));
        TRY(json_append(scores, json_number((double)(float)score)));
    }
    return BERT_OK;
}

static bert_status describe(const examples *e, size_t row, const void *answer, json_t *object)
{
    const dataset_row *r = &e->rows[row];
    if (r->items)
        TRY(words_put(e, r, answer, object));
    else
        TRY(tag_entities_put(e, row, answer, object));
    if (e->options->logits) TRY(logits_put(answer, e->config->labels, object));
    return BERT_OK;
}

const task_answers tag_answers = { .describe = describe,
                                   .right = "all words of the sentence are right",
                                   .judge = judge,
                                   .explain = explain };
