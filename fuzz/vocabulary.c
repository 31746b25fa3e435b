/* vocabulary.c: the lines of a vocab.txt. */
#include "text/vocabulary.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_files_clear();
    fuzz_file("m/vocab.txt", (slice){ (const char *)data, size });
    vocabulary v = { 0 };
    bert_status status = vocabulary_read(&v, "m/vocab.txt");
    if (status != BERT_OK) fuzz_refused(status, "m/vocab.txt");
    size_t named = 0;
    for (size_t id = 0; id < v.id_end; id++) {
        const char *text = vocabulary_text(&v, (int32_t)id);
        if (!text) continue; /* a line that stands once more further down */
        CHECK(vocabulary_find(&v, slice_of(text)) == (int32_t)id);
        CHECK(!strpbrk(text, "\r\n"));
        fuzz_text(slice_of(text));
        named++;
    }
    CHECK(named == v.count);
    CHECK(vocabulary_text(&v, -1) == NULL && vocabulary_text(&v, (int32_t)v.id_end) == NULL);
    vocabulary_release(&v);
    return 0;
}
