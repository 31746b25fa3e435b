#include "answers.h"
#include "commands.h"
#include "report.h"

typedef struct token_teller {
    bert_tokenizer *tokenizer;
    size_t max_length;
} token_teller;

static json_t *json_from_pair(uint32_t begin, uint32_t end)
{
    return json_pack("[I,I]", (json_int_t)begin, (json_int_t)end);
}

static bert_status tokens_describe(void *context, const input_batch *batch, size_t index,
                                   answer *out)
{
    const token_teller *teller = context;
    bert_encoding *encoding = NULL;
    bert_status status = bert_tokenize(teller->tokenizer, &batch->inputs[index], 1,
                                       teller->max_length, BERT_TRUNCATE_LONGEST_FIRST, &encoding);
    if (status != BERT_OK) return status;

    json_t *ids = json_array(), *tokens = json_array(), *offsets = json_array();
    for (size_t i = 0; i < encoding->count; i++) {
        const uint32_t *place = encoding->offsets[i];
        ids = json_list_with(ids, json_integer(encoding->ids[i]));
        tokens = json_list_with(tokens, json_string(encoding->tokens[i]));
        offsets = json_list_with(offsets, json_from_pair(place[0], place[1]));
    }
    bert_free(encoding);
    answer_set(out, "ids", ids);
    answer_set(out, "tokens", tokens);
    answer_set(out, "offsets", offsets);
    return BERT_OK;
}

int command_tokenize(const settings *s)
{
    token_teller teller = { .max_length = s->session.max_length };
    if (bert_tokenizer_open(s->models[0], &teller.tokenizer) != BERT_OK)
        return complain_of_library();
    const answerer with = { .context = &teller,
                            .describe = tokens_describe,
                            .members = "ids tokens offsets" };
    answer_output out;
    int status = answer_output_open(INDEX_TOKENIZE, s, &out);
    if (status == EXIT_DONE) status = answers_run(INDEX_TOKENIZE, s, &with, &out);
    status = answer_output_close(&out, status);
    bert_tokenizer_free(teller.tokenizer);
    return status;
}
