/* hdf5_object.c: object headers: is it a group or a dataset, and where are its parts? */
#include "base/memory.h"
#include "tensors/hdf5.h"

#include <string.h>

enum message_type {
    MESSAGE_DATASPACE = 0x01,
    MESSAGE_LINK_INFO = 0x02,
    MESSAGE_DATATYPE = 0x03,
    MESSAGE_LINK = 0x06,
    MESSAGE_EXTERNAL = 0x07,
    MESSAGE_LAYOUT = 0x08,
    MESSAGE_CONTINUATION = 0x10,
    MESSAGE_SYMBOLS = 0x11
};
enum { SHARED = 0x02, CLASS_FLOAT = 1 };
enum { LAYOUT_COMPACT = 0, LAYOUT_CONTIGUOUS = 1 };

/* A header while it is read: its messages may come in any order. */
typedef struct header {
    hdf5_file *file;
    const char *name;
    hdf5_object *object;
    size_t left;          /* messages */
    size_t element_bytes; /* 0: no datatype yet */
    bool space_there, layout_there;
    slice data;    /* what the layout message says of them: */
    bool data_far; /* are they at an address? */
    uint64_t address, size;
} header;

static bert_status refused(const header *h, const char *what)
{
    return fail(BERT_UNSUPPORTED,
                "%s: '%s' %s, which Keras does not do; save the model with transformers "
                "(save_pretrained)",
                h->file->path, h->name, what);
}

static bert_status cut_off(const header *h)
{
    return fail(BERT_FORMAT, "%s: what it says of '%s' is malformed; is the file damaged?",
                h->file->path, h->name);
}

static bert_status dataspace_read(header *h, slice m)
{
    tensor_info *info = &h->object->info;
    if (m.count < 4) return cut_off(h);
    uint64_t version = hdf5_number(m, 0, 1), rank = hdf5_number(m, 1, 1);
    size_t at = version == 1 ? 8 : 4;
    if ((version != 1 && version != 2) || rank > TENSOR_DIMENSIONS_MAX || m.count < at + 8 * rank)
        return cut_off(h);
    bool none = version == 2 && hdf5_number(m, 3, 1) == 2; /* a null dataspace: no shape */
    if (none && rank) return cut_off(h);
    info->dimensions = none ? 1 : rank;
    info->shape[0] = 0;
    info->count = !none;
    for (size_t i = 0; i < rank; i++) {
        info->shape[i] = hdf5_number(m, at + 8 * i, 8);
        if (!size_multiply(info->count, info->shape[i], &info->count))
            return fail(BERT_FORMAT, "%s: '%s': the product of its shape is too big", h->file->path,
                        h->name);
    }
    h->space_there = true;
    return BERT_OK;
}

/* A float is known by where its parts are: bits in all, exponent's place and size, fraction's size,
 * bias. */
static tensor_type float_type(slice m)
{
    static const struct {
        tensor_type type;
        unsigned bytes, exponent_at, exponent, fraction, bias;
    } floats[] = { { TENSOR_F32, 4, 23, 8, 23, 127 },
                   { TENSOR_F16, 2, 10, 5, 10, 15 },
                   { TENSOR_BF16, 2, 7, 8, 7, 127 },
                   { TENSOR_F64, 8, 52, 11, 52, 1023 } };
    bool little = (hdf5_number(m, 1, 1) & 0x41) == 0;
    uint64_t bytes = hdf5_number(m, 4, 4);
    for (size_t i = 0; little && i < sizeof floats / sizeof *floats; i++)
        if (floats[i].bytes == bytes && hdf5_number(m, 8, 2) == 0 &&
            hdf5_number(m, 10, 2) == 8 * bytes && hdf5_number(m, 12, 1) == floats[i].exponent_at &&
            hdf5_number(m, 13, 1) == floats[i].exponent && hdf5_number(m, 14, 1) == 0 &&
            hdf5_number(m, 15, 1) == floats[i].fraction && hdf5_number(m, 16, 4) == floats[i].bias)
            return floats[i].type;
    return TENSOR_OTHER;
}

static bert_status datatype_read(header *h, slice m)
{
    if (m.count < 8) return cut_off(h);
    bool is_float = (hdf5_number(m, 0, 1) & 0x0F) == CLASS_FLOAT;
    if (is_float && m.count < 20) return cut_off(h);
    h->object->info.type = is_float ? float_type(m) : TENSOR_OTHER;
    h->element_bytes = hdf5_number(m, 4, 4);
    return BERT_OK;
}

static bert_status layout_read(header *h, slice m)
{
    if (m.count < 2) return cut_off(h);
    uint64_t version = hdf5_number(m, 0, 1), class = hdf5_number(m, 1, 1);
    if (version != 3 && version != 4) return refused(h, "is laid out in an old or unknown way");
    if (class == LAYOUT_COMPACT) {
        if (m.count < 4 || hdf5_number(m, 2, 2) > m.count - 4) return cut_off(h);
        h->data = (slice){ m.bytes + 4, hdf5_number(m, 2, 2) };
        h->size = h->data.count;
    } else if (class == LAYOUT_CONTIGUOUS) {
        if (m.count < 18) return cut_off(h);
        h->data_far = true;
        h->address = hdf5_number(m, 2, 8);
        h->size = hdf5_number(m, 10, 8);
    } else {
        return refused(h, "is stored in chunks (compressed?) or put together of others");
    }
    h->layout_there = true;
    return BERT_OK;
}

