/* test_head_facts.c: what the head of every task says of itself: its class in transformers, the
 * shape of its logits, what it refuses, and how it is found again in a saved model. */
#include "model/heads.h"
#include "scratch.h"
#include "tasks/tasks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef void task_check(const task *kind, config *c);

/* Runs a check for every task, with a configuration of three labels and without a pooling, as an
 * encoder's folder has it. */
static void each_task(task_check *check)
{
    static const char *const names[] = { "a", "b", "c" };
    const task *kind;
    for (size_t i = 0; (kind = task_at(i)); i++) {
        config c;
        assert_done(config_read("tests/data/golden/gelu", &c));
        assert_done(config_set_labels(&c, names, 3));
        check(kind, &c);
        config_release(&c);
    }
}

/* As transformers 5 names the classes of BertPreTrainedModel. */
static const char *class_wanted(const char *task_name)
{
    static const char *const classes[][2] = {
        { "classify", "BertForSequenceClassification" },
        { "multilabel", "BertForSequenceClassification" },
        { "regress", "BertForSequenceClassification" },
        { "tag", "BertForTokenClassification" },
        { "fill", "BertForMaskedLM" },
        { "answer", "BertForQuestionAnswering" },
        { "choose", "BertForMultipleChoice" },
        { "similar", "BertModel" },
    };
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (strcmp(classes[i][0], task_name) == 0) return classes[i][1];
    fail_msg("no class is written down here for the task '%s'", task_name);
    return NULL;
}

static void check_class(const task *kind, config *c)
{
    const head *h = kind->head;
    unsigned parts = PARAMS_ENCODER | head_parts(h, c);
    named_class made = head_class_name(h, c);
    assert_string_equal(made.name, class_wanted(kind->info.name));
    assert_done(config_set_head(c, made.name, 0));
    assert_int_equal(head_is_bare(c, made.name), h->bare);
    assert_ptr_equal(head_of_class(c), h->bare ? NULL : h); /* BertModel is any encoder's class */
    if (h->bare) c->pooling = POOLING_MEAN;
    assert_ptr_equal(head_of_model(c, parts), h);
    if (h->parts) assert_null(head_of_model(c, PARAMS_ENCODER));
    c->family = &(family){ .model_type = "other", .class_prefix = "Other" };
    assert_null(head_of_class(c));
}

static void a_heads_class_names_that_head(void **state)
{
    (void)state;
    each_task(check_class);
}

/* The last weight of a head has a row an output. */
static size_t last_rows(const head *h, const config *c)
{
    param_entry *entries;
    size_t count;
    assert_done(params_list(c, head_parts(h, c), &entries, &count));
    size_t rows = count ? entries[count - 1].rows : c->hidden;
    free(entries);
    return rows;
}

static void check_shape(const task *kind, config *c)
{
    const head *h = kind->head;
    const batch_limits limits = { .tokens = 50, .sequences = 7, .wanted = 11 };
    assert_done(head_begin(h, c, &(head_start){ .unanswerable = true }));
    tape_shape s = head_tape_shape(h, c, &limits, true);
    assert_int_equal(s.logit_width, last_rows(h, c));
    assert_int_equal(s.logit_rows, s.vectors             ? limits.sequences
                                   : h->rows == ROWS_ALL ? limits.tokens
                                                         : limits.wanted);
    assert_int_equal(s.wanted, h->rows == ROWS_ALL ? 0 : limits.wanted);
    assert_true(s.backward && s.tokens == limits.tokens && s.sequences == limits.sequences);
    assert_int_equal(c->unanswerable_given, kind->form == FORM_QUESTIONS);
    assert_int_equal(c->unanswerable, kind->form == FORM_QUESTIONS);
    assert_int_equal(c->pooling != POOLING_NONE, s.vectors);
}

static void a_heads_logits_are_as_wide_as_its_weights(void **state)
{
    (void)state;
    each_task(check_shape);
}

static void a_head_refuses_what_it_cannot_read(void **state)
{
    (void)state;
    const task *kind;
    size_t refused = 0;
    for (size_t i = 0; (kind = task_at(i)); i++) {
        config c;
        head_start given = { 0 };
        assert_done(config_read("tests/data/golden/gelu", &c));
        c.vectors_unknown = strdup("something");
        json_object_set_new(c.source, "tie_word_embeddings", json_false());
        bool can = !kind->head->check;
        refused += !can;
        assert_int_equal(head_begin(kind->head, &c, &given), can ? BERT_OK : BERT_UNSUPPORTED);
        config_release(&c);
    }
    assert_int_equal(refused, 2);
}

static void weights_without_a_class_tell_their_head(void **state)
{
    (void)state;
    assert_ptr_equal(head_of_weights(PARAMS_ALL), &head_classifier);
    assert_ptr_equal(
        head_of_weights(PARAMS_ENCODER | PARAMS_SPANS | PARAMS_TRANSFORM | PARAMS_MASKED),
        &head_spans);
    assert_ptr_equal(
        head_of_weights(PARAMS_ENCODER | PARAMS_POOLER | PARAMS_TRANSFORM | PARAMS_MASKED),
        &head_masked);
    assert_ptr_equal(head_of_weights(PARAMS_ENCODER | PARAMS_POOLER), &head_vectors);
}

/* ---- docs/models.md: a row for each family, with the class of each task */

static const family *const families[] = {
#define FAMILY(name) &family_##name,
#include "model/families.def"
};

/* The row of the page's table that begins with this model_type. The caller frees. */
static char *row_of(const char *model_type)
{
    char line[1024], begin[64], *found = NULL;
    FILE *page = fopen("docs/models.md", "r");
    assert_non_null(page);
    snprintf(begin, sizeof begin, "| `%s` | ", model_type);
    while (!found && fgets(line, sizeof line, page))
        if (strncmp(line, begin, strlen(begin)) == 0) found = strdup(line);
    fclose(page);
    return found;
}

static void the_table_of_families_is_what_the_program_writes(void **state)
{
    (void)state;
    const task *kind;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        const family *f = families[i];
        char *row = row_of(f->model_type), wanted[128];
        if (!row) fail_msg("docs/models.md has no row for '%s'", f->model_type);
        for (size_t k = 0; (kind = task_at(k)); k++) {
            snprintf(wanted, sizeof wanted, " `%s` |",
                     family_class(f, kind->head->class_suffix).name);
            if (!strstr(row, wanted)) fail_msg("%s: no%s in %s", kind->info.name, wanted, row);
        }
        snprintf(wanted, sizeof wanted, "| `%s` | %s |", f->model_type, f->name);
        assert_non_null(strstr(row, wanted));
        free(row);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_heads_class_names_that_head),
        cmocka_unit_test(a_heads_logits_are_as_wide_as_its_weights),
        cmocka_unit_test(a_head_refuses_what_it_cannot_read),
        cmocka_unit_test(weights_without_a_class_tell_their_head),
        cmocka_unit_test(the_table_of_families_is_what_the_program_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
