/* tag.c: a tag for each word of a sentence: BertForTokenClassification with cross-entropy over the
 * first token of each word. */
#include "tasks/tag.h"

#include "base/memory.h"
#include "task/observe.h"
#include "tasks/label_lists.h"
#include "tasks/tasks.h"

#include <stdlib.h>
#include <string.h>

/* ---- names */

/* The first name that is not before the tag. */
static size_t place_of(const label_names *names, slice tag)
{
    size_t low = 0, high = names->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (slice_compare(tag, slice_of(names->names[middle])) > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool tag_names_find(const label_names *names, slice tag, size_t *index)
{
    *index = place_of(names, tag);
    return *index < names->count && slice_equal(tag, slice_of(names->names[*index]));
}

bert_status tag_names_add(label_names *names, size_t *capacity, slice tag, bool *added)
{
    size_t at;
    *added = !tag_names_find(names, tag, &at);
    if (!*added) return BERT_OK;
    TRY(memory_grow((void **)&names->names, capacity, names->count + 1, sizeof *names->names));
    char *name = strndup(tag.bytes, tag.count);
    if (!name) return fail(BERT_MEMORY, "out of memory for tags");
    memmove(names->names + at + 1, names->names + at, (names->count - at) * sizeof *names->names);
    names->names[at] = name;
    names->count++;
    return BERT_OK;
}

/* ---- the labels of training data */

static bert_status row_tags_add(const dataset_row *row, label_names *labels, size_t *capacity)
{
    bool added;
    for (size_t i = 0; i < row->item_count; i++) {
        slice tag = row->tags[i];
        if (memchr(tag.bytes, '\0', tag.count))
            return fail(BERT_DATA, "%s:%zu: the tag of word %zu holds a NUL byte", row->path,
                        row->line, i + 1);
        TRY(tag_names_add(labels, capacity, tag, &added));
        if (labels->count > TAG_LABELS_MAX)
            return fail(BERT_DATA,
                        "%s:%zu: word %zu brings the %zuth tag, and at most %d can be told apart; "
                        "is its last column the tag?",
                        row->path, row->line, i + 1, labels->count, TAG_LABELS_MAX);
    }
    return BERT_OK;
}

static bert_status labels_collect(const dataset *d, label_names *labels)
{
    size_t capacity = 0;
    for (size_t i = 0; i < d->count; i++) TRY(row_tags_add(&d->rows[i], labels, &capacity));
    if (labels->count > 1) return BERT_OK;
    return fail(BERT_DATA,
                labels->count ? "%s: all words have the tag '%s'; there is nothing to "
                                "tell apart"
                              : "%s: there are no words",
                d->rows[0].path, labels->count ? labels->names[0] : "");
}

static bert_status labels_find(const dataset *d, const bert_task_options *options,
                               const bert_observer *observer, label_names *out)
{
    (void)observer;
    if (options->label_file) {
        label_file file;
        TRY(label_file_open(options->label_file, &file));
        if (file.names.count < 2) {
            label_file_release(&file);
            return fail(BERT_DATA, "%s: names one tag; there is nothing to tell apart",
                        options->label_file);
        }
        *out = file.names;
        return BERT_OK;
    }
    label_names labels = { 0 };
    bert_status status = labels_collect(d, &labels);
    if (status == BERT_OK)
        *out = labels;
    else
        label_names_release(&labels);
    return status;
}

static bert_status labels_tell(const examples *e, size_t row, const label_taker *taker)
{
    const dataset_row *r = &e->rows[row];
    for (size_t i = 0; i < r->item_count; i++) TRY(taker->take(taker->context, r->tags[i]));
    return BERT_OK;
}

/* Says what the rows' tags are short of. */
static bert_status encoded(examples *e, const char *what, const bert_observer *observer)
{
    const tag_targets *t = e->targets;
    char names[256] = "";
    for (size_t i = 0; i < t->unknown.count && i < 8; i++) {
        strncat(names, i ? ", " : "", sizeof names - strlen(names) - 1);
        strncat(names, t->unknown.names[i], sizeof names - strlen(names) - 1);
    }
    if (t->unknown.count)
        observe_warning(
            observer,
            "%zu word%s of %s %s %zu tag%s that training lacks (%s%s); they are scored as wrong",
            t->unknown_words, t->unknown_words == 1 ? "" : "s", what,
            t->unknown_words == 1 ? "has" : "have", t->unknown.count,
            t->unknown.count == 1 ? "" : "s", names, t->unknown.count > 8 ? ", ..." : "");
    return BERT_OK;
}

/* ---- loss */

static size_t asked_count(const examples *e, size_t unit)
{
    const tag_targets *t = e->targets;
    size_t count = 0;
    for (size_t i = e->features.starts[unit]; i < e->features.starts[unit + 1]; i++)
        count += t->labels[i] != TAG_NOT_ASKED;
    return count;
}

static double weigh(const examples *e, const uint32_t *index, size_t count, size_t first_in_step,
                    uint64_t key)
{
    (void)first_in_step;
    (void)key;
    size_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += asked_count(e, index[i]);
    return (double)sum;
}

static void loss(const pass *p, const examples *e, const uint32_t *index, size_t count,
                 double scale, double *total)
{
    const tag_targets *t = e->targets;
    const batch *b = p->batch;
    size_t labels = p->config->labels;
    for (size_t i = 0; i < count; i++) {
        size_t at = b->starts[i] * labels;
        p->on->cross_entropy(p->on, b->starts[i + 1] - b->starts[i], labels, p->tape->logits + at,
                             t->labels + e->features.starts[index[i]], NULL, (float)scale,
                             scale != 0.0 ? p->tape->dlogits + at : NULL, total);
    }
}

const task task_tag = {
    .info = {
        .name = "tag",
        .title = "Tagging of words",
        .input = BERT_INPUT_WORDS,
        .sample = "A text.",
        .members = "entities tokens tags scores logits",
        .per_token = true,
        .tags = true,
        .scores = { "eval_f1", "eval_accuracy" },
        .tables = (const bert_score_table[]){ { "per_type", "entity", "Each type of entity" }, { "per_tag", "tag", "Each tag" }, { 0 } },
        .pipeline = "token-classification",
        .transformers_class = "AutoModelForTokenClassification",
    },
    .form = FORM_WORDS,
    .head = &head_tokens,
    .options = TAKES_WINDOWS | TAKES_STRIDE | TAKES_LABEL_FILE | TAKES_AGGREGATE | TAKES_LOGITS,
    .max_length = 128,
    .labels = &(
        const task_labels){ .rows_name = tag_rows_name, .find = labels_find, .tell = labels_tell },
    .encoding = &(const task_encoding){ .token_bytes = sizeof(int32_t),
                                        .open = tag_targets_open,
                                        .free = tag_targets_free,
                                        .add = tag_encode,
                                        .end = encoded },
    .loss = &(const task_loss){ .weigh = weigh, .add = loss },
    .decoding = &tag_decoding,
    .answers = &tag_answers,
    .metrics = &tag_metrics,
    .rivals = &tag_rivals,
};
