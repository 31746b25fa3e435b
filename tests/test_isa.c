#include "compute/cpu/kernels/variants.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void every_name_is_parsed_back(void **state)
{
    (void)state;
    for (isa which = ISA_REF; which <= ISA_AVX512; which++) {
        isa parsed = ISA_AVX512;
        assert_true(isa_parse(isa_name(which), &parsed));
        assert_int_equal(parsed, which);
    }
}

static void other_names_are_refused_and_leave_the_result_alone(void **state)
{
    (void)state;
    static const char *const names[] = { "", "AVX2", "avx", "avx5122", " ref", "native" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        isa parsed = ISA_AVX2;
        assert_false(isa_parse(names[i], &parsed));
        assert_int_equal(parsed, ISA_AVX2);
    }
}

static void the_environment_caps_and_never_raises(void **state)
{
    (void)state;
    unsetenv("BERT_ISA");
    isa permitted = isa_detect();
    for (isa which = ISA_REF; which <= ISA_AVX512; which++) {
        setenv("BERT_ISA", isa_name(which), 1);
        assert_int_equal(isa_detect(), which < permitted ? which : permitted);
    }
    setenv("BERT_ISA", "sparc", 1);
    assert_int_equal(isa_detect(), permitted);
    unsetenv("BERT_ISA");
}

typedef void any_function(void);
typedef struct line {
    const char *operation;
    isa needs;
    any_function *function;
} line;

static const line lines[] = {
#define KERNEL(operation, needs, function) { #operation, needs, (any_function *)function },
#include "compute/cpu/kernels/variants.def"
#undef KERNEL
};

static any_function *best_line(const char *operation, isa which)
{
    const line *best = NULL;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (strcmp(lines[i].operation, operation) != 0 || lines[i].needs > which) continue;
        if (!best || lines[i].needs >= best->needs) best = &lines[i];
    }
    return best ? best->function : NULL;
}

static void the_best_permitted_line_of_each_operation_is_selected(void **state)
{
    (void)state;
    for (isa which = ISA_REF; which <= ISA_AVX512; which++) {
        kernel_table table = { 0 };
        kernels_select(which, &table);
#define KERNEL_CHECK(operation)                                                                    \
    assert_non_null(table.operation);                                                              \
    assert_ptr_equal((any_function *)table.operation, best_line(#operation, which));
        KERNEL_LIST(KERNEL_CHECK)
#undef KERNEL_CHECK
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_parsed_back),
        cmocka_unit_test(other_names_are_refused_and_leave_the_result_alone),
        cmocka_unit_test(the_environment_caps_and_never_raises),
        cmocka_unit_test(the_best_permitted_line_of_each_operation_is_selected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
