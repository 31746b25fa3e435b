#include "same_weights.h"

#include "compute/compute.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

pretrained pretrained_opened(const char *folder)
{
    pretrained m;
    compute *on;
    assert_done(compute_cpu_open(1, &on));
    assert_done(pretrained_open(folder, on, &m));
    compute_free(on);
    return m;
}

void assert_same_weights(const char *within, const char *a, const char *b)
{
    char path[256];
    snprintf(path, sizeof path, "%s%s", within, a);
    pretrained have = pretrained_opened(path);
    snprintf(path, sizeof path, "%s%s", within, b);
    pretrained want = pretrained_opened(path);
    size_t compared = 0;
    for (size_t i = 0; i < want.entry_count; i++) {
        const param_entry *entry = &want.entries[i];
        const weight *w = pretrained_find(&want, entry), *h = pretrained_find(&have, entry);
        if (!w != !h) fail_msg("%s and %s: '%s' is in one of them", a, b, entry->name);
        if (!w) continue;
        if (memcmp(w->data, h->data, weight_count(w) * sizeof(float)) != 0)
            fail_msg("%s and %s: '%s' differs", a, b, entry->name);
        compared++;
    }
    assert_in_range(compared, 37, want.entry_count);
    assert_int_equal(have.parts, want.parts);
    pretrained_release(&have);
    pretrained_release(&want);
}
