/* test_allocation.c: whichever allocation fails, of ours or of the libraries that we call, a call
 * of bert.h returns a status with a sentence, gives back all that it took and leaves no file
 * behind; or it does without and gives what it always gives.
 *
 * `make test` takes some of the allocations of each call, BERT_TORTURE=1 every one. */
#include "base/file.h"
#include "bert_program.h"
#include "failing/trials.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the calls */

enum { INPUTS = 3 };

static const bert_input texts[INPUTS] = { { .text = { "the film was good", 17 } },
                                          { .text = { "a plot", 6 } },
                                          { .text = { "the caf\xC3\xA9 was not so bad", 23 } } };

static bert_status tokenizing(const call *c)
{
    bert_tokenizer *t;
    TRY(bert_tokenizer_open(c->model, &t));
    bert_status status = BERT_OK;
    bert_encoding *encodings[INPUTS];
    bert_input pairs[INPUTS];
    for (size_t i = 0; i < INPUTS; i++)
        pairs[i] = (bert_input){ .text = texts[i].text, .pair = texts[0].text };
    status = bert_tokenize(t, pairs, INPUTS, 16, BERT_TRUNCATE_LONGEST_FIRST, encodings);
    for (size_t i = 0; i < INPUTS && status == BERT_OK; i++) {
        const bert_encoding *e = encodings[i];
        char *text;
        given_add(e->ids, e->count * sizeof *e->ids);
        given_add(e->offsets, e->count * sizeof *e->offsets);
        if (bert_ids_text(t, e->ids, e->count, true, &text) == BERT_OK) {
            given_add_text(text);
            bert_free(text);
        } else {
            status = BERT_MEMORY;
        }
    }
    for (size_t i = 0; i < INPUTS; i++) bert_free(encodings[i]);
    bert_tokenizer_free(t);
    return status;
}

static bert_status reading_a_table(const call *c)
{
    bert_table *t;
    size_t column;
    bool more = true;
    TRY(bert_table_open(c->data, &t));
    bert_status status = bert_table_column(t, c->task, &column);
    while (status == BERT_OK && more) {
        status = bert_table_next(t, &more);
        if (status != BERT_OK || !more) break;
        bert_text field = bert_table_field(t, column);
        given_add(field.bytes, field.count);
    }
    bert_table_free(t);
    return status;
}

static bert_status reading_sentences(const call *c)
{
    bert_conll *file;
    bool more = true;
    TRY(bert_conll_open(c->data, &file));
    bert_status status = BERT_OK;
    while (status == BERT_OK && more) {
        bert_sentence sentence;
        status = bert_conll_next(file, sizeof sentence, &sentence, &more);
        for (size_t i = 0; status == BERT_OK && more && i < sentence.count; i++)
            given_add(sentence.words[i].bytes, sentence.words[i].count);
    }
    bert_conll_free(file);
    return status;
}

static bert_status planning(const call *c)
{
    bert_model *m;
    bert_memory memory;
    bert_train_options options = bert_train_options_default();
    options.threads = 1;
    TRY(bert_model_open(c->model, &m));
    bert_status status = bert_training_memory(m, &options, sizeof memory, &memory);
    if (status == BERT_OK) given_add(&memory.total, sizeof memory.total);
    bert_model_free(m);
    return status;
}

static bert_session_options session_options(const char *task, bert_task_options *own)
{
    bert_session_options options = bert_session_options_default();
    options.threads = 2;
    options.max_length = 24;
    options.batch_tokens = 64;
    *own = bert_task_options_default();
    own->logits = bert_task_takes(task, "logits");
    own->answers = bert_task_takes(task, "answers") ? 3 : 1;
    options.task_options = own;
    return options;
}

/* What is done with a model and a session of it. */
typedef bert_status session_use(const call *c, const bert_model *m, bert_session *s);

