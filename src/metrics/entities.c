/* The rules are those of get_entities(), start_of_chunk() and end_of_chunk() in seqeval's
 * metrics/sequence_labeling.py, which go by two neighbouring tags alone. One of their traits needs
 * care, and is kept, for the scores are compared with published ones: an entity can end where none
 * began. O has the type "_", so a tag of an unknown letter and no type, such as "X", begins nothing
 * after an O; followed by B-PER it ends all the same, as an entity of the type "_" that is given
 * the begin of the entity before it (word 0 where there is none).
 *
 * seqeval lays all sentences end to end with an O after each. That begin may then lie in an earlier
 * sentence, so a score carries its scans on from sentence to sentence. */
#include "metrics/entities.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

typedef struct entity_scan {
    char letter; /* of the tag before */
    slice type;
    size_t begin; /* of the entity that goes on, or of the last one */
} entity_scan;

struct entity_score {
    entity_scan truth, answer;
    size_t word; /* words so far, and one for each sentence's O */
    uint64_t words, words_right;
    entity_tally *tallies;
    size_t count, capacity;
};

/* As after an O. seqeval's first type is "", which makes no difference: what begins with the first
 * word begins at 0, as it would without. */
static entity_scan scan_start(void)
{
    return (entity_scan){ .letter = 'O', .type = slice_of("_") };
}

static slice type_of(slice tag)
{
    size_t at = 1; /* a character, which may be of several bytes */
    while (at < tag.count && ((unsigned char)tag.bytes[at] & 0xC0) == 0x80) at++;
    slice rest = { tag.bytes + at, tag.count - at };
    const char *dash = rest.count ? memchr(rest.bytes, '-', rest.count) : NULL;
    if (dash) rest = (slice){ dash + 1, (size_t)(rest.bytes + rest.count - dash - 1) };
    return rest.count ? rest : slice_of("_");
}

static bool among(char letter, const char *letters)
{
    return memchr(letters, letter, strlen(letters)) != NULL;
}

static bool entity_ends(char before, char letter, bool same_type)
{
    return among(before, "ES") || (among(before, "BI") && among(letter, "BSO")) ||
           (!among(before, "O.") && !same_type);
}

static bool entity_begins(char before, char letter, bool same_type)
{
    return among(letter, "BS") || (among(before, "ESO") && among(letter, "EI")) ||
           (!among(letter, "O.") && !same_type);
}

/* Takes the tag of `word`, the one after the last; true where an entity ended before it. */
static bool scan_next(entity_scan *s, size_t word, slice tag, entity *ended)
{
    assert(tag.count > 0);
    char letter = tag.bytes[0];
    slice type = type_of(tag);
    bool same_type = slice_equal(s->type, type);
    bool ends = entity_ends(s->letter, letter, same_type);
    if (ends) *ended = (entity){ .begin = s->begin, .end = word, .type = s->type };
    if (entity_begins(s->letter, letter, same_type)) s->begin = word;
    s->letter = letter;
    s->type = type;
    return ends;
}

static slice tag_or_end(const slice *tags, size_t count, size_t i)
{
    return i < count ? tags[i] : slice_of("O");
}

static bert_status tags_check(const slice *tags, size_t count, const char *whose)
{
    for (size_t i = 0; i < count; i++) {
        if (tags[i].count == 0)
            return fail(BERT_DATA, "the %s of word %zu is empty; a word outside of entities has O",
                        whose, i + 1);
    }
    return BERT_OK;
}

void entity_list_release(entity_list *list)
{
    free(list->items);
    *list = (entity_list){ 0 };
}

static bert_status list_append(entity_list *list, entity item)
{
    void *items = list->items;
    bert_status status =
        memory_grow(&items, &list->capacity, list->count + 1, sizeof list->items[0]);
    list->items = items;
    TRY(status);
    list->items[list->count++] = item;
    return BERT_OK;
}

bert_status entities_find(const slice *tags, size_t count, entity_list *out)
{
    TRY(tags_check(tags, count, "tag"));
    size_t count_before = out->count;
    entity_scan scan = scan_start();
    for (size_t i = 0; i <= count; i++) {
        entity found;
        if (!scan_next(&scan, i, tag_or_end(tags, count, i), &found)) continue;
        bert_status status = list_append(out, found);
        if (status != BERT_OK) {
            out->count = count_before;
            return status;
        }
    }
    return BERT_OK;
}

/* O, B, I, E, S alone: entities of one kind, which has no name. */
static bool tags_are_letters(const slice *labels, size_t count)
{
    bool outside = false, begins = false, inside = false;
    for (size_t i = 0; i < count; i++) {
        if (labels[i].count != 1 || !among(labels[i].bytes[0], "OBIES")) return false;
        outside = outside || labels[i].bytes[0] == 'O';
        begins = begins || labels[i].bytes[0] == 'B';
        inside = inside || labels[i].bytes[0] == 'I';
    }
    return begins ? outside || inside : outside && inside;
}

