/* dataset_lines.c: plain text without labels: the lines of a .txt, or the texts of a table. */
#include "data/dataset_reader.h"
#include "rows/text_lines.h"

static bert_status lines_read(dataset *d, text_lines *lines, const dataset_request *request)
{
    const char *path;
    TRY(dataset_keep_string(d, text_lines_path(lines), &path));
    while (dataset_wants_more(d, request)) {
        dataset_row row = { .path = path };
        slice text;
        bool more;
        TRY(text_lines_next(lines, &text, &more));
        if (!more) break;
        row.line = text_lines_line(lines);
        TRY(dataset_keep(d, text, &row.text));
        TRY(dataset_add(d, &row));
    }
    size_t line, crs = text_lines_crs(lines, &line);
    if (crs && !d->crs.count) d->crs = (dataset_oddity){ .line = line, .path = path };
    d->crs.count += crs;
    return BERT_OK;
}

bert_status dataset_read_lines(dataset *d, const char *path, const dataset_request *request,
                               bool first)
{
    if (!text_lines_is_kind(path)) {
        dataset_request unlabelled = *request;
        unlabelled.unlabelled = true;
        return dataset_read_texts(d, path, &unlabelled, first || !d->text_column);
    }
    text_lines *lines = NULL;
    TRY(text_lines_open(path, &lines));
    bert_status status = lines_read(d, lines, request);
    text_lines_free(lines);
    return status;
}
