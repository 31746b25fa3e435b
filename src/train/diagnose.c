#include "train/diagnose.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { EXAMPLES_NAMED = 3, PLACE_BYTES = 160 };

typedef struct search {
    trainer *trainer;
    const uint32_t *index; /* [count] of the step */
    size_t count;
    bool backward;           /* the losses are finite: look at gradients */
    char place[PLACE_BYTES]; /* "" until one is found */
    char examples[512];
    size_t found;
} search;

static bool all_finite(const trainer *t, size_t count, const float *x)
{
    return isfinite(t->of.on->sum_squares(t->of.on, count, x));
}

/* The last of the weights, or gradients, that is not finite; NULL: all are. Backward goes from the
 * last to the first, so that is where it begins. */
static const param_entry *weights_look(const trainer *t, const params *p)
{
    for (size_t i = t->entry_count; i-- > 0;) {
        const weight *w = params_weight((params *)p, &t->entries[i]);
        if (w->data && !all_finite(t, weight_count(w), w->data)) return &t->entries[i];
    }
    return NULL;
}

/* The first place on the way forward. */
static void activations_look(search *s, const pass *p)
{
    const trainer *t = s->trainer;
    const tape *kept = &t->tape;
    size_t width = t->of.config->hidden, layers = t->of.config->layers;
    if (!all_finite(t, t->batch.tokens * width, kept->embedding.sum)) {
        snprintf(s->place, sizeof s->place, "the embeddings");
        return;
    }
    for (size_t i = 0; i < layers; i++) {
        size_t rows = layer_rows_of(p, i).count;
        if (all_finite(t, rows * width, kept->layers[i].output_norm.sum)) continue;
        snprintf(s->place, sizeof s->place, "layer %zu of %zu", i + 1, layers);
        return;
    }
    snprintf(s->place, sizeof s->place, "the head");
}

static void example_name(search *s, size_t unit)
{
    const examples *e = s->trainer->of.train;
    const dataset_row *row = &e->rows[features_row(&e->features, unit)];
    size_t used = strlen(s->examples);
    if (s->found++ < EXAMPLES_NAMED)
        snprintf(s->examples + used, sizeof s->examples - used, "%s%s:%zu", used ? ", " : "",
                 row->path, row->line);
}

/* One unit alone: forward, and backward where the loss is finite. */
static void unit_look(search *s, size_t position)
{
    trainer *t = s->trainer;
    const uint32_t *unit = s->index + position;
    pass p = trainer_pass(t, true);
    double loss = 0.0;
    trainer_begin_step(t, 1);
    trainer_forward(t, &p, unit, 1, position, 1.0, &loss);
    bool good = isfinite(loss);
    if (!good && !*s->place) activations_look(s, &p);
    if (good && s->backward) {
        t->of.task->head->backward(&p, &t->gradients);
        good = !weights_look(t, &t->gradients);
    }
    if (!good) example_name(s, *unit);
}

static void place_name(search *s, const param_entry *entry, const char *what)
{
    if (entry) snprintf(s->place, sizeof s->place, "%s '%s'", what, entry->name);
}

bert_status step_diagnose(trainer *t, const uint32_t *index, size_t count, const bert_event *step)
{
    search s = { .trainer = t, .index = index, .count = count, .backward = isfinite(step->loss) };
    const char *what = s.backward ? "gradient" : "loss";
    const param_entry *grown = weights_look(t, &t->params);
    if (grown)
        return fail(BERT_NUMERIC,
                    "step %zu: the %s is not finite: the weight '%s' has grown beyond all bounds; "
                    "try a lower %s or more %s",
                    step->step, what, grown->name, FIELD(learning_rate), FIELD(warmup));
    if (s.backward) place_name(&s, weights_look(t, &t->gradients), "the gradient of");
    for (size_t i = 0; i < count; i++) unit_look(&s, i);
    return fail(BERT_NUMERIC,
                "step %zu: the %s is not finite: it begins in %s%s%s%s; try a lower %s or more %s",
                step->step, what, *s.place ? s.place : "the sum over its examples",
                s.found ? ", with " : "", s.examples, s.found > EXAMPLES_NAMED ? ", ..." : "",
                FIELD(learning_rate), FIELD(warmup));
}
