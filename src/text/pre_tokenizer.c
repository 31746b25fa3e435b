#include "text/pre_tokenizer.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *type;
    const pre_tokenizer_kind *kind;
} kinds[] = {
#define PRE_TOKENIZER(type, kind) { #type, &kind },
#include "text/pre_tokenizers.def"
#undef PRE_TOKENIZER
};

void words_release(words *w)
{
    free(w->now.items);
    free(w->next.items);
    normalized_release(&w->room[0]);
    normalized_release(&w->room[1]);
    *w = (words){ 0 };
}

bert_status words_reserve(words *w, size_t more)
{
    size_t needed = w->next.count + more;
    if (needed <= w->next.capacity) return BERT_OK;
    void *items = w->next.items;
    bert_status status = memory_grow(&items, &w->next.capacity, needed, sizeof *w->next.items);
    w->next.items = items;
    return status;
}

bert_status words_rewrite(words *w, size_t count, normalized **to)
{
    *to = &w->room[w->rewritten++ % 2];
    return normalized_begin(*to, &w->text, count, true);
}

void pre_tokenizer_release(pre_tokenizer *p)
{
    for (size_t i = 0; i < p->count; i++)
        step_options_release(&p->steps[i].kind->options, p->steps[i].options);
    *p = (pre_tokenizer){ 0 };
}

bool pre_tokenizer_gives_bytes(const pre_tokenizer *p)
{
    return p->count && p->steps[p->count - 1].kind->bytes;
}

bert_status pre_tokenizer_push(pre_tokenizer *p, const pre_tokenizer_kind *kind, void *options)
{
    pre_tokenizer_step step = { kind, options };
    bool ended = pre_tokenizer_gives_bytes(p);
    if (!ended && p->count < PRE_TOKENIZER_STEPS_MAX) {
        p->steps[p->count++] = step;
        return BERT_OK;
    }
    step_options_release(&kind->options, options);
    if (ended) return fail(BERT_UNSUPPORTED, "another step follows ByteLevel");
    return fail(BERT_UNSUPPORTED, "there are more than %d steps", PRE_TOKENIZER_STEPS_MAX);
}

static bert_status step_read(const json_t *object, const char *type, void *into)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].type, type) != 0) continue;
        void *options;
        TRY(step_options_read(&kinds[i].kind->options, object, type, &options));
        return pre_tokenizer_push(into, kinds[i].kind, options);
    }
    return pipeline_unknown(type);
}

bert_status pre_tokenizer_read(const json_t *root, const char *path, pre_tokenizer *out)
{
    static const pipeline_part part = { .key = "pre_tokenizer",
                                        .list = "pretokenizers",
                                        .unnamed = "BertPreTokenizer",
                                        .read = step_read };
    return pipeline_read(&part, root, path, out);
}

static void words_turn(words *w)
{
    word_list done = w->now;
    w->now = w->next;
    w->next = done;
    w->next.count = 0;
}

bert_status pre_tokenize(const pre_tokenizer *p, const normalized *text, text_range segment,
                         words *w)
{
    w->text = *text;
    w->rewritten = 0;
    w->next.count = 0;
    TRY(words_reserve(w, 1));
    words_put(w, segment.begin, segment.end);
    words_turn(w);
    for (size_t i = 0; i < p->count; i++) {
        size_t rewritten = w->rewritten;
        TRY(p->steps[i].kind->cut(p->steps[i].options, w));
        if (w->rewritten > rewritten) w->text = w->room[rewritten % 2];
        words_turn(w);
    }
    return BERT_OK;
}
