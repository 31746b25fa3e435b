/* bert.h: load, fine-tune, evaluate and use a BERT model, from C.
 *
 *     bert_train_options options = bert_train_options_default();
 *     options.model  = "minilm";
 *     options.train  = (const char *[]){ "reviews.tsv" };
 *     options.train_count = 1;
 *     options.output = "mine";
 *     if (bert_train(&options) != BERT_OK) { fprintf(stderr, "%s\n", bert_error()); exit(1); }
 *
 * A call that can fail returns a bert_status; bert_error() then has one sentence for a person,
 * which names options as the structs do (max_length, where the command line says --max-length). An
 * option out of its bounds is BERT_ARGUMENT, and bert_error_field() names it; `bert COMMAND --help`
 * lists bounds and defaults. Set options on what bert_..._options_default() returns. On failure
 * outputs are as they were. The library never prints, never exits and reads no environment variable
 * but BERT_ISA (ref, avx2, avx512: the most that the kernels may use) and, where a model is asked
 * for by name, those of huggingface_hub. Variables of OpenMP and oneDNN change no byte of a result;
 * OMP_PLACES and its like choose processors. It opens no connection but for bert_hub_pull() and
 * bert_hub_find(). Texts are UTF-8 with a length in bytes and need no NUL; malformed UTF-8 in them
 * is skipped (in files it is refused). Numbers are read and written as in the C locale, whatever
 * the program has set; an observer is called in the locale of setlocale().
 *
 * Who owns what: _open and _new give an object that its _free takes back; _free takes NULL. What a
 * getter returns is borrowed from its object. A char* that a function puts out is the caller's, for
 * bert_text_free().
 *
 * Threads: a bert_model and a bert_tokenizer are read-only and may be shared. A bert_session
 * belongs to one caller at a time; several sessions may use one model at once. A session has
 * threads of its own, which sleep between calls; in a child after fork() it computes without them.
 * The program may call from any thread, also within a parallel region of OpenMP. */
#ifndef BERT_H
#define BERT_H

#include "bert_status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BERT_API __attribute__((visibility("default")))

#define BERT_VERSION "0.1.0"

/* BERT_VERSION of the library that runs. */
BERT_API const char *bert_version(void);

/* One sentence on this thread's last failure; "" before any. Valid until the thread's next failing
 * call. */
BERT_API const char *bert_error(void);

/* The field of the structs below that the last failure is about, "learning_rate"; "" where it is
 * about none, or about several that do not go together. */
BERT_API const char *bert_error_field(void);

BERT_API void bert_text_free(char *text);

/* What the kernels use on this machine: "avx512", "avx2" or "ref"; and the matrix library:
 * "oneDNN 2.6.3" or "plain C". */
BERT_API const char *bert_instruction_set(void);
BERT_API const char *bert_matrix_library(void);

/* ------------------------------------------------------------------------------------------ text
 */

typedef struct bert_text {
    const char *bytes; /* NULL: there is none */
    size_t count;
} bert_text;

/* One input: a text, or a pair of texts (pair.bytes != NULL; a question and its context), or what a
 * task takes instead: the words of a sentence, or a text and its possible endings, in items. */
typedef struct bert_input {
    bert_text text, pair;
    const bert_text *items; /* [item_count] */
    size_t item_count;
    bert_text id; /* comes back in the answer; NULL: none */
    /* Where it stands, for messages; NULL: they count the session's inputs. */
    const char *path;
    size_t line;
} bert_input;

typedef enum bert_truncation {
    BERT_TRUNCATE_LONGEST_FIRST,
    BERT_TRUNCATE_ONLY_FIRST,
    BERT_TRUNCATE_ONLY_SECOND
} bert_truncation;

typedef struct bert_tokenizer bert_tokenizer;

/* An input as the model sees it, special tokens included. */
typedef struct bert_encoding {
    size_t count;           /* tokens */
    size_t first_count;     /* of type 0; the rest, the second text's, are of type 1 */
    size_t whole_count;     /* tokens before truncation */
    int32_t *ids;           /* [count] */
    const char **tokens;    /* [count] borrowed from the tokenizer */
    uint32_t (*offsets)[2]; /* [count] begin and end in code points of the text the token came from;
                               0, 0 for special ones */
} bert_encoding;

/* The tokenizer of a model folder (tokenizer.json, else vocab.txt). */
BERT_API bert_status bert_tokenizer_open(const char *folder, bert_tokenizer **out);
BERT_API void bert_tokenizer_free(bert_tokenizer *tokenizer);