static bert_status symbols_read(header *h, slice m)
{
    if (m.count < 16) return cut_off(h);
    h->object->group = true;
    h->object->tree = hdf5_number(m, 0, 8);
    h->object->heap = hdf5_number(m, 8, 8);
    return BERT_OK;
}

static bert_status messages_read(header *h, uint64_t address, uint64_t count, size_t depth);

static bert_status continuation_read(header *h, slice m, size_t depth)
{
    enum { CONTINUATIONS_MAX = 64 };
    if (m.count < 16 || depth == CONTINUATIONS_MAX) return cut_off(h);
    return messages_read(h, hdf5_number(m, 0, 8), hdf5_number(m, 8, 8), depth + 1);
}

static bert_status message_read(header *h, uint64_t type, bool shared, slice m, size_t depth)
{
    bool matters = type == MESSAGE_DATASPACE || type == MESSAGE_DATATYPE || type == MESSAGE_LAYOUT;
    if (shared && matters) return refused(h, "shares its description with another");
    switch (type) {
    case MESSAGE_DATASPACE:
        return dataspace_read(h, m);
    case MESSAGE_DATATYPE:
        return datatype_read(h, m);
    case MESSAGE_LAYOUT:
        return layout_read(h, m);
    case MESSAGE_SYMBOLS:
        return symbols_read(h, m);
    case MESSAGE_CONTINUATION:
        return continuation_read(h, m, depth);
    case MESSAGE_EXTERNAL:
        return refused(h, "has its data in another file");
    case MESSAGE_LINK_INFO:
    case MESSAGE_LINK:
        return refused(h, "is a group of the newer form");
    default:
        return BERT_OK;
    }
}

static bert_status messages_read(header *h, uint64_t address, uint64_t count, size_t depth)
{
    slice block;
    if (!hdf5_at(h->file, address, count, &block)) return cut_off(h);
    while (block.count >= 8 && h->left) {
        TRY(hdf5_step(h->file));
        h->left--;
        uint64_t type = hdf5_number(block, 0, 2), bytes = hdf5_number(block, 2, 2);
        bool shared = hdf5_number(block, 4, 1) & SHARED;
        if (bytes > block.count - 8) return cut_off(h);
        TRY(message_read(h, type, shared, (slice){ block.bytes + 8, bytes }, depth));
        block = (slice){ block.bytes + 8 + bytes, block.count - 8 - bytes };
    }
    return BERT_OK;
}

/* The shape and type against the data's length, and that against the file. */
static bert_status data_locate(const header *h)
{
    tensor_info *info = &h->object->info;
    size_t bytes;
    slice data = h->data;
    if (info->type == TENSOR_OTHER) return BERT_OK;
    if (!size_multiply(info->count, h->element_bytes, &bytes))
        return fail(BERT_FORMAT, "%s: '%s': the product of its shape is too big", h->file->path,
                    h->name);
    if (bytes && h->data_far && h->address == UINT64_MAX)
        return fail(BERT_FORMAT, "%s: '%s' has a shape, but no numbers were ever written",
                    h->file->path, h->name);
    if (bytes == 0) data = (slice){ h->file->bytes.bytes, 0 };
    if (bytes && h->data_far && !hdf5_at(h->file, h->address, h->size, &data))
        return fail(BERT_FORMAT, "%s: the data of '%s' lie outside of the file; was it cut short?",
                    h->file->path, h->name);
    if (bytes && h->size != bytes)
        return fail(BERT_FORMAT, "%s: '%s': its shape does not fill the %zu bytes it has",
                    h->file->path, h->name, (size_t)h->size);
    info->data = data.bytes;
    return BERT_OK;
}

bert_status hdf5_object_read(hdf5_file *f, uint64_t address, const char *name, hdf5_object *out)
{
    *out = (hdf5_object){ .info = { .file = f->path } };
    header h = { .file = f, .name = name, .object = out };
    slice head;
    if (!hdf5_at(f, address, 16, &head)) return cut_off(&h);
    if (hdf5_number(head, 0, 1) != 1)
        return memcmp(head.bytes, "OHDR", 4) == 0 ? refused(&h, "is described in the newer form")
                                                  : cut_off(&h);
    h.left = hdf5_number(head, 2, 2);
    TRY(messages_read(&h, address + 16, hdf5_number(head, 8, 4), 0));
    out->dataset = h.space_there && h.layout_there && h.element_bytes;
    if (out->group == out->dataset && out->group) return cut_off(&h);
    return out->dataset ? data_locate(&h) : BERT_OK;
}
