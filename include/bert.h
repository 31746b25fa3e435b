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
 * lists bounds and defaults. On failure outputs are as they were. The library never prints, never
 * exits and reads no environment variable but BERT_ISA (ref, avx2, avx512: the most that the
 * kernels may use) and, where a model is asked for by name, those of huggingface_hub. Variables of
 * OpenMP and oneDNN change no byte of a result; OMP_PLACES and its like choose processors. It opens
 * no connection but for bert_hub_pull() and bert_hub_find(). Texts are UTF-8 with a length in bytes
 * and need no NUL; malformed UTF-8 in them is skipped (in files it is refused). Numbers are read
 * and written as in the C locale, whatever the program has set; an observer is called in the locale
 * of setlocale().
 *
 * Who owns what: _open and _new give an object that its _free takes back; _free takes NULL. What a
 * getter returns is borrowed from its object. Memory that a function puts out, a char* or a float*,
 * is the caller's, for bert_free().
 *
 * Versions: a program runs with a library older or newer than the header that it was compiled with.
 * A struct that may grow begins with its size, which bert_X_init(&x, sizeof x) writes with the
 * defaults, and bert_X_default() returns such a one. Fields that an older program's struct lacks
 * have their defaults; one that an older library does not know must be 0, false or NULL, else the
 * call is refused with BERT_UNSUPPORTED. Structs within structs are pointers; NULL: the defaults.
 * Information is filled into a struct of the size that the caller says: what an older library does
 * not know is 0. What an observer is handed may be shorter than the header's: ask BERT_HAS().
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

/* Is the field of a struct that begins with its size within that size? */
#define BERT_HAS(pointer, field)                                                                   \
    ((size_t)((const char *)(&(pointer)->field + 1) - (const char *)(pointer)) <= (pointer)->size)

/* BERT_VERSION of the library that runs. */
BERT_API const char *bert_version(void);

/* One sentence on this thread's last failure; "" before any. Valid until the thread's next failing
 * call. */
BERT_API const char *bert_error(void);

/* The field of the structs below that the last failure is about, "learning_rate"; "" where it is
 * about none, or about several that do not go together. */
BERT_API const char *bert_error_field(void);

/* Gives back memory that a function of the library has put out; NULL is fine. */
BERT_API void bert_free(void *memory);

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

