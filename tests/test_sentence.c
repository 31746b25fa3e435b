/* Folders for sentence-transformers, by what tools/golden/sentence.py wrote of them: their vectors
 * are those of SentenceTransformer(folder).encode(), and what is not known here is named. */
#include "base/file.h"
#include "bert.h"
#include "json/json.h"
#include "model/config.h"
#include "scratch.h"
#include "text/tokenizer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DATA "tests/data/sentence"

enum { TEXTS_MAX = 8, WIDTH_MAX = 40 };

static int setup(void **state)
{
    return json_fixture_open(state, DATA "/cases.json");
}

/* A file of a case's folder, with the folders above it. */
static void file_put(json_fixture *f, const char *folder, const char *name, slice bytes)
{
    char path[512], *above;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    above = strdup(scratch_path(&f->scratch, path));
    *strrchr(above, '/') = '\0';
    assert_done(folder_make(above));
    free(above);
    scratch_write(&f->scratch, path, bytes);
}

/* The folder of a case. */
static const char *folder_lay_out(json_fixture *f, const char *name, const char *place,
                                  const json_t *files)
{
    static const char *const model[] = { "config.json", "model.safetensors", "vocab.txt",
                                         "tokenizer_config.json" };
    char path[512];
    const char *file;
    json_t *value;
    for (size_t i = 0; i < sizeof model / sizeof *model; i++) {
        size_t count;
        snprintf(path, sizeof path, DATA "/model/%s", model[i]);
        char *bytes = file_text(path, &count);
        snprintf(path, sizeof path, "%s%s%s", place, *place ? "/" : "", model[i]);
        file_put(f, name, path, (slice){ bytes, count });
        free(bytes);
    }
    json_object_foreach((json_t *)files, file, value)
    {
        char *text = json_dumps(value, 0);
        file_put(f, name, file, slice_of(text));
        free(text);
    }
    return scratch_path(&f->scratch, name);
}

static size_t texts_of(const json_fixture *f, bert_input *out)
{
    json_t *text;
    size_t i;
    json_array_foreach(json_object_get(f->root, "texts"), i, text)
    {
        assert_true(i < TEXTS_MAX);
        out[i] = (bert_input){ .text = { json_string_value(text), json_string_length(text) } };
    }
    return i;
}

static void vectors_make(const json_fixture *f, const char *folder, const char *prompt, float *out)
{
    bert_model *m;
    bert_session *s;
    bert_input texts[TEXTS_MAX];
    bert_session_options options = bert_session_options_default();
    options.prompt = prompt;
    assert_done(bert_model_open(folder, &m));
    assert_true(bert_model_get_info(m).vector_width <= WIDTH_MAX);
    assert_done(bert_session_new(m, &options, &s));
    assert_done(bert_embed(s, texts, texts_of(f, texts), BERT_POOLING_OWN, false, out));
    bert_session_free(s);
    bert_model_free(m);
}

static void vectors_compare(const json_t *wanted, const float *have, const char *what)
{
    size_t i, k, width = json_array_size(json_array_get(wanted, 0));
    json_t *row, *number;
    json_array_foreach((json_t *)wanted, i, row) json_array_foreach(row, k, number)
    {
        double want = json_number_value(number), got = (double)have[i * width + k];
        if (!(fabs(want - got) < 1e-5))
            fail_msg("%s, text %zu, number %zu: %.9g for %.9g", what, i, k, got, want);
    }
}

static const json_t *case_at(const json_fixture *f, size_t index)
{
    return json_array_get(json_object_get(f->root, "cases"), index);
}

/* The weights of the case's Dense module. */
static void dense_put(json_fixture *f, const char *name, const json_t *dense)
{
    const char *file = json_string_value(json_object_get(dense, "file"));
    char path[256];
    size_t count;
    snprintf(path, sizeof path, DATA "/%s/%s", name, file);
    char *bytes = file_text(path, &count);
    snprintf(path, sizeof path, "2_Dense/%s", file);
    file_put(f, name, path, (slice){ bytes, count });
    free(bytes);
}

