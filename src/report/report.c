#include "report/report.h"

#include "base/file.h"
#include "base/memory.h"
#include "report/card.h"
#include "report/page.h"

#include <stdlib.h>

static bert_status page_save(const folder_handle *folder, const report_facts *f,
                             const log_curves *curves)
{
    file_write file;
    TRY(file_write_open(folder, "report.html", &file));
    bert_status status = page_write(file.stream, f, curves);
    if (status == BERT_OK) return file_write_commit(&file);
    file_write_abort(&file);
    return status;
}

static bert_status card_save(const folder_handle *folder, const report_facts *f)
{
    file_write file;
    TRY(file_write_open(folder, "README.md", &file));
    card_write(file.stream, f);
    return file_write_commit(&file);
}

bert_status report_write(const folder_handle *folder, const report_facts *facts)
{
    void *curves; /* some 100 KB: not for a stack */
    TRY(memory_zeroed(1, sizeof(log_curves), &curves));
    bert_status status = log_curves_read(facts->log, curves);
    if (status == BERT_OK) status = page_save(folder, facts, curves);
    if (status == BERT_OK) status = card_save(folder, facts);
    free(curves);
    return status;
}
