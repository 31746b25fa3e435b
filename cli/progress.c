#include "progress.h"
#include "columns.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { LOSS_STEPS = 50, PARTS = 20, QUIET_SECONDS = 10, DURATION_BYTES = 32 };

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

progress progress_start(bool quiet)
{
    return (
        progress){ .quiet = quiet, .terminal = isatty(STDERR_FILENO), .told_at = now_seconds() };
}

void progress_clear(progress *p)
{
    if (p->standing) fputs("\r\033[K", stderr);
    p->standing = false;
}

/* Is it time for a line? A terminal's is renewed ten times a second at most, and at the end. */
static bool due(progress *p, size_t done, size_t total)
{
    double now = now_seconds();
    size_t part = total ? PARTS * done / total : 0;
    if (p->quiet) return false;
    if (p->terminal ? now - p->told_at < 0.1 && done < total
                    : part == p->told_part && now - p->told_at < QUIET_SECONDS)
        return false;
    p->told_at = now;
    p->told_part = part;
    return true;
}

static void line_begin(progress *p)
{
    if (p->terminal) fputc('\r', stderr);
}

static void line_end(progress *p)
{
    fputs(p->terminal ? "\033[K" : "\n", stderr);
    p->standing = p->terminal;
}

static void duration_text(double seconds, char *out)
{
    unsigned long whole = (unsigned long)(seconds + 0.5);
    if (whole >= 3600)
        snprintf(out, DURATION_BYTES, "%lu h %lu min", whole / 3600, whole / 60 % 60);
    else if (whole >= 60)
        snprintf(out, DURATION_BYTES, "%lu min %lu s", whole / 60, whole % 60);
    else
        snprintf(out, DURATION_BYTES, "%lu s", whole);
}

void progress_step(progress *p, const bert_event *step)
{
    p->steps++;
    p->seconds += step->seconds;
    p->tokens += (double)step->tokens;
    p->loss += (step->loss - p->loss) / (double)(p->steps < LOSS_STEPS ? p->steps : LOSS_STEPS);
    if (!due(p, step->step, step->steps)) return;

    char left[DURATION_BYTES];
    double steps_left = (double)(step->steps - step->step);
    double evaluations_left = (double)(step->epochs - step->epoch + 1);
    duration_text(p->seconds / (double)p->steps * steps_left + p->evaluation * evaluations_left,
                  left);
    line_begin(p);
    fprintf(stderr, "epoch %zu of %zu, step %zu of %zu, loss %.4f, %.0f tokens/s, %s left",
            step->epoch, step->epochs, step->step, step->steps, p->loss,
            p->seconds > 0 ? p->tokens / p->seconds : 0, left);
    line_end(p);
}

void progress_evaluation(progress *p, size_t done, size_t total)
{
    /* Evaluations are short: their beginning is no news in a log, only their lasting long. */
    if (!p->terminal && now_seconds() - p->told_at < QUIET_SECONDS) return;
    if (!due(p, done, total)) return;
    line_begin(p);
    fprintf(stderr, "evaluated %zu of %zu examples", done, total);
    line_end(p);
}

void progress_evaluated(progress *p, const bert_event *evaluated)
{
    p->evaluation = evaluated->seconds;
}

void progress_fetch(progress *p, const bert_event *fetched)
{
    double now = now_seconds();
    if (!p->fetch_at) { /* what was there before this process is none of its speed */
        p->fetch_at = now;
        p->fetch_from = fetched->done;
    }
    /* Small files are no news, and of a moment there is no rate. */
    if (now - p->fetch_at < (p->terminal ? 0.2 : 1.0)) return;
    if (!due(p, fetched->done, fetched->total)) return;
    char left[DURATION_BYTES];
    double rate = ((double)fetched->done - (double)p->fetch_from) / (now - p->fetch_at);
    duration_text(rate > 1.0 ? (double)(fetched->total - fetched->done) / rate : 0.0, left);
    line_begin(p);
    column_print(stderr, fetched->text);
    fprintf(stderr, ": %.1f of %.1f MB, %.1f MB/s, %s left", (double)fetched->done / 1e6,
            (double)fetched->total / 1e6, rate / 1e6, left);
    line_end(p);
}
