#include "golden_tasks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 512 }; /* numbers that a batch's targets are made of */

/* The targets of units index[0 .. count-1] side by side, `width` numbers a unit. */
static void floats_take(const golden *g, const char *name, size_t width, const uint32_t *index,
                        size_t count, float *out)
{
    size_t all;
    const float *from = golden_tensor(g, name, &all);
    assert_int_equal(all, g->features.count * width);
    assert_true(count * width <= MOST);
    for (size_t i = 0; i < count; i++)
        memcpy(out + i * width, from + index[i] * width, width * sizeof *out);
}

static void integers_take(const golden *g, const char *name, size_t width, const uint32_t *index,
                          size_t count, int32_t *out)
{
    float numbers[MOST];
    floats_take(g, name, width, index, count, numbers);
    for (size_t i = 0; i < count * width; i++) out[i] = (int32_t)numbers[i];
}

static double weigh_units(const golden *g, const uint32_t *index, size_t count)
{
    (void)g;
    (void)index;
    return (double)count;
}

/* ---- classes of sequences */

static void classes_add(golden *g, const uint32_t *index, size_t count, const class_loss *how,
                        float scale, double *loss)
{
    int32_t classes[MOST];
    integers_take(g, "labels", 1, index, count, classes);
    g->on->cross_entropy(g->on, count, g->model.config.labels, g->tape.logits, classes, how, scale,
                         g->tape.dlogits, loss);
}

static void classes_loss(golden *g, const uint32_t *index, size_t count, float scale, double *loss)
{
    classes_add(g, index, count, NULL, scale, loss);
}

const golden_task golden_classes = { .head = &head_classifier,
                                     .weigh = weigh_units,
                                     .loss = classes_loss };

static double weighted_weigh(const golden *g, const uint32_t *index, size_t count)
{
    int32_t classes[MOST];
    const float *weights = golden_tensor(g, "class_weights", NULL);
    double sum = 0.0;
    integers_take(g, "labels", 1, index, count, classes);
    for (size_t i = 0; i < count; i++) sum += weights[classes[i]];
    return sum;
}

static void weighted_loss(golden *g, const uint32_t *index, size_t count, float scale, double *loss)
{
    class_loss how = { .weights = golden_tensor(g, "class_weights", NULL),
                       .smoothing = *golden_tensor(g, "smoothing", NULL) };
    classes_add(g, index, count, &how, scale, loss);
}

const golden_task golden_weighted_classes = { .head = &head_classifier,
                                              .weigh = weighted_weigh,
                                              .loss = weighted_loss };

/* ---- numbers of sequences */

static void numbers_loss(golden *g, const uint32_t *index, size_t count, float scale, double *loss)
{
    float wanted[MOST];
    floats_take(g, "labels", 1, index, count, wanted);
    g->on->squared_error(g->on, count, g->tape.logits, wanted, scale, g->tape.dlogits, loss);
}

const golden_task golden_numbers = { .head = &head_classifier,
                                     .weigh = weigh_units,
                                     .loss = numbers_loss };

/* ---- any of some labels of sequences */

static double labels_weigh(const golden *g, const uint32_t *index, size_t count)
{
    (void)index;
    return (double)(count * g->model.config.labels);
}

static void labels_add(golden *g, const uint32_t *index, size_t count, const float *weights,
                       float scale, double *loss)
{
    float wanted[MOST];
    size_t labels = g->model.config.labels;
    floats_take(g, "labels", labels, index, count, wanted);
    g->on->sigmoid_cross_entropy(g->on, count, labels, g->tape.logits, wanted, weights, scale,
                                 g->tape.dlogits, loss);
}

static void labels_loss(golden *g, const uint32_t *index, size_t count, float scale, double *loss)
{
    labels_add(g, index, count, NULL, scale, loss);
}

static void weighted_labels_loss(golden *g, const uint32_t *index, size_t count, float scale,
                                 double *loss)
{
    labels_add(g, index, count, golden_tensor(g, "pos_weight", NULL), scale, loss);
}

const golden_task golden_labels = { .head = &head_classifier,
                                    .weigh = labels_weigh,
                                    .loss = labels_loss };

const golden_task golden_weighted_labels = { .head = &head_classifier,
                                             .weigh = labels_weigh,
                                             .loss = weighted_labels_loss };

/* ---- classes of tokens */

/* The labels of all tokens of the units, end to end. Returns how many tokens are labelled. */
static size_t token_labels_take(const golden *g, const uint32_t *index, size_t count, int32_t *out)
{
    const float *labels = golden_tensor(g, "labels", NULL);
    const features *f = &g->features;
    size_t tokens = 0, labelled = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t at = f->starts[index[i]]; at < f->starts[index[i] + 1]; at++) {
            assert_true(tokens < MOST);
            labelled += labels[at] >= 0.0f;
            out[tokens++] = (int32_t)labels[at];
        }
    return labelled;
}

