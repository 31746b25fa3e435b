#include "report/curve.h"

#include "base/memory.h"
#include "json/json.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- points */

static double mean_of_two(const double *means, const size_t *values, size_t first)
{
    double a = (double)values[first], b = (double)values[first + 1];
    return (means[first] * a + means[first + 1] * b) / (a + b);
}

static void points_join(curve *c)
{
    for (size_t i = 0; i < CURVE_POINTS / 2; i++) {
        c->x[i] = mean_of_two(c->x, c->values, 2 * i);
        c->mean[i] = mean_of_two(c->mean, c->values, 2 * i);
        c->least[i] = fmin(c->least[2 * i], c->least[2 * i + 1]);
        c->most[i] = fmax(c->most[2 * i], c->most[2 * i + 1]);
        c->values[i] = c->values[2 * i] + c->values[2 * i + 1];
    }
    c->count = CURVE_POINTS / 2;
    c->width *= 2;
}

void curve_add(curve *c, double x, double value)
{
    if (!c->width) c->width = 1;
    bool full = !c->count || c->values[c->count - 1] == c->width;
    if (full && c->count == CURVE_POINTS) points_join(c);
    if (full) {
        size_t at = c->count++;
        c->x[at] = x;
        c->mean[at] = c->least[at] = c->most[at] = value;
        c->values[at] = 1;
        return;
    }
    size_t at = c->count - 1;
    double values = (double)++c->values[at];
    c->x[at] += (x - c->x[at]) / values;
    c->mean[at] += (value - c->mean[at]) / values;
    c->least[at] = fmin(c->least[at], value);
    c->most[at] = fmax(c->most[at], value);
}

void curve_smooth(const curve *c, double *out)
{
    size_t reach = size_larger(c->count / 50, 2);
    for (size_t i = 0; i < c->count; i++) {
        double sum = 0.0, weights = 0.0;
        size_t end = size_smaller(i + reach + 1, c->count);
        for (size_t k = i > reach ? i - reach : 0; k < end; k++) {
            size_t distance = k > i ? k - i : i - k;
            double weight = (double)(reach + 1 - distance) * (double)c->values[k];
            sum += weight * c->mean[k];
            weights += weight;
        }
        out[i] = sum / weights;
    }
}

double curve_least(const curve *c)
{
    assert(c->count > 0);
    double least = c->least[0];
    for (size_t i = 1; i < c->count; i++) least = fmin(least, c->least[i]);
    return least;
}

double curve_most(const curve *c)
{
    assert(c->count > 0);
    double most = c->most[0];
    for (size_t i = 1; i < c->count; i++) most = fmax(most, c->most[i]);
    return most;
}

/* ---- a log */

static bool number_of(const json_t *line, const char *key, double *out)
{
    const json_t *value = json_object_get(line, key);
    *out = json_number_value(value);
    return json_is_number(value);
}

static bool line_add(const json_t *line, log_curves *out)
{
    double step, loss, rate, norm;
    if (!number_of(line, "step", &step) || !number_of(line, "loss", &loss) ||
        !number_of(line, "learning_rate", &rate) || !number_of(line, "grad_norm", &norm))
        return false;
    curve_add(&out->loss, step, loss);
    curve_add(&out->learning_rate, step, rate);
    curve_add(&out->gradient_norm, step, norm);
    return true;
}

static bert_status line_read(slice text, const char *path, size_t number, log_curves *out)
{
    json_error_t error;
    json_t *line = json_load_text(text, 0, &error);
    if (!line && json_error_code(&error) == json_error_out_of_memory)
        return fail(BERT_MEMORY, "%s: out of memory for its lines", path);
    bool good = line_add(line, out);
    json_decref(line);
    if (good) return BERT_OK;
    return fail(BERT_FORMAT,
                "%s:%zu: is no line of a run's log; was the file changed during the run?", path,
                number);
}

static bert_status lines_add(FILE *stream, const char *path, log_curves *out)
{
    char *text = NULL;
    size_t room = 0, number = 0;
    bert_status status = BERT_OK;
    for (ssize_t bytes; status == BERT_OK && (bytes = getline(&text, &room, stream)) >= 0;)
        status = line_read((slice){ text, (size_t)bytes }, path, ++number, out);
    if (status == BERT_OK && !feof(stream))
        status = errno == ENOMEM ? fail(BERT_MEMORY, "%s: out of memory for its lines", path)
                                 : fail(BERT_IO, "%s: cannot read: %s", path, strerror(errno));
    free(text);
    return status;
}

bert_status log_curves_read(const char *path, log_curves *out)
{
    FILE *stream = fopen(path, "re");
    if (!stream) return fail(BERT_IO, "%s: cannot open: %s", path, strerror(errno));
    bert_status status = lines_add(stream, path, out);
    fclose(stream);
    return status;
}
