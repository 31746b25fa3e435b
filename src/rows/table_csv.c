/* libcsv splits; this file feeds it no further than the next line end, so that after each piece it
 * is known where in the file a record ended, which libcsv does not tell. */
#include "base/limits.h"
#include "base/memory.h"
#include "rows/table_reader.h"

#include <csv.h>
#include <stdlib.h>

enum { PIECE_MAX = 1 << 16 };

typedef struct csv_reader {
    struct csv_parser parser;
    char *text; /* the fields of the record, end to end */
    size_t used, capacity;
    size_t rest_line; /* where the rest of the file begins, from 1 */
    bool record_done;
    bert_status status; /* of what the callbacks did */
} csv_reader;

/* RFC 4180: spaces are part of a field. By default libcsv drops them at its ends. */
static int no_space(unsigned char byte)
{
    (void)byte;
    return 0;
}

static void field_done(void *bytes, size_t count, void *data)
{
    table *t = data;
    csv_reader *r = t->reader;
    if (r->status == BERT_OK)
        r->status = memory_grow((void **)&r->text, &r->capacity, r->used + count + 1, 1);
    /* where it stands is known when `text` has stopped growing */
    if (r->status == BERT_OK) r->status = table_field_add(t, (slice){ NULL, count });
    if (r->status != BERT_OK) return;
    if (count) memcpy(r->text + r->used, bytes, count);
    r->used += count;
}

static void record_done(int end, void *data)
{
    (void)end;
    csv_reader *r = ((table *)data)->reader;
    r->record_done = true;
}

static void fields_locate(table *t, const char *text)
{
    for (size_t i = 0; i < t->field_count; i++) {
        t->fields[i].bytes = text;
        text += t->fields[i].count;
    }
}

static bool ends_line(char byte)
{
    return byte == '\n' || byte == '\r';
}

static void rest_skip(table *t, size_t count)
{
    slice *rest = &t->file.rest;
    *rest = (slice){ rest->bytes + count, rest->count - count };
}

/* Blank lines between records. Stands behind a line end: an LF there may be half of a CR LF, and
 * CR LF the rest of a CR CR LF. */
static void blank_lines_skip(table *t)
{
    const slice *rest = &t->file.rest;
    csv_reader *r = t->reader;
    while (rest->count && ends_line(rest->bytes[0])) {
        bool behind_cr = rest->bytes > t->file.begin && rest->bytes[-1] == '\r';
        bool before_lf = rest->count > 1 && rest->bytes[1] == '\n';
        bool half = behind_cr && (rest->bytes[0] == '\n' || before_lf);
        r->rest_line += !half;
        rest_skip(t, 1);
    }
}

/* The rest up to the next line end, that included. */
static slice piece_of(slice rest)
{
    /* memchr() for each of the two would look through a whole piece for the one that a file lacks
     */
    size_t most = size_smaller(rest.count, PIECE_MAX), count = 0;
    while (count < most && !ends_line(rest.bytes[count])) count++;
    return (slice){ rest.bytes, count + (count < most) };
}

/* `at` is where libcsv stopped, in the record that begins at `record`. */
static bert_status fail_quote(const table *t, slice record, size_t at)
{
    csv_reader *r = t->reader;
    int error = csv_error(&r->parser);
    if (error == CSV_ENOMEM || error == CSV_ETOOBIG)
        return fail(BERT_MEMORY, "%s:%zu: out of memory for this record", t->path, t->line);
    table_place place = table_place_of(t, record, at);
    if (r->parser.quoted)
        return fail(BERT_FORMAT,
                    "%s:%zu: text behind the closing quote of a field, at byte %zu of the line; "
                    "inside quotes, a quote is written twice",
                    t->path, place.line, place.byte);
    return fail(BERT_FORMAT,
                "%s:%zu: a quote inside a field that does not begin with one, at byte %zu of the "
                "line; quote the whole field and write inner quotes twice",
                t->path, place.line, place.byte);
}

/* Feeds the record that begins at the rest. */
static bert_status record_feed(table *t)
{
    csv_reader *r = t->reader;
    const slice *rest = &t->file.rest;
    const char *begin = rest->bytes;
    while (!r->record_done && rest->count) {
        slice piece = piece_of(*rest);
        if ((size_t)(rest->bytes - begin) > LINE_BYTES_MAX)
            return data_file_line_too_long(&t->file, t->line);
        size_t taken = csv_parse(&r->parser, piece.bytes, piece.count, field_done, record_done, t);
        if (taken != piece.count) {
            slice record = { begin, (size_t)(piece.bytes + piece.count - begin) };
            return fail_quote(t, record, (size_t)(piece.bytes - begin) + taken);
        }
        rest_skip(t, piece.count);
    }
    return BERT_OK;
}

static bert_status csv_next(table *t, bool *more)
{
    csv_reader *r = t->reader;
    blank_lines_skip(t);
    t->line = r->rest_line;
    t->field_count = r->used = 0;
    r->record_done = false;
    *more = t->file.rest.count > 0;
    if (!*more) return BERT_OK;

    const char *begin = t->file.rest.bytes;
    TRY(record_feed(t));
    if (!r->record_done && csv_fini(&r->parser, field_done, record_done, t) != 0)
        return fail(BERT_FORMAT,
                    "%s:%zu: a quoted field of the record that begins on this line is never closed",
                    t->path, t->line);
    TRY(r->status);
    slice record = { begin, (size_t)(t->file.rest.bytes - begin) };
    TRY(table_verify_text(t, record));
    r->rest_line = table_place_of(t, record, record.count).line;
    fields_locate(t, r->text);
    return BERT_OK;
}

static bert_status csv_open(table *t)
{
    csv_reader *r = NULL;
    TRY(memory_zeroed(1, sizeof *r, (void **)&r));
    t->reader = r;
    r->rest_line = 1;
    if (csv_init(&r->parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return fail(BERT_MEMORY, "%s: out of memory", t->path);
    csv_set_space_func(&r->parser, no_space);
    csv_set_blk_size(&r->parser, PIECE_MAX);
    return table_header_read(t);
}

static void csv_close(table *t)
{
    csv_reader *r = t->reader;
    if (!r) return;
    csv_free(&r->parser);
    free(r->text);
    free(r);
}

const table_kind table_kind_csv = {
    .ending = ".csv",
    .cr_ends_lines = true,
    .too_few = "is a comma missing?",
    .too_many = "is a field with a comma in it not quoted?",
    .open = csv_open,
    .next = csv_next,
    .close = csv_close,
};