/* max_length 0: no truncation. */
BERT_API bert_status bert_tokenize(const bert_tokenizer *tokenizer, bert_input input,
                                   size_t max_length, bert_truncation how, bert_encoding *out);
BERT_API void bert_encoding_release(bert_encoding *encoding);

/* ------------------------------------------------------------------------------------------ tables
 */

/* Rows of a .tsv (header, no quoting), .csv (header, RFC 4180) or .jsonl file, one at a time; .gz
 * behind the name: packed by gzip. Messages name file and line. */
typedef struct bert_table bert_table;
struct bert_model;

BERT_API bert_status bert_table_open(const char *path, bert_table **out);
BERT_API void bert_table_free(bert_table *table);
BERT_API bool bert_table_is(const char *path); /* does the name end as a table's? */
/* The column of this name, else the only one whose name differs by case or blanks around it alone.
 * BERT_DATA, with the names that there are, where there is none. */
BERT_API bert_status bert_table_column(const bert_table *table, const char *name, size_t *column);
/* As the header has it; borrowed. */
BERT_API const char *bert_table_column_name(const bert_table *table, size_t column);
/* Fills in *text and *pair where they are NULL: with the names of the columns that `model` was
 * trained on, where the table has them (borrowed from it; NULL: no model), else of those that
 * training finds by itself. If only *text is given, *pair stays NULL. *pair NULL: there is no
 * second text. BERT_DATA where no column has a name that a text's has. */
BERT_API bert_status bert_table_find_texts(const bert_table *table, const struct bert_model *model,
                                           const char **text, const char **pair);
BERT_API bert_status bert_table_next(bert_table *table, bool *more);
/* Borrowed until the next bert_table_next(). */
BERT_API bert_text bert_table_field(const bert_table *table, size_t column);
/* The same for a field that must be a text: BERT_DATA, with file and line, where the row of a
 * .jsonl lacks it or has a list, an object, true, false or null in its place. */
BERT_API bert_status bert_table_text(const bert_table *table, size_t column, bert_text *out);
BERT_API size_t bert_table_line(const bert_table *table);
/* A sentence about what was left out so far: a key of a .jsonl that its first row lacks. NULL:
 * nothing. Borrowed until the next call or bert_table_free(). */
BERT_API const char *bert_table_note(bert_table *table);

/* Sentences of a file with a word a line and its tag last (.conll, .conllu, .bio, .iob, ...). */
typedef struct bert_conll bert_conll;

typedef struct bert_sentence {
    const bert_text *words; /* [count] */
    const bert_text *lines; /* [count] each word's line as it stands in the file */
    size_t count;           /* at least 1 */
    size_t line;            /* number of the first, from 1 */
    char separator;         /* what stands between the columns of its lines: TAB or space */
} bert_sentence;

/* Does the name end as such a file's, or, if it ends as no file's that is known here but .txt, does
 * the file look like one? */
BERT_API bool bert_conll_is(const char *path);
BERT_API bert_status bert_conll_open(const char *path, bert_conll **out);
BERT_API void bert_conll_free(bert_conll *file);
/* *more is false at the end. The arrays are borrowed until the next call, their texts until
 * bert_conll_free(). */
BERT_API bert_status bert_conll_next(bert_conll *file, bert_sentence *out, bool *more);
/* A sentence about lines that were skipped as comments so far; NULL: there were none. Borrowed
 * until the next call or bert_conll_free(). */
BERT_API const char *bert_conll_note(bert_conll *file);

/* ------------------------------------------------------------------------------------------ models
 */

typedef struct bert_model bert_model;

/* Opens a folder in Hugging Face's layout: config.json, model.safetensors (or shards; tf_model.h5),
 * the tokenizer's files; or in Google's: bert_config.json, a checkpoint of TensorFlow, vocab.txt
 * (docs/models.md). Weights stored as f32 are mapped, not copied. */
BERT_API bert_status bert_model_open(const char *folder, bert_model **out);
BERT_API void bert_model_free(bert_model *model);

/* What a model was trained on, where its folder says so. */
typedef enum bert_texts {
    BERT_TEXTS_UNKNOWN, /* it does not say, or its task takes one thing alone */
    BERT_TEXTS_SINGLE,
    BERT_TEXTS_PAIRS
} bert_texts;

