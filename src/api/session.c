/* session.c: bert.h's sessions: a model at work. */
#include "api/api.h"

#include "base/locale.h"
#include "base/memory.h"
#include "base/slice.h"
#include "data/batch.h"
#include "evaluate/evaluate.h"
#include "json/json.h"
#include "model/dense.h"
#include "model/heads.h"
#include "options/options.h"
#include "task/observe.h"
#include "tasks/scores.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Two rooms, for [CLS] alone and for all tokens; each is taken when it is first wanted. */
typedef struct room {
    tape tape;
    bool open;
} room;

/* What came of one input. */
typedef struct input_result {
    bert_status status;
    char *message; /* NULL: none */
} input_result;

struct bert_session {
    const bert_model *model;
    const params *params; /* the model's, in panels */
    compute *on;
    size_t max_length;
    batch_limits limits;
    batch batch;
    arena batch_block;
    room first, all;
    eval_room answers; /* of the model's task; taken when it is first wanted */
    bert_task_options options;
    const char *prompt; /* before each text of bert_embed(); "": nothing */
    features features;
    tokenizer_encoding encoding;
    size_t truncated, inputs;
    bert_observer observer;
    bool each;
    input_result *results; /* [result_count] of the last call's inputs; with `each` alone */
    size_t result_count, results_capacity;
    size_t total; /* inputs of the call at work */
};

static void results_clear(bert_session *s)
{
    for (size_t i = 0; i < s->result_count; i++) free(s->results[i].message);
    s->result_count = 0;
}

static bert_status session_fill(bert_session *s, const bert_session_options *options)
{
    const config *c = &s->model->weights.config;
    TRY(task_options_of(s->model, options->task_options, &s->options));
    s->max_length = options->max_length ? options->max_length : s->model->max_length;
    TRY(config_check_length(c, s->max_length));
    size_t tokens = options->batch_tokens > s->max_length ? options->batch_tokens : s->max_length;
    if (options->prompt) s->options.prompt = options->prompt;
    TRY(config_find_prompt(c, s->options.prompt, &s->prompt));
    TRY(features_set_prompt(&s->features, s->model->tokenizer.tokenizer, slice_of(s->prompt),
                            c->prompt_left_out, s->max_length, &s->encoding));
    const frame *least = tokenizer_frame(s->model->tokenizer.tokenizer, false);
    s->limits = (batch_limits){ .tokens = tokens, .sequences = frame_sequences(least, tokens) };

    TRY(batch_open(&s->batch, &s->limits, &s->batch_block));
    TRY(compute_cpu_open(options->threads, &s->on));
    TRY(model_params(s->model, s->on, &s->params));
    compute_limits limits = limits_of(c, tokens, s->max_length);
    return s->on->reserve(s->on, &limits);
}

bert_status bert_session_new(const bert_model *model, const bert_session_options *given,
                             bert_session **out)
{
    LOCALE_PLAIN;
    void *memory;
    bert_session_options options;
    inner_options inner;
    TRY(isa_check());
    TRY(session_options_take(given, &options, &inner));
    TRY(options_check(OWNER_session, &options));
    TRY(memory_zeroed(1, sizeof(bert_session), &memory));
    bert_session *s = memory;
    s->model = model;
    s->observer = *options.observer;
    s->each = options.each;
    bert_status status = session_fill(s, &options);
    if (status == BERT_OK)
        *out = s;
    else
        bert_session_free(s);
    return status;
}

void bert_session_free(bert_session *s)
{
    if (!s) return;
    if (s->on) {
        tape_release(s->on, &s->first.tape);
        tape_release(s->on, &s->all.tape);
        eval_room_release(&s->answers);
    }
    compute_free(s->on);
    arena_release(&s->batch_block);
    results_clear(s);
    free(s->results);
    features_release(&s->features);
    tokenizer_encoding_release(&s->encoding);
    free(s);
}

static bert_status room_open(bert_session *s, bool first_only, room **out)
{
    room *r = first_only ? &s->first : &s->all;
    tape_shape shape = { .tokens = s->limits.tokens,
                         .sequences = s->limits.sequences,
                         .wanted = first_only ? s->limits.sequences : 0 };
    if (!r->open) TRY(tape_open(s->on, &s->model->weights.config, &shape, &r->tape));
    r->open = true;
    *out = r;
    return BERT_OK;
}

