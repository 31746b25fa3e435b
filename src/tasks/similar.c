/* similar.c: texts as vectors whose cosine says how alike they are: BertModel, pooled, as
 * sentence-transformers trains it.
 *
 *   two texts and a score     (cosine - score)^2                                   CosineSimilarity
 *   two that belong together  which of all second texts of the batch is the first
 *   or with a third           one's own? The cross entropy of 20 times the cosines; third texts are
 *                             answers that are always wrong             MultipleNegativesRanking */
#include "tasks/similar.h"

#include "base/memory.h"
#include "json/json.h"
#include "task/labels.h"
#include "task/observe.h"
#include "tasks/tasks.h"
#include "tasks/unit_outputs.h"

#include <math.h>
#include <stdlib.h>

/* ---- targets */

bert_status similar_score(const dataset_row *row, double *out)
{
    if (label_number(row->label, out)) return BERT_OK;
    return fail(BERT_DATA,
                "%s:%zu: the score '%.*s' is not a number such as 3.75; without the column the "
                "texts of a row belong together",
                row->path, row->line, (int)(row->label.count < 80 ? row->label.count : 80),
                row->label.bytes);
}

/* What the training data were divided by; 0: these are they, or nobody knows. */
static double divisor_known(const examples *e)
{
    const similar_targets *before = e->training ? e->training->targets : NULL;
    return before && before->scored ? before->divisor : e->score_divisor;
}

/* What does not fit into a cosine's -1 .. 1 is divided by the largest; data that are not trained on
 * by what the training data were divided by, if they fit then. */
static bert_status scores_look(const examples *e, similar_targets *t)
{
    t->least = INFINITY;
    t->most = -INFINITY;
    for (size_t i = 0; i < e->row_count; i++) {
        double score;
        TRY(similar_score(&e->rows[i], &score));
        t->least = fmin(t->least, score);
        t->most = fmax(t->most, score);
    }
    double largest = fmax(fabs(t->least), fabs(t->most));
    t->divisor = largest > 1.0 ? largest : 1.0;
    if (largest <= divisor_known(e)) t->divisor = divisor_known(e);
    return BERT_OK;
}

static bert_status targets_open(examples *e)
{
    TRY(memory_zeroed(1, sizeof(similar_targets), &e->targets));
    similar_targets *t = e->targets;
    const dataset_row *first = e->row_count ? &e->rows[0] : NULL;
    e->features.group = e->labelled && first ? 2 + first->item_count : 2;
    t->scored = e->labelled && first && first->label.bytes;
    TRY(config_find_prompt(e->config, e->options->prompt, &t->prompt));
    TRY(features_set_prompt(&e->features, e->tokenizer, slice_of(t->prompt),
                            e->config->prompt_left_out, e->max_length, &e->scratch));
    return t->scored ? scores_look(e, t) : BERT_OK;
}

static void targets_free(void *targets)
{
    free(((similar_targets *)targets)->scores);
    free(targets);
}

static bert_status text_add(examples *e, size_t row, slice text)
{
    return features_add(&e->features, e->tokenizer, row, text, (slice){ NULL, 0 }, e->max_length,
                        &e->scratch);
}

static bert_status encode(examples *e, size_t row)
{
    similar_targets *t = e->targets;
    const dataset_row *r = &e->rows[row];
    size_t unit = e->features.count, truncated = e->features.truncated;
    if (!r->pair.bytes)
        return fail(BERT_ARGUMENT,
                    "%s:%zu: a single text has nothing to be compared with; give pairs, or take "
                    "its vector with `bert embed`",
                    r->path, r->line);
    TRY(text_add(e, row, r->text));
    TRY(text_add(e, row, r->pair));
    for (size_t i = 2; i < features_group(&e->features); i++)
        TRY(text_add(e, row, r->items[i - 2]));
    e->truncated += e->features.truncated > truncated;
    if (!t->scored) return BERT_OK;
    double score;
    TRY(similar_score(r, &score));
    TRY(memory_grow((void **)&t->scores, &t->capacity, unit + 1, sizeof *t->scores));
    t->scores[unit] = (float)(score / t->divisor);
    return BERT_OK;
}

static bert_status partners_tell(const examples *e, const char *what, const bert_observer *observer)
{
    bool triples = features_group(&e->features) > 2;
    size_t repeats;
    observe_note(observer, "%s: %zu %s%s without a score: those of a row belong together", what,
                 e->row_count, triples ? "triple" : "pair", e->row_count == 1 ? "" : "s");
    TRY(similar_repeats(e, &repeats));
    if (repeats)
        observe_warning(observer,
                        "%s: rows that share a text with another row: %zu of %zu; where both are "
                        "compared, what belongs to one counts as wrong for the other; keep one of "
                        "them",
                        what, repeats, e->row_count);
    return BERT_OK;
}

static bert_status encoded(examples *e, const char *what, const bert_observer *observer)
{
    const similar_targets *t = e->targets;
    if (t->scored && t->divisor > 1.0)
        observe_note(observer, "%s: scores from %.4g to %.4g are divided by %.4g", what, t->least,
                     t->most, t->divisor);
    else if (t->scored)
        observe_note(observer, "%s: %zu pairs with a score, from %.4g to %.4g", what, e->row_count,
                     t->least, t->most);
    else
        TRY(partners_tell(e, what, observer));
    if (*t->prompt) observe_note(observer, "%s: '%s' is put before each text", what, t->prompt);
    return BERT_OK;
}

