/* tag_rivals.c: tags that need no model. */
#include "base/memory.h"
#include "task/labels.h"
#include "tasks/tag.h"

#include <stdlib.h>

/* A word of the training data with its tag, as an index of the model's labels. */
typedef struct tagged_word {
    slice word;
    uint32_t tag;
} tagged_word;

static int by_word_and_tag(const void *a, const void *b)
{
    const tagged_word *x = a, *y = b;
    int order = slice_compare(x->word, y->word);
    return order ? order : (x->tag > y->tag) - (x->tag < y->tag);
}

/* Ordered by word, each word once with its commonest tag (the first of equals). */
typedef struct lexicon {
    tagged_word *words; /* [count] */
    size_t count;
    uint32_t commonest; /* of all */
} lexicon;

static bert_status words_take(const examples *e, lexicon *l)
{
    size_t all = 0;
    void *counts, *words;
    for (size_t row = 0; row < e->row_count; row++) all += e->rows[row].item_count;
    TRY(memory_zeroed(all, sizeof *l->words, &words));
    l->words = words;
    TRY(memory_zeroed(e->config->labels, sizeof(size_t), &counts));
    size_t *of_tag = counts, tag;
    for (size_t row = 0; row < e->row_count; row++) {
        const dataset_row *r = &e->rows[row];
        for (size_t i = 0; i < r->item_count; i++) {
            if (!label_index(e->config, r->tags[i], &tag)) continue;
            of_tag[tag]++;
            l->words[l->count++] = (tagged_word){ r->items[i], (uint32_t)tag };
        }
    }
    for (size_t i = 0; i < e->config->labels; i++)
        if (of_tag[i] > of_tag[l->commonest]) l->commonest = (uint32_t)i;
    free(of_tag);
    return BERT_OK;
}

/* Keeps of each word its longest run of one tag. */
static void words_unique(lexicon *l)
{
    size_t unique = 0;
    for (size_t begin = 0, end; begin < l->count; begin = end) {
        size_t most = 0;
        tagged_word kept = l->words[begin];
        for (end = begin; end < l->count && slice_equal(l->words[end].word, kept.word);) {
            size_t run = end;
            while (run < l->count && by_word_and_tag(&l->words[run], &l->words[end]) == 0) run++;
            if (run - end > most) {
                most = run - end;
                kept.tag = l->words[end].tag;
            }
            end = run;
        }
        l->words[unique++] = kept;
    }
    l->count = unique;
}

static bert_status lexicon_open(const examples *e, lexicon *out)
{
    lexicon l = { 0 };
    bert_status status = words_take(e, &l);
    if (status == BERT_OK && l.count) {
        qsort(l.words, l.count, sizeof *l.words, by_word_and_tag);
        words_unique(&l);
    }
    if (status == BERT_OK)
        *out = l;
    else
        free(l.words);
    return status;
}

static uint32_t lexicon_tag(const lexicon *l, slice word)
{
    bool there;
    size_t at = slice_place(l->words, l->count, sizeof *l->words, word, &there);
    return there ? l->words[at].tag : l->commonest;
}

/* Logits of 1 for the tag of each word. */
static bert_status row_answer(const lexicon *l, const examples *e, size_t row,
                              const answer_taker *taker)
{
    const dataset_row *r = &e->rows[row];
    size_t labels = e->config->labels, numbers;
    void *logits, *read;
    if (!size_multiply(r->item_count, labels, &numbers))
        return fail(BERT_MEMORY, "out of memory for tags");
    TRY(memory_zeroed(numbers, sizeof(float), &logits));
    bert_status status = memory_zeroed(r->item_count, sizeof(bool), &read);
    if (status != BERT_OK) {
        free(logits);
        return status;
    }
    for (size_t i = 0; i < r->item_count; i++) {
        ((float *)logits)[i * labels + lexicon_tag(l, r->items[i])] = 1.0f;
        ((bool *)read)[i] = true;
    }
    tag_answer answer = { .logits = logits, .read = read, .items = r->item_count };
    status = taker->take(taker->context, row, &answer);
    free(logits);
    free(read);
    return status;
}

static bert_status rows_answer(const lexicon *l, const examples *asked, const answer_taker *taker)
{
    for (size_t row = 0; row < asked->row_count; row++) TRY(row_answer(l, asked, row, taker));
    return BERT_OK;
}

static bert_status of_word(const examples *trained, const examples *asked, uint64_t seed,
                           const answer_taker *taker)
{
    (void)seed;
    lexicon l;
    TRY(lexicon_open(trained, &l));
    bert_status status = rows_answer(&l, asked, taker);
    free(l.words);
    return status;
}

static bert_status majority(const examples *trained, const examples *asked, uint64_t seed,
                            const answer_taker *taker)
{
    (void)seed;
    lexicon l = { 0 };
    bert_status status = words_take(trained, &l);
    l.count = 0; /* so that no word is found */
    if (status == BERT_OK) status = rows_answer(&l, asked, taker);
    free(l.words);
    return status;
}

const task_rivals tag_rivals = { .majority = majority, .bag_of_words = of_word };
