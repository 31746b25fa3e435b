#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 16 };

/* Network file systems let a signal end an open(). */
static int descriptor_open(const char *path)
{
    int descriptor;
    do {
        descriptor = open(path, O_RDONLY | O_CLOEXEC);
    } while (descriptor < 0 && errno == EINTR);
    return descriptor;
}

static bool packed_open(const char *path, line_reader *out)
{
    line_reader reader = { .descriptor = -1, .name = path, .ended = true };
    errno = 0;
    if (bert_unpack(path, &reader.bytes, &reader.end) != BERT_OK) {
        errno = 0;
        return false;
    }
    reader.capacity = reader.end;
    *out = reader;
    return true;
}

bool line_reader_open(const char *path, line_reader *out)
{
    bool standard = !path || strcmp(path, "-") == 0;
    if (!standard && bert_name_is_packed(path)) return packed_open(path, out);
    int descriptor = standard ? STDIN_FILENO : descriptor_open(path);
    if (descriptor < 0) return false;
    *out = (line_reader){ .descriptor = descriptor, .name = standard ? "standard input" : path };
    return true;
}

void line_reader_close(line_reader *reader)
{
    if (reader->descriptor > STDIN_FILENO) close(reader->descriptor);
    free(reader->bytes);
    *reader = (line_reader){ .descriptor = -1 };
}

/* Makes room for READ_BYTES more: first by moving what is left to the front, then by growing. */
static bool room_make(line_reader *reader)
{
    if (reader->capacity - reader->end >= READ_BYTES) return true;
    if (reader->begin > 0)
        memmove(reader->bytes, reader->bytes + reader->begin, reader->end - reader->begin);
    reader->end -= reader->begin;
    reader->begin = 0;
    if (reader->capacity - reader->end >= READ_BYTES) return true;

    size_t capacity = 2 * reader->capacity + READ_BYTES;
    char *grown = realloc(reader->bytes, capacity);
    if (!grown) return false;
    reader->bytes = grown;
    reader->capacity = capacity;
    return true;
}

static line_outcome more_read(line_reader *reader, bool wait)
{
    struct pollfd arrival = { .fd = reader->descriptor, .events = POLLIN };
    if (!wait && poll(&arrival, 1, 0) == 0) return LINE_WAITS;
    if (reader->end - reader->begin > LINE_READ_MAX) {
        errno = EMSGSIZE;
        return LINE_FAILED;
    }
    if (!room_make(reader)) return LINE_FAILED;

    ssize_t count;
    do {
        count = read(reader->descriptor, reader->bytes + reader->end, READ_BYTES);
    } while (count < 0 && errno == EINTR);
    if (count < 0) return LINE_FAILED;
    reader->end += (size_t)count;
    reader->ended = count == 0;
    return LINE_READ;
}

/* Hands out the line that was cut, unless it is no text. */
static line_outcome line_take(line_reader *reader, size_t length, size_t taken, bert_text *line)
{
    const char *bytes = reader->bytes + reader->begin;
    reader->line = reader->cutter.line;
    if (reader->line == 1) {
        if (bert_encoding_check(reader->name, bytes, reader->end - reader->begin) != BERT_OK)
            return LINE_FAILED;
        size_t mark = bert_mark_length(bytes, length);
        bytes += mark;
        length -= mark;
        if (mark && mark == taken) return LINE_END; /* nothing but the mark */
    }
    if (bert_utf8_check(reader->name, reader->line, bytes, length) != BERT_OK) return LINE_FAILED;
    *line = (bert_text){ bytes, length };
    reader->begin += taken;
    return LINE_READ;
}

line_outcome line_reader_next(line_reader *reader, bool wait, bert_text *line)
{
    for (;;) {
        size_t length, taken;
        errno = 0;
        if (bert_line_cut(&reader->cutter, reader->name, reader->bytes + reader->begin,
                          reader->end - reader->begin, reader->ended, &length, &taken) != BERT_OK)
            return LINE_FAILED;
        if (taken) {
            line_outcome outcome = line_take(reader, length, taken, line);
            errno = 0;
            return outcome;
        }
        if (reader->ended) return LINE_END;
        line_outcome outcome = more_read(reader, wait);
        if (outcome != LINE_READ) return outcome;
    }
}
