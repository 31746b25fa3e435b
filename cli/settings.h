/* settings.h: what a command line asks for. */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include "bert_program.h"

/* Exit statuses, as the manual promises them. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_WRONG_USE = 2 };

/* Commands as places in commands.def, and as bits for sets of them. */
typedef enum command_index {
#define COMMAND(name, BIT, ...) INDEX_##BIT,
#include "commands.def"
#undef COMMAND
    COMMAND_COUNT
} command_index;

enum {
#define COMMAND(name, BIT, ...) BIT = 1 << INDEX_##BIT,
#include "commands.def"
#undef COMMAND
    EVERY_COMMAND = (1 << COMMAND_COUNT) - 1
};

typedef struct text_list {
    const char **items; /* [count], the texts borrowed from argv */
    size_t count;
    bool exhausted; /* memory was, before one could be added */
} text_list;

typedef struct settings {
    bert_train_options train;
    bert_evaluate_options evaluate;
    bert_convert_options convert;
    bert_session_options session;
    bert_columns columns;
    text_list train_files, data_files, keep;
    const char *pooling, *answer_format, *answer_file;
    bert_task_options task;
    bool normalize, parameters, print_options, quiet, json;

    const char *operands[2]; /* MODEL, FILE */
    size_t operand_count;
    char *models[2];    /* the folders of the operands that are models (models.h) */
    char *command_line; /* as a shell reads it, for run.json and to go on */
} settings;

/* The settings as the library's calls take them, without an observer; train's model as it was
 * named, evaluate's left open. What they point to is borrowed from the settings. */
bert_train_options settings_train(const settings *s);
bert_evaluate_options settings_evaluate(const settings *s);

#endif
