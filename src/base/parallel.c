#include "base/parallel.h"

#include <omp.h>
#include <pthread.h>
#include <signal.h>

/* oneDNN's AVX-512 products (2.6) keep numbers below the stack pointer, where a signal's handler
 * puts its frame: a timer, or one Ctrl-C, would ruin a product or the heap. So signals wait for the
 * end of the loop, but for those that a fault of the thread itself raises. */
static void signals_hold(sigset_t *before)
{
    static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS };
    sigset_t held;
    sigfillset(&held);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigdelset(&held, faults[i]);
    pthread_sigmask(SIG_BLOCK, &held, before);
}

static void signals_let(const sigset_t *before)
{
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

static void run_alone(size_t count, parallel_body *body, void *context)
{
    /* Outside of a parallel region oneDNN would start a team of its own. */
    int before = omp_get_max_threads();
    sigset_t signals;
    signals_hold(&signals);
    omp_set_num_threads(1);
    for (size_t i = 0; i < count; i++) body(context, i, 0);
    omp_set_num_threads(before);
    signals_let(&signals);
}

void parallel_for(size_t threads, size_t count, parallel_body *body, void *context)
{
    if (threads > count) threads = count;
    if (threads <= 1) {
        run_alone(count, body, context);
        return;
    }
#pragma omp parallel num_threads((int)threads)
    {
        sigset_t signals;
        signals_hold(&signals);
#pragma omp for schedule(dynamic, 1) nowait
        for (size_t i = 0; i < count; i++) body(context, i, (size_t)omp_get_thread_num());
        signals_let(&signals);
    }
}

size_t parallel_threads(void)
{
    return (size_t)omp_get_num_procs();
}
