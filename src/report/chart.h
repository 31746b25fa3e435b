/* chart.h: line charts as inline SVG, which needs no script: axes with marks, grid and units,
 * lines, bands and points over them. Colours are classes of the page's style sheet.
 *
 *     chart c = { .id = "loss", .title = "Loss", .description = "...", .x_name = "step",
 *                 .x = axis_make_whole(0, 1000, 6), .y = axis_make(0, 2.3, 5) };
 *     chart_begin(out, &c);
 *     chart_line(out, &c, steps, losses, count, "raw");
 *     chart_end(out);
 *
 * Titles and names are ours, not a file's: nothing here is escaped. */
#ifndef REPORT_CHART_H
#define REPORT_CHART_H

#include "report/axis.h"

#include <stddef.h>
#include <stdio.h>

typedef struct chart {
    const char *id;                  /* unlike those of the page's other charts */
    const char *title, *description; /* for those who do not see it */
    const char *x_name, *y_name;     /* with units */
    axis x, y;
} chart;

/* A figure with its heading, and an open <svg>; chart_end() closes the <svg>; what stands between
 * the two and </figure>, which the caller writes, is the caption. */
void chart_begin(FILE *out, const chart *c);
void chart_end(FILE *out);

/* x, y [count]; what is past the axes is drawn at their ends. `class` decides how it looks. */
void chart_line(FILE *out, const chart *c, const double *x, const double *y, size_t count,
                const char *class);
void chart_band(FILE *out, const chart *c, const double *x, const double *low, const double *high,
                size_t count, const char *class);
void chart_points(FILE *out, const chart *c, const double *x, const double *y, size_t count,
                  const char *class);

/* A few words at a point: above it, or below where it is near the top. */
void chart_label(FILE *out, const chart *c, double x, double y, const char *text);

#endif
