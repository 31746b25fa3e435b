/* Names of the Hub, what its servers send, and the cache: the parts that need no server
 * (cli/hub.test has one). */
#include "base/digest.h"
#include "base/file.h"
#include "hub/address.h"
#include "hub/cache.h"
#include "hub/environment.h"
#include "hub/files.h"
#include "hub/listing.h"
#include "hub/name.h"
#include "hub/path_expand.h"
#include "hub/reply.h"
#include "report/base_model.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COMMIT "0123456789abcdef0123456789abcdef01234567"

/* ---- names */

static void names_are_read_as_huggingface_hub_reads_them(void **state)
{
    (void)state;
    static const struct {
        const char *text, *id, *revision; /* id NULL: refused */
    } cases[] = {
        { "bert-base-uncased", "bert-base-uncased", "main" },
        { "google-bert/bert-base-uncased", "google-bert/bert-base-uncased", "main" },
        { "a/b_c.d@v1.0", "a/b_c.d", "v1.0" },
        { "a/b@refs/pr/1", "a/b", "refs/pr/1" },
        { "_a/b_", "_a/b_", "main" },
        { "", NULL, NULL },
        { "a/b/c", NULL, NULL },
        { "a//b", NULL, NULL },
        { "/a", NULL, NULL },
        { "a/", NULL, NULL },
        { "./a", NULL, NULL },
        { "../a", NULL, NULL },
        { "~/a", NULL, NULL },
        { "a/-b", NULL, NULL },
        { "a/b-", NULL, NULL },
        { "a/b.", NULL, NULL },
        { "a--b", NULL, NULL },
        { "a..b", NULL, NULL },
        { "a.git", NULL, NULL },
        { "a b", NULL, NULL },
        { "a\xC3\xA9", NULL, NULL },
        { "a@", NULL, NULL },
        { "a@/x", NULL, NULL },
        { "a@x/", NULL, NULL },
        { "a@../x", NULL, NULL },
        { "a@x/../y", NULL, NULL },
        { "a@.x", NULL, NULL },
        { "a@x/.y", NULL, NULL },
        { "a@x y", NULL, NULL },
        { "a@x\n", NULL, NULL },
        { "a@x.lock", NULL, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hub_name name;
        bool good = hub_name_parse(cases[i].text, &name);
        if (good != (cases[i].id != NULL)) fail_msg("'%s' is read wrongly", cases[i].text);
        if (!good) continue;
        assert_string_equal(name.id, cases[i].id);
        assert_string_equal(name.revision, cases[i].revision);
    }
}

static void names_have_ninety_six_characters_at_most(void **state)
{
    (void)state;
    hub_name name;
    char text[2 * 97 + 2];
    snprintf(text, sizeof text, "%0*d/%0*d", 96, 1, 96, 2);
    assert_true(hub_name_parse(text, &name));
    assert_string_equal(name.id, text);
    snprintf(text, sizeof text, "%0*d/%0*d", 97, 1, 96, 2);
    assert_false(hub_name_parse(text, &name));
    snprintf(text, sizeof text, "%0*d", 97, 1);
    assert_false(hub_name_parse(text, &name));
}

static void folders_of_the_cache_have_names(void **state)
{
    (void)state;
    static const struct {
        const char *path, *id;
    } cases[] = {
        { "/c/hub/models--a--b/snapshots/" COMMIT, "a/b" },
        { "/c/hub/models--b/snapshots/" COMMIT, "b" },
        { "models--a--b-c/snapshots/" COMMIT, NULL }, /* resolved paths begin with a slash */
        { "/models--a--b-c/snapshots/" COMMIT, "a/b-c" },
        { "/models--a--b--c/snapshots/" COMMIT, NULL },
        { "/models--/snapshots/" COMMIT, NULL },
        { "/models--a--../snapshots/" COMMIT, NULL },
        { "/datasets--a--b/snapshots/" COMMIT, NULL },
        { "/models--a--b/blobs/" COMMIT, NULL },
        { "/models--a--b/snapshots/main", NULL },
        { "/models--a--b/snapshots/" COMMIT "/1_Pooling", NULL },
        { "/", NULL },
        { "", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hub_name name;
        bool found = hub_name_of_folder(cases[i].path, &name);
        if (found != (cases[i].id != NULL)) fail_msg("'%s' is read wrongly", cases[i].path);
        if (!found) continue;
        assert_string_equal(name.id, cases[i].id);
        assert_string_equal(name.revision, COMMIT);
    }
}

static void a_model_of_the_cache_has_a_place_to_be_found_again(void **state)
{
    char *place;
    base_model base;
    const char *folder = scratch_path(state, "models--a--b/snapshots/" COMMIT);
    const char *link = scratch_path(state, "link");
    assert_done(folder_make(folder));
    assert_int_equal(symlink(folder, link), 0);
    assert_done(base_model_place(link, &place));
    assert_string_equal(place, "a/b@" COMMIT);
    free(place);
    assert_done(base_model_read(link, &base));
    assert_string_equal(base.name, "a/b");
    base_model_release(&base);
    assert_done(base_model_place("nowhere", &place));
    assert_string_equal(place, "nowhere");
    free(place);
}

/* ---- addresses */

static void only_the_same_scheme_host_and_port_are_one_origin(void **state)
{
    (void)state;
    const char *own = "https://huggingface.co";
    assert_true(address_same_origin(own, "https://huggingface.co/api?x"));
    assert_true(address_same_origin(own, "HTTPS://HuggingFace.co"));
    assert_true(address_same_origin("http://h:1/sub", "http://h:1/other"));
    assert_false(address_same_origin(own, "http://huggingface.co"));
    assert_false(address_same_origin(own, "https://huggingface.co:8443/"));
    assert_false(address_same_origin(own, "https://huggingface.co.evil.com/"));
    assert_false(address_same_origin(own, "https://huggingface.co@evil.com/"));
    assert_false(address_same_origin(own, "https://evil.com\\@huggingface.co/"));
    assert_false(address_same_origin(own, "https://evil.com/https://huggingface.co"));
    assert_false(address_same_origin("", ""));
    assert_true(address_is_http("http://h") && address_is_http("HTTPS://h"));
    assert_false(address_is_http("file:///etc/passwd") || address_is_http("ftp://h"));
}

static void what_is_no_letter_is_escaped(void **state)
{
    (void)state;
    char out[64];
    address_escape("1_Pooling/a b%\xC3\xA9?#", "/", out);
    assert_string_equal(out, "1_Pooling/a%20b%25%C3%A9%3F%23");
    address_escape("refs/pr/1", "", out);
    assert_string_equal(out, "refs%2Fpr%2F1");
}

/* ---- answers */

static void line(hub_reply *reply, const char *text, bool from_endpoint)
{
    hub_reply_line(reply, slice_of(text), from_endpoint);
}

static void a_redirect_leaves_what_it_says_of_the_file(void **state)
{
    (void)state;
    hub_reply r;
    hub_reply_start(&r);
    line(&r, "HTTP/1.1 302 Found\r\n", true);
    line(&r, "X-Linked-Etag: \"abc\"\r\n", true);
    line(&r, "etag: \"of the redirect\"\r\n", true);
    line(&r, "x-linked-size: 12\r\n", true);
    line(&r, "X-Repo-Commit: " COMMIT "\r\n", true);
    line(&r, "Content-Length: 99\r\n", true);
    line(&r, "HTTP/2 206\r\n", false);
    line(&r, "ETag: \"of the other host\"\r\n", false);
    line(&r, "X-Linked-Etag: \"of the other host\"\r\n", false);
    line(&r, "X-Linked-Size: 13\r\n", false);
    line(&r, "X-Repo-Commit: other\r\n", false);
    line(&r, "Content-Range: bytes 5-11/12\r\n", false);
    assert_int_equal(r.status, 206);
    assert_string_equal(r.etag, "abc");
    assert_true(r.linked);
    assert_int_equal(r.linked_size, 12);
    assert_string_equal(r.commit, COMMIT);
    assert_int_equal(r.length, -1);
    assert_int_equal(r.range_begin, 5);
    assert_int_equal(r.range_of, 12);
}

static void etags_are_bare_and_bounded(void **state)
{
    (void)state;
    static const char *const cases[][2] = { { "\"abc\"", "abc" }, { "W/\"abc\"", "abc" },
                                            { "abc", "abc" },     { "\"", "\"" },
                                            { "", "" },           { "\"\"", "" } };
    char text[400];
    hub_reply r;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hub_reply_start(&r);
        snprintf(text, sizeof text, "ETag:  %s \r\n", cases[i][0]);
        line(&r, text, true);
        assert_string_equal(r.etag, cases[i][1]);
    }
    snprintf(text, sizeof text, "ETag: %0*d\r\n", HUB_ETAG_BYTES, 7);
    line(&r, text, true);
    assert_string_equal(r.etag, "");
}

static void numbers_that_are_none_are_no_sizes(void **state)
{
    (void)state;
    hub_reply r;
    hub_reply_start(&r);
    line(&r, "Content-Length: -5\r\n", true);
    line(&r, "X-Linked-Size: many\r\n", true);
    line(&r, "Content-Range: bytes */12\r\n", true);
    assert_int_equal(r.length, -1);
    assert_int_equal(r.linked_size, -1);
    assert_int_equal(r.range_begin, -1);
    assert_int_equal(r.range_of, 12);
    line(&r, "Content-Length: 99999999999999999999\r\n", true);
    assert_int_equal(r.length, -1);
    line(&r, "no colon\r\n", true);
    line(&r, "\r\n", true);
}

/* ---- the list of files */

static bert_status listing_of(const char *text, hub_listing *out)
{
    return hub_listing_parse(slice_of(text), "a/b", out);
}

static void a_list_has_commit_name_and_files(void **state)
{
    (void)state;
    hub_listing l;
    assert_done(listing_of("{\"id\":\"a/c\",\"sha\":\"" COMMIT "\",\"siblings\":["
                           "{\"rfilename\":\"config.json\",\"size\":1},"
                           "{\"rfilename\":\"1_Pooling/config.json\"}]}",
                           &l));
    assert_string_equal(l.id, "a/c");
    assert_string_equal(l.commit, COMMIT);
    assert_true(hub_listing_has(&l, "config.json") && hub_listing_has(&l, "1_Pooling/config.json"));
    assert_false(hub_listing_has(&l, "vocab.txt"));
    hub_listing_release(&l);
}

static void a_list_is_bounded(void **state)
{
    (void)state;
    hub_listing l;
    size_t capacity = 40 * (HUB_LISTING_FILES_MAX + 2), at = 0;
    char *text = malloc(capacity);
    assert_non_null(text);
    at += (size_t)snprintf(text, capacity, "{\"sha\":\"" COMMIT "\",\"siblings\":[");
    for (int i = 0; i <= HUB_LISTING_FILES_MAX; i++)
        at +=
            (size_t)snprintf(text + at, capacity - at, "%s{\"rfilename\":\"%d\"}", i ? "," : "", i);
    snprintf(text + at, capacity - at, "]}");
    assert_failed(listing_of(text, &l), BERT_FORMAT, "lists 50001 files");
    free(text);
}

static void names_of_files_stay_below_their_folder(void **state)
{
    (void)state;
    static const char *const good[] = { "a", "a/b", "a.b/c d", "...", "a/..b", "\xC3\xA9" };
    static const char *const bad[] = { "",     "/",    "/a",    "a/",   "a//b", ".",     "..",
                                       "../a", "a/..", "a/./b", "a\\b", "a\nb", "a\x7F", "./a" };
    char text[1026];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!hub_file_name_good(slice_of(good[i]))) fail_msg("'%s' is refused", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (hub_file_name_good(slice_of(bad[i]))) fail_msg("'%s' is taken", bad[i]);
    assert_false(hub_file_name_good((slice){ "a\0b", 3 }));
    snprintf(text, sizeof text, "%01024d", 1);
    assert_true(hub_file_name_good(slice_of(text)));
    snprintf(text, sizeof text, "%01025d", 1);
    assert_false(hub_file_name_good(slice_of(text)));
}

static void parts_of_a_checkpoint_are_known(void **state)
{
    (void)state;
    const char *index = "bert_model.ckpt.index";
    assert_true(hub_is_checkpoint_part(index, "bert_model.ckpt.data-00000-of-00001"));
    assert_false(hub_is_checkpoint_part(index, "bert_model.ckpt.data-00000-of-00001x"));
    assert_false(hub_is_checkpoint_part(index, "bert_model.ckpt.data-0000-of-00001"));
    assert_false(hub_is_checkpoint_part(index, "bert_model.ckpt.meta"));
    assert_false(hub_is_checkpoint_part(index, "bert_model.ckpt.index"));
    assert_false(hub_is_checkpoint_part(index, "x/bert_model.ckpt.data-00000-of-00001"));
}

/* ---- the cache */

static hub_state state_of(const hub_cache *cache, bool weights)
{
    hub_state state;
    char lack[HUB_LACK_BYTES];
    assert_done(hub_cache_state(cache, COMMIT, weights, &state, lack));
    return state;
}

static void file_put(void **state, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "models--a--b/snapshots/" COMMIT "/%s", name);
    scratch_text(state, path, "{}");
}

