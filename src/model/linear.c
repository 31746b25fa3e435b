#include "model/linear.h"

static linear_shape shape_of(const weight *w, size_t rows)
{
    return (linear_shape){ .rows = rows, .in = w->cols, .out = w->rows };
}

void linear_forward(const pass *p, const weight *w, const weight *b, size_t rows, const float *x,
                    float *y)
{
    linear_shape shape = shape_of(w, rows);
    p->on->linear_forward(p->on, &shape, x, w->data, w->panels, b ? b->data : NULL, y);
}

void linear_backward_input(const pass *p, const weight *w, size_t rows, const float *dy,
                           linear_output output, float *dx)
{
    linear_shape shape = shape_of(w, rows);
    p->on->linear_backward_input(p->on, &shape, dy, w->data, output == LINEAR_ADD, dx);
}

void linear_backward_weight(const pass *p, const weight *w, size_t rows, const float *dy,
                            const float *x, weight *dw, weight *db)
{
    linear_shape shape = shape_of(w, rows);
    bool add = dw->written, last = dw->data && gradient_product(dw);
    p->on->linear_backward_weight(p->on, &shape, dy, x, add, dw->data, db->data,
                                  last ? p->squares : NULL);
}

void linear_to_panels(compute *on, weight *w, float *panels)
{
    on->linear_to_panels(on, w->cols, w->rows, w->data, panels);
    w->panels = panels;
}
