/* tokenizer_files.c: the files that make a tokenizer; one that opens must encode.
 *
 *     tokenizer.json ==== tokenizer_config.json ==== special_tokens_map.json ==== added_tokens.json
 *     ==== config.json ==== merges.txt
 *
 * with 'v' for vocab.txt before the first, 'm' for vocab.json, or any other byte for
 * tokenizer.json.
 */
#include "fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {
        "m/tokenizer.json",    "m/tokenizer_config.json", "m/special_tokens_map.json",
        "m/added_tokens.json", "m/config.json",           "m/merges.txt"
    };
    slice parts[6], input = { (const char *)data, size };
    uint8_t first = fuzz_byte(&input);
    bool is_list = first == 'v';
    size_t count = fuzz_parts(input, parts, 6);
    fuzz_files_clear();
    for (size_t i = 0; i < count; i++)
        fuzz_file(i              ? names[i]
                  : is_list      ? "m/vocab.txt"
                  : first == 'm' ? "m/vocab.json"
                                 : names[0],
                  parts[i]);

    tokenizer *t = NULL;
    bert_status status = tokenizer_open("m", &t);
    if (status != BERT_OK) {
        fuzz_refused(status, "m");
        return 0;
    }
    tokenizer_encoding encoding = { 0 };
    slice text =
        slice_of("[CLS] Caf\xC3\xA9 [MASK]a  abab,  new  <x> \xE4\xB8\xAD\xE6\x96\x87\xFF");
    slice none = { NULL, 0 };
    fuzz_encode(t, text, none, SIZE_MAX, TRUNCATE_LONGEST_FIRST, &encoding);
    fuzz_encode(t, text, parts[count - 1].bytes ? parts[count - 1] : text, 24,
                TRUNCATE_LONGEST_FIRST, &encoding);
    int32_t mask = tokenizer_mask_id(t);
    CHECK(mask == -1 || (mask >= 0 && (size_t)mask < tokenizer_vocabulary_count(t)));
    size_t specials = 0;
    for (size_t i = 0; i < tokenizer_vocabulary_count(t) && i < 64; i++)
        specials += tokenizer_is_special(t, (int32_t)i);
    CHECK(specials <= 64);
    /* vocab.txt alone says nothing of these but the case, nor tokenizer.json of token types */
    CHECK(!tokenizer_truncates_left(t) || !is_list || count > 1);
    CHECK(!tokenizer_untyped(t) || count > 1);
    CHECK(!tokenizer_cased_by_vocabulary(t) || (is_list && count == 1));
    tokenizer_encoding_release(&encoding);
    tokenizer_free(t);
    return 0;
}