/* This struct does not grow.
 * One input: a text, or a pair of texts (pair.bytes != NULL; a question and its context), or what a
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

/* An input as the model sees it, special tokens included; one block of memory. */
typedef struct bert_encoding {
    size_t size;            /* see BERT_HAS() */
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

/* out [count], an encoding of each input, for bert_free(). max_length 0: no truncation. An input
 * that is refused fails the call; its message says which. */
BERT_API bert_status bert_tokenize(const bert_tokenizer *tokenizer, const bert_input *inputs,
                                   size_t count, size_t max_length, bert_truncation how,
                                   bert_encoding **out);

/* The text that ids [count] stand for, as the tokenizer's decoder joins tokens: *text, for
 * bert_free(). skip_special: without [CLS], [SEP], [UNK] and other special tokens. BERT_ARGUMENT
 * for an id that the vocabulary does not have. */
BERT_API bert_status bert_ids_text(const bert_tokenizer *tokenizer, const int32_t *ids,
                                   size_t count, bool skip_special, char **text);

/* ------------------------------------------------------------------------------------------ long
 * calls
 */

/* What a long call tells while it runs, in the thread that has made it and before it returns: never
 * in another, and not in two at once. Strings are borrowed for the call. */
typedef enum bert_event_kind {
    BERT_EVENT_NOTE,      /* `text`: something a user should know */
    BERT_EVENT_WARNING,   /* `text`: something a user should worry about */
    BERT_EVENT_STEP,      /* an optimizer step is done */
    BERT_EVENT_EVALUATED, /* `text`: metrics as JSON, `epoch` (0: before training), `score` the
                             metric that --keep-best goes by */
    BERT_EVENT_PROGRESS,  /* evaluation, answers: `done` of `total` */
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
    size_t size; /* see BERT_HAS() */
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
    size_t size;
    void (*tell)(void *context, const bert_event *event); /* NULL: nobody listens */
    bool (*stop)(
        void *context); /* asked between steps; true: of training, finish here, save, return
                           BERT_OK, and `resume` can go on; else BERT_STOPPED. NULL: never */
    void *context;
} bert_observer;

BERT_API void bert_observer_init(bert_observer *out, size_t size);
static inline bert_observer bert_observer_default(void)
{
    bert_observer filled;
    bert_observer_init(&filled, sizeof filled);
    return filled;
}

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

/* What the outputs of a model for whole texts say. */
typedef enum bert_output {
    BERT_OUTPUT_NONE,    /* the model is for something else, or has no trained head */
    BERT_OUTPUT_CLASSES, /* which one of the labels is right */
    BERT_OUTPUT_LABELS,  /* of each label whether it is right */
    BERT_OUTPUT_NUMBERS  /* a number each */
} bert_output;

typedef struct bert_model_info {
    const char *family;     /* "RoBERTa" */
    const char *model_type; /* as config.json names it: "roberta" */
    size_t layers, hidden, heads, intermediate, positions, vocabulary, types;
    size_t vector_width;    /* numbers in a vector of BERT_POOLING_OWN: hidden, or less or more
                               where the folder has a Dense module */
    size_t labels;          /* 0 where the outputs have no names */
    size_t outputs;         /* numbers that bert_predict() gives for an input, which
                               bert_model_label() names; 0: it gives none */
    bert_output output;     /* what they say */
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

BERT_API void bert_model_fill_info(const bert_model *model, size_t size, bert_model_info *out);
static inline bert_model_info bert_model_get_info(const bert_model *model)
{
    bert_model_info info;
    bert_model_fill_info(model, sizeof info, &info);
    return info;
}

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

/* name NULL: `index` is past the last. */
BERT_API void bert_model_fill_parameter(const bert_model *model, size_t index, size_t size,
                                        bert_parameter *out);
static inline bert_parameter bert_model_parameter(const bert_model *model, size_t index)
{
    bert_parameter parameter;
    bert_model_fill_parameter(model, index, sizeof parameter, &parameter);
    return parameter;
}

BERT_API const char *bert_model_label(const bert_model *model, size_t index); /* id2label */
BERT_API const bert_tokenizer *bert_model_tokenizer(const bert_model *model);

/* A model folder of any kind that bert_model_open() reads, as one of safetensors: config.json,
 * model.safetensors, the tokenizer's files, what sentence-transformers needs. Weights are never
 * changed but by `dtype`; none is left out that this program knows. */
typedef struct bert_convert_options {
    size_t size;
    const char *model;  /* folder */
    const char *output; /* folder to make; it appears whole, or not at all */
    const char *dtype;  /* "f32", "f16", "bf16": how weights are stored, rounded to the nearest */
    bool overwrite;     /* may `output` hold a model already? */
} bert_convert_options;

BERT_API void bert_convert_options_init(bert_convert_options *out, size_t size); /* dtype "f32" */
static inline bert_convert_options bert_convert_options_default(void)
{
    bert_convert_options filled;
    bert_convert_options_init(&filled, sizeof filled);
    return filled;
}

/* *json, for bert_free(): {"output":..,"architecture":..,"dtype":..,"tensors":..,
 * "parameters":..,"prefix":what all names in the old file began with (bert_model_info),
 * "left_out":[names of the tensors in the old files that are no weights of a BERT]}. BERT_NUMERIC
 * where a weight is too big for f16. */
BERT_API bert_status bert_convert(const bert_convert_options *options, char **json);

/* ------------------------------------------------------------------------------------------ using
 * a model */

/* The names of the tasks, as bert_train_options.task has them; NULL from their number on. */
BERT_API const char *bert_task_name(size_t index);

/* What single tasks have to set. What is set for another task than the one at hand is refused with
 * BERT_ARGUMENT; there 0, false, NULL and the default value all mean "not set". */
typedef struct bert_task_options {
    size_t size;
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

BERT_API void bert_task_options_init(bert_task_options *out, size_t size);
static inline bert_task_options bert_task_options_default(void)
{
    bert_task_options filled;
    bert_task_options_init(&filled, sizeof filled);
    return filled;
}

typedef struct bert_session bert_session;

typedef struct bert_session_options {
    size_t size;
    size_t threads;      /* up to 1,024; 0: one a processor */
    size_t max_length;   /* in tokens; longer texts are cut; 0: max_seq_length of a folder
                            for sentence-transformers, else the length the model was trained with
                            where the folder says so, else what its tokenizer allows; at most its
                            positions */
    size_t batch_tokens; /* tokens computed at once, at most (but at least one input) */
    const char *prompt;  /* bert_embed(), and a model for similar: what to put before each text, or
                            the name of one of the prompts in config_sentence_transformers.json;
                            NULL: the model's own, which that file names; "none": nothing */
    const bert_task_options *task_options; /* NULL: the defaults */
    bool each; /* an input that is refused does not fail the call that it is one of many in:
                  bert_session_result() says of each what came of it */
    const bert_observer *observer; /* is told BERT_EVENT_PROGRESS, `done` of `total` inputs, and
                                      asked to stop, between batches of bert_answers(),
                                      bert_predict() and bert_embed(), which then fail with
                                      BERT_STOPPED; NULL: none */
} bert_session_options;

BERT_API void bert_session_options_init(bert_session_options *out,
                                        size_t size); /* say: 0, 0, 4,096 */
static inline bert_session_options bert_session_options_default(void)
{
    bert_session_options filled;
    bert_session_options_init(&filled, sizeof filled);
    return filled;
}

/* The first session of a model writes the matrices of its layers once more, in the order in which
 * products read them fastest; all sessions of the model share them. */
BERT_API bert_status bert_session_new(const bert_model *model, const bert_session_options *options,
                                      bert_session **out);
BERT_API void bert_session_free(bert_session *session);

/* What came of an input of the session's last bert_answers(), bert_predict() or bert_embed(), where
 * bert_session_options.each is set: BERT_OK, or why its place in the output was left as it was (of
 * bert_answers() NULL), with a sentence in *message, borrowed until the next of these calls. What
 * is no input's fault, memory or the device, fails the call. */
BERT_API bert_status bert_session_result(const bert_session *session, size_t index,
                                         const char **message);

/* What the model's task answers to each input, as it goes to a user: one JSON object an input in
 * lines [count], each for bert_free(). What each task takes and gives: docs/tasks.md. Refused
 * with BERT_ARGUMENT where the model has no trained head, and where it was trained on pairs of
 * texts and an input is a single one, or the other way round (bert_model_info.texts); a second text
 * may be "". */
BERT_API bert_status bert_answers(bert_session *session, const bert_input *inputs, size_t count,
                                  char **lines);

/* logits [count, outputs] of a model for whole texts (classify, regress, multilabel; with windows
 * the mean over them). Refused with BERT_ARGUMENT as by bert_answers(), with BERT_UNSUPPORTED where
 * the model's head is for something else. */
BERT_API bert_status bert_predict(bert_session *session, const bert_input *inputs, size_t count,
                                  float *logits);

/* scores [outputs]: what one row of logits comes to as bert_answers() has it: of classes their
 * softmax, of labels the logistic function of each, of numbers themselves, or their logistic
 * functions where bert_model_info.logistic says so. Returns the index of the largest (the first of
 * equals). Of a model without outputs nothing is written, and 0 returned. */
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
 * bert_free(). */
BERT_API bert_status bert_embed_tokens(bert_session *session, bert_input input, bool normalize,
                                       float **out, size_t *tokens);

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
    size_t size;
    const char *text, *pair, *label;
    /* multilabel: in place of `label` a column of 0 and 1 for each label, "toxic,insult", or as a
     * JSON list, where a name has a comma; "rest": all columns that are nothing else */
    const char *labels;
} bert_columns;

BERT_API void bert_columns_init(bert_columns *out, size_t size);
static inline bert_columns bert_columns_default(void)
{
    bert_columns filled;
    bert_columns_init(&filled, sizeof filled);
    return filled;
}

/* ------------------------------------------------------------------------------------------
 * models by name */

/* Where models come from: the Hugging Face Hub, or a server that speaks as it does, and the cache
 * on this machine that huggingface_hub, transformers and others share (docs/models.md). */
typedef struct bert_hub_options {
    size_t size;
    const char *endpoint; /* NULL: $HF_ENDPOINT, else https://huggingface.co */
    const char *cache;    /* folder; NULL: $HF_HUB_CACHE, else $HF_HOME/hub, else
                             ~/.cache/huggingface/hub */
    const char *token;    /* NULL: $HF_TOKEN, else what stands in $HF_HOME/token; "": none. It goes
                             to the endpoint alone, and into no message */
    const bert_observer *observer; /* is told BERT_EVENT_NOTE, _WARNING and _FETCH; `stop` is asked
                                      at least once a second; NULL: none */
    bool offline; /* ask nobody; also where $HF_HUB_OFFLINE or $TRANSFORMERS_OFFLINE are set */
    bool update;  /* ask for a newer commit of the revision though the cache has one, and verify
                     the checksums of what the cache has: what is damaged is fetched again */
    bool weights; /* true; false: what bert_tokenizer_open() needs is enough */
} bert_hub_options;

BERT_API void bert_hub_options_init(bert_hub_options *out, size_t size);
static inline bert_hub_options bert_hub_options_default(void)
{
    bert_hub_options filled;
    bert_hub_options_init(&filled, sizeof filled);
    return filled;
}

/* A model by name: "owner/name", or an old short "name", and "@revision" behind either: a branch, a
 * tag or a whole commit; else main. What the cache lacks of it is fetched, checked, and put there;
 * where nothing is lacking, nobody is asked unless options->update. Where the Hub cannot be reached
 * what the cache has is taken, with a warning. *folder, for bert_free(): the one to open. */
BERT_API bert_status bert_hub_pull(const bert_hub_options *options, const char *name,
                                   char **folder);

/* A model as a user gives it: a folder that is there is meant before a name; what begins with "/",
 * "." or "~", or has several "/", is a path. *folder, for bert_free(), is the model itself or
 * what bert_hub_pull() makes of the name. */
BERT_API bert_status bert_hub_find(const bert_hub_options *options, const char *model,
                                   char **folder);

/* ------------------------------------------------------------------------------------------
 * training */

/* The largest seed of a run; with `seeds`, of the last of them. */
#define BERT_SEED_MAX 9223372036854775807

typedef struct bert_train_options {
    size_t size;
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
    const char *output;          /* folder to make */
    bool overwrite;              /* may `output` hold something already? */
    const bert_columns *columns; /* NULL: found by name */
    const char *task;            /* NULL: found from the data; "classify", ...: see docs/tasks.md */
    const bert_task_options *task_options; /* NULL: the defaults */

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
    const bert_observer *observer; /* NULL: none */
    const char *command_line;      /* written into run.json; NULL: none */
} bert_train_options;

BERT_API void bert_train_options_init(bert_train_options *out, size_t size);
static inline bert_train_options bert_train_options_default(void)
{
    bert_train_options filled;
    bert_train_options_init(&filled, sizeof filled);
    return filled;
}

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
                                          const bert_train_options *options, size_t size,
                                          bert_memory *out);

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
    size_t size;
    const char *model;       /* folder with a trained head */
    const char *const *data; /* [data_count] files */
    size_t data_count;
    const bert_columns *columns; /* NULL: found by name */
    size_t max_length;           /* 0: as for a session */
    size_t limit;
    size_t threads;                        /* as for a session */
    const bert_task_options *task_options; /* NULL: the defaults */
    const char *files; /* folder to write the task's files to (predictions.json, ...); NULL: none;
                          where the task has none a warning says so, and no folder is made */
    const bert_observer *observer; /* NULL: none */
    size_t errors;                 /* how many of the worst mistakes to list; 0: none */
} bert_evaluate_options;