static const char *case_folder(json_fixture *f, const json_t *test)
{
    const char *name = json_string_value(json_object_get(test, "name"));
    const json_t *dense = json_object_get(test, "dense");
    if (dense) dense_put(f, name, dense);
    return folder_lay_out(f, json_string_value(json_object_get(test, "name")),
                          json_string_value(json_object_get(test, "place")),
                          json_object_get(test, "files"));
}

static void vectors_are_those_of_sentence_transformers(void **state)
{
    json_fixture *f = *state;
    const json_t *test;
    float have[TEXTS_MAX * WIDTH_MAX];
    for (size_t i = 0; (test = case_at(f, i)); i++) {
        const char *folder = case_folder(f, test);
        json_t *asked;
        size_t k;
        json_array_foreach(json_object_get(test, "asked"), k, asked)
        {
            const char *prompt = json_string_value(json_object_get(asked, "prompt"));
            char what[256];
            snprintf(what, sizeof what, "%s with %s", folder, prompt ? prompt : "its own prompt");
            vectors_make(f, folder, prompt, have);
            vectors_compare(json_object_get(asked, "vectors"), have, what);
        }
        assert_int_equal(scratch_close(&f->scratch), 0);
        assert_int_equal(scratch_open(&f->scratch), 0);
    }
}

/* A copy of the files of the first case, with one of them changed. */
static json_t *files_with(const json_fixture *f, const char *name, const char *text)
{
    json_t *files = json_copy(json_object_get(case_at(f, 0), "files"));
    json_t *value = json_loads(text, 0, NULL);
    assert_non_null(value);
    json_object_set_new(files, name, value);
    return files;
}

#define MODULE(type, path)                                                                         \
    "{\"type\":\"sentence_transformers.models." type "\",\"path\":\"" path "\"}"

/* The folder's own vectors cannot be made, and plain ones can. */
static void model_refuses(const json_fixture *f, const char *folder, const char *words)
{
    bert_model *m;
    bert_session *s;
    bert_input texts[TEXTS_MAX];
    float have[TEXTS_MAX * WIDTH_MAX];
    bert_session_options options = bert_session_options_default();
    size_t count = texts_of(f, texts);
    assert_done(bert_model_open(folder, &m));
    assert_int_equal(bert_model_get_info(m).vector_width, bert_model_get_info(m).hidden);
    assert_done(bert_session_new(m, &options, &s));
    assert_failed(bert_embed(s, texts, count, BERT_POOLING_OWN, false, have), BERT_UNSUPPORTED,
                  words);
    assert_done(bert_embed(s, texts, count, BERT_MEAN, false, have));
    bert_session_free(s);
    bert_model_free(m);
}

