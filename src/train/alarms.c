#include "train/alarms.h"

#include "base/status.h"
#include "task/observe.h"

enum { JUDGED_STEPS = 40, WINDOW_MOST = 100, RECENT_STEPS = 20 };

static size_t window_of(const loss_watch *w)
{
    size_t tenth = w->steps / 10;
    return tenth < 1 ? 1 : tenth > WINDOW_MOST ? WINDOW_MOST : tenth;
}

/* `mean` of so many numbers, and one more. */
static double mean_with(double mean, size_t count, double number)
{
    return mean + (number - mean) / (double)(count + 1);
}

void loss_watch_step(loss_watch *w, size_t step, double loss, const bert_observer *observer)
{
    size_t window = window_of(w);
    if (step <= window) w->early = mean_with(w->early, step - 1, loss);
    if (step > w->steps - window)
        w->late = mean_with(w->late, step - 1 - (w->steps - window), loss);
    w->recent = mean_with(w->recent, step < RECENT_STEPS ? step - 1 : RECENT_STEPS - 1, loss);
    if (w->told || step < JUDGED_STEPS || step < 2 * window || w->recent < 1.1 * w->early) return;
    w->told = true;
    observe_warning(observer,
                    "the loss has risen from %.4g to %.4g (step %zu): the run diverges; try a "
                    "lower %s or more %s",
                    w->early, w->recent, step, FIELD(learning_rate), FIELD(warmup));
}

void loss_watch_end(const loss_watch *w, const bert_observer *observer)
{
    if (w->told || w->steps < JUDGED_STEPS || w->late < 0.99 * w->early) return;
    observe_warning(observer,
                    "the loss has not fallen: %.4g at the beginning, %.4g at the end; is the %s "
                    "right, and do the labels belong to the texts?",
                    w->early, w->late, FIELD(learning_rate));
}
