#include "columns.h"
#include "commands.h"
#include "json_lines.h"
#include "report.h"

#include <jansson.h>
#include <stdio.h>

/* What an old file held besides: seldom more than a head of no use here, but never silent. */
static void left_out_print(const json_t *names)
{
    enum { SHOWN = 5 };
    size_t count = json_array_size(names);
    if (!count) return;
    fprintf(stderr, "left out, being no weights of a BERT: ");
    for (size_t i = 0; i < count && i < SHOWN; i++) {
        fputs(i ? ", " : "", stderr);
        column_print(stderr, json_string_value(json_array_get(names, i)));
    }
    fprintf(stderr, count > SHOWN ? " and %zu more\n" : "\n", count - SHOWN);
}

static void result_print(const settings *s, const json_t *result)
{
    const char *prefix = json_string_value(json_object_get(result, "prefix"));
    if (*prefix) fprintf(stderr, "all names began with '%s', which is taken away\n", prefix);
    left_out_print(json_object_get(result, "left_out"));
    if (s->quiet) return;
    printf("saved as %s: %s, %lld tensors, %lld parameters as %s\n",
           json_string_value(json_object_get(result, "output")),
           json_string_value(json_object_get(result, "architecture")),
           json_integer_value(json_object_get(result, "tensors")),
           json_integer_value(json_object_get(result, "parameters")),
           json_string_value(json_object_get(result, "dtype")));
}

int command_convert(const settings *s)
{
    bert_convert_options options = s->convert;
    options.model = s->models[0];
    options.output = s->operands[1];
    options.overwrite = s->train.overwrite;

    char *text = NULL;
    if (bert_convert(&options, &text) != BERT_OK) return complain_of_library();
    json_t *result = s->json ? NULL : json_from_answer(text);
    if (result)
        result_print(s, result);
    else
        json_text_print(text, stdout);
    json_decref(result);
    bert_free(text);
    return EXIT_DONE;
}
