#include "rows/data_file.h"

#include "base/limits.h"
#include "base/memory.h"

#include <stdlib.h>

static bert_status bytes_open(data_file *f, slice *bytes)
{
    if (bert_name_is_packed(f->path)) {
        TRY(bert_unpack(f->path, &f->unpacked, &bytes->count));
        bytes->bytes = f->unpacked;
    } else {
        TRY(file_map_open(f->path, &f->map));
        *bytes = (slice){ f->map.bytes, f->map.count };
    }
    return bert_encoding_check(f->path, bytes->bytes, bytes->count);
}

bert_status data_file_open(const char *path, data_file *out)
{
    data_file f = { .path = path };
    slice bytes = { NULL, 0 };
    bert_status status = bytes_open(&f, &bytes);
    if (status != BERT_OK) {
        data_file_close(&f);
        return status;
    }
    size_t mark = bert_mark_length(bytes.bytes, bytes.count);
    f.begin = bytes.bytes + mark;
    f.rest = (slice){ f.begin, bytes.count - mark };
    *out = f;
    return BERT_OK;
}

void data_file_close(data_file *f)
{
    file_map_close(&f->map);
    free(f->unpacked);
    *f = (data_file){ 0 };
}

bert_status data_file_line_too_long(const data_file *f, size_t line)
{
    return fail(BERT_FORMAT, "%s:%zu: is longer than %d bytes; is it a text file?", f->path, line,
                LINE_BYTES_MAX);
}

bert_status data_file_line(data_file *f, slice *line, bool *more)
{
    *more = f->rest.count > 0;
    if (!*more) return BERT_OK;
    size_t window = size_smaller(f->rest.count, (size_t)LINE_BYTES_MAX + 2), length, taken;
    TRY(bert_line_cut(&f->cutter, f->path, f->rest.bytes, window, window == f->rest.count, &length,
                      &taken));
    if (!taken) return data_file_line_too_long(f, f->cutter.line + 1);
    if (length > LINE_BYTES_MAX) return data_file_line_too_long(f, f->cutter.line);
    *line = (slice){ f->rest.bytes, length };
    f->rest = (slice){ f->rest.bytes + taken, f->rest.count - taken };
    return BERT_OK;
}
