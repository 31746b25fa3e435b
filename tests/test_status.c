/* test_status.c: how a failure is worded, added to, laid by, and which field it is about. */
#include "base/status.h"
#include "bert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#undef fail /* which cmocka defines as a macro */

static void a_message_is_added_to_at_either_end(void **state)
{
    (void)state;
    assert_int_equal(fail(BERT_IO, "cannot read %d bytes", 7), BERT_IO);
    assert_int_equal(fail_more(BERT_IO, "; the disk is %s", "full"), BERT_IO);
    assert_int_equal(fail_in(BERT_IO, "%s:%d", "a.tsv", 3), BERT_IO);
    assert_string_equal(bert_error(), "a.tsv:3: cannot read 7 bytes; the disk is full");
    assert_int_equal(fail_more(BERT_OK, "; no"), BERT_OK);
    assert_int_equal(fail_in(BERT_OK, "no"), BERT_OK);
    assert_string_equal(bert_error(), "a.tsv:3: cannot read 7 bytes; the disk is full");
}

static void a_field_begins_its_message_and_is_told(void **state)
{
    (void)state;
    assert_int_equal(fail_field(BERT_ARGUMENT, "keep_best", "goes by %s", FIELD(dev_share)),
                     BERT_ARGUMENT);
    assert_string_equal(bert_error(), "keep_best goes by dev_share");
    assert_string_equal(bert_error_field(), "keep_best");
    fail_more(BERT_ARGUMENT, "; give it");
    assert_string_equal(bert_error_field(), "keep_best");
    fail_in(BERT_ARGUMENT, "model");
    assert_string_equal(bert_error(), "model: keep_best goes by dev_share; give it");
    assert_string_equal(bert_error_field(), "keep_best");
    fail(BERT_IO, "another");
    assert_string_equal(bert_error_field(), "");
}

static void a_failure_that_is_laid_by_comes_back_whole(void **state)
{
    (void)state;
    fail_field(BERT_ARGUMENT, "seed", "is wrong");
    const failure first = failure_keep(BERT_ARGUMENT);
    fail(BERT_IO, "cannot remove a folder");
    assert_int_equal(failure_return(&first), BERT_ARGUMENT);
    assert_string_equal(bert_error(), "seed is wrong");
    assert_string_equal(bert_error_field(), "seed");
}

static void long_messages_are_cut_and_stay_one_line(void **state)
{
    (void)state;
    char long_text[3000];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    fail_field(BERT_ARGUMENT, "text", "is\n'%s'", long_text);
    fail_in(BERT_ARGUMENT, "%s", "place");
    fail_more(BERT_ARGUMENT, "; %s", long_text);
    assert_int_equal(strlen(bert_error()), 1023);
    assert_null(strchr(bert_error(), '\n'));
    assert_memory_equal(bert_error(), "place: text is", 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_added_to_at_either_end),
        cmocka_unit_test(a_field_begins_its_message_and_is_told),
        cmocka_unit_test(a_failure_that_is_laid_by_comes_back_whole),
        cmocka_unit_test(long_messages_are_cut_and_stay_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
