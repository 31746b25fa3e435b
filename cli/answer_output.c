#include "answer_output.h"

#include "json_lines.h"
#include "options.h"
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what is asked for */

static const char *const format_names[] = { "jsonl", "csv", "tsv", "npy" };
enum { FORMATS = sizeof format_names / sizeof *format_names };

/* --output's ending says it where --format does not. */
static answer_format format_of(const settings *s)
{
    const char *name = s->answer_format,
               *dot = s->answer_file ? strrchr(s->answer_file, '.') : NULL;
    if (!name && dot) name = dot + 1;
    for (int i = 0; i < FORMATS && name; i++)
        if (strcasecmp(name, format_names[i]) == 0) return (answer_format)i;
    return ANSWERS_JSONL;
}

/* `is_file`: or else standard output. */
static int request_check(command_index command, const settings *s, answer_format format,
                         bool is_file)
{
    const char *file = s->answer_file;
    bool vectors = command == INDEX_EMBED, table = format == ANSWERS_CSV || format == ANSWERS_TSV;
    if (vectors && table)
        return wrong_use(command, "--output %s: vectors are written as .jsonl or .npy", file);
    if (!vectors && format == ANSWERS_NPY)
        return wrong_use(command,
                         "--output %s: an array holds vectors, which bert embed makes; answers are "
                         "written as .jsonl, .csv or .tsv",
                         file);
    if (s->json && format != ANSWERS_JSONL)
        return wrong_use(command, "--json asks for JSON, and the answers are to be %s",
                         format_names[format]);
    if (s->train.overwrite && !is_file)
        return wrong_use(command, "--overwrite is for --output FILE");
    if (format != ANSWERS_NPY) return EXIT_DONE;
    if (!is_file)
        return wrong_use(command, "--format npy needs --output FILE: it begins with the number of "
                                  "vectors, which is known at the end");
    if (s->keep.count)
        return wrong_use(command, "--keep %s: an array has no room for columns; --format jsonl has",
                         s->keep.items[0]);
    if (s->pooling && strcmp(s->pooling, "tokens") == 0)
        return wrong_use(command, "--pooling tokens gives each text as many vectors as it has "
                                  "tokens, which no array holds; --format jsonl does");
    return EXIT_DONE;
}

/* ---- the file */

/* A signal handler has no argument to carry it. */
static const char *unfinished;

static void unfinished_remove(int number)
{
    unlink(unfinished);
    signal(number, SIG_DFL);
    raise(number); /* held back until the handler returns */
}

/* Whoever stops the program finds nothing half written. NULL: all is done. */
static void signals_watch(const char *temporary)
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
    if (!temporary && !unfinished) return;
    unfinished = temporary;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction action = { .sa_handler = temporary ? unfinished_remove : SIG_DFL }, before;
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
    }
}

static int file_failed(const char *path)
{
    complain("cannot write %s: %s", path, strerror(errno));
    return EXIT_FAILED;
}

/* What is there already. */
static int place_check(const settings *s)
{
    struct stat place;
    const char *path = s->answer_file;
    if (lstat(path, &place) != 0) return EXIT_DONE; /* making it will tell what else is wrong */
    if (stat(path, &place) == 0 && !S_ISREG(place.st_mode))
        complain("%s: is there and is no file that could be replaced; choose another --output",
                 path);
    else if (!s->train.overwrite)
        complain("%s: is there already; --overwrite replaces it", path);
    else
        return EXIT_DONE;
    return EXIT_FAILED;
}

