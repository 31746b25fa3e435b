/* Named for the Makefile, which compiles it for the instruction set as it does the kernels. */
#include <stdio.h>

#if defined(__x86_64__)
#include "compute/cpu/kernels/vector_avx2.h"

#include "sweep_vector_math.h"

int main(void)
{
    if (isa_detect() >= ISA_AVX2) return sweep_vector_math();
    printf("1..0 # SKIP it needs avx2, and processor, system and BERT_ISA permit %s\n",
           isa_name(isa_detect()));
    return 0;
}
#else
int main(void)
{
    printf("1..0 # SKIP avx2 is for x86-64\n");
    return 0;
}
#endif
