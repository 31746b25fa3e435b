/* text_lines.c: plain text, a line at a time. */
#include "rows/text_lines.h"
#include "fuzz.h"

static void line_check(slice line)
{
    fuzz_text(line);
    CHECK(line.count == 0 || !memchr(line.bytes, '\n', line.count));
    CHECK(line.count == 0 || !memchr(line.bytes, '\0', line.count));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_files_clear();
    fuzz_file("t.txt", (slice){ (const char *)data, size });
    text_lines *t = NULL;
    bert_status status = text_lines_open("t.txt", &t);
    if (status != BERT_OK) {
        fuzz_refused(status, "t.txt");
        return 0;
    }
    slice line;
    size_t number = 0;
    for (bool more; (status = text_lines_next(t, &line, &more)) == BERT_OK && more;) {
        line_check(line);
        CHECK(!text_line_is_blank(line));
        CHECK(text_lines_line(t) > number);
        number = text_lines_line(t);
    }
    if (status != BERT_OK) fuzz_refused(status, "t.txt");
    text_lines_free(t);
    return 0;
}