static bert_status inputs_encode(bert_session *s, const bert_input *inputs, size_t count)
{
    features_clear(&s->features);
    s->features.untyped = tokenizer_untyped(s->model->tokenizer.tokenizer);
    positions_follow(&s->model->weights.config, &s->features);
    for (size_t i = 0; i < count; i++) {
        if (!inputs[i].text.bytes)
            return fail(BERT_ARGUMENT, "input:%zu: has no text", s->inputs + i + 1);
        if (inputs[i].pair.bytes && !s->features.untyped)
            TRY(config_check_pairs(&s->model->weights.config));
        bert_status status =
            features_add(&s->features, s->model->tokenizer.tokenizer, i, slice_from(inputs[i].text),
                         slice_from(inputs[i].pair), s->max_length, &s->encoding);
        if (status == BERT_ARGUMENT && inputs[i].path)
            return fail_in(status, "%s:%zu", inputs[i].path, inputs[i].line);
        TRY(status);
    }
    s->truncated += s->features.truncated;
    s->inputs += count;
    return BERT_OK;
}

/* ---- calls over many inputs */

/* What a call does with inputs of its own that stand side by side. Their results begin at row
 * `first` of the caller's array. */
typedef struct input_work {
    bert_status (*run)(bert_session *s, const bert_input *inputs, size_t first, size_t count,
                       const struct input_work *work);
    const bert_input *inputs; /* of the whole call */
    void *out;                /* the caller's array */
    const void *how;          /* what else it wants */
} input_work;

/* Is it the input that is at fault? */
static bool is_refusal(bert_status status)
{
    return status == BERT_ARGUMENT || status == BERT_DATA || status == BERT_UNSUPPORTED ||
           status == BERT_NUMERIC;
}

static bert_status result_keep(bert_session *s, size_t index, bert_status status)
{
    char *message = strdup(status_message());
    if (!message) return fail(BERT_MEMORY, "out of memory for a message");
    s->results[index] = (input_result){ .status = status, .message = message };
    s->inputs++;
    return BERT_OK;
}

/* Inputs of which one is refused are halved until that one stands alone; what the others are
 * computed with changes their answers in rounding alone. */
static bert_status inputs_run(bert_session *s, const input_work *work, size_t first, size_t count)
{
    bert_status status = work->run(s, work->inputs + first, first, count, work);
    if (status == BERT_OK || !s->each || !is_refusal(status)) return status;
    if (count == 1) return result_keep(s, first, status);
    size_t half = count / 2;
    TRY(inputs_run(s, work, first, half));
    return inputs_run(s, work, first + half, count - half);
}

static bert_status call_run(bert_session *s, const input_work *work, size_t count)
{
    results_clear(s);
    s->total = count;
    if (s->each && count > 0) {
        TRY(memory_grow((void **)&s->results, &s->results_capacity, count, sizeof *s->results));
        for (size_t i = 0; i < count; i++) s->results[i] = (input_result){ BERT_OK, NULL };
        s->result_count = count;
    }
    return inputs_run(s, work, 0, count);
}

bert_status bert_session_result(const bert_session *s, size_t index, const char **message)
{
    LOCALE_PLAIN;
    static const input_result fine = { BERT_OK, NULL };
    const input_result *r = index < s->result_count ? &s->results[index] : &fine;
    *message = r->message ? r->message : "";
    return r->status;
}

/* Between batches: `done` of the call's inputs have their results. */
static bert_status between_batches(bert_session *s, size_t done)
{
    observe(&s->observer,
            &(bert_event){ .kind = BERT_EVENT_PROGRESS, .done = done, .total = s->total });
    if (done >= s->total || !observe_stop(&s->observer)) return BERT_OK;
    return fail(BERT_STOPPED, "stopped after %zu of %zu inputs", done, s->total);
}

/* Does its work on a batch whose rows' results begin at row `done` of the caller's array. */
typedef void batch_work(const pass *p, size_t done, void *context);

