/* Unigram tokenizers, with the normalizers that go with them, by what tools/golden/unigram.py wrote
 * of them. */
#include "encodings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define DATA "tests/data/unigram"

static const char *const folders[] = { "xlm-roberta", "camembert", "albert", "albert-cased",
                                       "deberta",     "saved",     "steps",  "bytes" };

static void awkward_texts_are_as_the_reference_has_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) encodings_check(DATA, folders[i]);
}

static void every_character_between_letters_is_as_the_reference_has_it(void **state)
{
    (void)state;
    static const char *const swept[] = { "xlm-roberta", "albert", "steps", "bytes" };
    for (size_t i = 0; i < sizeof swept / sizeof *swept; i++) encodings_sweep(DATA, swept[i], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(awkward_texts_are_as_the_reference_has_them),
        cmocka_unit_test(every_character_between_letters_is_as_the_reference_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
