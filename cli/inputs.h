/* inputs.h: what predict, embed and tokenize read: lines of plain text or rows of a table, in
 * batches. */
#ifndef CLI_INPUTS_H
#define CLI_INPUTS_H

#include "lines.h"
#include "settings.h"

/* Texts copied into one block, so that they outlive the reader's. */
typedef struct text_block {
    char *bytes;
    size_t count, capacity;
} text_block;

enum { INPUT_BATCH_MAX = 512 };

typedef struct input_batch {
    size_t count;
    bert_input *inputs; /* [count] */
    bert_text *kept;    /* [count, keep_count]: the columns of --keep; no bytes: the row lacks it */
    const char **kept_names; /* [keep_count]: what the answer calls them */
} input_batch;

typedef struct inputs {
    line_reader lines;
    bert_dataset *rows; /* what a model's task reads; NULL: a table or lines */
    size_t next_row;
    bert_table *table; /* NULL: lines */
    bool json;         /* is a line an object with a question and a context? */
    bool tabs;         /* is a line two texts with a TAB between them? */
    bool quiet;
    bool as_trained;        /* are the columns those that the model was trained on? */
    size_t *columns;        /* [field_count] of the table */
    size_t field_count;     /* fields an input: text, perhaps pair, the kept ones */
    bool cr_said;           /* that a CR stands in a line */
    bool has_pair, prompts; /* prompts: a person types, so one line at a time */
    text_block block;
    bert_text *fields; /* [batch size, field_count] */
    input_batch batch;
    char failure[1200]; /* what ends the input, once the batch before it is answered */
} inputs;

typedef enum input_outcome { INPUT_BATCH, INPUT_END, INPUT_FAILED } input_outcome;

/* What is asked for, of --text, --text-pair and --keep, is a table's alone: wrong use where there
 * is any and FILE is none. */
int inputs_refuse_columns(command_index command, const settings *s);

/* `model`: whose task says how a file is read; NULL: plain lines, or a table. Returns
 * EXIT_DONE, or another status with the reason said. inputs_close() in every case. */
int inputs_open(command_index command, const settings *s, const bert_model *model, inputs *out);
void inputs_close(inputs *in);

/* The inputs that are there now, up to some hundred; waits only where there is none. The batch is
 * borrowed until the next call. INPUT_FAILED: the reason has been said. */
input_outcome inputs_next(inputs *in, const input_batch **out);

#endif