/* Encodes the inputs and runs `work` over them, a batch at a time. */
static bert_status batches_run(bert_session *s, const bert_input *inputs, size_t first,
                               size_t count, bool first_only, batch_work *work, void *context)
{
    room *r;
    TRY(room_open(s, first_only, &r));
    TRY(inputs_encode(s, inputs, count));
    void *order;
    TRY(memory_zeroed(count, sizeof(uint32_t), &order));
    for (size_t i = 0; i < count; i++) ((uint32_t *)order)[i] = (uint32_t)i;

    pass p = { .on = s->on,
               .config = &s->model->weights.config,
               .params = s->params,
               .batch = &s->batch,
               .tape = &r->tape };
    bert_status status = BERT_OK;
    for (size_t done = 0; done < count && status == BERT_OK;) {
        const uint32_t *index = (const uint32_t *)order + done;
        size_t fit = batch_fit(&s->limits, &s->features, index, count - done);
        batch_fill(&s->batch, &s->features, index, fit, done);
        work(&p, first + done, context);
        status = s->on->status(s->on);
        done += fit;
        if (status == BERT_OK) status = between_batches(s, first + done);
    }
    free(order);
    return status;
}

/* ---- answers */

/* Inputs as rows of data without labels: what encode() of a task reads. */
typedef struct input_rows {
    dataset_row *rows; /* [count] */
    slice *items;      /* of all rows, side by side */
} input_rows;

static void input_rows_release(input_rows *r)
{
    free(r->rows);
    free(r->items);
}

/* Messages number the inputs that have no place from first + 1 on. */
static bert_status input_rows_fill(const bert_input *inputs, size_t count, size_t first,
                                   input_rows *out)
{
    size_t items = 0;
    for (size_t i = 0; i < count; i++) items += inputs[i].item_count;
    void *rows, *slices;
    TRY(memory_zeroed(count, sizeof *out->rows, &rows));
    out->rows = rows;
    TRY(memory_zeroed(items, sizeof *out->items, &slices));
    out->items = slices;
    slice *next = out->items;
    for (size_t i = 0; i < count; i++) {
        if (!inputs[i].text.bytes && !inputs[i].items)
            return fail(BERT_ARGUMENT, "input:%zu: has no text", first + i + 1);
        out->rows[i] = (dataset_row){ .text = slice_from(inputs[i].text),
                                      .pair = slice_from(inputs[i].pair),
                                      .items = inputs[i].items ? next : NULL,
                                      .item_count = inputs[i].item_count,
                                      .id = slice_from(inputs[i].id),
                                      .line = inputs[i].path ? inputs[i].line : first + i + 1,
                                      .path = inputs[i].path ? inputs[i].path : "input" };
        for (size_t k = 0; k < inputs[i].item_count; k++) *next++ = slice_from(inputs[i].items[k]);
    }
    return BERT_OK;
}

/* Takes a larger room where a unit is longer than the one there is. */
static bert_status answers_room(bert_session *s, const examples *e)
{
    eval_room *r = &s->answers;
    size_t group = features_group(&e->features);
    const batch_limits *limits = &r->batch.limits;
    bool fits = r->on && group <= limits->sequences &&
                features_longest_unit(&e->features) <= limits->tokens &&
                limits->wanted >= examples_wanted(e, limits->tokens);
    if (fits) return BERT_OK;
    eval_room_release(r);
    return eval_room_open(s->on, e, s->limits.tokens, r);
}

static bert_status examples_answer(bert_session *s, const examples *e, const answer_taker *taker)
{
    double loss = 0.0, divisor = 0.0;
    TRY(answers_room(s, e));
    pass p = { .on = s->on,
               .config = &s->model->weights.config,
               .params = s->params,
               .batch = &s->answers.batch,
               .tape = &s->answers.tape };
    return examples_run(&p, &s->answers.batch, e, NULL, taker, &loss, &divisor);
}

/* Encodes the inputs by the model's task and hands the answer of each to `take`, which finds the
 * examples in *e. */
static bert_status inputs_answer(bert_session *s, const bert_input *inputs, size_t count,
                                 examples *e, const answer_taker *taker)
{
    input_rows rows = { 0 };
    bert_status status = input_rows_fill(inputs, count, s->inputs, &rows);
    for (size_t i = 0; i < count && status == BERT_OK; i++)
        status = texts_check(s->model, &rows.rows[i]);
    examples given = { .task = s->model->task,
                       .options = &s->options,
                       .config = &s->model->weights.config,
                       .tokenizer = s->model->tokenizer.tokenizer,
                       .max_length = s->max_length,
                       .rows = rows.rows,
                       .row_count = count };
    if (status == BERT_OK) status = examples_open(&given, NULL, NULL, e);
    if (status == BERT_OK) {
        status = examples_answer(s, e, taker);
        s->truncated += e->truncated;
        s->inputs += count;
        examples_release(e);
    }
    input_rows_release(&rows);
    return status;
}

