/* A team does each item of a loop once, also with helpers that come late, sleep or are gone. */
#include "base/cgroup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/processors.h"
#include "scratch.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { ITEMS = 100, TEAMS = 4 };
static const size_t team_sizes[TEAMS] = { 1, 2, 3, 7 };

/* cmocka's asserts are for the main thread: items count what they find. */
typedef struct counted {
    size_t team;
    size_t done[ITEMS];
    atomic_size_t wrong; /* items on a thread that is not the team's */
    atomic_bool busy[8]; /* by thread */
    atomic_size_t by[8]; /* items, by thread */
    long nanoseconds;    /* that an item takes, asleep */
} counted;

static void count_item(void *context, size_t index, size_t thread)
{
    counted *c = context;
    if (thread >= c->team || atomic_exchange(&c->busy[thread], true))
        atomic_fetch_add(&c->wrong, 1);
    c->done[index]++;
    atomic_fetch_add(&c->by[thread], 1);
    if (c->nanoseconds) nanosleep(&(struct timespec){ .tv_nsec = c->nanoseconds }, NULL);
    atomic_store(&c->busy[thread], false);
}

static void assert_counts(const counted *c, size_t items, size_t loops)
{
    assert_int_equal(c->wrong, 0);
    for (size_t i = 0; i < ITEMS; i++) assert_int_equal(c->done[i], i < items ? loops : 0);
}

static void every_item_is_done_once_by_one_thread_of_the_team(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEAMS; i++) {
        team *t;
        assert_done(team_open(team_sizes[i], &t));
        for (size_t items = 0; items <= ITEMS; items += ITEMS / 4) {
            counted c = { .team = team_sizes[i] };
            parallel_for(t, items, count_item, &c);
            assert_counts(&c, items, 1);
        }
        team_free(t);
    }
    counted alone = { .team = 1 };
    parallel_for(NULL, ITEMS, count_item, &alone);
    assert_counts(&alone, ITEMS, 1);
    team_free(NULL);
}

/* Loops that follow each other at once, and after pauses as long as helpers stay awake: one that
 * leaves a loop, falls asleep or wakes up meets the next one. */
static void loops_follow_each_other_at_any_distance(void **state)
{
    (void)state;
    enum { LOOPS = 3000 };
    team *t;
    assert_done(team_open(3, &t));
    counted c = { .team = 3 };
    for (int loop = 0; loop < LOOPS; loop++) {
        parallel_for(t, 5, count_item, &c);
        double until = clock_seconds() + 1e-6 * (double)(loop % 200);
        while (loop % 3 != 0 && clock_seconds() < until) {
        }
    }
    assert_counts(&c, 5, LOOPS);
    team_free(t);
}

static void a_team_that_slept_helps_again(void **state)
{
    (void)state;
    team *t;
    assert_done(team_open(3, &t));
    for (int loop = 0; loop < 3; loop++) {
        counted c = { .team = 3, .nanoseconds = 1000000 };
        nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
        parallel_for(t, ITEMS, count_item, &c);
        assert_counts(&c, ITEMS, 1);
        for (size_t thread = 0; thread < 3; thread++) assert_true(c.by[thread] > 0);
    }
    team_free(t);
}

/* A team that has nothing to do takes no time from the machine. */
static void a_team_that_waits_sleeps(void **state)
{
    (void)state;
    team *t;
    struct timespec before, after;
    assert_done(team_open(3, &t));
    counted c = { .team = 3 };
    parallel_for(t, ITEMS, count_item, &c);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    double used =
        (double)(after.tv_sec - before.tv_sec) + 1e-9 * (double)(after.tv_nsec - before.tv_nsec);
    if (used > 0.02) fail_msg("%.3f s of processor time within 0.2 s", used);
    team_free(t);
}

