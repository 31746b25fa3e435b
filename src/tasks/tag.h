/* tag.h: what the files of the task `tag` share.
 *
 * A row is a sentence as words, each of which is asked for its tag, or (in prediction) a text, each
 * of whose tokens is. What is asked is an item: word or token. Words are tokenized one by one; the
 * first token of a word answers for it:
 *
 *     words     EU      rejects   unwatchably                     .
 *     tokens    [CLS] eu  rejects   un  ##watch  ##ably           .    [SEP]
 *     items      -    0   1         2     -        -              3     -
 *
 * A long row is cut to max_length or goes into windows, which share words. */
#ifndef TASKS_TAG_H
#define TASKS_TAG_H

#include "task/task.h"

/* How tokens of a text become entities: transformers' aggregation strategies. */
typedef enum tag_aggregation {
    AGGREGATE_NONE,    /* every token by itself */
    AGGREGATE_SIMPLE,  /* neighbours of one type */
    AGGREGATE_FIRST,   /* the same of words, which have their first token's tag, */
    AGGREGATE_AVERAGE, /* the best of their tokens' mean scores, */
    AGGREGATE_MAX      /* or that of their surest token */
} tag_aggregation;

/* Tokens of one row, without special ones. */
typedef struct tag_pieces {
    int32_t *ids;    /* [count] */
    uint32_t *words; /* [count] the word that each is of */
    size_t count;
    bool by_token; /* a text: every token is an item */
    size_t ids_capacity, words_capacity;
} tag_pieces;

/* The token that answers for an item so far, and how far from its window's nearer end it stands. */
typedef struct tag_place {
    size_t token, margin;
    bool found;
} tag_place;

#define NO_ITEM UINT32_MAX
enum { TAG_NOT_ASKED = -1 };

/* The tokens are those of e->features.ids. */
typedef struct tag_targets {
    int32_t
        *labels; /* [tokens] what each is asked, or TAG_NOT_ASKED; where the rows are labelled */
    uint32_t *items; /* [tokens] the item of its row that each answers, or NO_ITEM */
    size_t labels_capacity, items_capacity;
    tag_aggregation aggregation;
    bool has_entities; /* are the model's labels those of entities (metrics/entities.h)? */
    bool has_numbers;  /* is any of them a number? */
    /* What a word is answered that no token stands for, as it has none or max_length cut it off:
     * "O" where the labels have it or name entities, "_" where each word must have one of them. */
    slice without_token;

    label_names unknown; /* tags of the rows that the model has not, ordered by their bytes */
    size_t unknown_capacity, unknown_words; /* how many words have such a tag */

    const frame *frame; /* of the tokenizer, for single texts */
    tag_pieces pieces;  /* of the row that is being encoded, */
    int32_t *asked;     /* [words] what they are asked, */
    tag_place *places;  /* [items] and where they are answered */
    size_t asked_capacity, places_capacity;
} tag_targets;

/* An answer of the task. */
typedef struct tag_answer {
    const float *logits; /* [items, labels] */
    const bool *read;    /* [items] false: no token stood for it, and its logits say nothing */
    size_t items;
} tag_answer;

/* The label with the highest logit of an item that was read, and its probability. */
size_t tag_best(const tag_answer *a, size_t item, size_t labels, double *score);

/* Adds a tag unless it is there; false in *added. The names stay ordered by their bytes. */
bert_status tag_names_add(label_names *names, size_t *capacity, slice tag, bool *added);
bool tag_names_find(const label_names *names, slice tag, size_t *index);

/* tag_names.c: names in place of the numbers among the rows' tags, where the options have a file of
 * labels. */
bert_status tag_rows_name(dataset *d, const bert_task_options *options, const config *known);

/* tag_encode.c */
bert_status tag_targets_open(examples *e);
void tag_targets_free(void *targets);
bert_status tag_encode(examples *e, size_t row);
/* The tokens of a row that is a text, in their frame, as tag_encode() takes them. */
bert_status tag_text_encode(const examples *e, size_t row, tokenizer_encoding *out);

/* tag_decode.c. A sentence is right where all its words are; else it goes by the word whose wrong
 * tag the model was surest of. */
extern const task_decoding tag_decoding;
extern const task_answers tag_answers;

/* tag_entities.c: what --aggregate names; and "entities" for the object, made of the tokens of a
 * text.
 */
tag_aggregation tag_aggregation_of(const char *name);
bert_status tag_entities_put(const examples *e, size_t row, const tag_answer *a, json_t *object);

/* tag_metrics.c */
extern const task_metrics tag_metrics;

/* tag_rivals.c: the commonest tag for every word; the commonest tag of each word in training, and
 * of words that are not there that of all. */
extern const task_rivals tag_rivals;

enum { TAG_LABELS_MAX = 5000 }; /* the confusion matrix has its square */

#endif
