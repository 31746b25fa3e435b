#include "text/vocabulary.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "bert_lines.h"

#include <assert.h>
#include <stdlib.h>

bert_status vocabulary_name(vocabulary *v, slice text, int32_t id)
{
    assert(id >= 0 && id < VOCABULARY_IDS_MAX);
    void *texts = v->texts;
    bert_status status =
        memory_grow(&texts, &v->texts_capacity, (size_t)id + 1, sizeof v->texts[0]);
    v->texts = texts;
    TRY(status);
    char *copy = strndup(text.bytes, text.count);
    if (!copy) return fail(BERT_MEMORY, "out of memory for a vocabulary");
    while (v->id_end <= (size_t)id) v->texts[v->id_end++] = NULL;
    free(v->texts[id]);
    v->texts[id] = copy;
    return BERT_OK;
}

bert_status vocabulary_add(vocabulary *v, slice text, int32_t id)
{
    if (text.count > VOCABULARY_TEXT_BYTES_MAX)
        return fail(BERT_FORMAT, "a token of %zu bytes, and %d is the most; is it a vocabulary?",
                    text.count, VOCABULARY_TEXT_BYTES_MAX);
    int32_t old = vocabulary_find(v, text);
    TRY(vocabulary_name(v, text, id));
    TRY(trie_insert(&v->ids, text, id));
    if (text.count == 0) v->empty_id_next = id + 1;
    if (old == TRIE_ABSENT) {
        v->count++;
    } else if (old != id) {
        free(v->texts[old]);
        v->texts[old] = NULL;
    }
    return BERT_OK;
}

slice vocabulary_line(slice *rest)
{
    size_t count = 0;
    while (count < rest->count && rest->bytes[count] != '\n' && rest->bytes[count] != '\r') count++;
    slice line = { rest->bytes, count };
    if (count + 1 < rest->count && rest->bytes[count] == '\r' && rest->bytes[count + 1] == '\n')
        count++;
    if (count < rest->count) count++;
    *rest = (slice){ rest->bytes + count, rest->count - count };
    return line;
}

static bert_status vocabulary_parse(vocabulary *v, slice rest, const char *path)
{
    TRY(bert_encoding_check(path, rest.bytes, rest.count));
    for (int32_t id = 0; rest.count; id++) {
        slice line = vocabulary_line(&rest);
        if (id == VOCABULARY_IDS_MAX)
            return fail(BERT_FORMAT, "%s: more than %d lines; is it a vocabulary?", path, id);
        if (utf8_malformed(line) != line.count)
            return fail(BERT_FORMAT, "%s:%d: is not UTF-8", path, id + 1);
        if (memchr(line.bytes, '\0', line.count))
            return fail(BERT_FORMAT, "%s:%d: holds the character U+0000", path, id + 1);
        TRY(fail_in(vocabulary_add(v, line, id), "%s:%d", path, id + 1));
    }
    return BERT_OK;
}

bert_status vocabulary_read(vocabulary *v, const char *path)
{
    file_map map;
    TRY(file_map_open(path, &map));
    bert_status status = vocabulary_parse(v, (slice){ map.bytes, map.count }, path);
    file_map_close(&map);
    return status;
}

void vocabulary_release(vocabulary *v)
{
    for (size_t id = 0; id < v->id_end; id++) free(v->texts[id]);
    free(v->texts);
    trie_release(&v->ids);
    *v = (vocabulary){ 0 };
}

int32_t vocabulary_find(const vocabulary *v, slice text)
{
    return text.count ? trie_find(&v->ids, text) : v->empty_id_next - 1;
}

const char *vocabulary_text(const vocabulary *v, int32_t id)
{
    return id >= 0 && (size_t)id < v->id_end ? v->texts[id] : NULL;
}