static int file_open(const settings *s, answer_output *out)
{
    int status = place_check(s);
    if (status != EXIT_DONE) return status;
    char *place = realpath(s->answer_file, NULL); /* of a link what it leads to */
    out->path = place ? place : strdup(s->answer_file);
    if (!out->path || asprintf(&out->temporary, "%s.%ld.partial", out->path, (long)getpid()) < 0) {
        out->temporary = NULL;
        complain("memory is exhausted");
        return EXIT_FAILED;
    }
    unlink(out->temporary); /* of a process of this number that was killed */
    int descriptor = open(out->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    out->stream = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (!out->stream) {
        status = file_failed(s->answer_file);
        if (descriptor >= 0) close(descriptor);
        return status;
    }
    signals_watch(out->temporary);
    return EXIT_DONE;
}

/* Without --overwrite not over what has appeared since; then nothing is lost. */
static int file_place(answer_output *out)
{
    unsigned flags = out->overwrite ? 0 : RENAME_NOREPLACE;
    int done = renameat2(AT_FDCWD, out->temporary, AT_FDCWD, out->path, flags);
    if (done != 0 && (errno == EINVAL || errno == ENOSYS)) done = rename(out->temporary, out->path);
    if (done == 0) return EXIT_DONE;
    complain("cannot write %s: %s; the answers are in %s", out->path, strerror(errno),
             out->temporary);
    signals_watch(NULL);
    free(out->temporary);
    out->temporary = NULL;
    return EXIT_FAILED;
}

/* ---- tables */

static void csv_text_print(FILE *stream, const char *text, size_t count)
{
    bool plain = count && !memchr(text, '"', count) && !memchr(text, ',', count) &&
                 !memchr(text, '\n', count) && !memchr(text, '\r', count);
    if (plain) {
        fwrite(text, 1, count, stream);
        return;
    }
    fputc('"', stream);
    for (size_t i = 0; i < count; i++) {
        if (text[i] == '"') fputc('"', stream);
        fputc(text[i], stream);
    }
    fputc('"', stream);
}

/* Where an answer stands that is being written, for messages. */
typedef struct answer_place {
    const char *path;
    size_t line;
} answer_place;

static int text_print(answer_output *out, const char *column, const char *text, size_t count,
                      const answer_place *at)
{
    if (out->format == ANSWERS_CSV) {
        csv_text_print(out->stream, text, count);
        return EXIT_DONE;
    }
    if (memchr(text, '\t', count) || memchr(text, '\n', count) || memchr(text, '\r', count)) {
        complain("%s:%zu: '%s' holds a TAB or a line end, which a .tsv cannot; --format csv or "
                 "jsonl can",
                 at->path, at->line, column);
        return EXIT_FAILED;
    }
    fwrite(text, 1, count, out->stream);
    return EXIT_DONE;
}

static int cell_print(answer_output *out, const char *column, const json_t *value,
                      const answer_place *at)
{
    if (!value || json_is_null(value)) return EXIT_DONE;
    if (json_is_string(value))
        return text_print(out, column, json_string_value(value), json_string_length(value), at);
    char *text = json_value_text(value);
    if (!text) {
        complain("memory is exhausted");
        return EXIT_FAILED;
    }
    int status = text_print(out, column, text, strlen(text), at);
    free(text);
    return status;
}

/* The answer's cells by the names of their columns. NULL, and said: it cannot be made. */
static json_t *cells_of(const answer_output *out, const json_t *answer, const answer_place *at)
{
    json_t *cells = json_object(), *value, *inner;
    const char *name, *label;
    json_object_foreach((json_t *)answer, name, value)
    {
        if (!out->apart || strcmp(name, "scores") != 0 || !json_is_object(value)) {
            cells = json_with(cells, name, json_incref(value));
            continue;
        }
        json_object_foreach(value, label, inner)
        {
            char *column;
            if (asprintf(&column, "%s.%s", name, label) < 0) column = NULL;
            bool taken = column && json_object_get(cells, column);
            if (taken)
                complain("%s:%zu: two columns have the name '%s'; rename the one that --keep takes",
                         at->path, at->line, column);
            cells = column && !taken ? json_with(cells, column, json_incref(inner)) : NULL;
            free(column);
            if (taken) return NULL;
        }
    }
    if (!cells) complain("memory is exhausted");
    return cells;
}

static int header_print(answer_output *out, const answer_place *at)
{
    const char *name, *separator = out->format == ANSWERS_CSV ? "," : "\t", *before = "";
    json_t *value;
    int status = EXIT_DONE;
    json_object_foreach(out->columns, name, value)
    {
        fputs(before, out->stream);
        if (status == EXIT_DONE) status = text_print(out, name, name, strlen(name), at);
        before = separator;
    }
    fputc('\n', out->stream);
    return status;
}

/* A table has the columns of its first answer. */
static int columns_check(const answer_output *out, const json_t *cells, const answer_place *at)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)cells, name, value)
    {
        if (json_object_get(out->columns, name)) continue;
        complain("%s:%zu: the answer has '%s', which the first one has not, so the table has no "
                 "such column; --format jsonl can write it",
                 at->path, at->line, name);
        return EXIT_FAILED;
    }
    return EXIT_DONE;
}

static int row_cells_print(answer_output *out, const json_t *cells, const answer_place *at)
{
    const char *name, *separator = out->format == ANSWERS_CSV ? "," : "\t", *before = "";
    json_t *value;
    int status = EXIT_DONE;
    json_object_foreach(out->columns, name, value)
    {
        if (status != EXIT_DONE) break;
        fputs(before, out->stream);
        status = cell_print(out, name, json_object_get(cells, name), at);
        before = separator;
    }
    fputc('\n', out->stream);
    return status;
}