bool tags_have_entities(const slice *labels, size_t count)
{
    bool outside = false, inside = false;
    if (tags_are_letters(labels, count)) return true;
    for (size_t i = 0; i < count; i++) {
        slice label = labels[i];
        if (slice_equal(label, slice_of("O"))) outside = true;
        if (label.count < 3 || label.bytes[1] != '-') continue;
        if (label.bytes[0] == 'B') return true;
        if (among(label.bytes[0], "IES")) inside = true;
    }
    return outside && inside;
}

bert_status entity_score_open(entity_score **out)
{
    void *block;
    TRY(memory_zeroed(1, sizeof(entity_score), &block));
    entity_score *s = block;
    s->truth = s->answer = scan_start();
    *out = s;
    return BERT_OK;
}

void entity_score_free(entity_score *s)
{
    if (!s) return;
    for (size_t i = 0; i < s->count; i++) free((void *)s->tallies[i].type.bytes);
    free(s->tallies);
    free(s);
}

static bert_status tally_insert(entity_score *s, size_t at, slice type)
{
    void *tallies = s->tallies, *copy;
    bert_status status = memory_grow(&tallies, &s->capacity, s->count + 1, sizeof s->tallies[0]);
    s->tallies = tallies;
    TRY(status);
    TRY(memory_zeroed(type.count, 1, &copy));
    memcpy(copy, type.bytes, type.count);
    memmove(&s->tallies[at + 1], &s->tallies[at], (s->count - at) * sizeof s->tallies[0]);
    s->tallies[at] = (entity_tally){ .type = { copy, type.count } };
    s->count++;
    return BERT_OK;
}

/* *out = the tally of `type`, made where it is the first of it; valid until the next is made. */
static bert_status tally_of(entity_score *s, slice type, entity_tally **out)
{
    bool there;
    size_t at = slice_place(s->tallies, s->count, sizeof s->tallies[0], type, &there);
    if (!there) TRY(tally_insert(s, at, type));
    *out = &s->tallies[at];
    return BERT_OK;
}

/* Entities that are equal end together, so one step of both scans sees all there is to compare. */
static bert_status score_step(entity_score *s, slice truth, slice answer)
{
    entity is, said;
    entity_tally *tally;
    bool truth_ends = scan_next(&s->truth, s->word, truth, &is);
    bool answer_ends = scan_next(&s->answer, s->word, answer, &said);
    s->word++;
    if (truth_ends) {
        TRY(tally_of(s, is.type, &tally));
        tally->truths++;
    }
    if (answer_ends) {
        TRY(tally_of(s, said.type, &tally));
        tally->answers++;
        if (truth_ends && is.begin == said.begin && slice_equal(is.type, said.type)) tally->right++;
    }
    return BERT_OK;
}

bert_status entity_score_add(entity_score *s, const slice *truth, const slice *answer, size_t count)
{
    TRY(tags_check(truth, count, "true tag"));
    TRY(tags_check(answer, count, "answered tag"));
    for (size_t i = 0; i <= count; i++)
        TRY(score_step(s, tag_or_end(truth, count, i), tag_or_end(answer, count, i)));
    for (size_t i = 0; i < count; i++) s->words_right += slice_equal(truth[i], answer[i]);
    s->words += count;
    return BERT_OK;
}

const entity_tally *entity_score_tallies(const entity_score *s, size_t *count)
{
    *count = s->count;
    return s->tallies;
}

static double ratio(double part, double whole)
{
    return whole > 0.0 ? part / whole : 0.0;
}

entity_rates entity_tally_rates(const entity_tally *tally)
{
    entity_rates rates = { .precision = ratio((double)tally->right, (double)tally->answers),
                           .recall = ratio((double)tally->right, (double)tally->truths),
                           .support = tally->truths };
    rates.f1 = ratio(2.0 * rates.precision * rates.recall, rates.precision + rates.recall);
    return rates;
}

static entity_rates rates_together(const entity_score *s)
{
    entity_tally sum = { 0 };
    for (size_t i = 0; i < s->count; i++) {
        sum.truths += s->tallies[i].truths;
        sum.answers += s->tallies[i].answers;
        sum.right += s->tallies[i].right;
    }
    return entity_tally_rates(&sum);
}

entity_rates entity_score_rates(const entity_score *s, entity_average average)
{
    if (average == ENTITY_MICRO) return rates_together(s);
    entity_rates mean = { 0 };
    double weights = 0.0;
    for (size_t i = 0; i < s->count; i++) {
        entity_rates rates = entity_tally_rates(&s->tallies[i]);
        double weight = average == ENTITY_WEIGHTED ? (double)rates.support : 1.0;
        mean.precision += weight * rates.precision;
        mean.recall += weight * rates.recall;
        mean.f1 += weight * rates.f1;
        mean.support += rates.support;
        weights += weight;
    }
    mean.precision = ratio(mean.precision, weights);
    mean.recall = ratio(mean.recall, weights);
    mean.f1 = ratio(mean.f1, weights);
    return mean;
}

double entity_score_accuracy(const entity_score *s)
{
    return ratio((double)s->words_right, (double)s->words);
}
