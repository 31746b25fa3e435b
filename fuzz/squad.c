/* squad.c: SQuAD's JSON, nested and flat. */
#include "rows/squad.h"
#include "fuzz.h"

static void question_check(const squad_question *q)
{
    CHECK(q->id.bytes && q->question.bytes && q->context.bytes);
    fuzz_text(q->id);
    fuzz_text(q->question);
    fuzz_text(q->context);
    CHECK(!q->impossible || q->answer_count == 0);
    CHECK(q->labelled || q->answer_count == 0);
    for (size_t i = 0; i < q->answer_count; i++) {
        const squad_answer *answer = &q->answers[i];
        size_t byte;
        fuzz_text(answer->text);
        if (!squad_answer_find(q->context, answer, &byte)) continue;
        CHECK(byte + answer->text.count <= q->context.count);
        CHECK(memcmp(q->context.bytes + byte, answer->text.bytes, answer->text.count) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_files_clear();
    fuzz_file("t.json", (slice){ (const char *)data, size });
    squad *s = NULL;
    bert_status status = squad_open("t.json", &s);
    if (status != BERT_OK) {
        fuzz_refused(status, "t.json");
        return 0;
    }
    squad_question question;
    for (bool more; (status = squad_next(s, &question, &more)) == BERT_OK && more;) {
        question_check(&question);
        CHECK(strstr(squad_place(s), "t.json: ") == squad_place(s));
    }
    if (status != BERT_OK) fuzz_refused(status, "t.json");
    squad_free(s);
    return 0;
}