/* Later versions add to the end. */
typedef struct bert_model_info {
    const char *family;     /* "RoBERTa" */
    const char *model_type; /* as config.json names it: "roberta" */
    size_t layers, hidden, heads, intermediate, positions, vocabulary, types;
    size_t vector_width;    /* numbers in a vector of BERT_POOLING_OWN: hidden, or less or more
                               where the folder has a Dense module */
    size_t labels;          /* 0 where the outputs have no names */
    const char *activation; /* as config.json names it */
    const char *problem;    /* problem_type, or "" */
    double hidden_dropout, attention_dropout, norm_epsilon;
    size_t parameters; /* numbers in all weights the model has here */
    size_t parameter_tensors;
    bool has_dense; /* does its folder turn vectors by a Dense module that can be read? */
    bool has_pooler;
    bool poolerless;          /* models of its family have none, and no task wants one */
    const char *pooler_lacks; /* the weight that a pooler in the file lacks; "": none */
    bool has_classifier;      /* a trained head stands in the file, and config.json says what for */
    bool head_in_part;      /* there is one that cannot be used; bert_model_check_head() says why */
    const char *task;       /* what its head is for: "classify", ...; "" without one */
    bool logistic;          /* are its answers logistic functions of the head's outputs? */
    size_t ignored_tensors; /* in the file and of no use here (a pretraining head, ...); what an
                               optimizer left there is not counted, nor position_ids */
    const char *prefix;     /* what all names in the file begin with and is passed over, "module."
                               say; "": nothing */
    const char *prompt;     /* what the model's own prompt puts before each text; "": nothing */
    bool cased_by_vocabulary; /* the tokenizer keeps the case of letters because the vocabulary has
                                 them: no file of the folder says (Google's) */
    bool truncates_left;      /* texts that are too long lose their beginning, not their end */
    size_t max_length;        /* of a session that names none, in tokens */
    bert_texts texts;         /* what it was trained on; it answers to nothing else */
    const char *text_column, *pair_column, *label_column; /* of the tables that it was trained on,
                                                             borrowed; NULL: not said, or none */
    const char *label_columns; /* in place of label_column, of labels with a column each:
                                  "toxic,insult", as bert_columns.labels */
    const char *oniguruma;     /* the version of the library that reads the tokenizer's patterns, on
                                  whose Unicode ids depend; NULL: it has none */
} bert_model_info;

/* Can the model's head answer? The message of a failure says why not. */
BERT_API bert_status bert_model_check_head(const bert_model *model);

BERT_API bert_model_info bert_model_get_info(const bert_model *model);

/* The name of an ignored tensor, as its file has it; NULL from info.ignored_tensors on. Borrowed.
 */
BERT_API const char *bert_model_ignored_tensor(const bert_model *model, size_t index);

/* One weight, in the order the model uses them. */
typedef struct bert_parameter {
    const char *name;   /* as in the checkpoint */
    size_t rows, cols;  /* cols 0: a vector of `rows` */
    const char *stored; /* "F32", "F16", "BF16", "F64" */
    bool decay;         /* does weight decay pull on it? */
    bool embedding;     /* part of the embeddings */
    size_t layer;       /* of the encoder, from 1; 0: before or after it */
} bert_parameter;

BERT_API bert_parameter bert_model_parameter(const bert_model *model, size_t index);
BERT_API const char *bert_model_label(const bert_model *model, size_t index); /* id2label */
BERT_API const bert_tokenizer *bert_model_tokenizer(const bert_model *model);

/* A model folder of any kind that bert_model_open() reads, as one of safetensors: config.json,
 * model.safetensors, the tokenizer's files, what sentence-transformers needs. Weights are never
 * changed but by `dtype`; none is left out that this program knows. */
typedef struct bert_convert_options {
    const char *model;  /* folder */
    const char *output; /* folder to make; it appears whole, or not at all */
    const char *dtype;  /* "f32", "f16", "bf16": how weights are stored, rounded to the nearest */
    bool overwrite;     /* may `output` hold a model already? */
} bert_convert_options;

BERT_API bert_convert_options bert_convert_options_default(void); /* dtype "f32" */

/* *json, for bert_text_free(): {"output":..,"architecture":..,"dtype":..,"tensors":..,
 * "parameters":..,"prefix":what all names in the old file began with (bert_model_info),
 * "left_out":[names of the tensors in the old files that are no weights of a BERT]}. BERT_NUMERIC
 * where a weight is too big for f16. */
BERT_API bert_status bert_convert(const bert_convert_options *options, char **json);

/* ------------------------------------------------------------------------------------------ using
 * a model */