/* By way of memory, so that a row is there whole or not at all. */
static int row_print(answer_output *out, const json_t *answer, const answer_place *at)
{
    FILE *stream = out->stream;
    char *row = NULL;
    size_t count = 0;
    int status = EXIT_DONE;
    json_t *cells = cells_of(out, answer, at);
    if (!cells) return EXIT_FAILED;
    out->stream = open_memstream(&row, &count);
    if (!out->stream) {
        complain("memory is exhausted");
        status = EXIT_FAILED;
    } else if (out->columns) {
        status = columns_check(out, cells, at);
    } else {
        out->columns = json_incref(cells);
        status = header_print(out, at);
    }
    if (status == EXIT_DONE) status = row_cells_print(out, cells, at);
    if (out->stream && fclose(out->stream) != 0 && status == EXIT_DONE) {
        complain("memory is exhausted");
        status = EXIT_FAILED;
    }
    out->stream = stream;
    if (status == EXIT_DONE) fwrite(row, 1, count, stream);
    free(row);
    json_decref(cells);
    return status;
}

/* ---- arrays */

enum { NPY_HEADER = 128 }; /* of numpy's own files of two dimensions, too */

static void npy_header_print(const answer_output *out)
{
    static const char magic[] = "\x93NUMPY\x01"; /* and a 0, of version 1.0 */
    char header[NPY_HEADER], text[NPY_HEADER];
    memcpy(header, magic, sizeof magic);
    header[8] = (char)(NPY_HEADER - 10);
    header[9] = 0;
    int count = snprintf(text, sizeof text,
                         "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %zu), }",
                         out->answers, out->width);
    memset(header + 10, ' ', NPY_HEADER - 10);
    memcpy(header + 10, text, (size_t)count);
    header[NPY_HEADER - 1] = '\n';
    fwrite(header, 1, NPY_HEADER, out->stream);
}

static void vector_print(const answer_output *out, const json_t *answer)
{
    size_t i;
    json_t *value;
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "'<f4' is little endian");
    json_array_foreach(json_object_get(answer, "embedding"), i, value)
    {
        float number = (float)json_real_value(value);
        fwrite(&number, sizeof number, 1, out->stream);
    }
}

/* ---- all of it */

int answer_output_open(command_index command, const settings *s, answer_output *out)
{
    *out = (answer_output){ .stream = stdout,
                            .format = format_of(s),
                            .overwrite = s->train.overwrite,
                            .apart = s->task.top == 0 };
    bool is_file = s->answer_file && strcmp(s->answer_file, "-") != 0;
    int status = request_check(command, s, out->format, is_file);
    if (status == EXIT_DONE && is_file) status = file_open(s, out);
    if (status == EXIT_DONE && out->format == ANSWERS_NPY) npy_header_print(out);
    return status;
}

int answer_output_put(answer_output *out, const json_t *answer, const char *path, size_t line)
{
    const answer_place at = { path ? path : "the input", line };
    int status = EXIT_DONE;
    if (out->format == ANSWERS_NPY)
        vector_print(out, answer);
    else if (out->format == ANSWERS_JSONL)
        status = json_line_print(answer, out->stream) ? EXIT_DONE : EXIT_FAILED;
    else
        status = row_print(out, answer, &at);
    out->answers++;
    if (status == EXIT_DONE && ferror(out->stream) && !answer_output_flush(out)) return EXIT_FAILED;
    return status;
}

bool answer_output_flush(answer_output *out)
{
    return out->path ? stream_flush(out->stream, out->path) : output_flush();
}

/* All that was written arrives at its place. */
static int file_close(answer_output *out, int status)
{
    if (status == EXIT_DONE && out->format == ANSWERS_NPY) {
        rewind(out->stream);
        npy_header_print(out);
    }
    if (status == EXIT_DONE && !answer_output_flush(out)) status = EXIT_FAILED;
    if (status == EXIT_DONE && fsync(fileno(out->stream)) != 0) status = file_failed(out->path);
    if (fclose(out->stream) != 0 && status == EXIT_DONE) status = file_failed(out->path);
    return status == EXIT_DONE ? file_place(out) : status;
}

int answer_output_close(answer_output *out, int status)
{
    if (out->temporary && out->stream) status = file_close(out, status);
    if (out->temporary) unlink(out->temporary); /* after file_place() its name is gone already */
    signals_watch(NULL);
    json_decref(out->columns);
    free(out->temporary);
    free(out->path);
    return status;
}