static bert_status session_do(const call *c, session_use *use)
{
    bert_model *m;
    bert_session *s = NULL;
    TRY(bert_model_open(c->model, &m));
    bert_task_options own;
    bert_session_options options = session_options(bert_model_get_info(m).task, &own);
    bert_status status = bert_session_new(m, &options, &s);
    if (status == BERT_OK) status = use(c, m, s);
    bert_session_free(s);
    bert_model_free(m);
    return status;
}

static bert_status vectors_give(const call *c, const bert_model *m, bert_session *s)
{
    float vectors[INPUTS * 64], *tokens;
    size_t count, hidden = bert_model_get_info(m).hidden;
    (void)c;
    for (bert_pooling pooling = BERT_POOLER; pooling <= BERT_POOLING_OWN; pooling++) {
        TRY(bert_embed(s, texts, INPUTS, pooling, true, vectors));
        given_add(vectors, INPUTS * hidden * sizeof *vectors);
    }
    TRY(bert_embed_tokens(s, texts[2], false, &tokens, &count));
    given_add(tokens, count * hidden * sizeof *tokens);
    bert_free(tokens);
    return BERT_OK;
}

static bert_status embedding(const call *c)
{
    return session_do(c, vectors_give);
}

static bert_status answer_give(bert_session *s, bert_input input)
{
    char *line;
    TRY(bert_answers(s, &input, 1, &line));
    given_add_text(line);
    bert_free(line);
    return BERT_OK;
}

/* Of the rows of the data, and of plain texts where there are no data. */
static bert_status rows_give(const call *c, const bert_model *m, bert_session *s)
{
    bert_dataset *d;
    bert_status status = BERT_OK;
    for (size_t i = 0; i < INPUTS && !c->data; i++) TRY(answer_give(s, texts[i]));
    if (!c->data) return BERT_OK;
    TRY(bert_dataset_open(m, c->data, NULL, &d));
    for (size_t i = 0; i < INPUTS && status == BERT_OK; i += 2)
        status = answer_give(s, bert_dataset_input(d, i));
    bert_dataset_free(d);
    return status;
}

static bert_status answering(const call *c)
{
    return session_do(c, rows_give);
}

static bert_evaluate_options evaluate_options(const call *c)
{
    bert_evaluate_options options = bert_evaluate_options_default();
    options.model = c->model;
    options.data = &c->data;
    options.data_count = 1;
    options.threads = 2;
    options.max_length = 32;
    return options;
}

static bert_status evaluating(const call *c)
{
    char *json;
    bert_evaluate_options options = evaluate_options(c);
    TRY(bert_evaluate(&options, &json));
    given_add_text(json);
    bert_free(json);
    return BERT_OK;
}

static bert_status comparing(const call *c)
{
    char *json;
    bert_evaluate_options options = evaluate_options(c);
    TRY(bert_compare(c->model, c->model, &options, &json));
    given_add_text(json);
    bert_free(json);
    return BERT_OK;
}

static bert_status training(const call *c)
{
    bert_train_options options = bert_train_options_default();
    options.model = c->model;
    options.train = &c->data;
    options.train_count = 1;
    options.dev = c->data;
    options.output = c->output;
    options.task = c->task;
    options.max_steps = 2;
    options.batch_size = 4;
    options.max_length = 32;
    options.threads = 2;
    if (c->set) c->set(&options);
    return bert_train(&options);
}

/* By a name that the cache (data) has. */
static bert_status finding(const call *c)
{
    char *folder;
    bert_hub_options options = bert_hub_options_default();
    options.cache = c->data;
    options.offline = true;
    TRY(bert_hub_find(&options, c->model, &folder));
    given_add_text(folder);
    bert_free(folder);
    return BERT_OK;
}

static bert_status converting(const call *c)
{
    char *json;
    bert_convert_options options = bert_convert_options_default();
    options.model = c->model;
    options.output = c->output;
    options.dtype = c->task;
    TRY(bert_convert(&options, &json));
    given_add_text(json);
    bert_free(json);
    return BERT_OK;
}