/* The names of the tasks, as bert_train_options.task has them; NULL from their number on. */
BERT_API const char *bert_task_name(size_t index);

/* What a task reads when it answers. */
typedef enum bert_task_input {
    BERT_INPUT_TEXTS,   /* texts: a line each, or a column of a table, and perhaps a second one */
    BERT_INPUT_WORDS,   /* the same, or sentences as words: CoNLL files, lists in a table */
    BERT_INPUT_OBJECTS, /* a JSON object a line, or the rows of a file (bert_dataset_open()) */
    BERT_INPUT_ROWS,    /* the rows of a file alone */
    BERT_INPUT_PAIRS    /* the same, or two columns of texts */
} bert_task_input;

/* Scores by name among the metrics: {"joy":{"precision":..,"recall":..,"f1":..,"support":..},..} */
typedef struct bert_score_table {
    const char *member; /* of the metrics: "per_type"; NULL behind the last table */
    const char *column; /* what the names are: "entity"; NULL: the program does not print it */
    const char *title;  /* "Each type of entity" */
} bert_score_table;

/* A score that the program prints on a line of its own. */
typedef struct bert_score_line {
    const char *member; /* of the metrics: "eval_mse"; NULL behind the last line */
    const char *shown;  /* "mean squared error" */
} bert_score_line;

/* The facts of a task. Later versions add to the end. */
typedef struct bert_task_info {
    const char *name;  /* "classify" */
    const char *title; /* "Text classification" */
    bert_task_input input;
    const char *sample;    /* a line that it reads: "A text."; NULL: it reads none */
    const char *members;   /* of its answers, with spaces between: "label score scores logits" */
    bool windowed;         /* does it cut long texts into windows unasked? */
    bool per_token;        /* are its outputs those of tokens, not of texts? */
    bool tags;             /* are its labels those of words, not of rows? */
    bool percent;          /* are its F1 and exact match 0 to 100, as SQuAD's script has them? */
    const char *scores[2]; /* the metric that it goes by: the first of these that is there */
    const bert_score_table *tables; /* NULL: none */
    const bert_score_line *lines;   /* NULL: its scores are printed side by side */
    const char *const *files; /* that an evaluation writes beside the metrics; NULL behind the last;
                                 NULL: none */
    const char *pipeline;     /* of the Hugging Face Hub: "text-classification" */
    const char *transformers_class; /* "AutoModelForMaskedLM"; NULL: its models are read by
                                       sentence-transformers */
} bert_task_info;

/* By name; NULL: there is no such task. */
BERT_API const bert_task_info *bert_task_get_info(const char *task);

/* Does the task take this option, by its name on the command line ("class-weights")? */
BERT_API bool bert_task_takes(const char *task, const char *option);

/* What single tasks have to set. What is set for another task than the one at hand is refused with
 * BERT_ARGUMENT; there 0, false, NULL and the default value all mean "not set". */
typedef struct bert_task_options {
    /* long texts: classify, regress, multilabel, tag, fill; answer always works so */
    bool windows;  /* cut a long text into windows, rather than lose its end */
    size_t stride; /* tokens that a window shares with the next; 0: a third of max_length */

    const char *class_weights; /* classify: "balanced", or "label=weight,..." (others: 1); NULL */
    double label_smoothing;    /* classify: 0 */
    const char *positive_weights; /* multilabel: as class_weights */
    const char *label_file;       /* multilabel, tag: names, one a line, that numbers stand for */
    bool tune_thresholds;         /* multilabel: choose each label's on the dev data; else 0.5 */
    const char *aggregate;        /* tag: "none", "simple", "first", "average", "max" */
    bool fix_answers;             /* answer: search for texts that do not stand where they should */
    size_t answers;               /* answer: how many of the best 20 to give: 1 */
    size_t answer_tokens;         /* answer: the longest one: 30 */
    double null_threshold;        /* answer: no answer where its odds are above: 0 */
    double mask_share;            /* fill: 0.15 of the tokens */
    bool whole_words;             /* fill: mask all pieces of a word together */
    size_t fillings;              /* fill: how many words to give for a [MASK]: 5 */
    const char *pooling;          /* similar: "mean" or "cls"; NULL: the model's, else mean */
    const char *prompt;           /* similar: as a session's */
    bool logits;                  /* bert_answers(): add the logits */
    size_t top; /* classify, multilabel: scores of so many labels, the highest first; 0: of all */
} bert_task_options;