static void what_is_missing_decides_how_whole_a_commit_is(void **state)
{
    hub_cache cache;
    assert_done(hub_cache_open(scratch_folder(state), "a/b", &cache));
    assert_int_equal(state_of(&cache, true), HUB_LACKING);
    assert_done(folder_make(scratch_path(state, "models--a--b/snapshots/" COMMIT)));
    file_put(state, "config.json");
    file_put(state, "vocab.txt");
    assert_int_equal(state_of(&cache, true), HUB_LACKING);
    assert_int_equal(state_of(&cache, false), HUB_USABLE);
    file_put(state, "pytorch_model.bin");
    assert_int_equal(state_of(&cache, true), HUB_USABLE);
    for (size_t i = 0; i < hub_small_count; i++) {
        hub_known known;
        assert_done(hub_cache_look(&cache, COMMIT, hub_small_files[i], &known));
        if (known == HUB_UNKNOWN)
            assert_done(hub_cache_set_absent(&cache, COMMIT, hub_small_files[i]));
    }
    assert_int_equal(state_of(&cache, false), HUB_COMPLETE);
    assert_int_equal(state_of(&cache, true), HUB_USABLE); /* model.safetensors may be there */
    assert_done(hub_cache_set_absent(&cache, COMMIT, "model.safetensors"));
    assert_done(hub_cache_set_absent(&cache, COMMIT, "model.safetensors.index.json"));
    assert_int_equal(state_of(&cache, true), HUB_COMPLETE);
    hub_cache_release(&cache);
}

