/* parallel_threads.c: the loops of parallel.c on threads that are made for each, for builds under
 * ThreadSanitizer, which cannot follow OpenMP's run-time library. The Makefile takes one of the
 * two. */
#include "base/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

enum { THREADS_MAX = 64 };

typedef struct loop {
    parallel_body *body;
    void *context;
    size_t count;
    atomic_size_t next;
} loop;

typedef struct member {
    loop *loop;
    size_t thread;
    pthread_t id;
} member;

static void *member_run(void *argument)
{
    const member *m = argument;
    for (size_t i; (i = atomic_fetch_add(&m->loop->next, 1)) < m->loop->count;)
        m->loop->body(m->loop->context, i, m->thread);
    return NULL;
}

void parallel_for(size_t threads, size_t count, parallel_body *body, void *context)
{
    loop l = { .body = body, .context = context, .count = count };
    member members[THREADS_MAX];
    size_t made = 1;
    sigset_t all, before;
    if (threads > count) threads = count;
    if (threads > THREADS_MAX) threads = THREADS_MAX;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    for (; made < threads; made++) {
        members[made] = (member){ .loop = &l, .thread = made };
        if (pthread_create(&members[made].id, NULL, member_run, &members[made]) != 0) break;
    }
    members[0] = (member){ .loop = &l, .thread = 0 };
    member_run(&members[0]);
    for (size_t i = 1; i < made; i++) pthread_join(members[i].id, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

size_t parallel_threads(void)
{
    cpu_set_t processors;
    return sched_getaffinity(0, sizeof processors, &processors) == 0
               ? (size_t)CPU_COUNT(&processors)
               : 1;
}