BERT_API bert_task_options bert_task_options_default(void);

typedef struct bert_session bert_session;

typedef struct bert_session_options {
    size_t threads;      /* up to 1,024; 0: one a processor */
    size_t max_length;   /* in tokens; longer texts are cut; 0: max_seq_length of a folder
                            for sentence-transformers, else the length the model was trained with
                            where the folder says so, else what its tokenizer allows; at most its
                            positions */
    size_t batch_tokens; /* tokens computed at once, at most (but at least one input) */
    const char *prompt;  /* bert_embed(), and a model for similar: what to put before each text, or
                            the name of one of the prompts in config_sentence_transformers.json;
                            NULL: the model's own, which that file names; "none": nothing */
    bert_task_options task_options;
} bert_session_options;

BERT_API bert_session_options bert_session_options_default(void); /* say: 0, 0, 4,096 */

/* The first session of a model writes the matrices of its layers once more, in the order in which
 * products read them fastest; all sessions of the model share them. */
BERT_API bert_status bert_session_new(const bert_model *model, const bert_session_options *options,
                                      bert_session **out);
BERT_API void bert_session_free(bert_session *session);

/* What the model's task answers to each input, as it goes to a user: one JSON object an input in
 * lines [count], each for bert_text_free(). What each task takes and gives: docs/tasks.md. Refused
 * with BERT_ARGUMENT where the model has no trained head, and where it was trained on pairs of
 * texts and an input is a single one, or the other way round (bert_model_info.texts); a second text
 * may be "". */
BERT_API bert_status bert_answers(bert_session *session, const bert_input *inputs, size_t count,
                                  char **lines);

/* The rows of a file as inputs of a model's task: words from .conll, questions from SQuAD's .json,
 * endings and pairs from tables. They are in memory; an input's texts are borrowed from here.
 * columns: those of a table that are not to be found by name; NULL: none. */
typedef struct bert_dataset bert_dataset;
struct bert_columns;

BERT_API bert_status bert_dataset_open(const bert_model *model, const char *path,
                                       const struct bert_columns *columns, bert_dataset **out);
BERT_API void bert_dataset_free(bert_dataset *dataset);
BERT_API size_t bert_dataset_count(const bert_dataset *dataset);
BERT_API bert_input bert_dataset_input(const bert_dataset *dataset, size_t index);
/* Sentences about what was guessed or left out in reading (a column whose name differs by case),
 * borrowed; NULL from their number on. */
BERT_API const char *bert_dataset_note(const bert_dataset *dataset, size_t index);
/* A sentence about rows that are likely to be wrong (ids that come twice), borrowed; NULL: none. */
BERT_API const char *bert_dataset_warning(const bert_dataset *dataset);

/* logits [count, labels] of a model for whole texts (classify, regress, multilabel; with windows
 * the mean over them). Refused with BERT_ARGUMENT as by bert_answers(), with BERT_UNSUPPORTED where
 * the model's head is for something else. */
BERT_API bert_status bert_predict(bert_session *session, const bert_input *inputs, size_t count,
                                  float *logits);

/* scores [labels]: softmax of one row of logits; of a single label the answer that bert_answers()
 * gives. Returns the index of the largest (the first of equals). */
BERT_API size_t bert_scores(const bert_model *model, const float *logits, float *scores);

typedef enum bert_pooling { BERT_POOLER, BERT_CLS, BERT_MEAN, BERT_POOLING_OWN } bert_pooling;

/* out [count, hidden], of BERT_POOLING_OWN [count, vector_width]: tanh pooler output, last hidden
 * state of [CLS], or mean of the last hidden states of all tokens (special ones included, as
 * sentence-transformers does). normalize: to length 1. BERT_POOLING_OWN: the vectors of
 * SentenceTransformer(folder): what the folder's 1_Pooling/config.json says, the mean where it has
 * none, turned by its Dense module, and normalized, whatever `normalize` is, where its modules.json
 * says so; BERT_UNSUPPORTED where they ask for something else. */
BERT_API bert_status bert_embed(bert_session *session, const bert_input *inputs, size_t count,
                                bert_pooling pooling, bool normalize, float *out);

/* The last hidden state of each token of one input: *out [*tokens, hidden], for
 * bert_embedding_free(). */
BERT_API bert_status bert_embed_tokens(bert_session *session, bert_input input, bool normalize,
                                       float **out, size_t *tokens);
BERT_API void bert_embedding_free(float *embedding);