static void links_lead_to_the_blob_from_any_depth(void **state)
{
    hub_cache cache;
    char *path;
    size_t count;
    static const char *const names[] = { "config.json", "1_Pooling/config.json", "a/b/c.json" };
    assert_done(hub_cache_open(scratch_folder(state), "b", &cache));
    assert_done(hub_cache_blob(&cache, "etag", &path));
    assert_done(folder_make(scratch_path(state, "models--b/blobs")));
    assert_done(file_replace(NULL, path, "blob", 4));
    free(path);
    for (size_t i = 0; i < 3; i++) {
        assert_done(hub_cache_link(&cache, COMMIT, names[i], "etag", false));
        assert_done(
            hub_cache_link(&cache, COMMIT, names[i], "etag", false)); /* once more is fine */
        assert_done(hub_cache_file(&cache, COMMIT, names[i], &path));
        char *text = file_text(path, &count);
        assert_string_equal(text, "blob");
        free(text);
        free(path);
    }
    hub_cache_release(&cache);
}

static void references_are_commits_or_nothing(void **state)
{
    hub_cache cache;
    char commit[HUB_COMMIT_BYTES];
    assert_done(hub_cache_open(scratch_folder(state), "b", &cache));
    assert_done(hub_cache_commit(&cache, "main", commit));
    assert_string_equal(commit, "");
    assert_done(hub_cache_set_commit(&cache, "refs/pr/1", COMMIT));
    assert_done(hub_cache_commit(&cache, "refs/pr/1", commit));
    assert_string_equal(commit, COMMIT);
    scratch_text(state, "models--b/refs/main", "../../../../etc/passwd/012345678901234567");
    assert_done(hub_cache_commit(&cache, "main", commit));
    assert_string_equal(commit, "");
    hub_cache_release(&cache);
}

