/* train_and_predict.c: fine-tunes a model and asks it, through the installed library.
 *
 *     cc train_and_predict.c $(pkg-config --cflags --libs bert) -o train_and_predict
 *     ./train_and_predict MODEL train.tsv mine 'a fine film' */
#include <bert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failed(void)
{
    fprintf(stderr, "%s\n", bert_error());
    return 1;
}

int main(int argc, char **argv)
{
    if (argc != 5) return fprintf(stderr, "usage: %s MODEL DATA OUTPUT TEXT\n", argv[0]), 2;

    bert_train_options options = bert_train_options_default();
    options.model = argv[1];
    options.train = (const char *const *)&argv[2];
    options.train_count = 1;
    options.output = argv[3];
    options.max_length = 32;
    if (bert_train(&options) != BERT_OK) return failed();

    bert_model *model;
    bert_session *session;
    bert_session_options defaults = bert_session_options_default();
    if (bert_model_open(argv[3], &model) != BERT_OK) return failed();
    if (bert_session_new(model, &defaults, &session) != BERT_OK) return failed();

    size_t outputs = bert_model_get_info(model).outputs;
    float *logits = malloc(outputs * sizeof *logits), *scores = malloc(outputs * sizeof *scores);
    if (!logits || !scores) return fprintf(stderr, "memory is exhausted\n"), 1;
    bert_input input = { .text = { argv[4], strlen(argv[4]) } };
    if (bert_predict(session, &input, 1, logits) != BERT_OK) return failed();
    size_t label = bert_scores(model, logits, scores);
    printf("%s %.4f\n", bert_model_label(model, label), scores[label]);
    free(logits);
    free(scores);
    bert_session_free(session);
    bert_model_free(model);
}