/* What bert_embed(), and bert_answers() of a model for similar, put before each text; "": nothing.
 */
BERT_API const char *bert_session_prompt(const bert_session *session);

/* Inputs that this session cut to max_length, and inputs in all. */
BERT_API void bert_session_truncated(const bert_session *session, size_t *truncated,
                                     size_t *inputs);

/* ------------------------------------------------------------------------------------------
 * labelled data */

/* Which columns of a table to read; NULL: those that the model was trained on, where the table has
 * them, else found by name (text, sentence, sentence1 + sentence2, premise + hypothesis, ...;
 * label, labels, intent, category, score). */
typedef struct bert_columns {
    const char *text, *pair, *label;
    /* multilabel: in place of `label` a column of 0 and 1 for each label, "toxic,insult", or as a
     * JSON list, where a name has a comma; "rest": all columns that are nothing else */
    const char *labels;
} bert_columns;

/* What a long call tells while it runs. Strings are borrowed for the call. */
typedef enum bert_event_kind {
    BERT_EVENT_NOTE,      /* `text`: something a user should know */
    BERT_EVENT_WARNING,   /* `text`: something a user should worry about */
    BERT_EVENT_STEP,      /* an optimizer step is done */
    BERT_EVENT_EVALUATED, /* `text`: metrics as JSON, `epoch` (0: before training), `score` the
                             metric that --keep-best goes by */
    BERT_EVENT_PROGRESS,  /* evaluation: `done` of `total` examples */
    BERT_EVENT_DATA,    /* `text`: a summary of the data as JSON (docs/data.md), before training */
    BERT_EVENT_RUN,     /* of several runs one begins: `text` names it: "fold 2 of 5", "seed 43";
                           `run` and `number` say the same: "fold", 2; "seed", 43; NULL, 0: the one
                           on all of the data */
    BERT_EVENT_RUNS,    /* `text`: what all of them have measured, as JSON; once, at the end */
    BERT_EVENT_PROFILE, /* `text`: where the steps' time went, as JSON; once, at the end:
                          {"steps":.., "seconds":.., "operations":[{"phase":.., "operation":..,
                          "calls":.., "seconds":.., "products":.., "bytes":..}, ..]} */
    BERT_EVENT_FETCH    /* a model is fetched: `done` of `total` bytes are there, `text` is the file
                           that is coming */
} bert_event_kind;

typedef struct bert_event {
    bert_event_kind kind;
    const char *text;
    size_t step, steps;   /* from 1; of how many */
    size_t epoch, epochs; /* from 1; those that the steps reach into */
    double loss, learning_rate, gradient_norm;
    size_t tokens; /* of this step */
    size_t token_pairs,
        sequences;  /* of this step: the scores of an attention head; the sequences computed */
    double seconds; /* this step or evaluation took; 0: not known */
    size_t done, total;
    double score;
    const char *run;
    uint64_t number;
} bert_event;

typedef struct bert_observer {
    void (*tell)(void *context, const bert_event *event); /* NULL: nobody listens */
    bool (*stop)(void *context); /* asked between steps; true: finish here, save, return BERT_OK;
                                    `resume` can go on. NULL: never */
    void *context;
} bert_observer;

/* ------------------------------------------------------------------------------------------
 * models by name */

/* Where models come from: the Hugging Face Hub, or a server that speaks as it does, and the cache
 * on this machine that huggingface_hub, transformers and others share (docs/models.md). */
typedef struct bert_hub_options {
    const char *endpoint; /* NULL: $HF_ENDPOINT, else https://huggingface.co */
    const char *cache;    /* folder; NULL: $HF_HUB_CACHE, else $HF_HOME/hub, else
                             ~/.cache/huggingface/hub */
    const char *token;    /* NULL: $HF_TOKEN, else what stands in $HF_HOME/token; "": none. It goes
                             to the endpoint alone, and into no message */
    bool offline; /* ask nobody; also where $HF_HUB_OFFLINE or $TRANSFORMERS_OFFLINE are set */
    bool update;  /* ask for a newer commit of the revision though the cache has one, and verify
                     the checksums of what the cache has: what is damaged is fetched again */
    bool weights; /* true; false: what bert_tokenizer_open() needs is enough */
    bert_observer observer; /* is told BERT_EVENT_NOTE, _WARNING and _FETCH; `stop` is asked at
                               least once a second */
} bert_hub_options;

BERT_API bert_hub_options bert_hub_options_default(void);

