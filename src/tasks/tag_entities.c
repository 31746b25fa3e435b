/* tag_entities.c: the entities of a text from its tokens' scores, in every respect as transformers'
 * TokenClassificationPipeline has them (pipelines/token_classification.py), its oddities included.
 *
 *     tokens -> runs (single tokens, or the words they make) -> entities (neighbours of one type)
 */
#include "tasks/scores.h"
#include "tasks/tag.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "json/json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

tag_aggregation tag_aggregation_of(const char *name)
{
    static const char *const names[] = {
        [AGGREGATE_NONE] = "none",       [AGGREGATE_SIMPLE] = "simple", [AGGREGATE_FIRST] = "first",
        [AGGREGATE_AVERAGE] = "average", [AGGREGATE_MAX] = "max",
    };
    size_t aggregation = 0;
    while (aggregation <= AGGREGATE_MAX && strcmp(name, names[aggregation]) != 0) aggregation++;
    assert(aggregation <= AGGREGATE_MAX);
    return (tag_aggregation)aggregation;
}

/* ---- runs of tokens */

/* A token or a word: tokens begin .. end - 1 of the text. */
typedef struct token_run {
    size_t begin, end, label;
    double score;
    joined_text word;
} token_run;

typedef struct aggregator {
    const examples *e;
    const tag_answer *answer;
    slice text;
    tokenizer_encoding encoding; /* offsets in code points */
    text_range *bytes;           /* [encoding.count] the same in bytes */
    size_t first;                /* token `i` of the text is token first + i of the encoding */
    double *scores;              /* [labels] scratch */
    token_run *runs;
    size_t run_count, run_capacity;
} aggregator;

/* Token `i` of the text; of an unknown one what stands in the text. */
static slice token_text(const aggregator *g, size_t i, bool *unknown)
{
    int32_t id = g->encoding.ids[g->first + i];
    *unknown = id == tokenizer_unknown_id(g->e->tokenizer);
    if (!*unknown) return slice_of(tokenizer_token(g->e->tokenizer, id));
    text_range at = g->bytes[g->first + i];
    return (slice){ g->text.bytes + at.begin, at.end - at.begin };
}

/* Is it a further token of a word? As the pipeline has it, not as the tokenizer does: told by its
 * length, which "##" makes longer than its text; so does what the normalizer takes away, such as
 * accents. Where tokens have the blank before a word, no blank may stand there. */
static bool is_continued(const aggregator *g, size_t i)
{
    bool unknown;
    text_range at = g->encoding.offsets[g->first + i];
    slice token = token_text(g, i, &unknown);
    if (unknown) return false;
    if (!tokenizer_marks_words(g->e->tokenizer))
        return utf8_code_points(token) != at.end - at.begin;
    size_t begin = g->bytes[g->first + i].begin;
    bool blank = begin > 0 && g->text.bytes[begin - 1] == ' ';
    return begin > 0 && !blank && (begin == g->text.count || g->text.bytes[begin] != ' ');
}

static void scores_take(const aggregator *g, size_t token, double *scores)
{
    size_t labels = g->e->config->labels;
    const float *logits = g->answer->logits + token * labels;
    size_t best = scores_best(logits, labels);
    double sum = scores_sum(logits, labels, best);
    for (size_t i = 0; i < labels; i++) scores[i] = scores_share(logits, i, best, sum);
}

/* The mean of the scores of all tokens of the run. */
static void run_average(const aggregator *g, token_run *r)
{
    size_t labels = g->e->config->labels;
    double *scores = g->scores, *mean = g->scores + labels;
    for (size_t i = 0; i < labels; i++) mean[i] = 0.0;
    for (size_t token = r->begin; token < r->end; token++) {
        scores_take(g, token, scores);
        for (size_t i = 0; i < labels; i++) mean[i] += scores[i] / (double)(r->end - r->begin);
    }
    r->label = 0;
    for (size_t i = 1; i < labels; i++)
        if (mean[i] > mean[r->label]) r->label = i;
    r->score = mean[r->label];
}

/* The label of the run's first token, or of its surest one. */
static void run_decide(const aggregator *g, tag_aggregation how, token_run *r)
{
    size_t labels = g->e->config->labels;
    if (how == AGGREGATE_AVERAGE) {
        run_average(g, r);
        return;
    }
    r->label = tag_best(g->answer, r->begin, labels, &r->score);
    for (size_t token = r->begin + 1; token < r->end && how == AGGREGATE_MAX; token++) {
        double score;
        size_t label = tag_best(g->answer, token, labels, &score);
        if ((float)score <= (float)r->score) continue;
        r->label = label;
        r->score = score;
    }
}

static bert_status run_add(aggregator *g, tag_aggregation how, size_t begin, size_t end)
{
    TRY(memory_grow((void **)&g->runs, &g->run_capacity, g->run_count + 1, sizeof *g->runs));
    token_run *r = &g->runs[g->run_count++];
    *r = (token_run){ .begin = begin, .end = end };
    run_decide(g, how, r);
    bool unknown, single = how == AGGREGATE_NONE || how == AGGREGATE_SIMPLE;
    if (!single) {
        for (size_t i = begin; i < end; i++)
            TRY(tokenizer_join(g->e->tokenizer, token_text(g, i, &unknown), i == begin, &r->word));
        return joined_mend(&r->word);
    }
    slice token = token_text(g, begin, &unknown);
    TRY(memory_grow((void **)&r->word.bytes, &r->word.capacity, token.count + 1, 1));
    memcpy(r->word.bytes, token.bytes, token.count);
    r->word.count = token.count;
    return BERT_OK;
}

