#include "report/chart.h"

#include "report/markup.h"

#include <math.h>

/* In units of the drawing, which is scaled to the width it is given. */
enum { WIDTH = 480, HEIGHT = 250, LEFT = 56, RIGHT = 456, TOP = 14, BOTTOM = 206 };

static double within(double share)
{
    return fmin(fmax(share, 0.0), 1.0);
}

static double across(const chart *c, double x)
{
    return LEFT + within(axis_share(&c->x, x)) * (RIGHT - LEFT);
}

static double down(const chart *c, double y)
{
    return BOTTOM - within(axis_share(&c->y, y)) * (BOTTOM - TOP);
}

/* "x,y", to a tenth of a unit */
static void place_put(FILE *out, const chart *c, double x, double y)
{
    char a[NUMBER_TEXT], b[NUMBER_TEXT];
    fprintf(out, "%s,%s ", number_fixed(across(c, x), 1, a), number_fixed(down(c, y), 1, b));
}

static void x_axis_put(FILE *out, const chart *c)
{
    char place[NUMBER_TEXT], text[NUMBER_TEXT];
    fprintf(out, "<g class=\"marks\" text-anchor=\"middle\">");
    for (size_t i = 0; i < c->x.count; i++) {
        number_fixed(across(c, c->x.first + c->x.step * (double)i), 1, place);
        fprintf(out, "<text x=\"%s\" y=\"%d\">%s</text>", place, BOTTOM + 18,
                axis_text(&c->x, i, text));
    }
    fprintf(out, "<text class=\"name\" x=\"%d\" y=\"%d\">%s</text></g>\n", (LEFT + RIGHT) / 2,
            HEIGHT - 6, c->x_name);
}

static void y_axis_put(FILE *out, const chart *c)
{
    char place[NUMBER_TEXT], text_place[NUMBER_TEXT], text[NUMBER_TEXT];
    fprintf(out, "<g class=\"marks\" text-anchor=\"end\">");
    for (size_t i = 0; i < c->y.count; i++) {
        double y = down(c, c->y.first + c->y.step * (double)i);
        number_fixed(y, 1, place);
        number_fixed(y + 4.5, 1, text_place);
        fprintf(out,
                "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%s\" y2=\"%s\"/>"
                "<text x=\"%d\" y=\"%s\">%s</text>",
                LEFT, RIGHT, place, place, LEFT - 8, text_place, axis_text(&c->y, i, text));
    }
    fprintf(out, "</g>\n");
}

void chart_begin(FILE *out, const chart *c)
{
    fprintf(out, "<figure><h3>%s</h3>\n", c->title);
    if (*c->y_name) fprintf(out, "<p class=\"axis\">%s</p>\n", c->y_name);
    fprintf(out,
            "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"%s-t %s-d\">"
            "<title id=\"%s-t\">%s</title><desc id=\"%s-d\">%s</desc>\n",
            WIDTH, HEIGHT, c->id, c->id, c->id, c->title, c->id, c->description);
    y_axis_put(out, c);
    x_axis_put(out, c);
}

void chart_end(FILE *out)
{
    fprintf(out, "</svg>\n");
}

void chart_line(FILE *out, const chart *c, const double *x, const double *y, size_t count,
                const char *class)
{
    fprintf(out, "<polyline class=\"%s\" points=\"", class);
    for (size_t i = 0; i < count; i++) place_put(out, c, x[i], y[i]);
    fprintf(out, "\"/>\n");
}

void chart_band(FILE *out, const chart *c, const double *x, const double *low, const double *high,
                size_t count, const char *class)
{
    fprintf(out, "<polygon class=\"%s\" points=\"", class);
    for (size_t i = 0; i < count; i++) place_put(out, c, x[i], high[i]);
    for (size_t i = count; i-- > 0;) place_put(out, c, x[i], low[i]);
    fprintf(out, "\"/>\n");
}

void chart_points(FILE *out, const chart *c, const double *x, const double *y, size_t count,
                  const char *class)
{
    char a[NUMBER_TEXT], b[NUMBER_TEXT];
    for (size_t i = 0; i < count; i++)
        fprintf(out, "<circle class=\"%s\" cx=\"%s\" cy=\"%s\" r=\"4\"/>", class,
                number_fixed(across(c, x[i]), 1, a), number_fixed(down(c, y[i]), 1, b));
    fprintf(out, "\n");
}

void chart_label(FILE *out, const chart *c, double x, double y, const char *text)
{
    double place = across(c, x), height = down(c, y);
    char a[NUMBER_TEXT], b[NUMBER_TEXT];
    const char *anchor = place > RIGHT - 30 ? "end" : place < LEFT + 30 ? "start" : "middle";
    fprintf(out, "<text class=\"value\" x=\"%s\" y=\"%s\" text-anchor=\"%s\">%s</text>\n",
            number_fixed(place, 1, a),
            number_fixed(height < TOP + 24 ? height + 20 : height - 9, 1, b), anchor, text);
}