/* A model by name: "owner/name", or an old short "name", and "@revision" behind either: a branch, a
 * tag or a whole commit; else main. What the cache lacks of it is fetched, checked, and put there;
 * where nothing is lacking, nobody is asked unless options->update. Where the Hub cannot be reached
 * what the cache has is taken, with a warning. *folder, for bert_text_free(): the one to open. */
BERT_API bert_status bert_hub_pull(const bert_hub_options *options, const char *name,
                                   char **folder);

/* A model as a user gives it: a folder that is there is meant before a name; what begins with "/",
 * "." or "~", or has several "/", is a path. *folder, for bert_text_free(), is the model itself or
 * what bert_hub_pull() makes of the name. */
BERT_API bert_status bert_hub_find(const bert_hub_options *options, const char *model,
                                   char **folder);

/* ------------------------------------------------------------------------------------------
 * training */

/* The largest seed of a run; with `seeds`, of the last of them. */
#define BERT_SEED_MAX 9223372036854775807

typedef struct bert_train_options {
    const char *model;        /* folder */
    const char *const *train; /* [train_count] files */
    size_t train_count;
    const char *dev;  /* file or NULL: evaluated before the first and after every epoch */
    double dev_share; /* 0; else, without `dev`, so much of the training data is held out for it */
    /* 0; else, without dev data, so many trainings before the one that is saved, each on all but
     * one part of the data and measured by that part. folds.json in `output` has the measures. */
    size_t folds;
    /* 0; else so many trainings, with the seeds seed, seed + 1, ..: the best by the dev data is
     * saved, and seeds.json in `output` has the measures of all. `resume` goes on with a series,
     * too: what its trainings have left lies beside `output`. */
    size_t seeds;
    const char *output; /* folder to make */
    bool overwrite;     /* may `output` hold something already? */
    bert_columns columns;
    const char *task; /* NULL: found from the data; "classify", ...: see docs/tasks.md */
    bert_task_options task_options;

    size_t epochs;        /* 3 */
    size_t max_steps;     /* 0: as many as the epochs ask for */
    size_t batch_size;    /* 32: examples an optimizer step */
    size_t micro_batch;   /* 0: all of them at once */
    double learning_rate; /* 5e-5 */
    const char *schedule; /* "linear", "constant", "cosine" */
    double warmup; /* 0.1: below 1 a share of the steps, rounded up; from 1 on a number of steps */
    double weight_decay; /* 0.01; not on biases and LayerNorm */
    double clip;         /* 1.0: largest global norm of the gradient; 0: no clipping */
    double adam_beta1, adam_beta2, adam_epsilon; /* 0.9, 0.999, 1e-8 */
    double dropout;                              /* < 0: the checkpoint's; else in all places */
    size_t max_length; /* in tokens; 0: what the task asks for: 128, answer 384 */
    const char
        *freeze;    /* NULL, "embeddings", or a number N: the embeddings and the first N layers */
    uint64_t seed;  /* 42; up to BERT_SEED_MAX */
    bool shuffle;   /* true */
    size_t limit;   /* 0: all examples, else the first so many */
    bool keep_best; /* save the epoch with the best dev score, not the last */
    const char *metric; /* what that score is: "f1", "loss", ...; NULL: the task's own choice */
    size_t patience;    /* 0: never, else end after so many evaluations that bring nothing better */
    /* "30min": a checkpoint of the run is taken so often, in `output`.partial: a number of steps
     * ("500"), a time ("90s", "30min", "2h"), or "never". */
    const char *checkpoint_every;
    size_t keep; /* 2: the newest so many stay; when the run ends, none */
    bool resume; /* go on from the newest good one, if there is any: the files that result are those
                    of a run that was never stopped, byte for byte */
    size_t threads; /* up to 1,024; 0: one a processor */
    /* 0: none, else the run's memory in bytes, at most (bert_memory's total). What does not fit is
     * made smaller: as few layers as needed are computed again in backward, which changes no bit;
     * where that is not enough, fewer examples than micro_batch are computed at once. Where the
     * smallest does not fit either, the run is refused. */
    size_t memory_limit;
    bool dry_run; /* tell a BERT_EVENT_DATA with the time and memory that the run would take, from a
                     few timed steps, and stop; nothing is written, `output` may be NULL */
    bool profile; /* tell a BERT_EVENT_PROFILE at the end; the weights are the same bits */
    const char *command_line; /* written into run.json; NULL: none */

    bert_observer observer;
} bert_train_options;

BERT_API bert_train_options bert_train_options_default(void);

