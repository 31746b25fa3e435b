/* parallel.c: a team's loops.
 *
 *     caller   writes the loop down, opens it, takes items, closes it, waits until nobody is inside
 *     helper   waits for an open loop, goes inside, takes items, leaves
 *
 * A helper that comes late finds the loop closed and stays outside, so the caller waits only for
 * helpers that have an item in hand. Whoever is inside may read the loop: the caller writes the
 * next one when nobody is. A helper first counts itself in and then looks whether the loop is still
 * open; the caller first closes and then looks at the count. Both are sequentially consistent, so
 * one of the two sees the other. */
#include "base/parallel.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/processors.h"

#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of a helper: oneDNN and the kernels use less than 64 kB. Pages that are not touched cost nothing,
 * but a limit of the address space counts them. */
enum { STACK_BYTES = 1 << 20 };

/* How long a thread waits awake. Within a training step the next loop comes after microseconds;
 * waking a thread that sleeps takes some 50 on a virtual machine. Measured on two cores: with 50
 * microseconds steps of two short texts take a tenth longer than with 200; with 1,000 a busy
 * process beside costs as much as with threads that never sleep. */
static const double awake_seconds = 200e-6;

typedef struct helper {
    team *team;
    size_t thread;
    pthread_t id;
} helper;

struct team {
    parallel_body *body;
    void *context;
    size_t count;
    atomic_bool ends;
    atomic_uint loop;     /* odd: open. Helpers wait for it to change */
    atomic_uint sleepers; /* helpers that wait asleep */
    char apart[64];       /* what follows changes with every item, and shares no cache line */
    atomic_size_t next;   /* item */
    atomic_uint inside;   /* helpers. The caller waits for 0 */
    atomic_uint waiting;  /* 1: the caller does so asleep */
    pid_t process;        /* that has the helpers; a child after fork() has none */
    size_t helper_count;
    helper helpers[];
};

/* ---- waiting */

static void word_sleep(atomic_uint *word, unsigned value)
{
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void word_wake(atomic_uint *word, size_t sleepers)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, (int)sleepers, NULL, NULL, 0);
}

static void processor_relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Until *word is not `value`. *sleepers counts those that want to be woken for it. */
static void word_wait(atomic_uint *word, unsigned value, atomic_uint *sleepers)
{
    enum { LOOKS = 16 }; /* between two at the clock */
    double end = clock_seconds() + awake_seconds;
    do {
        for (int i = 0; i < LOOKS; i++) {
            if (atomic_load(word) != value) return;
            processor_relax();
        }
    } while (clock_seconds() < end);
    atomic_fetch_add(sleepers, 1);
    while (atomic_load(word) == value) word_sleep(word, value);
    atomic_fetch_sub(sleepers, 1);
}

/* ---- loops */

static void items_take(team *t, size_t thread)
{
    for (size_t i; (i = atomic_fetch_add(&t->next, 1)) < t->count;) t->body(t->context, i, thread);
}

static void loop_help(team *t, unsigned loop, size_t thread)
{
    atomic_fetch_add(&t->inside, 1);
    if (atomic_load(&t->loop) == loop) items_take(t, thread);
    if (atomic_fetch_sub(&t->inside, 1) == 1 && atomic_load(&t->waiting)) word_wake(&t->inside, 1);
}

static void *helper_run(void *argument)
{
    const helper *h = argument;
    team *t = h->team;
    for (unsigned seen = 0; !atomic_load(&t->ends);) {
        if (seen % 2 == 1) loop_help(t, seen, h->thread);
        word_wait(&t->loop, seen, &t->sleepers);
        seen = atomic_load(&t->loop);
    }
    return NULL;
}

static void loop_run(team *t, size_t count, parallel_body *body, void *context)
{
    t->body = body;
    t->context = context;
    t->count = count;
    atomic_store(&t->next, 0);
    atomic_fetch_add(&t->loop, 1);
    if (atomic_load(&t->sleepers)) word_wake(&t->loop, size_smaller(count - 1, t->helper_count));
    items_take(t, 0);
    atomic_fetch_add(&t->loop, 1);
    for (unsigned n; (n = atomic_load(&t->inside)) != 0;) word_wait(&t->inside, n, &t->waiting);
}

void parallel_for(team *t, size_t count, parallel_body *body, void *context)
{
    if (t && t->helper_count > 0 && count > 1 && t->process == getpid())
        loop_run(t, count, body, context);
    else
        for (size_t i = 0; i < count; i++) body(context, i, 0);
}

/* All signals except those that a fault of the thread itself raises. */
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

void parallel_for_held(team *t, size_t count, parallel_body *body, void *context)
{
    sigset_t signals;
    signals_hold(&signals);
    parallel_for(t, count, body, context);
    signals_let(&signals);
}

/* ---- life */

/* Stops at the first thread that the system refuses; returns its error, or 0. */
static int helpers_start(team *t, size_t wanted, const pthread_attr_t *attributes)
{
    int error = 0;
    sigset_t signals;
    signals_hold(&signals); /* a helper is born with its maker's mask, and keeps it */
    while (t->helper_count < wanted && error == 0) {
        helper *h = &t->helpers[t->helper_count];
        *h = (helper){ .team = t, .thread = t->helper_count + 1 };
        error = pthread_create(&h->id, attributes, helper_run, h);
        if (error == 0) t->helper_count++;
    }
    signals_let(&signals);
    return error;
}

bert_status team_open(size_t threads, team **out)
{
    void *memory;
    pthread_attr_t attributes;
    TRY(memory_zeroed(1, sizeof(team) + (threads - 1) * sizeof(helper), &memory));
    team *t = memory;
    t->process = getpid();
    int error = pthread_attr_init(&attributes);
    if (error == 0) {
        error = pthread_attr_setstacksize(&attributes, STACK_BYTES);
        if (error == 0) error = processors_give(&attributes);
        if (error == 0) error = helpers_start(t, threads - 1, &attributes);
        pthread_attr_destroy(&attributes);
    }
    if (error == 0) {
        *out = t;
        return BERT_OK;
    }
    size_t started = t->helper_count + 1;
    team_free(t);
    return fail(BERT_MEMORY, "only %zu of %zu threads can be started (%s); ask for fewer: %s",
                started, threads, strerror(error), FIELD(threads));
}

void team_free(team *t)
{
    if (!t) return;
    atomic_store(&t->ends, true);
    atomic_fetch_add(&t->loop, 2); /* still closed */
    word_wake(&t->loop, t->helper_count);
    for (size_t i = 0; i < t->helper_count && t->process == getpid(); i++)
        pthread_join(t->helpers[i].id, NULL);
    free(t);
}
