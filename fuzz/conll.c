/* conll.c: words and tags; 'u' before them for CoNLL-U, any other byte for the rest. */
#include "rows/conll.h"
#include "fuzz.h"

static bool inside(slice part, slice line)
{
    return part.bytes >= line.bytes && part.bytes + part.count <= line.bytes + line.count;
}

static void sentence_check(const conll_sentence *s)
{
    CHECK(s->count > 0 && s->line == s->numbers[0]);
    for (size_t i = 0; i < s->count; i++) {
        if (i) CHECK(s->numbers[i] > s->numbers[i - 1]);
        CHECK(s->words[i].count > 0 && inside(s->words[i], s->lines[i]));
        CHECK(s->words[i].bytes[0] != ' ' && s->words[i].bytes[s->words[i].count - 1] != ' ');
        fuzz_text(s->words[i]);
        char separator = conll_separator(s->lines[i]);
        CHECK(separator == ' ' || separator == '\t');
        if (!s->tags) continue;
        CHECK(s->tags[i].count > 0 && inside(s->tags[i], s->lines[i]));
        fuzz_text(s->tags[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    slice input = { (const char *)data, size };
    const char *path = fuzz_byte(&input) == 'u' ? "t.conllu" : "t.conll";
    fuzz_files_clear();
    fuzz_file(path, input);
    conll *c = NULL;
    bert_status status = conll_open(path, &c);
    if (status != BERT_OK) {
        fuzz_refused(status, path);
        return 0;
    }
    conll_sentence sentence;
    for (bool more; (status = conll_next(c, &sentence, &more)) == BERT_OK && more;)
        sentence_check(&sentence);
    size_t line;
    CHECK(!conll_comments(c, &line) || line >= 1);
    if (status != BERT_OK) fuzz_refused(status, path);
    conll_free(c);
    return 0;
}