static void what_is_not_known_is_named_where_vectors_are_asked_for(void **state)
{
    static const struct {
        const char *name, *text, *words;
    } cases[] = {
        { "modules.json",
          "[" MODULE("Transformer", "") "," MODULE("Pooling", "1_Pooling") "," MODULE(
              "LayerNorm", "2_LayerNorm") "]",
          "modules.json lists 'sentence_transformers.models.LayerNorm', a module that is not "
          "known" },
        { "modules.json",
          "[" MODULE("Transformer", "") "," MODULE("Pooling", "1_Pooling") "," MODULE(
              "Normalize", "3_Normalize") "," MODULE("Dense", "2_Dense") "]",
          "has 'sentence_transformers.models.Dense' at a place where it is not known" },
        { "modules.json", "[" MODULE("Transformer", "") "," MODULE("Dense", "2_Dense") "]",
          "has 'sentence_transformers.models.Dense' at a place where it is not known" },
        { "modules.json",
          "[" MODULE("Transformer", "") "," MODULE("Pooling", "1_Pooling") "," MODULE(
              "Dense", "2_Dense") "," MODULE("Dense", "3_Dense") "]",
          "has 'sentence_transformers.models.Dense' at a place where it is not known" },
        { "modules.json",
          "[{\"type\":\"custom.Transformer\",\"path\":\"\"}," MODULE("Pooling", "1_Pooling") "]",
          "'custom.Transformer', a module that is not known" },
        { "modules.json", "[" MODULE("Transformer", "") "]", "lists no Pooling" },
        { "modules.json",
          "[" MODULE("Transformer",
                     "") "," MODULE("Pooling", "1_Pooling") "," MODULE("Pooling", "1_Pooling") "]",
          "at a place where it is not known" },
        { "modules.json",
          "[" MODULE("Transformer", "") "," MODULE("Normalize", "") "," MODULE("Pooling",
                                                                               "1_Pooling") "]",
          "at a place where it is not known" },
        { "modules.json", "[" MODULE("Transformer", "") "," MODULE("Pooling", "9_Pooling") "]",
          "9_Pooling/config.json, and it is not there" },
        { "1_Pooling/config.json", "{\"pooling_mode\":\"lasttoken\"}", "pools by 'lasttoken'" },
        { "1_Pooling/config.json", "{\"pooling_mode\":[\"mean\",\"max\"]}", "pools by 'mean+max'" },
        { "1_Pooling/config.json", "{\"pooling_mode_mean_sqrt_len_tokens\":true}",
          "pools by 'mean_sqrt_len_tokens'" },
        { "1_Pooling/config.json", "{\"pooling_mode\":\"cls\",\"include_prompt\":false}",
          "\"include_prompt\": false" },
        { "sentence_bert_config.json", "{\"transformer_task\":\"fill-mask\"}",
          "\"transformer_task\": 'fill-mask'" },
        { "sentence_bert_config.json", "{\"tokenizer_args\":{\"truncation_side\":\"left\"}}",
          "sets 'truncation_side' in \"tokenizer_args\"" },
        { "config_sentence_transformers.json", "{\"truncate_dim\":8}", "\"truncate_dim\": 8" },
        { "config_sentence_transformers.json", "{\"model_type\":\"SparseEncoder\"}",
          "\"model_type\": 'SparseEncoder'" },
    };
    json_fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *files = files_with(f, cases[i].name, cases[i].text);
        model_refuses(f, folder_lay_out(f, "m", "", files), cases[i].words);
        json_decref(files);
    }
}

static const json_t *case_named(const json_fixture *f, const char *name)
{
    const json_t *test;
    size_t i = 0;
    while ((test = case_at(f, i)) &&
           strcmp(json_string_value(json_object_get(test, "name")), name) != 0)
        i++;
    assert_non_null(test);
    return test;
}

static void a_dense_module_that_is_not_known_is_named(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        { "{\"in_features\":21}", "in_features 21, where a text's vector has 20 numbers" },
        { "{\"out_features\":13}", "'linear.weight' has another shape than config.json beside" },
        { "{\"activation_function\":\"torch.nn.modules.activation.Sigmoid\"}",
          "the activation 'torch.nn.modules.activation.Sigmoid'" },
        { "{\"activation_function\":\"mine.Tanh\"}", "the activation 'mine.Tanh'" },
        { "{\"module_input_name\":\"token_embeddings\"}",
          "makes 'sentence_embedding' of 'token_embeddings'" },
        { "{\"module_output_name\":\"scores\"}", "makes 'scores' of 'sentence_embedding'" },
    };
    json_fixture *f = *state;
    const json_t *test = case_named(f, "dense_tanh");
    const char *folder = case_folder(f, test);
    const json_t *module = json_object_get(json_object_get(test, "files"), "2_Dense/config.json");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *changed = json_copy((json_t *)module), *more = json_loads(cases[i].text, 0, NULL);
        json_object_update(changed, more);
        char *text = json_dumps(changed, 0);
        file_put(f, "dense_tanh", "2_Dense/config.json", slice_of(text));
        model_refuses(f, folder, cases[i].words);
        free(text);
        json_decref(more);
        json_decref(changed);
    }
    file_put(f, "dense_tanh", "2_Dense/config.json", slice_of("{\"in_features\":20}"));
    model_refuses(f, folder, "has no out_features");
    file_put(f, "dense_tanh", "2_Dense/config.json",
             slice_of("{\"in_features\":20,\"out_features\":12}"));
    assert_int_equal(remove(scratch_path(&f->scratch, "dense_tanh/2_Dense/pytorch_model.bin")), 0);
    model_refuses(f, folder, "2_Dense");
}