static double score_divisor(const examples *e)
{
    const similar_targets *t = e->targets;
    return t->scored ? t->divisor : 0.0;
}

/* ---- loss */

static bool compares(const examples *e)
{
    return !((const similar_targets *)e->targets)->scored;
}

static void scores_loss(const pass *p, const similar_targets *t, const uint32_t *index,
                        size_t count, double scale, double *total)
{
    enum { RUN = 256 };
    float scores[RUN];
    size_t width = config_vector_width(p->config);
    for (size_t begin = 0; begin < count; begin += RUN) {
        size_t run = count - begin < RUN ? count - begin : RUN, at = 2 * begin * width;
        for (size_t i = 0; i < run; i++) scores[i] = t->scores[index[begin + i]];
        p->on->cosine_error(p->on, run, width, p->tape->logits + at, scores, (float)scale,
                            scale != 0.0 ? p->tape->dlogits + at : NULL, total);
    }
}

/* Without a score the loss depends on which units share a batch, so an evaluation, whose batches
 * are as large as its room, has none. */
static void loss(const pass *p, const examples *e, const uint32_t *index, size_t count,
                 double scale, double *total)
{
    const float similarity_scale = 20.0f; /* as sentence-transformers' default */
    const similar_targets *t = e->targets;
    if (t->scored)
        scores_loss(p, t, index, count, scale, total);
    else if (scale != 0.0)
        p->on->in_batch_negatives(p->on, count, features_group(&e->features),
                                  config_vector_width(p->config), p->tape->logits, similarity_scale,
                                  (float)scale, p->tape->dlogits, total);
}

/* ---- answers */

double similar_cosine(const float *a, const float *b, size_t width)
{
    double sum = 0.0;
    for (size_t i = 0; i < width; i++) sum += (double)a[i] * b[i];
    return sum;
}

static bert_status describe(const examples *e, size_t row, const void *answer, json_t *object)
{
    (void)row;
    const float *vectors = answer;
    size_t width = config_vector_width(e->config);
    TRY(json_put(object, "cosine", json_number(similar_cosine(vectors, vectors + width, width))));
    return BERT_OK;
}

/* ---- single answers
 *
 *   a pair with a score        how far the cosine is from it
 *   two that belong together   how far it is from 1,
 *   with a third               or by how much the third is nearer */

typedef struct nearness {
    double cosine, wanted, error;
} nearness;

static bert_status nearness_of(const examples *e, size_t row, const float *vectors, nearness *out)
{
    const similar_targets *t = e->targets;
    size_t width = config_vector_width(e->config);
    nearness n = { .cosine = similar_cosine(vectors, vectors + width, width), .wanted = 1.0 };
    if (t->scored) {
        TRY(similar_score(&e->rows[row], &n.wanted));
        n.wanted /= t->divisor;
    } else if (features_group(&e->features) > 2) {
        n.wanted = similar_cosine(vectors, vectors + 2 * width, width);
    }
    n.error = t->scored ? fabs(n.cosine - n.wanted) : fmax(n.wanted - n.cosine, 0.0);
    *out = n;
    return BERT_OK;
}

static bert_status judge(const examples *e, size_t row, const void *answer, verdict *out)
{
    nearness n;
    TRY(nearness_of(e, row, answer, &n));
    *out = (verdict){ .right = n.error == 0.0, .severity = n.error };
    return BERT_OK;
}

static bert_status explain(const examples *e, size_t row, const void *answer, json_t *object)
{
    const dataset_row *r = &e->rows[row];
    nearness n;
    TRY(nearness_of(e, row, answer, &n));
    TRY(json_put(object, "expected", json_number(n.wanted)));
    TRY(json_put(object, "answer", json_number(n.cosine)));
    return r->item_count ? json_put(object, "text_other", json_string_of(r->items[0])) : BERT_OK;
}

const task task_similar = {
    .info = {
        .name = "similar",
        .title = "Sentence similarity",
        .input = BERT_INPUT_PAIRS,
        .members = "cosine",
        .scores = { "eval_spearman", "eval_mrr" },
        .pipeline = "sentence-similarity",
    },
    .form = FORM_COMPARED,
    .head = &head_vectors,
    .options = TAKES_POOLING | TAKES_PROMPT,
    .max_length = 128,
    .labels = &labels_none,
    .encoding = &(const task_encoding){ .open = targets_open,
                                        .free = targets_free,
                                        .add = encode,
                                        .end = encoded,
                                        .score_divisor = score_divisor },
    .loss = &(const task_loss){ .add = loss, .compares = compares },
    .decoding = &unit_decoding,
    .answers = &(const task_answers){ .describe = describe, .judge = judge, .explain = explain },
    .metrics = &similar_metrics,
    .rivals = &(const task_rivals){ .bag_of_words = similar_bag_of_words },
    .save = similar_save,
};