typedef struct line_maker {
    examples e;
    bert_session *session;
    size_t first;
    char **lines; /* from `first` on */
} line_maker;

/* Asked of each row, for its own answer may be the last of a batch. */
static bert_status row_done(bert_session *s, size_t done)
{
    enum { BATCH = 64 };
    return done % BATCH == 0 || done == s->total ? between_batches(s, done) : BERT_OK;
}

static bert_status line_take(void *context, size_t row, const void *answer)
{
    line_maker *m = context;
    json_t *object = json_object();
    bert_status status = m->e.task->answers->describe(&m->e, row, answer, object);
    if (status == BERT_OK) status = json_text(object, &m->lines[row]);
    json_decref(object);
    return status == BERT_OK ? row_done(m->session, m->first + row + 1) : status;
}

static bert_status lines_run(bert_session *s, const bert_input *inputs, size_t first, size_t count,
                             const input_work *work)
{
    line_maker m = { .session = s, .first = first, .lines = (char **)work->out + first };
    bert_status status = inputs_answer(s, inputs, count, &m.e, &(answer_taker){ line_take, &m });
    for (size_t i = 0; i < count && status != BERT_OK; i++) {
        free(m.lines[i]);
        m.lines[i] = NULL;
    }
    return status;
}

bert_status bert_answers(bert_session *s, const bert_input *inputs, size_t count, char **lines)
{
    LOCALE_PLAIN;
    TRY(head_check(s->model));
    for (size_t i = 0; i < count; i++) lines[i] = NULL;
    bert_status status =
        call_run(s, &(input_work){ .run = lines_run, .inputs = inputs, .out = lines }, count);
    for (size_t i = 0; i < count && status != BERT_OK; i++) {
        free(lines[i]);
        lines[i] = NULL;
    }
    return status;
}

typedef struct logits_maker {
    examples e;
    bert_session *session;
    size_t first;
    float *logits;
} logits_maker;

static bert_status logits_take(void *context, size_t row, const void *answer)
{
    logits_maker *m = context;
    size_t outputs = m->e.config->outputs;
    memcpy(m->logits + (m->first + row) * outputs, answer, outputs * sizeof *m->logits);
    return row_done(m->session, m->first + row + 1);
}

static bert_status logits_run(bert_session *s, const bert_input *inputs, size_t first, size_t count,
                              const input_work *work)
{
    logits_maker m = { .session = s, .first = first, .logits = work->out };
    return inputs_answer(s, inputs, count, &m.e, &(answer_taker){ logits_take, &m });
}

bert_status bert_predict(bert_session *s, const bert_input *inputs, size_t count, float *logits)
{
    LOCALE_PLAIN;
    TRY(head_check(s->model));
    if (output_kind(s->model) == BERT_OUTPUT_NONE)
        return fail(BERT_UNSUPPORTED,
                    "a model for '%s' has no logits for whole texts; see "
                    "bert_answers()",
                    s->model->task->info.name);
    return call_run(s, &(input_work){ .run = logits_run, .inputs = inputs, .out = logits }, count);
}

size_t bert_scores(const bert_model *model, const float *logits, float *scores)
{
    const bert_output kind = output_kind(model);
    if (kind == BERT_OUTPUT_NONE) return 0;
    size_t outputs = model->weights.config.outputs, best = scores_best(logits, outputs);
    bool logistic = kind == BERT_OUTPUT_LABELS || answers_logistic(model);
    double sum = kind == BERT_OUTPUT_CLASSES ? scores_sum(logits, outputs, best) : 0.0;
    for (size_t i = 0; i < outputs; i++)
        scores[i] = kind == BERT_OUTPUT_CLASSES ? (float)scores_share(logits, i, best, sum)
                    : logistic                  ? (float)scores_logistic((double)logits[i])
                                                : logits[i];
    return best;
}

/* ---- embeddings */

typedef struct embed_task {
    bert_pooling pooling;
    bool own; /* as the folder says, whose mean may leave a prompt out */
    float *out;
} embed_task;

