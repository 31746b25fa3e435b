/* The order of things here, odd in places, is that of tokenizers 0.22.2, added_vocabulary.rs:
 * definitions add up, the newest one's flags count, and every definition stays searched for. */
#include "text/added_tokens.h"

#include "base/memory.h"
#include "text/unicode.h"

#include <stdlib.h>
#include <string.h>

static bool added_token_equal(const added_token *a, const added_token *b)
{
    return strcmp(a->content, b->content) == 0 && a->single_word == b->single_word &&
           a->lstrip == b->lstrip && a->rstrip == b->rstrip && a->normalized == b->normalized &&
           a->special == b->special;
}

void added_token_specialize(added_token *token)
{
    token->special = true;
    if (!token->normalized_given) token->normalized = false;
}

const added_entry *added_tokens_find(const added_tokens *added, const char *content)
{
    int32_t index = trie_find(&added->index, slice_of(content));
    return index == TRIE_ABSENT ? NULL : &added->entries[index];
}

static bert_status pattern_add(added_pattern_list *list, size_t entry, bool is_normalized)
{
    void *items = list->items;
    bert_status status =
        memory_grow(&items, &list->capacity, list->count + 1, sizeof list->items[0]);
    list->items = items;
    TRY(status);
    list->items[list->count++] = (added_pattern){ .entry = entry, .normalized = is_normalized };
    return BERT_OK;
}

/* An entry for a content that has none yet. */
static bert_status entry_open(added_tokens *added, const added_token *token, vocabulary *v)
{
    if (added->count == ADDED_TOKENS_MAX)
        return fail(BERT_FORMAT, "more than %d added tokens; put them into the vocabulary",
                    ADDED_TOKENS_MAX);
    void *entries = added->entries;
    bert_status status =
        memory_grow(&entries, &added->capacity, added->count + 1, sizeof added->entries[0]);
    added->entries = entries;
    TRY(status);

    slice content = slice_of(token->content);
    int32_t id = vocabulary_find(v, content);
    if (id == TRIE_ABSENT) {
        /* The id that follows all others, as the reference counts: texts, not ids. */
        size_t fresh = added->id_end > v->count ? added->id_end : v->count;
        if (fresh >= VOCABULARY_IDS_MAX)
            return fail(BERT_FORMAT, "no id is left for the added token \"%s\"", token->content);
        id = (int32_t)fresh;
        TRY(vocabulary_name(v, content, id));
    }
    added_entry entry = { .token = *token, .id = id };
    entry.token.content = strdup(token->content);
    if (!entry.token.content) return fail(BERT_MEMORY, "out of memory for an added token");
    added->entries[added->count] = entry;
    if (added->id_end <= (size_t)id) added->id_end = (size_t)id + 1;
    return trie_insert(&added->index, content, (int32_t)added->count++);
}

bert_status added_tokens_add(added_tokens *added, const added_token *token, vocabulary *v)
{
    if (token->content[0] == '\0') return BERT_OK;
    if (strnlen(token->content, ADDED_TOKEN_BYTES_MAX + 1) > ADDED_TOKEN_BYTES_MAX)
        return fail(BERT_FORMAT, "the added token \"%.40s...\" is longer than %d bytes",
                    token->content, ADDED_TOKEN_BYTES_MAX);
    int32_t known = trie_find(&added->index, slice_of(token->content));
    if (known == TRIE_ABSENT) TRY(entry_open(added, token, v));
    size_t index = known == TRIE_ABSENT ? added->count - 1 : (size_t)known;
    added_entry *entry = &added->entries[index];
    bool same = known != TRIE_ABSENT && added_token_equal(&entry->token, token);
    if (token->special && !entry->special_once) {
        entry->special_once = true;
        TRY(pattern_add(&added->special, index, token->normalized));
    }
    if (same) return BERT_OK;

    const char *content = entry->token.content;
    entry->token = *token;
    entry->token.content = content;
    return entry->special_once ? BERT_OK : pattern_add(&added->plain, index, token->normalized);
}

