/* config.c: config.json ==== 1_Pooling/config.json ==== modules.json ====
 * sentence_bert_config.json ==== config_sentence_transformers.json */
#include "model/config.h"
#include "fuzz.h"

#include <math.h>

static bool rate_good(double rate)
{
    return rate >= 0.0 && rate < 1.0 && (float)rate < 1.0f;
}

static void config_hold(const config *c)
{
    CHECK(c->hidden >= 1 && c->attention_heads >= 1 && c->hidden % c->attention_heads == 0);
    CHECK(c->layers >= 1 && c->layers <= 1024);
    CHECK(c->vocabulary >= 1 && c->intermediate >= 1 && c->positions >= 3 && c->types >= 1);
    CHECK(c->pad >= -1);
    CHECK(rate_good(c->hidden_dropout) && rate_good(c->attention_dropout));
    CHECK(rate_good(c->classifier_dropout));
    CHECK(c->norm_epsilon >= 0.0 && c->norm_epsilon <= 1.0);
    CHECK(c->labels >= 1);
    for (size_t i = 0; i < c->labels; i++) CHECK(c->label_names[i] != NULL);
    for (size_t i = 0; c->thresholds && i < c->labels; i++) CHECK(isfinite(c->thresholds[i]));
    CHECK(c->outputs == c->labels);
    CHECK(strlen(config_activation_name(c->activation)) > 1);
    CHECK(config_check_pairs(c) == (c->types >= 2 ? BERT_OK : BERT_ARGUMENT));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = { "m/config.json", "m/1_Pooling/config.json",
                                         "m/modules.json", "m/sentence_bert_config.json",
                                         "m/config_sentence_transformers.json" };
    slice parts[5], input = { (const char *)data, size };
    size_t count = fuzz_parts(input, parts, 5);
    fuzz_files_clear();
    for (size_t i = 0; i < count; i++) fuzz_file(names[i], parts[i]);

    config c;
    bert_status status = config_read("m", &c);
    if (status != BERT_OK) {
        fuzz_refused(status, "m/");
        return 0;
    }
    config_hold(&c);
    CHECK((count > 1) == (c.pooling != POOLING_NONE));
    CHECK(c.vector_tokens == 0 || (c.vector_tokens >= 3 && c.vector_tokens <= c.positions));
    CHECK(!c.vectors_divided || count > 2);
    const char *prompt;
    CHECK(config_find_prompt(&c, NULL, &prompt) == BERT_OK && prompt);
    bert_status tied = config_check_tied(&c), pooling = config_set_pooling(&c, NULL);
    CHECK(tied == BERT_OK || tied == BERT_UNSUPPORTED);
    CHECK(pooling == (c.vectors_unknown ? BERT_UNSUPPORTED : BERT_OK));
    CHECK(config_set_prompt(&c, "query: ") == BERT_OK);
    CHECK(config_find_prompt(&c, NULL, &prompt) == BERT_OK);
    static const char *const labels[] = { "no", "yes", "perhaps" };
    CHECK(config_set_labels(&c, labels, 3) == BERT_OK);
    CHECK(c.labels == 3 && !c.thresholds && strcmp(c.label_names[2], "perhaps") == 0);
    config_release(&c);
    return 0;
}