static void embed_work(const pass *p, size_t done, void *context)
{
    const embed_task *t = context;
    size_t width = p->config->hidden, sequences = p->batch->sequences;
    const float *hidden = encoder_forward(p), *pooled = hidden;
    if (t->pooling == BERT_POOLER) {
        pooler_forward(p, p->config->family->choice, hidden); /* as that of choices reads it */
        pooled = p->tape->pooled;
    } else if (t->pooling == BERT_MEAN) {
        size_t skip = t->own ? p->batch->skip : 0;
        p->on->mean_rows(p->on, sequences, width, skip, p->batch->starts, hidden, p->tape->first);
        pooled = p->tape->first;
    }
    if (t->own) {
        pooled = dense_forward(p, pooled);
        width = config_vector_width(p->config);
    }
    p->on->read(p->on, sequences * width, pooled, t->out + done * width);
}

/* Each row to length 1; a row of zeros stays. */
static void rows_normalize(size_t rows, size_t width, float *x)
{
    for (size_t row = 0; row < rows; row++) {
        float *y = x + row * width;
        double squares = 0.0;
        for (size_t i = 0; i < width; i++) squares += (double)y[i] * y[i];
        for (size_t i = 0; i < width && squares > 0.0; i++) y[i] = (float)(y[i] / sqrt(squares));
    }
}

/* The folder's way from tokens to a vector. */
static bert_status pooling_find(const config *c, bert_pooling *pooling, bool *normalize)
{
    TRY(config_check_pooling(c));
    *pooling = c->pooling == POOLING_CLS ? BERT_CLS : BERT_MEAN;
    *normalize = *normalize || c->vectors_divided;
    return BERT_OK;
}

static bert_status vectors_run(bert_session *s, const bert_input *inputs, size_t first,
                               size_t count, const input_work *work)
{
    embed_task t = *(const embed_task *)work->how;
    return batches_run(s, inputs, first, count, t.pooling != BERT_MEAN, embed_work, &t);
}

bert_status bert_embed(bert_session *s, const bert_input *inputs, size_t count,
                       bert_pooling pooling, bool normalize, float *out)
{
    LOCALE_PLAIN;
    const config *c = &s->model->weights.config;
    bool own = pooling == BERT_POOLING_OWN;
    if (own) TRY(pooling_find(c, &pooling, &normalize));
    if (pooling == BERT_POOLER && !(s->model->weights.parts & PARAMS_POOLER))
        return fail(BERT_ARGUMENT,
                    "the model has no pooler; take the [CLS] state or the mean of all tokens");
    if (pooling != BERT_POOLER && pooling != BERT_CLS && pooling != BERT_MEAN)
        return fail(BERT_ARGUMENT, "%d is no pooling", (int)pooling);
    embed_task t = { .pooling = pooling, .own = own, .out = out };
    TRY(call_run(s, &(input_work){ .run = vectors_run, .inputs = inputs, .how = &t }, count));
    size_t width = own ? config_vector_width(c) : c->hidden;
    for (size_t i = 0; normalize && i < count; i++)
        if (!s->each || s->results[i].status == BERT_OK) rows_normalize(1, width, out + i * width);
    return BERT_OK;
}

typedef struct tokens_task {
    float *out; /* NULL after work: out of memory */
} tokens_task;

static void tokens_work(const pass *p, size_t done, void *context)
{
    (void)done;
    size_t count = p->batch->tokens * p->config->hidden;
    tokens_task *t = context;
    t->out = malloc(count * sizeof *t->out);
    if (t->out) p->on->read(p->on, count, encoder_forward(p), t->out);
}

bert_status bert_embed_tokens(bert_session *s, bert_input input, bool normalize, float **out,
                              size_t *tokens)
{
    LOCALE_PLAIN;
    tokens_task t = { 0 };
    s->total = 1;
    bert_status status = batches_run(s, &input, 0, 1, false, tokens_work, &t);
    if (status == BERT_OK && !t.out)
        status =
            fail(BERT_MEMORY, "out of memory for the embedding of %zu tokens", s->batch.tokens);
    if (status != BERT_OK) {
        free(t.out);
        return status;
    }
    if (normalize) rows_normalize(s->batch.tokens, s->model->weights.config.hidden, t.out);
    *out = t.out;
    *tokens = s->batch.tokens;
    return BERT_OK;
}

const char *bert_session_prompt(const bert_session *s)
{
    return s->prompt;
}

void bert_session_truncated(const bert_session *s, size_t *truncated, size_t *inputs)
{
    *truncated = s->truncated;
    *inputs = s->inputs;
}
