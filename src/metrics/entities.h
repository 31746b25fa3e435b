/* entities.h: the entities that a sentence's tags spell, and their precision, recall and F1, all as
 * seqeval 1.2.2 has them in its default mode (which is conlleval's).
 *
 * A tag is a letter and a type: B-PER begins a person, I-PER goes on with it, E-PER ends it, S-PER
 * is one of a single word, O is none. Malformed sequences are never refused: every sequence of tags
 * spells something. The letter is the tag's first character; the type is what follows the first
 * dash after it ("creative-work" of B-creative-work), the whole rest where there is no dash, and
 * "_" where that is empty. Letters besides B, I, E, S, O and "." know of no neighbours: L and U of
 * BILOU begin and end where the type changes, and only there.
 *
 *     entity_score *score;
 *     TRY(entity_score_open(&score));
 *     for each sentence: entity_score_add(score, truth, answer, words)
 *     double f1 = entity_score_rates(score, ENTITY_MICRO).f1;
 *     entity_score_free(score);
 *
 * A score is for one thread at a time; finding entities shares nothing. */
#ifndef METRICS_ENTITIES_H
#define METRICS_ENTITIES_H

#include "base/slice.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The words begin .. end - 1 (seqeval counts to the last word itself, which is end - 1). */
typedef struct entity {
    size_t begin, end;
    slice type; /* borrowed from the tag of word end - 1, or a constant "_" */
} entity;

/* A zeroed list is empty. */
typedef struct entity_list {
    entity *items;
    size_t count, capacity;
} entity_list;

void entity_list_release(entity_list *list);

/* Appends the entities of one sentence, in its order; no two end at the same word.
 *   tags [count]
 * An empty tag is BERT_DATA. On failure the list is as it was. */
bert_status entities_find(const slice *tags, size_t count, entity_list *out);

/* Whether a set of labels is one of entity tags: one of them begins with "B-", or there is an "O"
 * and one begins with "I-", "E-" or "S-"; a type must follow. Or no label has a type and all are O,
 * B, I, E, S, two of the first three among them. Parts of speech (NOUN, -LRB-, PRP$) are none.
 *   labels [count] */
bool tags_have_entities(const slice *labels, size_t count);

/* How often entities of one type are true, answered, and both: same words, same type. */
typedef struct entity_tally {
    slice type; /* the score's own */
    uint64_t truths, answers, right;
} entity_tally;

/* right / answers, right / truths and their harmonic mean; 0 where the divisor is. */
typedef struct entity_rates {
    double precision, recall, f1;
    uint64_t support; /* true entities */
} entity_rates;

typedef enum entity_average {
    ENTITY_MICRO,   /* the rates of all types' entities together */
    ENTITY_MACRO,   /* the mean over the types of the tallies; 0 without any (seqeval: NaN) */
    ENTITY_WEIGHTED /* the same weighted by support; 0 without any true entity */
} entity_average;

/* Counts over many sentences. Memory grows with the types alone. */
typedef struct entity_score entity_score;

bert_status entity_score_open(entity_score **out);
void entity_score_free(entity_score *s);

/* Counts one sentence, in the order in which seqeval would be given them: an ill-formed tag without
 * type ("X", "-") can reach back into the sentence before, and does so there as well.
 *   truth, answer [count]
 * An empty tag is BERT_DATA, and the score is as it was. After BERT_MEMORY it can only be freed. */
bert_status entity_score_add(entity_score *s, const slice *truth, const slice *answer,
                             size_t count);

/* The tallies [*count] of all types met among truths and answers, ordered by the type's bytes, as
 * seqeval's report is. Borrowed until the next entity_score_add() or entity_score_free(). */
const entity_tally *entity_score_tallies(const entity_score *s, size_t *count);
entity_rates entity_tally_rates(const entity_tally *tally);
entity_rates entity_score_rates(const entity_score *s, entity_average average);

/* Words whose answer equals the truth, by all words, those outside of entities included; 0 before
 * the first word. */
double entity_score_accuracy(const entity_score *s);

#endif