/* What a call makes is made in the scratch folder. */
static void calls_fail(void **state, const call *calls, size_t count)
{
    if (!memory_can_fail()) {
        print_message("skipped: the program's allocations are not its own under a sanitizer\n");
        skip();
    }
    for (size_t i = 0; i < count; i++) {
        call c = calls[i];
        if (c.make == training || c.make == converting) c.output = scratch_path(state, "out");
        allocations_fail(&c, scratch_folder(state));
    }
}

#define CALLS_FAIL(...)                                                                            \
    const call calls[] = { __VA_ARGS__ };                                                          \
    calls_fail(state, calls, sizeof calls / sizeof *calls)

/* ---- texts and tables */

#define TOKENIZERS "tests/data/tokenizer/"
#define HEADS "tests/data/heads/"
#define OTHERS "tests/data/tensorflow/"
#define GOLDEN "tests/data/golden/gelu"

static void tokenizing_survives(void **state)
{
    CALLS_FAIL({ "vocab.txt", tokenizing, .model = GOLDEN },
               { "tokenizer.json", tokenizing, .model = TOKENIZERS "added" });
}

static void reading_tables_survives(void **state)
{
    const char *jsonl = scratch_text(state, "t.jsonl",
                                     "{\"text\": \"a\", \"label\": 1.5}\n"
                                     "{\"text\": \"b\", \"label\": \"x\"}\n");
    CALLS_FAIL({ "tsv", reading_a_table, .data = GOLDEN "/texts.tsv", .task = "label" },
               { "csv", reading_a_table, .data = HEADS "choose/texts.csv", .task = "ending1" },
               { "jsonl", reading_a_table, .data = jsonl, .task = "label" },
               { "conll", reading_sentences, .data = HEADS "tag/texts.conll" });
}

/* ---- models at work */

static void embedding_and_planning_survive(void **state)
{
    CALLS_FAIL({ "embed", embedding, .model = GOLDEN }, { "plan", planning, .model = GOLDEN });
}

/* The folders of tests/data do not say how a model for comparing pools; one that was trained does.
 */
static const char *similar_made(void **state, const char *name)
{
    char data[128];
    snprintf(data, sizeof data, HEADS "%s/texts.tsv", name);
    call c = { name, training, .model = HEADS "similar_cls", .data = data, .task = "similar" };
    c.output = scratch_path(state, name);
    assert_done(training(&c));
    return c.output;
}

/* A folder with the weights as torch saves them. */
static const char *torch_made(void **state, const char *form)
{
    static const char *const files[] = { "config.json", "vocab.txt", "tokenizer_config.json" };
    char from[128], to[128];
    const char *folder = scratch_path(state, form);
    assert_done(folder_make(folder));
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(from, sizeof from, "tests/data/torch/model/%s", files[i]);
        snprintf(to, sizeof to, "%s/%s", folder, files[i]);
        assert_done(file_copy(from, NULL, to));
    }
    snprintf(from, sizeof from, "tests/data/torch/%s", form);
    snprintf(to, sizeof to, "%s/pytorch_model.bin", folder);
    assert_done(file_copy(from, NULL, to));
    return folder;
}

static void reading_torchs_files_survives(void **state)
{
    CALLS_FAIL({ "torch: zip", planning, .model = torch_made(state, "zip.bin") },
               { "torch: views", planning, .model = torch_made(state, "views.bin") },
               { "torch: stream", planning, .model = torch_made(state, "old.bin") });
}

