#include "text/post_processor.h"

#include "text/pipeline.h"
#include "text/word_model.h"

#include <string.h>

/* A member that is a pair of text and id. */
static bert_status token_read(const json_t *object, const char *type, const char *key, int32_t *id)
{
    return word_model_id(json_array_get(json_object_get(object, key), 1), type, key, id);
}

static bert_status frame_begin(post_processor *p, const char *type)
{
    if (p->framed)
        return fail(BERT_UNSUPPORTED, "%s: a step before it has made the special tokens", type);
    p->framed = true;
    return BERT_OK;
}

static bert_status trim_read(const json_t *object, const char *type, post_processor *p)
{
    bool trims = true, keeps = true;
    TRY(json_get_bool(object, type, "trim_offsets", &trims));
    TRY(json_get_bool(object, type, "add_prefix_space", &keeps));
    if (!trims) return BERT_OK;
    if (p->trims) return fail(BERT_UNSUPPORTED, "%s: offsets are trimmed twice", type);
    p->trims = true;
    p->keeps_prefix = keeps;
    return BERT_OK;
}

static bert_status read_bert(const json_t *object, const char *type, post_processor *p)
{
    int32_t cls, sep;
    TRY(frame_begin(p, type));
    TRY(token_read(object, type, "cls", &cls));
    TRY(token_read(object, type, "sep", &sep));
    frames_bert(cls, sep, &p->single, &p->pair);
    return BERT_OK;
}

static bert_status read_roberta(const json_t *object, const char *type, post_processor *p)
{
    int32_t cls, sep;
    TRY(frame_begin(p, type));
    TRY(token_read(object, type, "cls", &cls));
    TRY(token_read(object, type, "sep", &sep));
    frames_roberta(cls, sep, &p->single, &p->pair);
    p->untyped = true;
    return trim_read(object, type, p);
}

static bert_status read_byte_level(const json_t *object, const char *type, post_processor *p)
{
    return trim_read(object, type, p);
}

/* ---- templates: lists of { "SpecialToken" or "Sequence": { "id", "type_id" } } */

static bert_status run_add(frame_run *run, const json_t *token, const char *name)
{
    const json_t *ids = json_object_get(token, "ids");
    if (!json_is_array(ids))
        return fail(BERT_FORMAT, "the token \"%s\" is not among the \"special_tokens\"", name);
    for (size_t i = 0; i < json_array_size(ids); i++) {
        if (run->count == FRAME_RUN_MAX)
            return fail(BERT_UNSUPPORTED, "more than %d special tokens stand side by side",
                        FRAME_RUN_MAX);
        TRY(word_model_id(json_array_get(ids, i), "its token", name, &run->ids[run->count]));
        run->count++;
    }
    return BERT_OK;
}

/* Goes through a template. */
typedef struct template_state {
    const json_t *tokens; /* "special_tokens" */
    frame *frame;
    size_t texts, second_type; /* how many texts have been put, and the type of the second */
} template_state;

static bert_status piece_read(template_state *s, const json_t *piece)
{
    static const char *const names[] = { "A", "B" };
    const json_t *token = json_object_get(piece, "SpecialToken");
    const json_t *body = token ? token : json_object_get(piece, "Sequence");
    const char *name = json_string_value(json_object_get(body, "id"));
    size_t type = 0, texts = s->frame->pair ? 2 : 1;
    if (!name) return fail(BERT_FORMAT, "a piece of it has no \"id\"");
    TRY(json_get_size(body, "a piece", "type_id", 0, UINT32_MAX, &type));
    if (!token) {
        if (s->texts == texts || strcmp(name, names[s->texts]) != 0)
            return fail(BERT_UNSUPPORTED, "it does not have each text once, in their order");
        if (++s->texts == 2) s->second_type = type;
    }
    if (type > 1 || type != (s->texts == 2 ? s->second_type : 0))
        return fail(BERT_UNSUPPORTED, "its types are neither all 0 nor 1 from the second text on");
    if (!token) return BERT_OK;

    frame *f = s->frame;
    frame_run *run = s->texts == 0 ? &f->before : s->texts == texts ? &f->after : &f->between;
    return run_add(run, json_object_get(s->tokens, name), name);
}

static bert_status template_read(const json_t *object, const char *key, frame *f,
                                 size_t *second_type)
{
    const json_t *pieces = json_object_get(object, key);
    template_state s = { .tokens = json_object_get(object, "special_tokens"), .frame = f };
    for (size_t i = 0; i < json_array_size(pieces); i++)
        TRY(piece_read(&s, json_array_get(pieces, i)));
    if (s.texts != (f->pair ? 2u : 1u))
        return fail(BERT_UNSUPPORTED, "it does not have each text once, in their order");
    *second_type = s.second_type;
    return BERT_OK;
}

static bert_status read_template(const json_t *object, const char *type, post_processor *p)
{
    size_t second_type = 0;
    TRY(frame_begin(p, type));
    TRY(fail_in(template_read(object, "single", &p->single, &second_type),
                "%s: the template \"single\"", type));
    TRY(fail_in(template_read(object, "pair", &p->pair, &second_type), "%s: the template \"pair\"",
                type));
    p->untyped = second_type == 0;
    return BERT_OK;
}

static bert_status step_read(const json_t *object, const char *type, void *into)
{
    static const struct {
        const char *type;
        bert_status (*read)(const json_t *object, const char *type, post_processor *p);
    } kinds[] = {
        { "BertProcessing", read_bert },
        { "ByteLevel", read_byte_level },
        { "RobertaProcessing", read_roberta },
        { "TemplateProcessing", read_template },
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].type, type) == 0) return kinds[i].read(object, type, into);
    return pipeline_unknown(type);
}

bert_status post_processor_read(const json_t *root, const char *path, post_processor *out)
{
    static const pipeline_part part = { .key = "post_processor",
                                        .list = "processors",
                                        .unnamed = "TemplateProcessing",
                                        .read = step_read };
    out->pair.pair = true;
    TRY(pipeline_read(&part, root, path, out));
    /* An empty text must make a sequence, too. */
    if (frame_count(&out->single) && frame_count(&out->pair)) return BERT_OK;
    return fail(
        BERT_UNSUPPORTED,
        "%s: the post_processor puts no special tokens around texts, which a model's answers "
        "are read from",
        path);
}
