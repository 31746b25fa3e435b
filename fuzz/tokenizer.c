/* tokenizer.c: any bytes as a text, or a pair of texts, by the tokenizers of the tests.
 *
 * Before the text: a byte for the tokenizer and the way of truncating, one for the length. The text
 * ends at a line "====", where the pair begins. */
#include "fuzz.h"

static tokenizer *opened(const char *name)
{
    static const char *const files[] = { "tokenizer.json", "vocab.txt", "tokenizer_config.json",
                                         "special_tokens_map.json", "added_tokens.json" };
    static const struct {
        const char *tokenizer;
        unsigned files; /* bits */
    } of[] = { { "uncased", 1 }, { "cased", 6 }, { "accents", 6 }, { "added", 29 } };
    fuzz_files_clear();
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        if (strcmp(of[i].tokenizer, name) != 0) continue;
        for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
            char real[128] = "tests/data/tokenizer/", path[64] = "m/";
            if (!(of[i].files & 1u << k)) continue;
            strcat(strcat(strcat(real, name), "/"), files[k]);
            fuzz_file_real(strcat(path, files[k]), real);
        }
    }
    tokenizer *t = NULL;
    CHECK(tokenizer_open("m", &t) == BERT_OK);
    return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static tokenizer *all[4];
    static tokenizer_encoding encoding;
    static const char *const names[] = { "uncased", "cased", "accents", "added" };
    slice input = { (const char *)data, size }, parts[2] = { { NULL, 0 }, { NULL, 0 } };
    uint8_t which = fuzz_byte(&input), length = fuzz_byte(&input);
    for (size_t i = 0; i < 4; i++)
        if (!all[i]) all[i] = opened(names[i]);
    fuzz_parts(input, parts, 2);
    fuzz_encode(all[which % 4], parts[0], parts[1], length < 128 ? length : SIZE_MAX,
                (truncation)(which / 4 % 3), &encoding);
    return 0;
}