static bert_status runs_find(aggregator *g, tag_aggregation how)
{
    bool words = how != AGGREGATE_NONE && how != AGGREGATE_SIMPLE;
    for (size_t begin = 0, end; begin < g->answer->items; begin = end) {
        for (end = begin + 1; words && end < g->answer->items && is_continued(g, end);) end++;
        TRY(run_add(g, how, begin, end));
    }
    return BERT_OK;
}

/* ---- entities */

/* B-person begins one, I-person and person go on with one. */
static bool tag_begins(const char *tag)
{
    return strncmp(tag, "B-", 2) == 0;
}

static const char *tag_type(const char *tag)
{
    return tag_begins(tag) || strncmp(tag, "I-", 2) == 0 ? tag + 2 : tag;
}

static bool goes_on(const aggregator *g, const token_run *last, const token_run *next)
{
    char *const *names = g->e->config->label_names;
    return !tag_begins(names[next->label]) &&
           strcmp(tag_type(names[last->label]), tag_type(names[next->label])) == 0;
}

/* Appends an entity to the list: tokens begin .. end - 1 of the text. */
static bert_status entity_append(const aggregator *g, const char *key, const char *name,
                                 double score, const joined_text *word, size_t begin, size_t end,
                                 json_t *list)
{
    const text_range *points = g->encoding.offsets + g->first, *bytes = g->bytes + g->first;
    json_t *entity = json_object();
    TRY(json_append(list, entity));
    TRY(json_put(entity, key, json_string_of(slice_of(name))));
    TRY(json_put(entity, "score", json_number((double)(float)score)));
    TRY(json_put(entity, "word", json_string_of((slice){ word->bytes, word->count })));
    TRY(json_put(entity, "start", json_integer((json_int_t)points[begin].begin)));
    TRY(json_put(entity, "end", json_integer((json_int_t)points[end - 1].end)));
    TRY(json_put(entity, "start_byte", json_integer((json_int_t)bytes[begin].begin)));
    return json_put(entity, "end_byte", json_integer((json_int_t)bytes[end - 1].end));
}

static bert_status tokens_put(const aggregator *g, json_t *list)
{
    for (size_t i = 0; i < g->run_count; i++) {
        const token_run *r = &g->runs[i];
        const char *name = g->e->config->label_names[r->label];
        if (strcmp(name, "O") == 0) continue;
        TRY(entity_append(g, "entity", name, r->score, &r->word, r->begin, r->end, list));
        json_t *entity = json_array_get(list, json_array_size(list) - 1);
        TRY(json_put(entity, "index", json_integer((json_int_t)(g->first + r->begin))));
    }
    return BERT_OK;
}

/* Runs first .. last - 1 as one. */
static bert_status entity_put(const aggregator *g, size_t first, size_t last, joined_text *word,
                              json_t *list)
{
    const char *name = g->e->config->label_names[g->runs[first].label], *dash = strchr(name, '-');
    const char *type = dash ? dash + 1 : name;
    if (strcmp(type, "O") == 0) return BERT_OK;
    double sum = 0.0;
    word->count = 0;
    for (size_t i = first; i < last; i++) {
        const joined_text *part = &g->runs[i].word;
        sum += g->runs[i].score;
        TRY(tokenizer_join(g->e->tokenizer, (slice){ part->bytes, part->count }, i == first, word));
    }
    TRY(joined_mend(word));
    return entity_append(g, "entity_group", type, sum / (double)(last - first), word,
                         g->runs[first].begin, g->runs[last - 1].end, list);
}

static bert_status entities_put(const aggregator *g, json_t *list)
{
    joined_text word = { 0 };
    bert_status status = BERT_OK;
    for (size_t first = 0, last; first < g->run_count && status == BERT_OK; first = last) {
        for (last = first + 1;
             last < g->run_count && goes_on(g, &g->runs[last - 1], &g->runs[last]);)
            last++;
        status = entity_put(g, first, last, &word, list);
    }
    free(word.bytes);
    return status;
}

/* ---- the whole */

static bert_status aggregator_fill(aggregator *g, size_t row)
{
    void *memory;
    TRY(tag_text_encode(g->e, row, &g->encoding));
    g->first = g->encoding.texts[0].begin;
    TRY(memory_zeroed(g->encoding.count, sizeof *g->bytes, &memory));
    g->bytes = memory;
    memcpy(g->bytes, g->encoding.offsets, g->encoding.count * sizeof *g->bytes);
    tokenizer_code_points(g->text, (slice){ NULL, 0 }, &g->encoding);
    TRY(memory_zeroed(2 * g->e->config->labels, sizeof *g->scores, &memory));
    g->scores = memory;
    return BERT_OK;
}

static void aggregator_release(aggregator *g)
{
    for (size_t i = 0; i < g->run_count; i++) free(g->runs[i].word.bytes);
    free(g->runs);
    free(g->scores);
    free(g->bytes);
    tokenizer_encoding_release(&g->encoding);
}

bert_status tag_entities_put(const examples *e, size_t row, const tag_answer *a, json_t *object)
{
    tag_aggregation how = ((const tag_targets *)e->targets)->aggregation;
    aggregator g = { .e = e, .answer = a, .text = e->rows[row].text };
    json_t *list = json_array();
    TRY(json_put(object, "entities", list));
    bert_status status = aggregator_fill(&g, row);
    if (status == BERT_OK) status = runs_find(&g, how);
    if (status == BERT_OK)
        status = how == AGGREGATE_NONE ? tokens_put(&g, list) : entities_put(&g, list);
    aggregator_release(&g);
    return status;
}
