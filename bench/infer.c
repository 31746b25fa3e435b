/* infer.c: seconds of calls of the library, without those that a process takes to start.
 *
 *     infer predict MODEL FILE COUNT ROUNDS THREADS     bert_predict() of COUNT lines a round
 *     infer tokenize MODEL FILE ROUNDS                  bert_tokenize() of every line, one thread
 *
 * FILE has a text a line. A round of predict takes the next COUNT lines, the first again after the
 * last. Prints one JSON object: for each round, after one that is not told, its seconds, its tokens
 * (special ones included) and token_pairs (the squares of the texts' lengths). */
#include "bert.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void need(bool good, const char *reason)
{
    if (good) return;
    fprintf(stderr, "infer: %s\n", reason);
    exit(1);
}

static void need_done(bert_status status)
{
    need(status == BERT_OK, bert_error());
}

typedef struct texts {
    size_t count;
    bert_input *inputs; /* [count], each text a block of its own */
} texts;

static void texts_release(texts *t)
{
    for (size_t i = 0; i < t->count; i++) free((char *)t->inputs[i].text.bytes);
    free(t->inputs);
}

static texts texts_read(const char *path)
{
    texts t = { 0 };
    FILE *stream = fopen(path, "re");
    need(stream, "the file of texts cannot be read");
    char *line = NULL;
    size_t capacity = 0;
    for (ssize_t bytes; (bytes = getline(&line, &capacity, stream)) > 0; capacity = 0) {
        if (line[bytes - 1] == '\n') bytes--;
        if (t.count % 1024 == 0) t.inputs = realloc(t.inputs, (t.count + 1024) * sizeof *t.inputs);
        need(t.inputs, "out of memory");
        t.inputs[t.count++] = (bert_input){ .text = { .bytes = line, .count = (size_t)bytes } };
        line = NULL;
    }
    free(line);
    fclose(stream);
    need(t.count, "the file of texts is empty");
    return t;
}

typedef struct round_figures {
    double seconds;
    size_t tokens, token_pairs;
} round_figures;

/* Tokens of `count` inputs, and the squares of their lengths. */
static void tokens_count(const bert_tokenizer *t, const bert_input *inputs, size_t count,
                         round_figures *f)
{
    for (size_t i = 0; i < count; i++) {
        bert_encoding *e;
        need_done(bert_tokenize(t, &inputs[i], 1, 512, BERT_TRUNCATE_LONGEST_FIRST, &e));
        f->tokens += e->count;
        f->token_pairs += e->count * e->count;
        bert_free(e);
    }
}

static round_figures predict_round(bert_session *session, const bert_tokenizer *tokenizer,
                                   const bert_input *inputs, size_t count, float *logits)
{
    round_figures f = { 0 };
    tokens_count(tokenizer, inputs, count, &f);
    double begin = clock_seconds();
    need_done(bert_predict(session, inputs, count, logits));
    f.seconds = clock_seconds() - begin;
    return f;
}

static void predict(char **words, round_figures *figures, size_t rounds)
{
    texts t = texts_read(words[1]);
    size_t count = strtoul(words[2], NULL, 10);
    bert_model *model;
    bert_session *session;
    bert_session_options options = bert_session_options_default();
    options.threads = strtoul(words[4], NULL, 10);
    need_done(bert_model_open(words[0], &model));
    need_done(bert_session_new(model, &options, &session));
    size_t labels = bert_model_get_info(model).labels;
    float *logits = calloc(count * (labels ? labels : 1), sizeof *logits);
    bert_input *inputs = calloc(count, sizeof *inputs);
    need(logits && inputs && count, "out of memory, or a COUNT of 0");
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < count; i++) inputs[i] = t.inputs[(round * count + i) % t.count];
        figures[round] = predict_round(session, bert_model_tokenizer(model), inputs, count, logits);
    }
    free(logits);
    free(inputs);
    bert_session_free(session);
    bert_model_free(model);
    texts_release(&t);
}

static void tokenize(char **words, round_figures *figures, size_t rounds)
{
    texts t = texts_read(words[1]);
    bert_tokenizer *tokenizer;
    need_done(bert_tokenizer_open(words[0], &tokenizer));
    for (size_t round = 0; round < rounds; round++) {
        double begin = clock_seconds();
        tokens_count(tokenizer, t.inputs, t.count, &figures[round]);
        figures[round].seconds = clock_seconds() - begin;
    }
    bert_tokenizer_free(tokenizer);
    texts_release(&t);
}

static void figures_print(const round_figures *figures, size_t rounds)
{
    printf("{\"rounds\":[");
    for (size_t i = 1; i < rounds; i++)
        printf("%s{\"seconds\":%.7f,\"tokens\":%zu,\"token_pairs\":%zu}", i > 1 ? "," : "",
               figures[i].seconds, figures[i].tokens, figures[i].token_pairs);
    printf("]}\n");
}

int main(int argc, char **argv)
{
    bool predicts = argc == 7 && strcmp(argv[1], "predict") == 0;
    bool tokenizes = argc == 5 && strcmp(argv[1], "tokenize") == 0;
    need(predicts || tokenizes, "see the head of bench/infer.c for the words it takes");
    size_t rounds = 1 + strtoul(argv[predicts ? 5 : 4], NULL, 10);
    round_figures *figures = calloc(rounds, sizeof *figures);
    need(figures, "out of memory");
    (predicts ? predict : tokenize)(argv + 2, figures, rounds);
    figures_print(figures, rounds);
    free(figures);
    return 0;
}
