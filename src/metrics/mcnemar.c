#include "metrics/mcnemar.h"

#include <math.h>
#include <stdint.h>

/* Twice the share of the 2^count ways to toss `count` coins that show at most `few` heads; at most
 * 1. The numbers of ways are whole and below 2^24, so nothing is rounded before the end. */
static double coins_p(size_t few, size_t count)
{
    uint64_t ways = 1, sum = 1; /* count over heads; for 0 heads */
    for (size_t heads = 1; heads <= few; heads++) {
        ways = ways * (count - heads + 1) / heads;
        sum += ways;
    }
    return fmin(1.0, ldexp((double)sum, 1 - (int)count));
}

mcnemar mcnemar_test(size_t only_first, size_t only_second)
{
    enum { EXACT_BELOW = 25 };
    size_t few = only_first < only_second ? only_first : only_second;
    size_t count = only_first + only_second;
    mcnemar m = { .only_first = only_first, .only_second = only_second };
    m.exact = count < EXACT_BELOW;
    if (m.exact) {
        m.statistic = (double)few;
        m.p = coins_p(few, count);
    } else {
        double corrected = fabs((double)only_first - (double)only_second) - 1.0;
        m.statistic = corrected * corrected / (double)count;
        m.p = erfc(sqrt(m.statistic / 2.0)); /* what chi-squared of one degree leaves above */
    }
    return m;
}
