/* tag_metrics.c: what answers are worth: entities as seqeval counts them where the tags spell some,
 * else tags as scikit-learn does. */
#include "tasks/tag.h"

#include "base/memory.h"
#include "json/json.h"
#include "metrics/confusion.h"
#include "metrics/entities.h"
#include "task/labels.h"
#include "task/observe.h"

#include <stdlib.h>
#include <string.h>

/* Classes of the confusion: the model's labels, then the tags that it has not, then "no answer". */
typedef struct tag_scores {
    entity_score *entities; /* NULL: tags are counted */
    confusion counts;
    counted_rows rows;  /* of the classes, or of ENTITIES and WORDS, by sentence */
    label_counts *sums; /* of these, where sentences count several times */
    size_t words;
    slice *answers; /* [answers_capacity] of one row */
    size_t answers_capacity;
} tag_scores;

/* What is counted of a sentence where tags spell entities: these of all types, and words. */
enum { ENTITIES, WORDS, ENTITY_LABELS };

static size_t classes_of(const examples *e)
{
    return e->config->labels + ((const tag_targets *)e->targets)->unknown.count + 1;
}

static bert_status counts_open(const examples *e, tag_scores *m)
{
    const tag_targets *t = e->targets;
    void *sums;
    TRY(memory_zeroed(t->has_entities ? ENTITY_LABELS : classes_of(e), sizeof *m->sums, &sums));
    m->sums = sums;
    if (t->has_entities) return entity_score_open(&m->entities);
    if (classes_of(e) > TAG_LABELS_MAX + 1)
        return fail(BERT_DATA,
                    "%s: has %zu tags that training lacks, too many to tell apart; is its last "
                    "column the tag?",
                    e->rows[0].path, t->unknown.count);
    return confusion_init(classes_of(e), &m->counts);
}

static void metrics_free(void *metrics)
{
    tag_scores *m = metrics;
    entity_score_free(m->entities);
    confusion_release(&m->counts);
    counted_rows_release(&m->rows);
    free(m->sums);
    free(m->answers);
    free(m);
}

static bert_status metrics_open(const examples *e, void **metrics)
{
    void *memory;
    TRY(memory_zeroed(1, sizeof(tag_scores), &memory));
    bert_status status = counts_open(e, memory);
    if (status == BERT_OK)
        *metrics = memory;
    else
        metrics_free(memory);
    return status;
}

static size_t class_of(const examples *e, slice tag)
{
    size_t index;
    if (label_index(e->config, tag, &index)) return index;
    tag_names_find(&((const tag_targets *)e->targets)->unknown, tag, &index);
    return e->config->labels + index;
}

/* The entities of all sentences so far. */
static label_counts entities_sum(const tag_scores *m)
{
    size_t count;
    label_counts sum = { 0 };
    const entity_tally *tallies = entity_score_tallies(m->entities, &count);
    for (size_t i = 0; i < count; i++) {
        sum.right += tallies[i].right;
        sum.answers += tallies[i].answers;
        sum.truths += tallies[i].truths;
    }
    return sum;
}

/* answers [count] of the words */
static bert_status entities_add(tag_scores *m, const slice *truths, size_t count)
{
    label_counts before = entities_sum(m);
    TRY(entity_score_add(m->entities, truths, m->answers, count));
    label_counts now = entities_sum(m);
    row_counts words = { .label = WORDS, .truths = (uint32_t)count };
    for (size_t i = 0; i < count; i++) words.right += slice_equal(truths[i], m->answers[i]);
    TRY(counted_rows_add(&m->rows, words));
    return counted_rows_add(&m->rows,
                            (row_counts){ .label = ENTITIES,
                                          .right = (uint32_t)(now.right - before.right),
                                          .answers = (uint32_t)(now.answers - before.answers),
                                          .truths = (uint32_t)(now.truths - before.truths) });
}

static bert_status tag_add(tag_scores *m, size_t truth, size_t answer)
{
    confusion_add(&m->counts, truth, answer);
    row_counts true_one = { .label = (uint32_t)truth, .right = truth == answer, .truths = 1 };
    TRY(counted_rows_add(&m->rows, true_one));
    return counted_rows_add(&m->rows, (row_counts){ .label = (uint32_t)answer, .answers = 1 });
}

static bert_status metrics_add(void *metrics, const examples *e, size_t row, const void *answer)
{
    tag_scores *m = metrics;
    const tag_answer *a = answer;
    const dataset_row *r = &e->rows[row];
    const tag_targets *t = e->targets;
    m->words += a->items;
    TRY(memory_grow((void **)&m->answers, &m->answers_capacity, a->items, sizeof *m->answers));
    for (size_t i = 0; i < a->items; i++) {
        double score;
        size_t best = a->read[i] ? tag_best(a, i, e->config->labels, &score) : 0;
        bool said = a->read[i] || label_index(e->config, t->without_token, &best);
        m->answers[i] = a->read[i] ? slice_of(e->config->label_names[best]) : t->without_token;
        if (!m->entities)
            TRY(tag_add(m, class_of(e, r->tags[i]), said ? best : m->counts.classes - 1));
    }
    if (m->entities) TRY(entities_add(m, r->tags, a->items));
    return counted_rows_end(&m->rows);
}

/* ---- scores */

