/* labels.c: a file of label names, and rows' lists of labels: FILE ==== LIST ==== LIST ... */
#include "task/labels.h"
#include "fuzz.h"
#include "tasks/label_lists.h"

#include <math.h>

static void list_check(slice list, const label_file *file)
{
    static const dataset_row row = { .path = "d.tsv", .line = 2 };
    dataset_row labelled = row;
    labelled.label = list;
    label_list read = { 0 };
    bert_status status = label_list_read(&labelled, file, &read);
    if (status != BERT_OK) fuzz_refused(status, "d.tsv:2");
    for (size_t i = 0; status == BERT_OK && i < read.count; i++) {
        CHECK(read.items[i].count > 0);
        for (size_t k = 0; k < i; k++) CHECK(!slice_equal(read.items[i], read.items[k]));
    }
    label_list_release(&read);
    double number = 0.0;
    if (label_number(list, &number)) CHECK(isfinite(number));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    slice parts[6], input = { (const char *)data, size };
    size_t count = fuzz_parts(input, parts, 6);
    fuzz_files_clear();
    fuzz_file("l.txt", parts[0]);
    label_file file = { 0 }, none = { 0 };
    bert_status status = label_file_open("l.txt", &file);
    if (status != BERT_OK) fuzz_refused(status, "l.txt");
    CHECK((status == BERT_OK) == (file.names.count > 0));
    for (size_t i = 0; i < file.names.count; i++) {
        fuzz_text(slice_of(file.names.names[i]));
        for (size_t k = 0; k < i; k++) CHECK(strcmp(file.names.names[i], file.names.names[k]) != 0);
    }
    for (size_t i = 0; i < count; i++) {
        list_check(parts[i], &none);
        if (status == BERT_OK) list_check(parts[i], &file);
    }
    label_file_release(&file);
    return 0;
}