static void answering_survives(void **state)
{
    CALLS_FAIL(
        { "answers: classify", answering, .model = GOLDEN },
        { "answers: classify, pairs", answering, .model = GOLDEN, .data = GOLDEN "/texts.tsv" },
        { "answers: tag, texts", answering, .model = HEADS "tag" },
        { "answers: tag", answering, .model = HEADS "tag", .data = HEADS "tag/texts.conll" },
        { "answers: answer", answering, .model = HEADS "answer",
          .data = HEADS "answer/texts.json" },
        { "answers: choose", answering, .model = HEADS "choose", .data = HEADS "choose/texts.csv" },
        { "answers: fill", answering, .model = HEADS "fill", .data = HEADS "fill/texts.txt" },
        { "answers: multilabel", answering, .model = HEADS "multilabel" },
        { "answers: regress", answering, .model = HEADS "regress" },
        { "answers: similar", answering, .model = similar_made(state, "similar_cls"),
          .data = HEADS "similar_cls/texts.tsv" });
}

static void evaluating_survives(void **state)
{
    CALLS_FAIL(
        { "evaluate: classify", evaluating, .model = GOLDEN, .data = GOLDEN "/texts.tsv" },
        { "evaluate: tag", evaluating, .model = HEADS "tag", .data = HEADS "tag/texts.conll" },
        { "evaluate: answer", evaluating, .model = HEADS "answer",
          .data = HEADS "answer/texts.json" },
        { "evaluate: choose", evaluating, .model = HEADS "choose",
          .data = HEADS "choose/texts.csv" },
        { "evaluate: fill", evaluating, .model = HEADS "fill", .data = HEADS "fill/texts.txt" },
        { "evaluate: multilabel", evaluating, .model = HEADS "multilabel",
          .data = HEADS "multilabel/texts.tsv" },
        { "evaluate: regress", evaluating, .model = HEADS "regress",
          .data = HEADS "regress/texts.tsv" },
        { "evaluate: similar, scores", evaluating, .model = similar_made(state, "similar_score"),
          .data = HEADS "similar_score/texts.tsv" },
        { "evaluate: similar, partners", evaluating,
          .model = similar_made(state, "similar_triples"),
          .data = HEADS "similar_triples/texts.tsv" });
}

/* ---- training */

static void set_short(bert_train_options *o)
{
    o->max_length = 16;
}

static void files_of_others_survive(void **state)
{
    CALLS_FAIL({ "embed: TensorFlow", embedding, .model = OTHERS "google_classify" },
               { "embed: Keras", embedding, .model = OTHERS "keras_shards" },
               { "train: TensorFlow, cased", training, .model = OTHERS "google_answer",
                 .data = HEADS "weighted/texts.tsv", .task = "classify", .set = set_short });
}

static void set_weights(bert_train_options *o)
{
    static bert_task_options own;
    own = bert_task_options_default();
    own.class_weights = "balanced";
    own.windows = true;
    o->task_options = &own;
    o->max_length = 16;
    o->keep_best = true;
}

static void set_thresholds(bert_train_options *o)
{
    static bert_task_options own;
    own = bert_task_options_default();
    own.tune_thresholds = true;
    own.positive_weights = "balanced";
    o->task_options = &own;
}

static void set_profile(bert_train_options *o)
{
    o->profile = true;
    o->freeze = "1";
    o->micro_batch = 2;
}

static void set_memory(bert_train_options *o)
{
    o->memory_limit = 1 << 30;
}

static void set_folds(bert_train_options *o)
{
    o->dev = NULL;
    o->folds = 2;
    o->max_steps = 1;
}

static void set_seeds(bert_train_options *o)
{
    o->seeds = 3;
    o->max_steps = 1;
}