static void a_lock_is_had_by_one(void **state)
{
    hub_cache cache;
    hub_lock first = { -1 }, second = { -1 };
    bool taken;
    assert_done(hub_cache_open(scratch_folder(state), "a/b", &cache));
    assert_done(hub_lock_take(&cache, "etag", &first, &taken));
    assert_true(taken);
    assert_done(hub_lock_take(&cache, "etag", &second, &taken));
    assert_false(taken);
    hub_lock_release(&first);
    assert_done(hub_lock_take(&cache, "etag", &second, &taken));
    assert_true(taken && file_exists(scratch_path(state, ".locks/models--a--b/etag.lock")));
    hub_lock_release(&second);
    hub_cache_release(&cache);
}

static void a_blob_has_gits_name(void **state)
{
    char hex[DIGEST_TEXT];
    assert_done(file_git_digest(scratch_text(state, "a", "hello\n"), hex));
    assert_string_equal(hex, "ce013625030ba8dba906f756967f9e9ca394464a"); /* git hash-object */
    assert_done(file_git_digest(scratch_text(state, "b", ""), hex));
    assert_string_equal(hex, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
}

/* ---- the environment */

static void variables_clear(void)
{
    static const char *const names[] = { "HF_HOME",
                                         "HF_HUB_CACHE",
                                         "HF_ENDPOINT",
                                         "HUGGINGFACE_HUB_CACHE",
                                         "HF_TOKEN",
                                         "HUGGING_FACE_HUB_TOKEN",
                                         "HF_TOKEN_PATH",
                                         "HF_HUB_OFFLINE",
                                         "HF_HUB_ETAG_TIMEOUT",
                                         "TRANSFORMERS_OFFLINE",
                                         "XDG_CACHE_HOME",
                                         "HF_HUB_DISABLE_IMPLICIT_TOKEN" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) unsetenv(names[i]);
}

static void paths_are_expanded_as_python_expands_them(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "~", "/h" },
        { "~/a", "/h/a" },
        { "a/~", "a/~" },
        { "~root/a", "/root/a" },
        { "~no.such/a", "~no.such/a" },
        { "$HOME/a", "/h//a" },
        { "${HOME}a", "/h/a" },
        { "x$HOME$HOME", "x/h//h/" },
        { "$HOMEa", "$HOMEa" },
        { "${HOME", "${HOME" },
        { "${}$", "${}$" },
        { "$-$1", "$-$1" },
        { "${no-$HOME}", "${no-$HOME}" },
        { "$BERT_TEST_A", "~/$HOME" },
        { "", "" },
    };
    setenv("HOME", "/h/", true);
    setenv("BERT_TEST_A", "~/$HOME", true);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *have;
        assert_done(path_expand(cases[i][0], &have));
        assert_string_equal(have, cases[i][1]);
        free(have);
    }
    setenv("HOME", "/", true);
    char *have;
    assert_done(path_expand("~", &have));
    assert_string_equal(have, "/");
    free(have);
    unsetenv("BERT_TEST_A");
}

