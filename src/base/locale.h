/* locale.h: numbers and letters that do not depend on the locale of the program around the library,
 * which may write 0,5 for 0.5.
 *
 * Each function of bert.h that reads or writes text begins with LOCALE_PLAIN, which holds the
 * calling thread to the C locale until the function returns; no call below it looks at a locale.
 * `make check` sees to it. While an observer is called the program's locale holds again
 * (LOCALE_OF_PROGRAM). */
#ifndef BASE_LOCALE_H
#define BASE_LOCALE_H

#include <locale.h>

static inline void locale_restore(const locale_t *before)
{
    uselocale(*before);
}

/* Makes it this thread's to the end of the block. */
#define LOCALE_HOLD(which)                                                                         \
    __attribute__((cleanup(locale_restore), unused)) const locale_t locale_before = uselocale(which)

/* "C" is a constant of the C library: asking for it takes no memory and cannot fail. */
#define LOCALE_PLAIN LOCALE_HOLD(newlocale(LC_ALL_MASK, "C", (locale_t)0))

/* What setlocale() has set. A locale of the thread's own, as of uselocale(), is not known here. */
#define LOCALE_OF_PROGRAM LOCALE_HOLD(LC_GLOBAL_LOCALE)

#endif