static void training_survives(void **state)
{
    const char *plain = scratch_text(state, "plain.conll", "The\tx\nactor\ty\n\na\tx\nfilm\ty\n");
    CALLS_FAIL(
        { "train: classify", training, .model = HEADS "weighted",
          .data = HEADS "weighted/texts.tsv", .set = set_weights },
        { "train: classify, pairs", training, .model = GOLDEN, .data = GOLDEN "/texts.tsv",
          .set = set_profile },
        { "train: tag", training, .model = HEADS "tag", .data = HEADS "tag/texts.conll" },
        { "train: tag, no entities", training, .model = HEADS "tag", .data = plain },
        { "train: answer", training, .model = HEADS "answer", .data = HEADS "answer/texts.json" },
        { "train: choose", training, .model = HEADS "choose", .data = HEADS "choose/texts.csv",
          .set = set_memory },
        { "train: fill", training, .model = HEADS "fill", .data = HEADS "fill/texts.txt" },
        { "train: multilabel", training, .model = HEADS "multilabel",
          .data = HEADS "multilabel/texts.tsv", .set = set_thresholds },
        { "train: regress", training, .model = HEADS "regress", .data = HEADS "regress/texts.tsv" },
        { "train: similar, scores", training, .model = HEADS "similar_score",
          .data = HEADS "similar_score/texts.tsv", .task = "similar" },
        { "train: similar, partners", training, .model = HEADS "similar_triples",
          .data = HEADS "similar_triples/texts.tsv", .task = "similar" });
}

static void several_trainings_survive(void **state)
{
    CALLS_FAIL({ "train: folds", training, .model = GOLDEN, .data = GOLDEN "/texts.tsv",
                 .set = set_folds, .keeps = true },
               { "train: seeds", training, .model = GOLDEN, .data = GOLDEN "/texts.tsv",
                 .set = set_seeds, .keeps = true });
}

static void comparing_survives(void **state)
{
    CALLS_FAIL({ "compare: classify", comparing, .model = GOLDEN, .data = GOLDEN "/texts.tsv" },
               { "compare: answer", comparing, .model = HEADS "answer",
                 .data = HEADS "answer/texts.json" });
}

static void converting_survives(void **state)
{
    CALLS_FAIL(
        { "convert", converting, .model = GOLDEN, .task = "f32" },
        { "convert: halves", converting, .model = OTHERS "google_pretraining", .task = "bf16" });
}

static void finding_by_name_survives(void **state)
{
    enum { COMMIT_DIGITS = 40 };
    char target[4096], commit[COMMIT_DIGITS + 1], name[128];
    memset(commit, 'a', COMMIT_DIGITS);
    commit[COMMIT_DIGITS] = '\0';
    assert_non_null(realpath(GOLDEN, target));
    snprintf(name, sizeof name, "models--owner--tiny/snapshots/%s", commit);
    const char *snapshot = scratch_path(state, name);
    assert_done(folder_make(scratch_path(state, "models--owner--tiny/refs")));
    assert_done(folder_make(scratch_path(state, "models--owner--tiny/snapshots")));
    scratch_text(state, "models--owner--tiny/refs/main", commit);
    assert_int_equal(symlink(target, snapshot), 0);
    CALLS_FAIL({ "find", finding, .model = "owner/tiny", .data = scratch_folder(state) });
}

/* ---- the kernels of this machine, oneDNN's products among them */

static void the_machines_kernels_survive(void **state)
{
    unsetenv("BERT_ISA");
    CALLS_FAIL(
        { "answers: classify", answering, .model = GOLDEN },
        { "evaluate: tag", evaluating, .model = HEADS "tag", .data = HEADS "tag/texts.conll" },
        { "train: classify, pairs", training, .model = GOLDEN, .data = GOLDEN "/texts.tsv",
          .set = set_memory });
    setenv("BERT_ISA", "ref", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tokenizing_survives, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(reading_tables_survives, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(embedding_and_planning_survive, scratch_open,
                                        scratch_close),
        cmocka_unit_test_setup_teardown(reading_torchs_files_survives, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(answering_survives, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(evaluating_survives, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(files_of_others_survive, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(training_survives, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(several_trainings_survive, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(comparing_survives, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(converting_survives, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(finding_by_name_survives, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(the_machines_kernels_survive, scratch_open, scratch_close),
    };
    setenv("BERT_ISA", "ref", 1);
    cmocka_set_test_filter(getenv("BERT_TEST")); /* of its name, * and ? as in a shell; NULL: all */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
