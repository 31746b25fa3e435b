#include "report/axis.h"

#include "report/markup.h"

#include <assert.h>
#include <math.h>

/* The smallest of 1, 2, 5, 10, ... times a power of ten that is not below `rough`. */
static double step_nice(double rough)
{
    double power = pow(10.0, floor(log10(rough))), share = rough / power;
    const double slack = 1.0 + 1e-9; /* 0.2 may have come out a little above itself */
    if (share <= 1.0 * slack) return power;
    if (share <= 2.0 * slack) return 2.0 * power;
    return (share <= 5.0 * slack ? 5.0 : 10.0) * power;
}

static const double slack = 1e-9; /* of a step: a value that is a mark is not past it */

axis axis_make(double low, double high, size_t about)
{
    assert(isfinite(low) && isfinite(high) && about >= 2);
    if (!(high - low > 1e-12 * fmax(fabs(low), fabs(high)))) {
        double room = low != 0.0 ? 0.5 * fabs(low) : 1.0;
        high = low + room;
        low -= low != 0.0 ? room : 0.0;
    }
    double step = step_nice((high - low) / (double)(about - 1));
    double first = floor(low / step + slack), last = ceil(high / step - slack);
    return (axis){ .low = first * step,
                   .high = last * step,
                   .first = first * step,
                   .step = step,
                   .count = (size_t)(last - first) + 1 };
}

axis axis_make_whole(double low, double high, size_t about)
{
    assert(about >= 2);
    if (!(high > low)) high = low + 1.0;
    double step = step_nice(fmax((high - low) / (double)(about - 1), 1.0));
    double first = ceil(low / step - slack), last = floor(high / step + slack);
    return (axis){ .low = low,
                   .high = high,
                   .first = first * step,
                   .step = step,
                   .count = (size_t)(last - first) + 1 };
}

double axis_share(const axis *a, double value)
{
    return (value - a->low) / (a->high - a->low);
}

char *axis_text(const axis *a, size_t index, char *out)
{
    double value = a->first + a->step * (double)index;
    int decimals = (int)ceil(-log10(a->step) - 1e-9);
    if (fabs(value) < 0.5 * a->step) return number_fixed(0.0, 0, out);
    if (decimals <= 0) return number_count(value, out);
    if (decimals <= 3) return number_fixed(value, decimals, out);
    /* The quotient of two whole numbers is the double nearest to the decimal number. */
    double scale = pow(10.0, decimals);
    return number_short(round(value * scale) / scale, out);
}