static double tags_weigh(const golden *g, const uint32_t *index, size_t count)
{
    int32_t labels[MOST];
    return (double)token_labels_take(g, index, count, labels);
}

static void tags_loss(golden *g, const uint32_t *index, size_t count, float scale, double *loss)
{
    int32_t labels[MOST];
    token_labels_take(g, index, count, labels);
    g->on->cross_entropy(g->on, g->batch.tokens, g->model.config.labels, g->tape.logits, labels,
                         NULL, scale, g->tape.dlogits, loss);
}

const golden_task golden_tags = { .head = &head_tokens, .weigh = tags_weigh, .loss = tags_loss };

/* ---- words of masked tokens */

static void words_want(golden *g, const uint32_t *index, size_t count)
{
    int32_t labels[MOST];
    token_labels_take(g, index, count, labels);
    batch_want_none(&g->batch);
    for (size_t i = 0; i < g->batch.tokens; i++)
        if (labels[i] >= 0) batch_want(&g->batch, i);
    batch_want_end(&g->batch);
}

static void words_loss(golden *g, const uint32_t *index, size_t count, float scale, double *loss)
{
    int32_t labels[MOST], words[MOST];
    size_t wanted = batch_wanted(&g->batch);
    token_labels_take(g, index, count, labels);
    for (size_t i = 0; i < wanted; i++) words[i] = labels[g->batch.wanted_rows[i]];
    g->on->cross_entropy(g->on, wanted, g->model.config.vocabulary, g->tape.logits, words, NULL,
                         scale, g->tape.dlogits, loss);
}

const golden_task golden_words = {
    .head = &head_masked, .prepare = words_want, .weigh = tags_weigh, .loss = words_loss
};

/* ---- the two ends of an answer */

static double answers_weigh(const golden *g, const uint32_t *index, size_t count)
{
    (void)g;
    (void)index;
    return 2.0 * (double)count;
}

static void answers_loss(golden *g, const uint32_t *index, size_t count, float scale, double *loss)
{
    int32_t ends[MOST];
    integers_take(g, "spans", 2, index, count, ends);
    g->on->segment_cross_entropy(g->on, count, 2, g->batch.starts, g->tape.logits, ends, scale,
                                 g->tape.dlogits, loss);
}

const golden_task golden_answers = { .head = &head_spans,
                                     .weigh = answers_weigh,
                                     .loss = answers_loss };

/* ---- one of a unit's sequences */

static void choices_loss(golden *g, const uint32_t *index, size_t count, float scale, double *loss)
{
    int32_t right[MOST];
    uint32_t starts[MOST + 1];
    integers_take(g, "labels", 1, index, count, right);
    for (size_t i = 0; i <= count; i++) starts[i] = (uint32_t)(i * features_group(&g->features));
    g->on->segment_cross_entropy(g->on, count, 1, starts, g->tape.logits, right, scale,
                                 g->tape.dlogits, loss);
}

const golden_task golden_choices = { .head = &head_choice,
                                     .weigh = weigh_units,
                                     .loss = choices_loss };

/* ---- a unit's sequences compared */

static void scores_loss(golden *g, const uint32_t *index, size_t count, float scale, double *loss)
{
    float scores[MOST];
    floats_take(g, "scores", 1, index, count, scores);
    g->on->cosine_error(g->on, count, g->model.config.hidden, g->tape.logits, scores, scale,
                        g->tape.dlogits, loss);
}

const golden_task golden_similar = { .head = &head_vectors,
                                     .weigh = weigh_units,
                                     .loss = scores_loss };

static void first_tokens_take(golden *g, const uint32_t *index, size_t count)
{
    (void)index;
    (void)count;
    g->model.config.pooling = POOLING_CLS;
}

const golden_task golden_similar_cls = {
    .head = &head_vectors, .prepare = first_tokens_take, .weigh = weigh_units, .loss = scores_loss
};

/* The loss of a unit depends on the others of its batch. */
static void partners_loss(golden *g, const uint32_t *index, size_t count, float scale, double *loss)
{
    (void)index;
    g->on->in_batch_negatives(g->on, count, features_group(&g->features), g->model.config.hidden,
                              g->tape.logits, *golden_tensor(g, "scale", NULL), scale,
                              g->tape.dlogits, loss);
}

const golden_task golden_partners = { .head = &head_vectors,
                                      .weigh = weigh_units,
                                      .loss = partners_loss };