static void entities_score(const label_counts *sums, score_list *out)
{
    label_counts n = sums[ENTITIES];
    entity_rates all = entity_tally_rates(
        &(entity_tally){ .truths = n.truths, .answers = n.answers, .right = n.right });
    score_put(out, "eval_f1", all.f1);
    score_put(out, "eval_precision", all.precision);
    score_put(out, "eval_recall", all.recall);
    score_put(out, "eval_accuracy", counts_accuracy(&sums[WORDS], 1));
}

static bert_status metrics_scores(void *metrics, const examples *e, const uint32_t *weights,
                                  score_list *out)
{
    tag_scores *m = metrics;
    size_t classes = classes_of(e);
    counted_rows_sum(&m->rows, weights, m->sums, m->entities ? ENTITY_LABELS : classes);
    if (m->entities) {
        entities_score(m->sums, out);
        return BERT_OK;
    }
    score_put(out, "eval_accuracy", counts_accuracy(m->sums, classes));
    /* The mean over the tags that stand among truths or answers; "no answer" is no tag. */
    score_put(out, "eval_macro_f1", counts_macro(m->sums, classes - 1, MACRO_MET).f1);
    return BERT_OK;
}

/* ---- as JSON */

static json_t *rates_object(double precision, double recall, double f1, uint64_t support)
{
    return json_pack("{s:f, s:f, s:f, s:I}", "precision", precision, "recall", recall, "f1", f1,
                     "support", (json_int_t)support);
}

static bert_status entities_put(const tag_scores *m, json_t *object)
{
    size_t count;
    const entity_tally *tallies = entity_score_tallies(m->entities, &count);
    json_t *types = json_object();
    TRY(json_put(object, "per_type", types));
    for (size_t i = 0; i < count; i++) {
        entity_rates r = entity_tally_rates(&tallies[i]);
        char *name = strndup(tallies[i].type.bytes, tallies[i].type.count);
        if (!name) return fail(BERT_MEMORY, "out of memory for the name of a type");
        bert_status status =
            json_put(types, name, rates_object(r.precision, r.recall, r.f1, r.support));
        free(name);
        TRY(status);
    }
    return BERT_OK;
}

static const char *class_name(const examples *e, size_t class)
{
    const tag_targets *t = e->targets;
    size_t labels = e->config->labels;
    if (class < labels) return e->config->label_names[class];
    return class - labels < t->unknown.count ? t->unknown.names[class - labels]
                                             : t->without_token.bytes;
}

static bert_status matrix_put(const confusion *c, size_t classes, const examples *e, json_t *object)
{
    json_t *names = json_array();
    TRY(json_put(object, "labels", names));
    json_t *rows = json_array();
    TRY(json_put(object, "confusion", rows));
    for (size_t i = 0; i < classes; i++) {
        json_t *row = json_array();
        TRY(json_append(rows, row));
        for (size_t k = 0; k < classes; k++)
            TRY(json_append(row, json_integer((json_int_t)c->counts[i * c->classes + k])));
        TRY(json_append(names, json_string(class_name(e, i))));
    }
    return BERT_OK;
}

static bert_status tags_put(const tag_scores *m, const examples *e, json_t *object)
{
    const confusion *c = &m->counts;
    size_t tags = c->classes - 1; /* the last is "no answer" */
    json_t *scores = json_object();
    TRY(json_put(object, "per_tag", scores));
    for (size_t k = 0; k < tags; k++) {
        class_score s = counts_score(c->sums[k]);
        TRY(json_put(scores, class_name(e, k),
                     rates_object(s.precision, s.recall, s.f1, s.support)));
    }
    return matrix_put(c, c->sums[tags].answers ? tags + 1 : tags, e, object);
}

static bert_status metrics_put(void *metrics, const examples *e, json_t *object)
{
    tag_scores *m = metrics;
    score_list scores = { 0 };
    TRY(metrics_scores(m, e, NULL, &scores));
    TRY(scores_describe(&scores, object));
    TRY(m->entities ? entities_put(m, object) : tags_put(m, e, object));
    return json_put(object, "eval_words", json_integer((json_int_t)m->words));
}

static double metrics_score(const void *metrics)
{
    const tag_scores *m = metrics;
    return m->entities ? entity_score_rates(m->entities, ENTITY_MICRO).f1
                       : counts_accuracy(m->counts.sums, m->counts.classes);
}

static void metrics_warn(const void *metrics, const examples *e, const bert_observer *observer)
{
    const tag_scores *m = metrics;
    label_counts found = m->entities ? entities_sum(m) : (label_counts){ 0 };
    if (found.truths && !found.answers)
        observe_warning(observer,
                        "the model finds no entity among %zu words, which have %llu: it has learnt "
                        "nothing yet",
                        m->words, (unsigned long long)found.truths);
    for (size_t k = 0; k + 1 < m->counts.classes; k++)
        if (m->words > 1 && m->counts.sums[k].answers == m->words &&
            m->counts.sums[k].truths < m->words)
            observe_warning(observer,
                            "the model answers '%s' for all %zu words: it tells nothing "
                            "apart",
                            class_name(e, k), m->words);
}

const task_metrics tag_metrics = {
    .open = metrics_open,
    .free = metrics_free,
    .add = metrics_add,
    .put = metrics_put,
    .scores = metrics_scores,
    .score = metrics_score,
    .warn = metrics_warn,
};