/* The child has none of the team's threads. */
static void a_child_does_the_items_alone(void **state)
{
    (void)state;
    team *t;
    assert_done(team_open(3, &t));
    counted c = { .team = 3 };
    parallel_for(t, ITEMS, count_item, &c);
    pid_t child = fork();
    if (child == 0) {
        counted own = { .team = 3 };
        alarm(20);
        parallel_for(t, ITEMS, count_item, &own);
        for (size_t i = 0; i < ITEMS; i++)
            if (own.done[i] != 1) _exit(1);
        team_free(t);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    team_free(t);
}

typedef struct forking {
    team *team;
    atomic_int status; /* of the child */
} forking;

/* Item 0 forks while other threads are inside the loop; the child computes with the same team. */
static void fork_in_an_item(void *context, size_t index, size_t thread)
{
    forking *f = context;
    (void)thread;
    nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
    if (index != 0) return;
    pid_t child = fork();
    if (child == 0) {
        counted own = { .team = 3 };
        alarm(20);
        parallel_for(f->team, ITEMS, count_item, &own);
        for (size_t i = 0; i < ITEMS; i++)
            if (own.done[i] != 1) _exit(1);
        _exit(0);
    }
    int status = -1;
    if (waitpid(child, &status, 0) != child) status = -1;
    atomic_store(&f->status, status);
}

static void a_child_made_within_a_loop_computes_alone(void **state)
{
    (void)state;
    team *t;
    assert_done(team_open(3, &t));
    forking f = { .team = t, .status = -1 };
    parallel_for(t, 6, fork_in_an_item, &f);
    assert_int_equal(atomic_load(&f.status), 0);
    team_free(t);
}

static void note_signals(void *context, size_t index, size_t thread)
{
    sigset_t held;
    pthread_sigmask(SIG_SETMASK, NULL, &held);
    atomic_size_t *open = context;
    if (!sigismember(&held, SIGINT) || !sigismember(&held, SIGALRM) || sigismember(&held, SIGSEGV))
        atomic_fetch_add(open, 1);
    nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    (void)index, (void)thread;
}

static void signals_are_held_during_a_held_loop_and_as_before_after_it(void **state)
{
    (void)state;
    team *t;
    atomic_size_t open = 0;
    sigset_t before = { 0 }, after = { 0 }; /* the kernel fills less than all of it */
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    assert_done(team_open(3, &t));
    parallel_for_held(t, 20, note_signals, &open);
    parallel_for_held(NULL, 2, note_signals, &open);
    assert_int_equal(open, 0);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    assert_memory_equal(&before, &after, sizeof before);
    team_free(t);
}

/* In a child, as the limit stays. */
static void a_team_that_cannot_be_is_refused(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    print_message("skipped: a sanitizer needs its address space\n");
    skip();
#endif
    pid_t child = fork();
    if (child == 0) {
        team *t = NULL;
        struct rlimit limit = { 300u << 20, 300u << 20 };
        if (setrlimit(RLIMIT_AS, &limit) != 0) _exit(2);
        if (team_open(1024, &t) != BERT_MEMORY || t) _exit(3);
        if (!strstr(status_message(), "of 1024 threads can be started")) _exit(4);
        if (!strstr(status_message(), "ask for fewer: threads")) _exit(5);
        if (team_open(8, &t) != BERT_OK) _exit(6); /* the others are gone */
        team_free(t);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void processors_are_those_of_the_affinity(void **state)
{
    (void)state;
    cpu_set_t before, one;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    size_t allowed = (size_t)CPU_COUNT(&before), share = cgroup_processors("");
    assert_int_equal(processors_count(), share < allowed ? share : allowed);
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &before)) CPU_SET(i, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    assert_int_equal(processors_count(), 1);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
}

/* A file below the scratch folder, with the folders above it. */
static void place_text(void **state, const char *folder, const char *name, const char *text)
{
    char path[256];
    assert_done(folder_make(scratch_path(state, folder)));
    snprintf(path, sizeof path, "%s/%s", folder, name);
    scratch_text(state, path, text);
}

static void the_quota_of_a_control_group_is_the_least_on_its_way_up(void **state)
{
    const char *root = scratch_folder(state);
    assert_true(cgroup_processors(root) == SIZE_MAX); /* there are none */
    place_text(state, "proc/self", "cgroup", "1:name=systemd:/x\n0::/pod/one\n");
    assert_true(cgroup_processors(root) == SIZE_MAX); /* none that is to be seen */
    place_text(state, "sys/fs/cgroup/pod/one", "cpu.max", "max 100000\n");
    assert_true(cgroup_processors(root) == SIZE_MAX);
    place_text(state, "sys/fs/cgroup/pod", "cpu.max", "250000 100000\n");
    assert_int_equal(cgroup_processors(root), 3);
    place_text(state, "sys/fs/cgroup/pod/one", "cpu.max", "50000 100000\n");
    assert_int_equal(cgroup_processors(root), 1);
    place_text(state, "sys/fs/cgroup", "cpu.max", "nonsense\n");
    assert_int_equal(cgroup_processors(root), 1);
}

static void the_first_version_of_control_groups_is_read_as_well(void **state)
{
    const char *root = scratch_folder(state);
    place_text(state, "proc/self", "cgroup", "5:cpuset:/a\n4:cpuacct,cpu:/docker/f00\n0::/\n");
    place_text(state, "sys/fs/cgroup/cpu", "cpu.cfs_quota_us", "-1\n");
    place_text(state, "sys/fs/cgroup/cpu", "cpu.cfs_period_us", "100000\n");
    assert_true(cgroup_processors(root) == SIZE_MAX);
    place_text(state, "sys/fs/cgroup/cpu", "cpu.cfs_quota_us", "400000\n"); /* as in a container */
    assert_int_equal(cgroup_processors(root), 4);
    place_text(state, "sys/fs/cgroup/cpuset/a", "cpu.cfs_quota_us", "100000\n"); /* another's */
    place_text(state, "sys/fs/cgroup/cpuset/a", "cpu.cfs_period_us", "100000\n");
    assert_int_equal(cgroup_processors(root), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_is_done_once_by_one_thread_of_the_team),
        cmocka_unit_test(loops_follow_each_other_at_any_distance),
        cmocka_unit_test(a_team_that_slept_helps_again),
        cmocka_unit_test(a_team_that_waits_sleeps),
        cmocka_unit_test(a_child_made_within_a_loop_computes_alone),
        cmocka_unit_test(a_child_does_the_items_alone),
        cmocka_unit_test(signals_are_held_during_a_held_loop_and_as_before_after_it),
        cmocka_unit_test(a_team_that_cannot_be_is_refused),
        cmocka_unit_test(processors_are_those_of_the_affinity),
        cmocka_unit_test_setup_teardown(the_quota_of_a_control_group_is_the_least_on_its_way_up,
                                        scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(the_first_version_of_control_groups_is_read_as_well,
                                        scratch_open, scratch_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
