#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A signal handler has no argument to carry them. */
static volatile sig_atomic_t came;
static time_t came_at; /* the handlers' own; they never interrupt each other */

typedef struct watched {
    int number;
    const char *reason; /* "" where the one who sent it knows */
    bool insists;       /* does a second one mean "at once"? */
} watched;

/* A closed terminal is told of by several signals, some by the shell and some by the kernel; the
 * kernel repeats SIGXCPU every second. */
static const watched signals[] = {
    { SIGINT, "", true },
    { SIGTERM, "", true },
    { SIGHUP, "the terminal was closed (SIGHUP); ", false },
    { SIGXCPU, "the limit on processor time (ulimit -t) is reached; ", false },
};

enum { SIGNALS = sizeof signals / sizeof *signals };

static time_t now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static const watched *signal_find(int number)
{
    const watched *w = signals;
    while (w->number != number) w++;
    return w;
}

static void say(const char *text)
{
    ssize_t written = write(STDERR_FILENO, text, strlen(text));
    (void)written;
}

/* timeout(1) signals the program and then its group, which is two signals for one wish: what comes
 * within a second of the first is the same one. */
static void signal_note(int number)
{
    int error = errno; /* of whatever was interrupted */
    const watched *w = signal_find(number);
    if (!came) {
        came_at = now_seconds();
        came = 1;
        say("\nbert: ");
        say(w->reason);
        say("finishing this step, then saving; once more stops at once, without saving\n");
    } else if (w->insists && now_seconds() - came_at > 1) {
        signal(number, SIG_DFL);
        raise(number); /* held back until the handler returns */
    }
    errno = error;
}

/* nohup has SIGHUP ignored. */
static bool is_ignored(int number)
{
    struct sigaction before;
    return sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_IGN;
}

/* A shell without job control starts background jobs with SIGINT ignored; whoever sends one to such
 * a run means it all the same, and loses nothing: the run is saved. */
void interrupt_watch(void)
{
    struct sigaction action = { .sa_handler = signal_note, .sa_flags = SA_RESTART };
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < SIGNALS; i++) sigaddset(&action.sa_mask, signals[i].number);
    for (size_t i = 0; i < SIGNALS; i++)
        if (signals[i].insists || !is_ignored(signals[i].number))
            sigaction(signals[i].number, &action, NULL);
}

bool interrupt_came(void)
{
    return came;
}
