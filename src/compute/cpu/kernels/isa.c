/* isa.c: what the processor and the operating system permit. */
#include "compute/cpu/kernels/kernels.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
    [ISA_REF] = "ref", [ISA_AVX2] = "avx2", [ISA_AVX512] = "avx512"
};

const char *isa_name(isa which)
{
    return names[which];
}

bool isa_parse(const char *name, isa *out)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) != 0) continue;
        *out = (isa)i;
        return true;
    }
    return false;
}

/* The compiler's answers take in cpuid and XGETBV: a system that does not save the wide registers
 * over a context switch has no AVX here, whatever the processor can do. What is asked is what the
 * Makefile lets the compiler use in the files of each set (F16C and BMI come with every AVX2). */
static isa isa_permitted(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    if (avx2 && avx512) return ISA_AVX512;
    if (avx2) return ISA_AVX2;
#endif
    return ISA_REF;
}

isa isa_detect(void)
{
    isa permitted = isa_permitted(), cap;
    const char *wish = getenv("BERT_ISA");
    if (wish && isa_parse(wish, &cap) && cap < permitted) return cap;
    return permitted;
}