static void options_come_before_variables(void **state)
{
    hub_environment e;
    hub_wishes wishes = { .endpoint = NULL };
    variables_clear();
    setenv("HOME", scratch_folder(state), true);
    assert_done(hub_environment_read(&wishes, &e));
    assert_string_equal(e.endpoint, "https://huggingface.co");
    assert_string_equal(e.cache, scratch_path(state, ".cache/huggingface/hub"));
    assert_true(!e.token && !e.offline_from && e.etag_timeout == 10);
    hub_environment_release(&e);

    setenv("HF_ENDPOINT", "http://h:1/hub//", true);
    setenv("HF_TOKEN", " of-variable\n", true);
    setenv("HF_HUB_ETAG_TIMEOUT", "3", true);
    assert_done(hub_environment_read(&wishes, &e));
    assert_string_equal(e.endpoint, "http://h:1/hub");
    assert_string_equal(e.token, "of-variable");
    assert_int_equal(e.etag_timeout, 3);
    hub_environment_release(&e);

    wishes = (hub_wishes){ .endpoint = "https://o", .cache = "c", .token = "of-option" };
    assert_done(hub_environment_read(&wishes, &e));
    assert_string_equal(e.endpoint, "https://o");
    assert_string_equal(e.cache, "c");
    assert_string_equal(e.token, "of-option");
    hub_environment_release(&e);

    wishes.token = "";
    assert_done(hub_environment_read(&wishes, &e));
    assert_null(e.token);
    hub_environment_release(&e);
    variables_clear();
}

