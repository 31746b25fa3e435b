#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

/* A signal handler has no argument to carry them. */
static volatile sig_atomic_t came;
static time_t came_at; /* the handlers' own; they never interrupt each other */

static time_t now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* timeout(1) signals the program and then its group, which is two signals for one wish: what comes
 * within a second of the first is the same one. */
static void signal_note(int number)
{
    static const char sentence[] =
        "\nbert: finishing this step, then saving; once more stops at once, without saving\n";
    int error = errno; /* of whatever was interrupted */
    if (!came) {
        came_at = now_seconds();
        came = 1;
        ssize_t written = write(STDERR_FILENO, sentence, sizeof sentence - 1);
        (void)written;
    } else if (now_seconds() - came_at > 1) {
        signal(number, SIG_DFL);
        raise(number); /* held back until the handler returns */
    }
    errno = error;
}

/* A shell without job control starts background jobs with SIGINT ignored; whoever sends one to such
 * a run means it all the same, and loses nothing: the run is saved. */
static void signal_watch(int number)
{
    struct sigaction action = { .sa_handler = signal_note, .sa_flags = SA_RESTART };
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGINT);
    sigaddset(&action.sa_mask, SIGTERM);
    sigaction(number, &action, NULL);
}

void interrupt_watch(void)
{
    signal_watch(SIGINT);
    signal_watch(SIGTERM);
}

bool interrupt_came(void)
{
    return came;
}
