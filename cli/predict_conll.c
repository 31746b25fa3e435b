#include "predict_conll.h"
#include "inputs.h"
#include "json_lines.h"
#include "report.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { SENTENCES_MAX = 512 }; /* answered at once */

typedef struct sentences {
    answer_output *out;
    bert_conll *file;
    bert_text *words, *lines; /* [word_count] of all sentences, side by side */
    size_t word_count, capacity;
    size_t counts[SENTENCES_MAX];
    char separators[SENTENCES_MAX];
    bert_input inputs[SENTENCES_MAX];
    char *answers[SENTENCES_MAX];
    size_t count, printed; /* sentences read and not yet printed; printed in all */
} sentences;

bool conll_wanted(const settings *s, const model_session *open)
{
    bert_task_info task;
    return s->operand_count > 1 && !s->columns.text &&
           bert_task_get_info(open->info.task, sizeof task, &task) &&
           task.input == BERT_INPUT_WORDS && bert_conll_is(s->operands[1]);
}

static bool words_grow(sentences *all, size_t more)
{
    if (all->capacity - all->word_count >= more) return true;
    size_t capacity = 2 * all->capacity + more;
    bert_text *words = realloc(all->words, capacity * sizeof *words);
    if (words) all->words = words;
    bert_text *lines = words ? realloc(all->lines, capacity * sizeof *lines) : NULL;
    if (lines) all->lines = lines;
    if (lines) all->capacity = capacity;
    return lines != NULL;
}

/* Reads the next sentences; the texts stay where the file has them. */
static int sentences_read(sentences *all)
{
    all->count = all->word_count = 0;
    while (all->count < SENTENCES_MAX) {
        bert_sentence s;
        bool more;
        if (bert_conll_next(all->file, sizeof s, &s, &more) != BERT_OK)
            return complain_of_library();
        if (!more) break;
        if (!words_grow(all, s.count)) {
            complain("memory is exhausted");
            return EXIT_FAILED;
        }
        memcpy(all->words + all->word_count, s.words, s.count * sizeof *s.words);
        memcpy(all->lines + all->word_count, s.lines, s.count * sizeof *s.lines);
        all->word_count += s.count;
        all->separators[all->count] = s.separator;
        all->counts[all->count++] = s.count;
    }
    return EXIT_DONE;
}

static void line_print(FILE *stream, bert_text line, char separator, const char *tag)
{
    fwrite(line.bytes, 1, line.count, stream);
    fprintf(stream, "%c%s\n", separator, tag);
}

static int sentence_print(sentences *all, size_t index, const bert_text *lines)
{
    json_t *answer = json_from_answer(all->answers[index]), *tags;
    tags = json_object_get(answer, "tags");
    if (json_array_size(tags) != all->counts[index]) {
        json_decref(answer);
        complain("memory is exhausted");
        return EXIT_FAILED;
    }
    if (all->printed++) fputc('\n', all->out->stream);
    for (size_t i = 0; i < all->counts[index]; i++)
        line_print(all->out->stream, lines[i], all->separators[index],
                   json_string_value(json_array_get(tags, i)));
    json_decref(answer);
    return EXIT_DONE;
}

static int sentences_answer(sentences *all, const model_session *open)
{
    for (size_t i = 0, at = 0; i < all->count; at += all->counts[i++])
        all->inputs[i] = (bert_input){ .items = all->words + at, .item_count = all->counts[i] };
    if (bert_answers(open->session, all->inputs, all->count, all->answers) != BERT_OK)
        return complain_of_library();
    int status = EXIT_DONE;
    for (size_t i = 0, at = 0; i < all->count; at += all->counts[i++]) {
        if (status == EXIT_DONE) status = sentence_print(all, i, all->lines + at);
        bert_free(all->answers[i]);
    }
    return status == EXIT_DONE && !answer_output_flush(all->out) ? EXIT_FAILED : status;
}

int conll_predict(const settings *s, const model_session *open, answer_output *out)
{
    int status = inputs_refuse_columns(INDEX_PREDICT, s);
    if (status == EXIT_DONE && s->answer_format)
        status = wrong_use(INDEX_PREDICT,
                           "--format %s: the lines of %s come back as they are, with a tag behind "
                           "each",
                           s->answer_format, s->operands[1]);
    if (status != EXIT_DONE) return status;
    sentences *all = calloc(1, sizeof *all);
    if (!all) {
        complain("memory is exhausted");
        return EXIT_FAILED;
    }
    all->out = out;
    if (bert_conll_open(s->operands[1], &all->file) != BERT_OK) status = complain_of_library();
    while (status == EXIT_DONE) {
        int read = sentences_read(all);
        if (all->count) status = sentences_answer(all, open);
        if (read != EXIT_DONE) status = read;
        if (all->count < SENTENCES_MAX) break;
    }
    const char *note = status == EXIT_DONE && !s->quiet ? bert_conll_note(all->file) : NULL;
    if (note) remark("%s", note);
    bert_conll_free(all->file);
    free(all->words);
    free(all->lines);
    free(all);
    return status;
}