static void variables_that_say_nothing_are_refused(void **state)
{
    hub_environment e;
    const hub_wishes wishes = { .endpoint = NULL };
    variables_clear();
    setenv("HOME", scratch_folder(state), true);
    setenv("HF_HUB_ETAG_TIMEOUT", "soon", true);
    assert_failed(hub_environment_read(&wishes, &e), BERT_ARGUMENT,
                  "HF_HUB_ETAG_TIMEOUT is 'soon'");
    setenv("HF_HUB_ETAG_TIMEOUT", "-1", true);
    assert_failed(hub_environment_read(&wishes, &e), BERT_ARGUMENT, "HF_HUB_ETAG_TIMEOUT is '-1'");
    setenv("HF_HUB_ETAG_TIMEOUT", "0", true); /* the default, as huggingface_hub has it */
    assert_done(hub_environment_read(&wishes, &e));
    assert_int_equal(e.etag_timeout, 10);
    hub_environment_release(&e);
    variables_clear();
    setenv("HF_TOKEN", "hf_a\r\nX-Evil: b", true);
    assert_failed(hub_environment_read(&wishes, &e), BERT_ARGUMENT,
                  "HF_TOKEN: holds what no token");
    assert_null(strstr(status_message(), "hf_a"));
    variables_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_read_as_huggingface_hub_reads_them),
        cmocka_unit_test(names_have_ninety_six_characters_at_most),
        cmocka_unit_test(folders_of_the_cache_have_names),
        cmocka_unit_test_setup_teardown(a_model_of_the_cache_has_a_place_to_be_found_again,
                                        scratch_open, scratch_close),
        cmocka_unit_test(only_the_same_scheme_host_and_port_are_one_origin),
        cmocka_unit_test(what_is_no_letter_is_escaped),
        cmocka_unit_test(a_redirect_leaves_what_it_says_of_the_file),
        cmocka_unit_test(etags_are_bare_and_bounded),
        cmocka_unit_test(numbers_that_are_none_are_no_sizes),
        cmocka_unit_test(a_list_has_commit_name_and_files),
        cmocka_unit_test(a_list_is_bounded),
        cmocka_unit_test(names_of_files_stay_below_their_folder),
        cmocka_unit_test(parts_of_a_checkpoint_are_known),
        cmocka_unit_test_setup_teardown(what_is_missing_decides_how_whole_a_commit_is, scratch_open,
                                        scratch_close),
        cmocka_unit_test_setup_teardown(links_lead_to_the_blob_from_any_depth, scratch_open,
                                        scratch_close),
        cmocka_unit_test_setup_teardown(references_are_commits_or_nothing, scratch_open,
                                        scratch_close),
        cmocka_unit_test_setup_teardown(a_lock_is_had_by_one, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(a_blob_has_gits_name, scratch_open, scratch_close),
        cmocka_unit_test(paths_are_expanded_as_python_expands_them),
        cmocka_unit_test_setup_teardown(options_come_before_variables, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(variables_that_say_nothing_are_refused, scratch_open,
                                        scratch_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
