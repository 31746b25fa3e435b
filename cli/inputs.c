/* inputs.c: a batch ends when it is full, when the pipe is idle, or before a bad input: the good
 * ones before it are answered first, so that what is printed does not depend on how they arrived
 * (answers.c does the same where the model's task refuses one).
 *
 * While a batch is being filled its texts are places in a block that still moves; they become
 * pointers when it is complete. */
#include "inputs.h"
#include "options.h"
#include "report.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH_BYTES = 1 << 20 };

/* What a model's task reads; without a model, or a trained head, plain texts. */
static bert_task_input input_of(const bert_model *model)
{
    const bert_task_info *task = model ? bert_task_get_info(bert_model_get_info(model).task) : NULL;
    return task ? task->input : BERT_INPUT_TEXTS;
}

/* "COLUMN", or "COLUMN=NAME" for another name in the answer; the table may have a column of all of
 * it. *name is borrowed from the option. */
static int kept_find(const bert_table *table, const char *option, size_t *column, const char **name)
{
    const char *equals = strrchr(option, '=');
    *name = option;
    bert_status status = bert_table_column(table, option, column);
    if (status == BERT_OK || !equals) return status == BERT_OK ? EXIT_DONE : complain_of_library();
    char *before = strndup(option, (size_t)(equals - option));
    if (!before) {
        complain("memory is exhausted");
        return EXIT_FAILED;
    }
    status = bert_table_column(table, before, column);
    free(before);
    *name = equals + 1;
    return status == BERT_OK ? EXIT_DONE : complain_of_library();
}

static const char *path_of(const settings *s)
{
    return s->operand_count > 1 ? s->operands[1] : "-";
}

int inputs_refuse_columns(command_index command, const settings *s)
{
    const char *asked = s->columns.text ? "text" : s->columns.pair ? "text-pair" : "keep";
    if (!s->columns.text && !s->columns.pair && !s->keep.count) return EXIT_DONE;
    return wrong_use(
        command, "--%s names a column of a table, so FILE must be a .tsv, .csv or .jsonl", asked);
}

