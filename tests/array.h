/* array.h: float arrays that notice what a kernel does beside them.
 *
 * An array ends `shift` floats before a page that cannot be touched: a read past that stops the
 * test. The floats next to the array, before and after, hold a pattern that array_release() checks.
 */
#ifndef TESTS_ARRAY_H
#define TESTS_ARRAY_H

#include <stddef.h>

typedef struct array {
    float *at;
    size_t count, shift, bytes;
    char *pages;
} array;

/* `count` numbers spread over low .. high, the same for the same seed. */
array array_random(size_t count, size_t shift, unsigned seed, float low, float high);
array array_copy(const array *from);
/* Fails the test where something next to the array was written. */
void array_release(array *a);

/* Same bits, but that all NaNs are one and so are the zeros. */
void assert_arrays_same(const char *what, const array *got, const array *want);

/* |got - want| <= tolerance * max(1, |want|); NaN stands for NaN and an infinity for itself. */
void assert_close(const char *what, size_t index, double got, double want, double tolerance);
void assert_arrays_close(const char *what, const array *got, const array *want, double tolerance);

#endif
