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

bool line_reader_open(const char *path, line_reader *out)
{
    bool standard = !path || strcmp(path, "-") == 0;
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
    reader->scanned -= reader->begin;
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

/* A byte order mark in front of everything is no part of the first line. */
static void mark_skip(line_reader *reader)
{
    static const char mark[] = "\xEF\xBB\xBF";
    bool there = reader->line == 0 && !reader->marked && reader->end - reader->begin >= 3 &&
                 memcmp(reader->bytes + reader->begin, mark, 3) == 0;
    if (!there) return;
    reader->marked = true;
    reader->begin += 3;
    reader->scanned = reader->begin;
}

static bert_text line_take(line_reader *reader, size_t end, size_t next)
{
    bert_text line = { reader->bytes + reader->begin, end - reader->begin };
    if (line.count > 0 && line.bytes[line.count - 1] == '\r') line.count--;
    reader->begin = reader->scanned = next;
    reader->line++;
    return line;
}

line_outcome line_reader_next(line_reader *reader, bool wait, bert_text *line)
{
    for (;;) {
        mark_skip(reader);
        size_t left = reader->end - reader->scanned;
        const char *found = left ? memchr(reader->bytes + reader->scanned, '\n', left) : NULL;
        if (found) {
            size_t end = (size_t)(found - reader->bytes);
            *line = line_take(reader, end, end + 1);
            return LINE_READ;
        }
        reader->scanned = reader->end;
        if (reader->ended) {
            if (reader->begin == reader->end) return LINE_END;
            *line = line_take(reader, reader->end, reader->end);
            return LINE_READ;
        }
        line_outcome outcome = more_read(reader, wait);
        if (outcome != LINE_READ) return outcome;
    }
}