static bool same_name(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool columns_are_of_training(const bert_model *model, const bert_columns *columns)
{
    if (!model) return false;
    bert_model_info info = bert_model_get_info(model);
    return same_name(columns->text, info.text_column) && same_name(columns->pair, info.pair_column);
}

static int columns_find(const settings *s, const bert_model *model, inputs *in,
                        bert_columns *columns)
{
    if (bert_table_open(path_of(s), &in->table) != BERT_OK) return complain_of_library();
    if (bert_table_find_texts(in->table, model, &columns->text, &columns->pair) != BERT_OK)
        return complain_of_library();
    in->as_trained = columns_are_of_training(model, columns);
    return EXIT_DONE;
}

/* Says which columns are read, where they are not those that were named. */
static void columns_tell(const settings *s, const inputs *in, const bert_columns *columns)
{
    const char *text = bert_table_column_name(in->table, in->columns[0]);
    const char *pair = in->has_pair ? bert_table_column_name(in->table, in->columns[1]) : NULL;
    bool as_named = s->columns.text && strcmp(text, columns->text) == 0 &&
                    (!pair || strcmp(pair, columns->pair) == 0);
    if (!as_named && !s->quiet)
        remark("%s: texts are in the column%s %s%s%s%s", path_of(s), pair ? "s" : "", text,
               pair ? " and " : "", pair ? pair : "", in->as_trained ? ", as in training" : "");
}

static int table_open(const settings *s, const bert_columns *columns, inputs *in)
{
    in->lines.name = path_of(s);
    size_t count = 0;
    const char *names[2] = { columns->text, columns->pair };
    for (size_t i = 0; i < 1u + in->has_pair; i++)
        if (bert_table_column(in->table, names[i], &in->columns[count++]) != BERT_OK)
            return complain_of_library();
    if (in->has_pair && in->columns[0] == in->columns[1]) {
        complain("%s: the column '%s' is asked for twice, as the text and as the second text",
                 path_of(s), bert_table_column_name(in->table, in->columns[0]));
        return EXIT_FAILED;
    }
    columns_tell(s, in, columns);
    for (size_t i = 0; i < s->keep.count; i++) {
        int status =
            kept_find(in->table, s->keep.items[i], &in->columns[count++], &in->batch.kept_names[i]);
        if (status != EXIT_DONE) return status;
    }
    return EXIT_DONE;
}

/* Files that hold something else than plain text, by their names. */
static int lines_refuse(const char *path)
{
    if (bert_name_ends(path, ".json")) {
        complain("%s: JSON is no plain text; rows are read from a .jsonl, an object a line (of a "
                 "list: jq -c '.[]' %s > rows.jsonl)",
                 path, path);
        return EXIT_FAILED;
    }
    if (strcmp(path, "-") != 0 && bert_conll_is(path)) {
        complain("%s: holds words in columns, which a model for tags reads; plain text was "
                 "expected, a text a line",
                 path);
        return EXIT_FAILED;
    }
    return EXIT_DONE;
}

static int lines_open(command_index command, const settings *s, inputs *in)
{
    const char *path = path_of(s);
    if (lines_refuse(path) != EXIT_DONE) return EXIT_FAILED;
    if (!line_reader_open(path, &in->lines)) {
        const char *reason = strerror(errno);
        if (!errno) return complain_of_library();
        if (errno == ENOENT)
            complain("cannot open %s: %s; texts come on standard input: echo ... | bert %s %s",
                     path, reason, command_table[command].name, s->operands[0]);
        else
            complain("cannot open %s: %s", path, reason);
        return EXIT_FAILED;
    }
    in->prompts = isatty(in->lines.descriptor) && isatty(STDERR_FILENO);
    return EXIT_DONE;
}

/* Does the model's task read this file in its own way, and not text by text? A task that compares
 * or asks finds what is not named of both texts, one that chooses the endings. */
static bool rows_wanted(const settings *s, bert_task_input input)
{
    const char *path = path_of(s);
    bool both = s->columns.text && (s->columns.pair || s->keep.count);
    if (strcmp(path, "-") == 0) return false;
    if (input == BERT_INPUT_WORDS) return bert_table_is(path) && !s->columns.text;
    if (input == BERT_INPUT_ROWS) return true;
    return (input == BERT_INPUT_OBJECTS || input == BERT_INPUT_PAIRS) && !both;
}

/* Why the rows of a table have no further columns. */
static int keep_refuse(command_index command, bert_task_input input)
{
    if (input == BERT_INPUT_WORDS)
        return wrong_use(command, "--keep goes with a column of texts (--text), and not with lists "
                                  "of words");
    if (input == BERT_INPUT_ROWS)
        return wrong_use(command, "--keep goes with no model that chooses endings");
    return wrong_use(command, "--keep needs --text and --text-pair beside it");
}

static int rows_open(command_index command, const settings *s, const bert_model *model, inputs *in)
{
    if (!bert_table_is(s->operands[1]) && inputs_refuse_columns(command, s) != EXIT_DONE)
        return EXIT_WRONG_USE;
    if (s->keep.count) return keep_refuse(command, input_of(model));
    in->lines.name = s->operands[1];
    if (bert_dataset_open(model, s->operands[1], &s->columns, &in->rows) != BERT_OK)
        return complain_of_library();
    const char *note, *warning = bert_dataset_warning(in->rows);
    for (size_t i = 0; !s->quiet && (note = bert_dataset_note(in->rows, i)); i++)
        remark("%s", note);
    if (warning) complain("warning: %s", warning);
    return EXIT_DONE;
}

/* What field_count fields an input need. */
static int room_make(const settings *s, inputs *in)
{
    in->field_count = 1 + in->has_pair + in->json + s->keep.count;
    in->columns = malloc(in->field_count * sizeof *in->columns);
    in->fields = malloc(INPUT_BATCH_MAX * in->field_count * sizeof *in->fields);
    in->batch.inputs = malloc(INPUT_BATCH_MAX * sizeof *in->batch.inputs);
    in->batch.kept = malloc((INPUT_BATCH_MAX * s->keep.count + 1) * sizeof *in->batch.kept);
    in->batch.kept_names = calloc(s->keep.count + 1, sizeof *in->batch.kept_names);
    if (in->columns && in->fields && in->batch.inputs && in->batch.kept && in->batch.kept_names)
        return EXIT_DONE;
    complain("memory is exhausted");
    return EXIT_FAILED;
}

int inputs_open(command_index command, const settings *s, const bert_model *model, inputs *out)
{
    bert_columns columns = s->columns;
    bert_task_input input = input_of(model);
    bool rows = rows_wanted(s, input), table = !rows && bert_table_is(path_of(s));
    *out = (inputs){ .lines.descriptor = -1,
                     .quiet = s->quiet,
                     .json = !rows && !table && input == BERT_INPUT_OBJECTS };
    int status = EXIT_DONE;
    if (columns.text && same_name(columns.text, columns.pair))
        return wrong_use(command,
                         "--text and --text-pair both name '%s'; a column is read for one thing "
                         "alone",
                         columns.text);
    if (table)
        status = columns_find(s, model, out, &columns);
    else if (!rows)
        status = inputs_refuse_columns(command, s);
    out->tabs = !rows && !table && input == BERT_INPUT_TEXTS && model &&
                bert_model_get_info(model).texts == BERT_TEXTS_PAIRS;
    out->has_pair = table ? columns.pair != NULL : out->json || out->tabs;
    if (status == EXIT_DONE) status = room_make(s, out);
    if (status != EXIT_DONE) return status;
    if (rows) return rows_open(command, s, model, out);
    return table ? table_open(s, &columns, out) : lines_open(command, s, out);
}

void inputs_close(inputs *in)
{
    line_reader_close(&in->lines);
    bert_table_free(in->table);
    bert_dataset_free(in->rows);
    free(in->columns);
    free(in->fields);
    free(in->block.bytes);
    free(in->batch.inputs);
    free(in->batch.kept);
    free(in->batch.kept_names);
}

/* Copies `text` into the block; `field` gets its length, and bytes that are only NULL or not. */
static bool field_put(inputs *in, bert_text text, bert_text *field)
{
    text_block *block = &in->block;
    if (block->capacity - block->count < text.count) {
        size_t capacity = 2 * block->capacity + text.count + 4096;
        char *grown = realloc(block->bytes, capacity);
        if (!grown) {
            snprintf(in->failure, sizeof in->failure, "memory is exhausted");
            return false;
        }
        block->bytes = grown;
        block->capacity = capacity;
    }
    if (text.count) memcpy(block->bytes + block->count, text.bytes, text.count);
    block->count += text.count;
    *field = (bert_text){ text.bytes ? "" : NULL, text.count };
    return true;
}

/* {"question": .., "context": .., "id": ..}: three fields; the id may lack. */
static bool question_put(inputs *in, bert_text line, bert_text *fields)
{
    static const char *const names[] = { "question", "context", "id" };
    json_error_t where;
    json_t *object = json_loadb(line.bytes, line.count, JSON_ALLOW_NUL, &where);
    bool good = json_is_object(object);
    if (!good)
        snprintf(
            in->failure, sizeof in->failure,
            "%s:%zu: a line is an object such as {\"question\": \"..\", \"context\": \"..\"}%s%s",
            in->lines.name, in->lines.line, object ? "" : "; ", object ? "" : where.text);
    for (size_t i = 0; i < 3 && good; i++) {
        const json_t *value = json_object_get(object, names[i]);
        bert_text text = { json_string_value(value), json_string_length(value) };
        char digits[32];
        if (i == 2 && json_is_integer(value)) { /* as in a file's rows */
            int count =
                snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
            text = (bert_text){ digits, (size_t)count };
        }
        good = text.bytes || (i == 2 && (!value || json_is_null(value)));
        if (!good)
            snprintf(in->failure, sizeof in->failure, "%s:%zu: '%s' %s", in->lines.name,
                     in->lines.line, names[i], value ? "is no text" : "is not there");
        else
            good = field_put(in, text, &fields[i]);
    }
    json_decref(object);
    return good;
}

/* TEXT<TAB>TEXT: two fields. */
static bool pair_put(inputs *in, bert_text line, bert_text *fields)
{
    const char *tab = line.count ? memchr(line.bytes, '\t', line.count) : NULL;
    size_t count = tab ? (size_t)(tab - line.bytes) : line.count, rest = line.count - count;
    bool more = rest > 1 && memchr(tab + 1, '\t', rest - 1);
    if (!tab || more) {
        snprintf(in->failure, sizeof in->failure,
                 "%s:%zu: has %s TAB, and the model was trained on pairs of texts: a line is the "
                 "two with one TAB between them",
                 in->lines.name, in->lines.line, tab ? "more than one" : "no");
        return false;
    }
    return field_put(in, (bert_text){ line.bytes, count }, &fields[0]) &&
           field_put(in, (bert_text){ tab + 1, rest - 1 }, &fields[1]);
}

/* Says of a line of plain text, once, what may not have been meant. */
static void line_remark(inputs *in, bert_text line)
{
    size_t number = in->lines.line;
    if (!in->cr_said && line.count && memchr(line.bytes, '\r', line.count)) {
        complain("warning: %s:%zu: a CR inside the line is read as white space; if lines should "
                 "end there, save them with LF",
                 in->lines.name, number);
        in->cr_said = true;
    }
    if (in->json || number > 1 || !line.count || !strchr("{[", *line.bytes)) return;
    json_t *value = json_loadb(line.bytes, line.count, JSON_ALLOW_NUL, NULL);
    if (value || line.count == 1)
        complain("warning: %s:1: is JSON and read as plain text; rows of JSON are read from a FILE "
                 "named .jsonl, an object a line",
                 in->lines.name);
    json_decref(value);
}

static line_outcome line_next(inputs *in, bert_text *fields)
{
    bert_text line = { NULL, 0 };
    bool first = in->batch.count == 0;
    if (in->prompts && !first) return LINE_WAITS;
    if (in->prompts) fputs("> ", stderr);
    line_outcome outcome = line_reader_next(&in->lines, first, &line);
    if (outcome == LINE_FAILED && !errno)
        snprintf(in->failure, sizeof in->failure, "%s", bert_error());
    else if (outcome == LINE_FAILED && errno == EMSGSIZE)
        snprintf(in->failure, sizeof in->failure,
                 "%s:%zu: is longer than %d bytes; is it a text file?", in->lines.name,
                 in->lines.line + 1, LINE_READ_MAX);
    else if (outcome == LINE_FAILED)
        snprintf(in->failure, sizeof in->failure, "cannot read %s: %s", in->lines.name,
                 strerror(errno));
    if (outcome != LINE_READ) {
        if (in->prompts && outcome == LINE_END) fputc('\n', stderr);
        return outcome;
    }
    line_remark(in, line);
    bool put = in->json   ? question_put(in, line, fields)
               : in->tabs ? pair_put(in, line, fields)
                          : field_put(in, line, &fields[0]);
    return put ? LINE_READ : LINE_FAILED;
}

static line_outcome row_next(inputs *in, bert_text *fields)
{
    bool more = false;
    if (bert_table_next(in->table, &more) != BERT_OK) {
        snprintf(in->failure, sizeof in->failure, "%s", bert_error());
        return LINE_FAILED;
    }
    if (!more) return LINE_END;
    for (size_t i = 0; i < in->field_count; i++) {
        bert_text field = bert_table_field(in->table, in->columns[i]);
        if (i < 1u + in->has_pair &&
            bert_table_text(in->table, in->columns[i], &field) != BERT_OK) {
            snprintf(in->failure, sizeof in->failure, "%s", bert_error());
            return LINE_FAILED;
        }
        if (!field_put(in, field, &fields[i])) return LINE_FAILED;
    }
    return LINE_READ;
}

/* Places in the block become pointers. */
static void batch_finish(inputs *in)
{
    const char *at = in->block.bytes ? in->block.bytes : "";
    size_t kept_first = 1u + in->has_pair + in->json, kept_count = in->field_count - kept_first;
    for (size_t i = 0; i < in->batch.count * in->field_count; i++) {
        if (in->fields[i].bytes) in->fields[i].bytes = at;
        at += in->fields[i].count;
    }
    for (size_t i = 0; i < in->batch.count; i++) {
        const bert_text *fields = in->fields + i * in->field_count;
        in->batch.inputs[i].text = fields[0];
        if (in->has_pair) in->batch.inputs[i].pair = fields[1];
        if (in->json) in->batch.inputs[i].id = fields[2];
        if (kept_count)
            memcpy(in->batch.kept + i * kept_count, fields + kept_first,
                   kept_count * sizeof *fields);
    }
}

static input_outcome rows_next(inputs *in, const input_batch **out)
{
    size_t left = bert_dataset_count(in->rows) - in->next_row;
    if (left == 0) return INPUT_END;
    in->batch.count = left < INPUT_BATCH_MAX ? left : INPUT_BATCH_MAX;
    for (size_t i = 0; i < in->batch.count; i++)
        in->batch.inputs[i] = bert_dataset_input(in->rows, in->next_row++);
    *out = &in->batch;
    return INPUT_BATCH;
}

input_outcome inputs_next(inputs *in, const input_batch **out)
{
    if (in->rows) return rows_next(in, out);
    line_outcome outcome = LINE_READ;
    in->batch.count = 0;
    in->block.count = 0;
    while (!*in->failure && in->batch.count < INPUT_BATCH_MAX && in->block.count < BATCH_BYTES) {
        bert_text *fields = in->fields + in->batch.count * in->field_count;
        outcome = in->table ? row_next(in, fields) : line_next(in, fields);
        if (outcome != LINE_READ) break;
        size_t line = in->table ? bert_table_line(in->table) : in->lines.line;
        in->batch.inputs[in->batch.count++] = (bert_input){ .path = in->lines.name, .line = line };
    }
    if (in->batch.count == 0 && *in->failure) {
        complain("%s", in->failure);
        return INPUT_FAILED;
    }
    if (in->batch.count == 0) {
        const char *note = in->table && !in->quiet ? bert_table_note(in->table) : NULL;
        if (note) remark("%s", note);
        return INPUT_END;
    }
    batch_finish(in);
    *out = &in->batch;
    return INPUT_BATCH;
}
