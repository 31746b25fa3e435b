#include "array.h"

#include "base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { MARGIN = 32 }; /* floats with the pattern before the array */
static const float pattern = -12345.678f;

static array array_open(size_t count, size_t shift)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t needed = (MARGIN + count + shift) * sizeof(float);
    array a = { .count = count, .shift = shift, .bytes = (needed + page - 1) / page * page };
    a.pages =
        mmap(NULL, a.bytes + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(a.pages, MAP_FAILED);
    assert_int_equal(mprotect(a.pages + a.bytes, page, PROT_NONE), 0);
    a.at = (float *)(void *)(a.pages + a.bytes) - shift - count;
    for (size_t i = 1; i <= MARGIN; i++) *(a.at - i) = pattern;
    for (size_t i = 0; i < shift; i++) a.at[count + i] = pattern;
    return a;
}

array array_random(size_t count, size_t shift, unsigned seed, float low, float high)
{
    array a = array_open(count, shift);
    for (size_t i = 0; i < count; i++) {
        rng_block drawn = rng_philox(seed, (rng_block){ { (uint32_t)i, 0, 0, 0 } });
        a.at[i] = low + (high - low) * ((float)(drawn.word[0] >> 8) * 0x1p-24f);
    }
    return a;
}

array array_copy(const array *from)
{
    array a = array_open(from->count, from->shift);
    memcpy(a.at, from->at, from->count * sizeof(float));
    return a;
}

void array_release(array *a)
{
    for (size_t i = 1; i <= MARGIN; i++)
        if (*(a->at - i) != pattern) fail_msg("wrote %zu floats before the array", i);
    for (size_t i = 0; i < a->shift; i++)
        if (a->at[a->count + i] != pattern) fail_msg("wrote %zu floats past the array", i);
    munmap(a->pages, a->bytes + (size_t)sysconf(_SC_PAGESIZE));
    *a = (array){ 0 };
}

void assert_close(const char *what, size_t index, double got, double want, double tolerance)
{
    if (isnan(want) && isnan(got)) return;
    if (got == want) return;
    if (fabs(got - want) <= tolerance * fmax(1.0, fabs(want)) && isfinite(want)) return;
    fail_msg("%s: element %zu is %.9g, wanted %.9g", what, index, got, want);
}

void assert_arrays_same(const char *what, const array *got, const array *want)
{
    assert_arrays_close(what, got, want, 0);
}

void assert_arrays_close(const char *what, const array *got, const array *want, double tolerance)
{
    assert_int_equal(got->count, want->count);
    for (size_t i = 0; i < want->count; i++)
        assert_close(what, i, got->at[i], want->at[i], tolerance);
}