/* The bytes that a run of training has in memory at its peak, part by part: an estimate of the
 * process's peak resident size, good to a few percent. */
typedef struct bert_memory {
    size_t weights; /* those that are frozen too, which stay in the mapped file */
    size_t gradients, moments;
    size_t activations; /* what the forward pass leaves for the backward pass */
    size_t scratch;     /* gradients of activations, and what single operations need */
    size_t data;        /* texts and their ids; 0 where they are not known */
    size_t program;     /* the program itself, its libraries, the tokenizer */
    size_t total;
    /* What memory_limit has led to, see bert_train_options. */
    size_t examples_at_once, layers_again;
    size_t max_length; /* what bert_training_memory() has taken for it */
} bert_memory;

/* For steps of batch_size examples, all of them max_length tokens long (0: as training this model's
 * task has it). Of the options it reads batch_size, micro_batch, max_length, freeze, threads and
 * memory_limit. BERT_ARGUMENT where no run fits the limit, and where max_length is above the
 * model's positions. */
BERT_API bert_status bert_training_memory(const bert_model *model,
                                          const bert_train_options *options, bert_memory *out);

/* Fine-tunes and writes `output`: config.json, model.safetensors, the tokenizer's files,
 * train_log.jsonl, timings.jsonl, eval_results.json, all_results.json, run.json, report.html,
 * README.md; folds.json or seeds.json of several runs; and the checkpoint of a run that was asked
 * to stop. The folder appears whole when the run ends (until then it is `output`.partial beside
 * it); on failure nothing of it remains (but for checkpoints, and a finished model that cannot be
 * put in its place: the message says where it is) and an older `output` is untouched. */
BERT_API bert_status bert_train(const bert_train_options *options);

/* ------------------------------------------------------------------------------------------
 * evaluation */

typedef struct bert_evaluate_options {
    const char *model;       /* folder with a trained head */
    const char *const *data; /* [data_count] files */
    size_t data_count;
    bert_columns columns;
    size_t max_length; /* 0: as for a session */
    size_t limit;
    size_t threads; /* as for a session */
    bert_task_options task_options;
    const char *files; /* folder to write the task's files to (predictions.json, ...); NULL: none;
                          where the task has none a warning says so, and no folder is made */
    size_t errors;     /* how many of the worst mistakes to list; 0: none */
    bert_observer observer;
} bert_evaluate_options;

BERT_API bert_evaluate_options bert_evaluate_options_default(void);

/* *json: one object
 * {"eval_loss":..,"eval_accuracy":..,"eval_macro_f1":..,"eval_mcc":..,"eval_examples":..,"labels":[..],
 * "confusion":[[..],..] (rows: true label, columns: answer),"truncated_share":..,
 * "intervals":{"eval_accuracy":[low,high],..},"interval_resamples":1000,"errors":[..],
 * "task":"classify"}, for bert_text_free().
 *
 * An interval is the middle 95 % of the score over resamples of the examples (percentile
 * bootstrap), the same bits each time. "errors", where options->errors asks for them: the mistakes
 * that the model was surest of, the worst first, each {"file":..,"line":..,"text":..,"expected":..,
 * "answer":..,"confidence":..}; where answers are numbers the largest errors, "error" in place of
 * "confidence". BERT_ARGUMENT for fill, which has none. */
BERT_API bert_status bert_evaluate(const bert_evaluate_options *options, char **json);

/* Is one of two models better on the same examples, or may it be chance? Both must be for the same
 * task and know the same labels, else BERT_ARGUMENT; tokenizers and lengths may differ. Of the
 * options `model`, `errors` and `files` are not read. *json, for bert_text_free(): one object
 * {"first":folder,"second":folder,"task":..,"eval_examples":..,
 *  "metrics":{"eval_accuracy":{"first":..,"second":..,"difference":second less first,
 *             "interval":[low,high],"less_is_better":false},..},
 *  "main_metric":"eval_accuracy","interval_resamples":1000,
 *  "mcnemar":{"right":"the class is right","both":..,"neither":..,"only_first":..,"only_second":..,
 *             "test":"exact" or "chi-squared","statistic":..,"p":..}}
 * An interval is that of the difference: both models are scored over the same resamples. It is null
 * for eval_loss. McNemar's test is there where answers are right or wrong. */
BERT_API bert_status bert_compare(const char *first, const char *second,
                                  const bert_evaluate_options *options, char **json);

#ifdef __cplusplus
}
#endif

#endif
