/* sentencepiece.c: a SentencePiece model file, read by the class that the first byte says:
 * 'a'lbert, 'c'amembert, 'd'eberta-v2, or xlm-roberta; a capital letter sets the class's own
 * options the other way. What opens must encode. */
#include "fuzz.h"

#include <ctype.h>

static slice config_of(uint8_t letter)
{
    switch (tolower(letter)) {
    case 'a':
        return slice_of("{\"model_type\":\"albert\"}");
    case 'c':
        return slice_of("{\"model_type\":\"camembert\"}");
    case 'd':
        return slice_of("{\"model_type\":\"deberta-v2\"}");
    default:
        return slice_of("{\"model_type\":\"xlm-roberta\"}");
    }
}

static void encode(const tokenizer *t, slice text)
{
    slice none = { NULL, 0 };
    tokenizer_encoding encoding = { 0 };
    fuzz_encode(t, text, none, SIZE_MAX, TRUNCATE_LONGEST_FIRST, &encoding);
    fuzz_encode(t, text, slice_of("b  <mask>a"), 9, TRUNCATE_LONGEST_FIRST, &encoding);
    tokenizer_encoding_release(&encoding);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    slice input = { (const char *)data, size };
    uint8_t letter = fuzz_byte(&input);
    fuzz_files_clear();
    fuzz_file("m/config.json", config_of(letter));
    if (isupper(letter))
        fuzz_file(
            "m/tokenizer_config.json",
            slice_of("{\"do_lower_case\":true,\"keep_accents\":true,\"split_by_punct\":true}"));
    fuzz_file("m/spiece.model", input);
    fuzz_file("m/sentencepiece.bpe.model", input);
    fuzz_file("m/spm.model", input);

    tokenizer *t = NULL;
    bert_status status = tokenizer_open("m", &t);
    if (status != BERT_OK) {
        fuzz_refused(status, "m");
        return 0;
    }
    encode(t,
           slice_of(
               " a\xCC\x81\t(a)\x01 ~  ab, 7, \xEF\xAC\x81 \xE2\x84\xA2\xC2\xAD\xE4\xB8\xAD\r\n "));
    if (input.count < 4096) encode(t, input);
    tokenizer_free(t);
    return 0;
}
