/* test_task_facts.c: what bert.h says of the tasks is whole, and true of what they write. */
#include "bert_program.h"
#include "metrics/measure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const bert_task_info *task_at_index(size_t index, bert_task_info *room)
{
    const char *name = bert_task_name(index);
    return name && bert_task_get_info(name, sizeof *room, room) ? room : NULL;
}

static void each_task_says_all_that_the_program_and_the_pages_ask(void **state)
{
    (void)state;
    bert_task_info room;
    const bert_task_info *task;
    size_t count = 0;
    for (; (task = task_at_index(count, &room)); count++) {
        print_message("%s\n", task->name);
        assert_string_equal(task->name, bert_task_name(count));
        assert_true(task->title && *task->title && task->members && *task->members);
        assert_true(task->pipeline && *task->pipeline);
        assert_int_equal(task->sample == NULL,
                         task->input == BERT_INPUT_ROWS || task->input == BERT_INPUT_PAIRS);
        for (const bert_score_table *t = task->tables; t && t->member; t++)
            assert_non_null(t->title);
    }
    assert_int_equal(count, 8);
}

static void scores_that_tasks_name_are_measures(void **state)
{
    (void)state;
    bert_task_info room;
    const bert_task_info *task;
    for (size_t i = 0; (task = task_at_index(i, &room)); i++) {
        assert_non_null(measure_find(task->scores[0]));
        if (task->scores[1]) assert_non_null(measure_find(task->scores[1]));
        for (const bert_score_line *line = task->lines; line && line->member; line++)
            assert_non_null(measure_find(line->member));
    }
}

static void less_is_better_of_losses_and_errors_alone(void **state)
{
    (void)state;
    static const char *const less[] = { "eval_loss", "eval_mse", "eval_mae", "eval_perplexity" };
    size_t found = 0;
    for (size_t i = 0; i < sizeof less / sizeof *less; i++)
        assert_true(measure_less_is_better(less[i]));
    for (size_t i = 0; i < measure_count; i++) found += measure_less_is_better(measures[i].key);
    assert_int_equal(found, sizeof less / sizeof *less);
    assert_false(measure_less_is_better("eval_something_else"));
}

static void a_name_that_no_task_has_has_no_facts(void **state)
{
    (void)state;
    bert_task_info info;
    assert_false(bert_task_get_info("classifier", sizeof info, &info));
    assert_false(bert_task_get_info("", sizeof info, &info));
    assert_null(bert_task_name(8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_task_says_all_that_the_program_and_the_pages_ask),
        cmocka_unit_test(scores_that_tasks_name_are_measures),
        cmocka_unit_test(less_is_better_of_losses_and_errors_alone),
        cmocka_unit_test(a_name_that_no_task_has_has_no_facts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
