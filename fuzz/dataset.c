/* dataset.c: every form of data, from every kind of file.
 *
 * Two bytes before the file's: '0' + form (FORM_FOUND and on), and the ending: t .tsv, c .csv,
 * j .jsonl, w .conll, s .json, x .txt, g .tsv.gz; in capitals without labels. */
#include "data/dataset.h"
#include "fuzz.h"

static const char *path_of(uint8_t letter)
{
    static const char *const paths[] = { "d.tsv",  "d.csv", "d.jsonl", "d.conll",
                                         "d.json", "d.txt", "d.tsv.gz" };
    const char *letters = "tcjwsxg", *found = letter ? strchr(letters, letter | 0x20) : NULL;
    return paths[found ? found - letters : 0];
}

static void row_check(const dataset *d, const dataset_row *row)
{
    CHECK(row->line >= 1 && strncmp(row->path, "d.", 2) == 0);
    CHECK(row->text.bytes || d->form == FORM_WORDS);
    CHECK(row->pair.bytes || (d->form != FORM_QUESTIONS && d->form != FORM_COMPARED));
    fuzz_text(row->text);
    fuzz_text(row->pair);
    fuzz_text(row->label);
    fuzz_text(row->id);
    CHECK(row->items || row->item_count == 0 || d->form == FORM_WORDS);
    for (size_t i = 0; i < row->item_count; i++) {
        fuzz_text(row->items[i]);
        if (row->tags) CHECK(row->tags[i].count > 0);
    }
    for (size_t i = 0; i < row->answer_count; i++) fuzz_text(row->answers[i].text);
    if (d->form == FORM_CHOICES) CHECK(row->item_count == d->rows[0].item_count);
    if (d->form == FORM_CHOICES && row->label.bytes)
        CHECK(row->label.count >= 1 && row->label.count <= 2 && row->label.bytes[0] <= '9');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    slice input = { (const char *)data, size };
    uint8_t form = (uint8_t)(fuzz_byte(&input) - '0'), letter = fuzz_byte(&input);
    const char *path = path_of(letter);
    fuzz_files_clear();
    fuzz_file(path, input);
    dataset_request request = { .form = form < FORM_COUNT ? form : FORM_FOUND,
                                .unlabelled = letter >= 'A' && letter <= 'Z',
                                .limit = 1000 };
    const char *const paths[] = { path, path };
    dataset d;
    bert_status status = dataset_open(paths, 2, &request, &d);
    if (status != BERT_OK) {
        fuzz_refused(status, path);
        return 0;
    }
    CHECK(d.form > FORM_FOUND && d.form < FORM_COUNT);
    CHECK(d.count > 0 && d.count <= request.limit);
    for (size_t i = 0; i < d.count; i++) row_check(&d, &d.rows[i]);
    CHECK(dataset_bytes(&d) >= d.count * sizeof *d.rows);
    status = dataset_check_labels(&d);
    if (status != BERT_OK) fuzz_refused(status, path);
    dataset_release(&d);
    return 0;
}
