#include "scratch.h"

#include "base/file.h"
#include "base/rng.h"
#include "json/json.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATHS_MAX = 64 };

typedef struct scratch {
    char folder[64];
    char *names[PATHS_MAX], *paths[PATHS_MAX];
    size_t count;
} scratch;

int scratch_open(void **state)
{
    scratch *s = calloc(1, sizeof *s);
    assert_non_null(s);
    snprintf(s->folder, sizeof s->folder, "/tmp/bert-test-XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    *state = s;
    return 0;
}

int scratch_close(void **state)
{
    scratch *s = *state;
    bert_status status = folder_remove(s->folder);
    for (size_t i = 0; i < s->count; i++) {
        free(s->names[i]);
        free(s->paths[i]);
    }
    free(s);
    return status == BERT_OK ? 0 : -1;
}

const char *scratch_folder(void **state)
{
    return ((scratch *)*state)->folder;
}

const char *scratch_path(void **state, const char *name)
{
    scratch *s = *state;
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->names[i], name) == 0) return s->paths[i];
    assert_in_range(s->count, 0, PATHS_MAX - 1);
    s->names[s->count] = strdup(name);
    assert_int_equal(path_join(s->folder, name, &s->paths[s->count]), BERT_OK);
    return s->paths[s->count++];
}

const char *scratch_write(void **state, const char *name, slice bytes)
{
    const char *path = scratch_path(state, name);
    unlink(path); /* ext4 waits for the disk where a file is cut to nothing and written anew */
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes.bytes, 1, bytes.count, stream), bytes.count);
    assert_int_equal(fclose(stream), 0);
    return path;
}

const char *scratch_text(void **state, const char *name, const char *text)
{
    return scratch_write(state, name, slice_of(text));
}

const char *scratch_replaced(void **state, const char *name, const char *whole, const char *from,
                             const char *to)
{
    const char *at = strstr(whole, from);
    char *text;
    if (!at) fail_msg("%s has no %s", name, from);
    assert_true(asprintf(&text, "%.*s%s%s", (int)(at - whole), whole, to, at + strlen(from)) > 0);
    const char *path = scratch_text(state, name, text);
    free(text);
    return path;
}

int json_state_open(void **state, const char *path)
{
    json_t *object;
    assert_done(json_read_object(path, &object));
    *state = object;
    return 0;
}

int json_state_close(void **state)
{
    json_decref(*state);
    return 0;
}

int json_fixture_open(void **state, const char *path)
{
    json_fixture *f = calloc(1, sizeof *f);
    if (!f || json_read_object(path, &f->root) != BERT_OK) return -1;
    *state = f;
    return scratch_open(&f->scratch);
}

int json_fixture_close(void **state)
{
    json_fixture *f = *state;
    int status = scratch_close(&f->scratch);
    json_decref(f->root);
    free(f);
    return status;
}

size_t folder_entries(const char *folder)
{
    size_t count = 0;
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    while (readdir(entries)) count++;
    closedir(entries);
    return count - 2;
}

char *file_text(const char *path, size_t *count)
{
    file_map map;
    assert_done(file_map_open(path, &map));
    char *text = malloc(map.count + 1);
    assert_non_null(text);
    memcpy(text, map.bytes, map.count);
    text[map.count] = '\0';
    if (count) *count = map.count;
    file_map_close(&map);
    return text;
}

void assert_same_file(const char *a, const char *b)
{
    size_t a_count, b_count;
    char *a_text = file_text(a, &a_count), *b_text = file_text(b, &b_count);
    assert_int_equal(a_count, b_count);
    assert_memory_equal(a_text, b_text, a_count);
    free(a_text);
    free(b_text);
}

bool torture_wanted(void)
{
    const char *torture = getenv("BERT_TORTURE");
    return torture && strcmp(torture, "1") == 0;
}

void assert_failed(bert_status actual, bert_status wanted, const char *words)
{
    if (actual != wanted || !strstr(status_message(), words))
        fail_msg("wanted status %d and \"%s\", got %d and \"%s\"", wanted, words, actual,
                 actual == BERT_OK ? "" : status_message());
}

void assert_done(bert_status actual)
{
    if (actual != BERT_OK) fail_msg("status %d: %s", actual, status_message());
}

/* Draws that damage often needs: bytes with a meaning in one of the formats. */
static char byte_draw(uint32_t draw)
{
    static const char telling[] = "\t\n\r\",{}[]:0\\\xEF\xC3 -9e.";
    return draw & 1 ? telling[(draw >> 1) % sizeof telling] : (char)(draw >> 1);
}

size_t bytes_damage(slice bytes, uint64_t seed, char *out)
{
    rng_block draw = rng_philox(rng_key(7, seed), (rng_block){ { 0 } });
    size_t count = bytes.count, at = draw.word[0] % (count + 1);
    size_t length = 1 + draw.word[1] % 8;
    memcpy(out, bytes.bytes, count);
    switch (draw.word[2] % 5) {
    case 0:
        return at;
    case 1: /* removed */
        if (length > count - at) length = count - at;
        memmove(out + at, out + at + length, count - at - length);
        return count - length;
    case 2: /* doubled */
        if (length > count - at) length = count - at;
        memmove(out + at + length, out + at, count - at);
        return count + length;
    case 3: /* inserted */
        memmove(out + at + length, out + at, count - at);
        for (size_t i = 0; i < length; i++) out[at + i] = byte_draw(draw.word[3] * (i + 1));
        return count + length;
    default: /* changed, here and there */
        for (size_t i = 0; i < length; i++)
            out[(at + i * draw.word[1]) % count] = byte_draw(draw.word[3] * (i + 1));
        return count;
    }
}
