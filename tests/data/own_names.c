/* own_names.c: a program that has functions of the names that the library's own have, inside it,
 * and is linked with libbert.a: those of the program are called by the program, those of the
 * library by the library. */
#include <bert.h>
#include <stdio.h>
#include <string.h>

static int called;

#define OWN(name)                                                                                  \
    int name(int a);                                                                               \
    int name(int a)                                                                                \
    {                                                                                              \
        called++;                                                                                  \
        return a + 1;                                                                              \
    }
OWN(train)
OWN(fail)
OWN(normalize)
OWN(observe)
OWN(path_join)
OWN(evaluate)
OWN(table_open)
OWN(json_text)

int main(int argc, char **argv)
{
    bert_model *model;
    bert_session *session;
    char *line;
    if (argc != 2) return 2;
    if (bert_model_open("there is no such folder", &model) != BERT_IO) return 3;
    if (!strstr(bert_error(), "there is no such folder")) return 4;
    if (bert_model_open(argv[1], &model) != BERT_OK) return puts(bert_error()), 5;
    bert_session_options options = bert_session_options_default();
    bert_input input = { .text = { "a fine film", 11 } };
    if (bert_session_new(model, &options, &session) != BERT_OK) return puts(bert_error()), 6;
    if (bert_answers(session, &input, 1, &line) != BERT_OK) return puts(bert_error()), 7;
    if (called != 0) return printf("the library called %d functions of the program\n", called), 8;
    int sum = train(0) + fail(0) + normalize(0) + observe(0) + path_join(0) + evaluate(0) +
              table_open(0) + json_text(0);
    puts(line);
    printf("own %d %d\n", sum, called);
    bert_free(line);
    bert_session_free(session);
    bert_model_free(model);
    return 0;
}
