#include "failing/trials.h"

#include "base/digest.h"
#include "base/file.h"
#include "scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Fowler, Noll and Vo's hash, 64 bits. */
static uint64_t given;

void given_add(const void *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        given = (given ^ ((const unsigned char *)bytes)[i]) * 0x100000001B3u;
}

void given_add_text(const char *text)
{
    given_add(text, strlen(text) + 1);
}

/* ---- before and after a call */

static const char *const written[] = {
    "config.json",  "model.safetensors", "eval_results.json", "train_log.jsonl",       "run.json",
    "modules.json", "vocab.txt",         "predictions.json",  "1_Pooling/config.json", "folds.json",
    "seeds.json"
};

/* Adds the files of the output folder but for those that hold times; removes it. */
static void output_take(const call *c)
{
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        char path[512], hex[DIGEST_TEXT];
        snprintf(path, sizeof path, "%s/%s", c->output, written[i]);
        if (!file_exists(path)) continue;
        given_add_text(written[i]);
        assert_done(file_digest(path, hex));
        given_add(hex, sizeof hex);
    }
    assert_done(folder_remove(c->output));
}

static size_t descriptors_open(void)
{
    size_t count = 0;
    for (int i = 0; i < 256; i++) count += fcntl(i, F_GETFD) >= 0;
    return count;
}

/* What has ended before a failure may stay; nothing that was at work. */
static void kept_remove(const call *c, const char *folder)
{
    const char *name = strrchr(c->output, '/') + 1;
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));) {
        char path[512];
        if (strncmp(entry->d_name, name, strlen(name)) != 0) continue;
        if (strstr(entry->d_name, ".partial")) continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        assert_done(folder_remove(path));
    }
    closedir(entries);
}

typedef struct trial {
    const call *call;
    size_t first; /* the allocation that fails; 0: none */
    bool all_after;
    memory_report memory;
} trial;

static void trial_fail(const trial *t, const char *what, const char *detail)
{
    fail_msg("%s, allocation %zu of %zu%s fails: %s%s", t->call->name, t->first, t->memory.asked,
             t->all_after ? " and all after it" : "", what, detail);
}

static void trial_check(const trial *t, bert_status status, uint64_t wanted)
{
    char detail[512];
    const memory_report *m = &t->memory;
    snprintf(detail, sizeof detail, "%zu blocks, number %zu of %zu bytes, asked for by %s",
             m->alive, m->alive_asked, m->alive_bytes, m->alive_by);
    if (m->alive) trial_fail(t, "a leak: ", detail);
    if (status == BERT_OK && t->first && given != wanted) trial_fail(t, "another result", "");
    if (status == BERT_OK) return;
    if (!t->first) trial_fail(t, "undisturbed, it failed: ", bert_error());
    if (!strstr(bert_error(), "memory")) trial_fail(t, "the message is ", bert_error());
}

/* Makes the call; what it gave is in `given`. */
static void trial_run(trial *t, const char *folder, uint64_t wanted)
{
    size_t files = folder_entries(folder), descriptors = descriptors_open();
    given = 0xCBF29CE484222325u;
    memory_watch(t->first, t->all_after);
    bert_status status = t->call->make(t->call);
    memory_unwatch(&t->memory);
    if (status == BERT_OK && t->call->output) output_take(t->call);
    trial_check(t, status, wanted);
    if (status != BERT_OK && t->call->keeps) kept_remove(t->call, folder);
    if (folder_entries(folder) != files)
        trial_fail(t, "it left files; ", status == BERT_OK ? "done" : bert_error());
    if (descriptors_open() != descriptors) trial_fail(t, "it left files open", "");
}

/* ---- every allocation of a call */

enum { FIRST_ALL = 6, THEN = 20 }; /* without torture: the first so many, then so many at most */

static size_t step_after(size_t first, size_t asked)
{
    return torture_wanted() || first < FIRST_ALL || asked < 2 * THEN ? 1 : asked / THEN;
}

void allocations_fail(const call *c, const char *folder)
{
    trial quiet = { .call = c };
    c->make(c); /* what libraries make once and keep is made */
    if (c->output) assert_done(folder_remove(c->output));
    trial_run(&quiet, folder, 0);
    uint64_t wanted = given;
    trial_run(&quiet, folder, 0);
    assert_true(given == wanted);

    size_t trials = 0;
    for (int all_after = 0; all_after < 2; all_after++)
        for (size_t first = 1; first <= quiet.memory.asked;
             first += step_after(first, quiet.memory.asked)) {
            trial t = { .call = c, .first = first, .all_after = all_after };
            trial_run(&t, folder, wanted);
            if (!t.memory.refused) { /* times as text are not always of one length */
                assert_true(first > quiet.memory.asked / 2);
                break;
            }
            trials++;
        }
    print_message("%s: %zu allocations, %zu failures\n", c->name, quiet.memory.asked, trials);
}