static void files_that_contradict_themselves_are_refused(void **state)
{
    static const struct {
        const char *name, *text, *words;
        bert_status status;
    } cases[] = {
        { "config_sentence_transformers.json",
          "{\"prompts\":{\"a\":\"b: \"},\"default_prompt_name\":\"c\"}",
          "default_prompt_name 'c' is none of its prompts (a)", BERT_FORMAT },
        { "config_sentence_transformers.json", "{\"prompts\":[\"a\"]}",
          "\"prompts\" must be an object", BERT_FORMAT },
        { "config_sentence_transformers.json", "{\"prompts\":{\"a\":1}}",
          "the prompt \"a\" is no text", BERT_FORMAT },
        { "modules.json", "[" MODULE("Transformer", "0_Transformer") "]",
          "the model's folder '0_Transformer' is not there", BERT_IO },
        { "modules.json", "[" MODULE("Transformer", "../m") "]",
          "the path '../m' of a module is not the name of a folder beside it", BERT_UNSUPPORTED },
    };
    json_fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *files = files_with(f, cases[i].name, cases[i].text);
        bert_model *m;
        assert_failed(bert_model_open(folder_lay_out(f, "m", "", files), &m), cases[i].status,
                      cases[i].words);
        json_decref(files);
    }
}

static void a_word_that_names_no_prompt_is_refused(void **state)
{
    json_fixture *f = *state;
    const char *folder = case_folder(f, case_at(f, 0));
    bert_model *m;
    bert_session *s;
    bert_session_options options = bert_session_options_default();
    assert_done(bert_model_open(folder, &m));
    assert_string_equal(bert_model_get_info(m).prompt, "The passage of Dull films: ");
    options.prompt = "qeury";
    assert_failed(bert_session_new(m, &options, &s), BERT_ARGUMENT,
                  "prompt 'qeury' is none of the model's prompts (query, passage)");
    options.prompt = "query";
    assert_done(bert_session_new(m, &options, &s));
    assert_string_equal(bert_session_prompt(s), "query: ");
    bert_session_free(s);
    bert_model_free(m);
}

/* What is trained from such a folder has no other file that would say it. */
static void a_tokenizer_keeps_do_lower_case_when_it_is_copied(void **state)
{
    json_fixture *f = *state;
    const char *from = case_folder(f, case_at(f, 3));
    const char *to = scratch_path(&f->scratch, "copy");
    static const char *const texts[] = { "The FILM CAFÉ", "É É" };
    folder_handle folder;
    assert_done(folder_make(to));
    assert_done(folder_hold(to, &folder));
    assert_done(tokenizer_copy_files(from, &folder, false));
    folder_release(&folder);
    tokenizer *a, *b;
    tokenizer_encoding x = { 0 }, y = { 0 };
    assert_done(tokenizer_open(from, &a));
    assert_done(tokenizer_open(to, &b));
    for (size_t i = 0; i < 2; i++) {
        const slice text = slice_of(texts[i]), none = { NULL, 0 };
        assert_done(tokenizer_encode(a, text, none, 20, TRUNCATE_LONGEST_FIRST, &x));
        assert_done(tokenizer_encode(b, text, none, 20, TRUNCATE_LONGEST_FIRST, &y));
        assert_int_equal(x.count, y.count);
        assert_memory_equal(x.ids, y.ids, x.count * sizeof *x.ids);
    }
    tokenizer_encoding_release(&x);
    tokenizer_encoding_release(&y);
    tokenizer_free(a);
    tokenizer_free(b);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, json_fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(vectors_are_those_of_sentence_transformers),
        CASE(what_is_not_known_is_named_where_vectors_are_asked_for),
        CASE(a_dense_module_that_is_not_known_is_named),
        CASE(files_that_contradict_themselves_are_refused),
        CASE(a_word_that_names_no_prompt_is_refused),
        CASE(a_tokenizer_keeps_do_lower_case_when_it_is_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