BERT_API void bert_evaluate_options_init(bert_evaluate_options *out, size_t size);
static inline bert_evaluate_options bert_evaluate_options_default(void)
{
    bert_evaluate_options filled;
    bert_evaluate_options_init(&filled, sizeof filled);
    return filled;
}

/* *json: one object
 * {"eval_loss":..,"eval_accuracy":..,"eval_macro_f1":..,"eval_mcc":..,"eval_examples":..,"labels":[..],
 * "confusion":[[..],..] (rows: true label, columns: answer),"truncated_share":..,
 * "intervals":{"eval_accuracy":[low,high],..},"interval_resamples":1000,"errors":[..],
 * "task":"classify"}, for bert_free().
 *
 * An interval is the middle 95 % of the score over resamples of the examples (percentile
 * bootstrap), the same bits each time. "errors", where options->errors asks for them: the mistakes
 * that the model was surest of, the worst first, each {"file":..,"line":..,"text":..,"expected":..,
 * "answer":..,"confidence":..}; where answers are numbers the largest errors, "error" in place of
 * "confidence". BERT_ARGUMENT for fill, which has none. */
BERT_API bert_status bert_evaluate(const bert_evaluate_options *options, char **json);

/* Is one of two models better on the same examples, or may it be chance? Both must be for the same
 * task and know the same labels, else BERT_ARGUMENT; tokenizers and lengths may differ. Of the
 * options `model`, `errors` and `files` are not read. *json, for bert_free(): one object
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