static bert_status matcher_add(added_matcher *matcher, slice content, size_t entry)
{
    /* Of two equal contents the reference finds the one that was there first. */
    if (trie_find(&matcher->entries, content) != TRIE_ABSENT) return BERT_OK;
    TRY(trie_insert(&matcher->entries, content, (int32_t)entry));
    matcher->begins[(unsigned char)content.bytes[0]] = true;
    return BERT_OK;
}

static bert_status pattern_build(added_tokens *added, const added_pattern *pattern,
                                 const normalizer *n, normalized room[2])
{
    const char *content = added->entries[pattern->entry].token.content;
    if (!pattern->normalized) return matcher_add(&added->raw, slice_of(content), pattern->entry);
    normalized plain;
    TRY(normalize(n, slice_of(content), 0, room, &plain));
    if (plain.count == 0)
        return fail(BERT_FORMAT,
                    "nothing is left of the added token \"%s\" when it is normalized; set its "
                    "\"normalized\" to false",
                    content);
    return matcher_add(&added->normalized, (slice){ plain.bytes, plain.count }, pattern->entry);
}

bert_status added_tokens_build(added_tokens *added, const normalizer *n)
{
    normalized room[2] = { { 0 } };
    bert_status status = BERT_OK;
    for (size_t i = 0; i < added->special.count && status == BERT_OK; i++)
        status = pattern_build(added, &added->special.items[i], n, room);
    for (size_t i = 0; i < added->plain.count && status == BERT_OK; i++)
        status = pattern_build(added, &added->plain.items[i], n, room);
    normalized_release(&room[0]);
    normalized_release(&room[1]);
    return status;
}

void added_tokens_release(added_tokens *added)
{
    for (size_t i = 0; i < added->count; i++) free((char *)added->entries[i].token.content);
    free(added->entries);
    free(added->special.items);
    free(added->plain.items);
    trie_release(&added->index);
    trie_release(&added->raw.entries);
    trie_release(&added->normalized.entries);
    *added = (added_tokens){ 0 };
}

static unsigned properties_before(slice text, size_t end, size_t *begin)
{
    uint32_t code = 0;
    *begin = end - 1;
    while (*begin > 0 && ((unsigned char)text.bytes[*begin] & 0xC0) == 0x80) (*begin)--;
    utf8_decode((slice){ text.bytes + *begin, end - *begin }, &code);
    return unicode_properties(code);
}

static unsigned properties_after(slice text, size_t begin, size_t *end)
{
    uint32_t code = 0;
    *end = begin + utf8_decode((slice){ text.bytes + begin, text.count - begin }, &code);
    return unicode_properties(code);
}

static bool stands_alone(slice text, size_t begin, size_t end)
{
    size_t ignored;
    return (begin == 0 || !(properties_before(text, begin, &ignored) & UNICODE_WORD)) &&
           (end == text.count || !(properties_after(text, end, &ignored) & UNICODE_WORD));
}

bool added_tokens_next(const added_tokens *added, const added_matcher *matcher, slice text,
                       added_scan *scan, added_match *match)
{
    while (scan->searched < text.count) {
        size_t begin = scan->searched, length = 0, next;
        if (!matcher->begins[(unsigned char)text.bytes[begin]]) {
            scan->searched++;
            continue;
        }
        int32_t found = trie_longest(&matcher->entries, TRIE_ROOT,
                                     (slice){ text.bytes + begin, text.count - begin }, &length);
        scan->searched += found == TRIE_ABSENT ? 1 : length;
        if (found == TRIE_ABSENT) continue;

        const added_entry *entry = &added->entries[found];
        size_t end = begin + length;
        if (added->split_special && entry->special_once) continue;
        if (entry->token.single_word && !stands_alone(text, begin, end)) continue;
        if (entry->token.lstrip && begin < scan->consumed) begin = scan->consumed;
        if (begin >= end) continue; /* blanks that the token before took with it */
        while (entry->token.lstrip && begin > scan->consumed &&
               properties_before(text, begin, &next) & UNICODE_SPACE)
            begin = next;
        while (entry->token.rstrip && end < text.count &&
               properties_after(text, end, &next) & UNICODE_SPACE)
            end = next;
        *match = (added_match){ .begin = begin, .end = end, .id = entry->id };
        scan->consumed = end;
        return true;
    }
    return false;
}
