/* grown.c: a program of another version than the library: compiled with a bert.h whose structs are
 * shorter, or longer (LONGER), than those that the library knows (tests/cli/grown.py). Structs
 * stand in memory of their own size, so that AddressSanitizer sees what is written or read past
 * them.
 *
 *     grown MODEL TABLE CONLL FOLDER */
#include "bert_program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUST(what)                                                                                 \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            printf("%d: %s: %s\n", __LINE__, #what, bert_error());                                 \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* Defaults, in memory of their own size. */
#define NEW(name, variable)                                                                        \
    name *variable = malloc_filled(sizeof *variable);                                              \
    name##_init(variable, sizeof *variable);                                                       \
    MUST(variable->size == sizeof *variable && name##_default().size == sizeof *variable)

static void *malloc_filled(size_t bytes)
{
    void *memory = malloc(bytes);
    if (!memory) exit(1);
    return memset(memory, 0xA5, bytes);
}

/* What an older library does not know is 0. */
#ifdef LONGER
#define MUST_BE_UNKNOWN(x) MUST((x)->added_number == 0 && !(x)->added_text && (x)->added_share == 0)
#else
#define MUST_BE_UNKNOWN(x) MUST(x)
#endif

static size_t steps, events;

static void tell(void *context, const bert_event *event)
{
    (void)context;
    events++;
    MUST(BERT_HAS(event, kind) && BERT_HAS(event, text));
#ifdef LONGER
    MUST(!BERT_HAS(event, added_share));
#endif
    steps += event->kind == BERT_EVENT_STEP;
}

static void information(const bert_model *model, const char *words)
{
    bert_model_info *info = malloc_filled(sizeof *info);
    bert_parameter *weight = malloc_filled(sizeof *weight);
    bert_memory *memory = malloc_filled(sizeof *memory);
    bert_task_info *task = malloc_filled(sizeof *task);
    bert_sentence *sentence = malloc_filled(sizeof *sentence);
    NEW(bert_train_options, options);
    bert_conll *file;
    bool more;
    bert_model_fill_info(model, sizeof *info, info);
    MUST(info->labels == 3 && strcmp(info->task, "classify") == 0);
    MUST(bert_model_get_info(model).layers == info->layers);
    bert_model_fill_parameter(model, 0, sizeof *weight, weight);
    MUST(weight->name && strcmp(bert_model_parameter(model, 0).name, weight->name) == 0);
    MUST(bert_training_memory(model, options, sizeof *memory, memory) == BERT_OK);
    MUST(memory->total > 0);
    MUST(bert_task_get_info("tag", sizeof *task, task) && strcmp(task->name, "tag") == 0);
    MUST(bert_conll_open(words, &file) == BERT_OK);
    MUST(bert_conll_next(file, sizeof *sentence, sentence, &more) == BERT_OK && more);
    MUST(sentence->count == 2);
    MUST_BE_UNKNOWN(info);
    MUST_BE_UNKNOWN(weight);
    MUST_BE_UNKNOWN(memory);
    MUST_BE_UNKNOWN(task);
    MUST_BE_UNKNOWN(sentence);
    bert_conll_free(file);
    free(info);
    free(weight);
    free(memory);
    free(task);
    free(sentence);
    free(options);
}

static void answers(const bert_model *model)
{
    NEW(bert_session_options, options);
    bert_session *session;
    bert_input input = { .text = { "a fine film", 11 } };
    char *line;
    options->max_length = 16;
    MUST(bert_session_new(model, options, &session) == BERT_OK);
    MUST(bert_answers(session, &input, 1, &line) == BERT_OK);
    bert_free(line);
    bert_session_free(session);
    MUST(bert_session_new(model, NULL, &session) == BERT_OK); /* the defaults */
    bert_session_free(session);
#ifdef LONGER
    NEW(bert_task_options, own);
    own->added_share = 0.5;
    options->task_options = own;
    MUST(bert_session_new(model, options, &session) == BERT_UNSUPPORTED);
    free(own);
#endif
    options->size = 0;
    MUST(bert_session_new(model, options, &session) == BERT_ARGUMENT);
    MUST(strstr(bert_error(), "bert_session_options_default()"));
    free(options);
}

static void runs(const char *model, const char *table, const char *folder)
{
    NEW(bert_train_options, train);
    NEW(bert_evaluate_options, evaluate);
    NEW(bert_convert_options, convert);
    NEW(bert_hub_options, hub);
    NEW(bert_observer, observer);
    NEW(bert_columns, columns);
    NEW(bert_task_options, own);
    char output[512], *text;
    snprintf(output, sizeof output, "%s/trained", folder);
    observer->tell = tell;
    columns->text = "text";
    own->windows = true;
    train->model = evaluate->model = convert->model = model;
    train->train = evaluate->data = &table;
    train->train_count = evaluate->data_count = 1;
    train->output = output;
    train->max_steps = 2;
    train->max_length = 32;
    train->columns = columns;
    train->task_options = own;
    train->observer = observer;
    MUST(bert_train(train) == BERT_OK);
    MUST(steps == 2 && events > 2);
    MUST(bert_evaluate(evaluate, &text) == BERT_OK);
    bert_free(text);
    MUST(bert_compare(model, model, evaluate, &text) == BERT_OK);
    bert_free(text);
    snprintf(output, sizeof output, "%s/converted", folder);
    convert->output = output;
    MUST(bert_convert(convert, &text) == BERT_OK);
    bert_free(text);
    hub->cache = folder;
    hub->offline = true;
    MUST(bert_hub_pull(hub, "nobody/nothing", &text) == BERT_IO);
#ifdef LONGER
    train->added_text = "new";
    MUST(bert_train(train) == BERT_UNSUPPORTED);
    MUST(strstr(bert_error(), "does not know"));
#endif
    free(train);
    free(evaluate);
    free(convert);
    free(hub);
    free(observer);
    free(columns);
    free(own);
}

int main(int argc, char **argv)
{
    bert_model *model;
    if (argc != 5) return 2;
    MUST(bert_model_open(argv[1], &model) == BERT_OK);
    information(model, argv[3]);
    answers(model);
    bert_model_free(model);
    runs(argv[1], argv[2], argv[4]);
    puts("all is well");
    return 0;
}
