#include "text/normalizer.h"

#include <string.h>

static const struct {
    const char *type;
    const normalizer_kind *kind;
} kinds[] = {
#define NORMALIZER(type, kind) { #type, &kind },
#include "text/normalizers.def"
#undef NORMALIZER
};

void normalizer_release(normalizer *n)
{
    for (size_t i = 0; i < n->count; i++)
        step_options_release(&n->steps[i].kind->options, n->steps[i].options);
    *n = (normalizer){ 0 };
}

bert_status normalizer_push(normalizer *n, const normalizer_kind *kind, void *options)
{
    normalizer_step step = { kind, options };
    if (n->count < NORMALIZER_STEPS_MAX) {
        n->steps[n->count++] = step;
        return BERT_OK;
    }
    step_options_release(&kind->options, options);
    return fail(BERT_UNSUPPORTED, "there are more than %d steps", NORMALIZER_STEPS_MAX);
}

static bert_status step_read(const json_t *object, const char *type, void *into)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].type, type) != 0) continue;
        void *options;
        TRY(step_options_read(&kinds[i].kind->options, object, type, &options));
        return normalizer_push(into, kinds[i].kind, options);
    }
    return pipeline_unknown(type);
}

bert_status normalizer_read(const json_t *root, const char *path, normalizer *out)
{
    static const pipeline_part part = {
        .key = "normalizer", .list = "normalizers", .unnamed = "BertNormalizer", .read = step_read
    };
    return pipeline_read(&part, root, path, out);
}

bert_status normalize(const normalizer *n, slice original, uint32_t shift, normalized room[2],
                      normalized *out)
{
    size_t written = 0;
    *out = normalized_view(original, shift);
    for (size_t i = 0; i < n->count; i++) {
        normalized *to = &room[written % 2];
        to->bytes = NULL;
        TRY(n->steps[i].kind->apply(n->steps[i].options, out, to));
        if (!to->bytes) continue; /* nothing to change */
        *out = *to;
        written++;
    }
    return BERT_OK;
}
