#include "tensors/torch_pickle.h"

#include "base/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A type's storages, of the processor and of a GPU, and its dtype. */
#define STORED(storage, dtype, type, bytes)                                                        \
    { "torch", storage, TORCH_TYPE, type, bytes },                                                 \
        { "torch.cuda", storage, TORCH_TYPE, type, bytes },                                        \
    {                                                                                              \
        "torch", dtype, TORCH_TYPE, type, bytes                                                    \
    }

/* All that a pickle may name. */
static const torch_name names[] = {
    { "collections", "OrderedDict", TORCH_DICT, TENSOR_OTHER, 0 },
    { "torch._utils", "_rebuild_tensor_v2", TORCH_TENSOR, TENSOR_OTHER, 0 },
    { "torch._utils", "_rebuild_tensor", TORCH_TENSOR, TENSOR_OTHER, 0 },
    { "torch._utils", "_rebuild_tensor_v3", TORCH_TENSOR, TENSOR_OTHER, 0 },
    { "torch._utils", "_rebuild_parameter", TORCH_PARAMETER, TENSOR_OTHER, 0 },
    { "torch", "Size", TORCH_SIZE, TENSOR_OTHER, 0 },
    STORED("FloatStorage", "float32", TENSOR_F32, 4),
    STORED("HalfStorage", "float16", TENSOR_F16, 2),
    STORED("BFloat16Storage", "bfloat16", TENSOR_BF16, 2),
    STORED("DoubleStorage", "float64", TENSOR_F64, 8),
    STORED("LongStorage", "int64", TENSOR_OTHER, 8),
    STORED("IntStorage", "int32", TENSOR_OTHER, 4),
    STORED("ShortStorage", "int16", TENSOR_OTHER, 2),
    STORED("CharStorage", "int8", TENSOR_OTHER, 1),
    STORED("ByteStorage", "uint8", TENSOR_OTHER, 1),
    STORED("BoolStorage", "bool", TENSOR_OTHER, 1),
    STORED("ComplexFloatStorage", "complex64", TENSOR_OTHER, 8),
    STORED("ComplexDoubleStorage", "complex128", TENSOR_OTHER, 16),
    { "torch.storage", "UntypedStorage", TORCH_TYPE, TENSOR_OTHER, 1 },
    { "torch.storage", "_UntypedStorage", TORCH_TYPE, TENSOR_OTHER, 1 },
    { "torch", "uint16", TORCH_TYPE, TENSOR_OTHER, 2 },
    { "torch", "uint32", TORCH_TYPE, TENSOR_OTHER, 4 },
    { "torch", "uint64", TORCH_TYPE, TENSOR_OTHER, 8 },
    { "torch", "float8_e4m3fn", TORCH_TYPE, TENSOR_OTHER, 1 },
    { "torch", "float8_e5m2", TORCH_TYPE, TENSOR_OTHER, 1 },
    { "torch", "float8_e4m3fnuz", TORCH_TYPE, TENSOR_OTHER, 1 },
    { "torch", "float8_e5m2fnuz", TORCH_TYPE, TENSOR_OTHER, 1 },
    { "torch", "float8_e8m0fnu", TORCH_TYPE, TENSOR_OTHER, 1 },
};

typedef struct machine {
    const char *path; /* for messages */
    slice bytes;
    size_t at; /* of `bytes` */
    bool stopped;
    pickle *out;
    pickle_id *stack;
    uint32_t *marks; /* heights of the stack */
    uint32_t *memo;  /* 1 + a value; 0: none */
    size_t stack_count, stack_capacity, mark_count, mark_capacity;
    size_t memo_end, memo_capacity; /* [memo_end] */
    size_t memo_count;
} machine;

static bert_status broken(const machine *m, const char *what)
{
    return fail(BERT_FORMAT, "%s: its pickle, at byte %zu: %s; is the file damaged?", m->path,
                m->at, what);
}

/* Makes room for one more of something. */
static bert_status room_make(const machine *m, void **block, size_t *capacity, size_t count,
                             size_t size)
{
    if (count < *capacity) return BERT_OK;
    if (count >= PICKLE_MOST)
        return fail(BERT_FORMAT, "%s: its pickle holds more than %d values; that is no model",
                    m->path, PICKLE_MOST);
    return memory_grow(block, capacity, count + 1, size);
}

/* ---- the stack */

static bert_status stack_push(machine *m, pickle_id id)
{
    TRY(room_make(m, (void **)&m->stack, &m->stack_capacity, m->stack_count, sizeof *m->stack));
    m->stack[m->stack_count++] = id;
    return BERT_OK;
}

static bert_status value_push(machine *m, pickle_value value)
{
    pickle *p = m->out;
    TRY(room_make(m, (void **)&p->values, &p->value_capacity, p->value_count, sizeof *p->values));
    p->values[p->value_count] = value;
    return stack_push(m, (pickle_id)p->value_count++);
}

/* Are there `count` values above the last mark? */
static bert_status stack_needs(const machine *m, size_t count)
{
    size_t bottom = m->mark_count ? m->marks[m->mark_count - 1] : 0;
    return m->stack_count - bottom < count ? broken(m, "too few values") : BERT_OK;
}

/* The value `below` the top of the stack. */
static pickle_id stack_id(const machine *m, size_t below)
{
    return m->stack[m->stack_count - 1 - below];
}

static pickle_value *stack_value(const machine *m, size_t below)
{
    return &m->out->values[stack_id(m, below)];
}

/* ---- what values hold */

static bert_status item_add(machine *m, pickle_id holder, pickle_id value)
{
    pickle *p = m->out;
    TRY(room_make(m, (void **)&p->cells, &p->cell_capacity, p->cell_count, sizeof *p->cells));
    uint32_t cell = (uint32_t)p->cell_count++;
    p->cells[cell] = (pickle_cell){ .value = value };
    pickle_value *h = &p->values[holder];
    if (h->as.items.count++ == 0)
        h->as.items.first = cell;
    else
        p->cells[h->as.items.last].next = cell;
    h->as.items.last = cell;
    return BERT_OK;
}

/* Moves what lies on the stack from `begin` on into a holder. */
static bert_status items_take(machine *m, size_t begin, pickle_id holder)
{
    for (size_t i = begin; i < m->stack_count; i++) TRY(item_add(m, holder, m->stack[i]));
    m->stack_count = begin;
    return BERT_OK;
}

/* A new tuple, list or dict of what lies on the stack from `begin` on. */
static bert_status items_gather(machine *m, size_t begin, pickle_kind kind)
{
    if (kind == PICKLE_DICT && (m->stack_count - begin) % 2 != 0)
        return broken(m, "a dict's key has no value");
    TRY(value_push(m, (pickle_value){ .kind = kind }));
    pickle_id holder = m->stack[--m->stack_count];
    TRY(items_take(m, begin, holder));
    return stack_push(m, holder);
}

static bert_status mark_pop(machine *m, size_t *begin)
{
    if (m->mark_count == 0) return broken(m, "there is no mark");
    *begin = m->marks[--m->mark_count];
    return BERT_OK;
}

size_t pickle_items(const pickle *p, const pickle_value *holder, size_t most,
                    const pickle_value **out)
{
    if (holder->kind != PICKLE_TUPLE && holder->kind != PICKLE_LIST) return 0;
    uint32_t cell = holder->as.items.first;
    for (size_t i = 0; i < most && i < holder->as.items.count; i++, cell = p->cells[cell].next)
        out[i] = &p->values[p->cells[cell].value];
    return holder->as.items.count;
}

/* ---- what operations read behind them */

static bert_status bytes_take(machine *m, size_t count, slice *out)
{
    if (count > m->bytes.count - m->at) return broken(m, "it ends too early");
    *out = (slice){ m->bytes.bytes + m->at, count };
    m->at += count;
    return BERT_OK;
}

/* Little endian, at most 8 bytes. */
static uint64_t number_of(slice bytes)
{
    uint64_t number = 0;
    for (size_t i = bytes.count; i-- > 0;) number = number << 8 | (unsigned char)bytes.bytes[i];
    return number;
}

static int64_t number_signed(slice bytes)
{
    uint64_t number = number_of(bytes), sign = bytes.count ? 1ull << (8 * bytes.count - 1) : 0;
    return (int64_t)((number ^ sign) - sign);
}

static bert_status number_take(machine *m, size_t width, uint64_t *out)
{
    slice bytes = { 0 };
    TRY(bytes_take(m, width, &bytes));
    *out = number_of(bytes);
    return BERT_OK;
}

static bert_status line_take(machine *m, slice *out)
{
    size_t left = m->bytes.count - m->at;
    const char *from = m->bytes.bytes + m->at, *end = left ? memchr(from, '\n', left) : NULL;
    if (!end) return broken(m, "it ends too early");
    *out = (slice){ from, (size_t)(end - from) };
    m->at += out->count + 1;
    return BERT_OK;
}

/* ---- operations. `how`: the bytes of the number behind it, how many values, or which kind */

static bert_status run_protocol(machine *m, size_t how)
{
    uint64_t protocol = 0;
    TRY(number_take(m, how, &protocol));
    return protocol <= 5 ? BERT_OK : broken(m, "an unknown protocol");
}

static bert_status run_frame(machine *m, size_t how)
{
    uint64_t ignored;
    return number_take(m, how, &ignored);
}

static bert_status run_mark(machine *m, size_t how)
{
    (void)how;
    TRY(room_make(m, (void **)&m->marks, &m->mark_capacity, m->mark_count, sizeof *m->marks));
    m->marks[m->mark_count++] = (uint32_t)m->stack_count;
    return BERT_OK;
}

static bert_status run_stop(machine *m, size_t how)
{
    (void)how;
    TRY(stack_needs(m, 1));
    m->out->root = stack_id(m, 0);
    m->stopped = true;
    return BERT_OK;
}

static bert_status run_none(machine *m, size_t how)
{
    (void)how;
    return value_push(m, (pickle_value){ .kind = PICKLE_NONE });
}

static bert_status run_bool(machine *m, size_t how)
{
    return value_push(m, (pickle_value){ .kind = PICKLE_BOOL, .as.number = (int64_t)how });
}

/* Of 1 and 2 bytes without, of 4 with a sign. */
static bert_status run_int(machine *m, size_t how)
{
    slice bytes = { 0 };
    TRY(bytes_take(m, how, &bytes));
    int64_t number = how == 4 ? number_signed(bytes) : (int64_t)number_of(bytes);
    return value_push(m, (pickle_value){ .kind = PICKLE_INT, .as.number = number });
}

static bert_status run_long(machine *m, size_t how)
{
    uint64_t count = 0;
    slice bytes = { 0 };
    TRY(number_take(m, how, &count));
    TRY(bytes_take(m, count, &bytes));
    pickle_value value = { .kind = PICKLE_LONG, .as.text = bytes };
    if (count <= 8) value = (pickle_value){ .kind = PICKLE_INT, .as.number = number_signed(bytes) };
    return value_push(m, value);
}

/* No number that tensors need is one: not looked at. */
static bert_status run_float(machine *m, size_t how)
{
    slice ignored;
    TRY(bytes_take(m, how, &ignored));
    return value_push(m, (pickle_value){ .kind = PICKLE_FLOAT });
}

static bert_status run_text(machine *m, size_t how)
{
    uint64_t count = 0;
    pickle_value value = { .kind = PICKLE_TEXT };
    TRY(number_take(m, how, &count));
    TRY(bytes_take(m, count, &value.as.text));
    return value_push(m, value);
}

static bert_status run_empty(machine *m, size_t how)
{
    return value_push(m, (pickle_value){ .kind = (pickle_kind)how });
}

static bert_status run_gather(machine *m, size_t how)
{
    size_t begin = 0;
    TRY(mark_pop(m, &begin));
    return items_gather(m, begin, (pickle_kind)how);
}

static bert_status run_tuple(machine *m, size_t how)
{
    TRY(stack_needs(m, how));
    return items_gather(m, m->stack_count - how, PICKLE_TUPLE);
}

/* Adds what lies on the stack from `begin` on to the list or dict below it. */
static bert_status items_append(machine *m, size_t begin, pickle_kind kind)
{
    size_t count = m->stack_count - begin;
    TRY(stack_needs(m, count + 1));
    if (stack_value(m, count)->kind != kind)
        return broken(m, kind == PICKLE_LIST ? "something is added to what is no list"
                                             : "something is put into what is no dict");
    if (kind == PICKLE_DICT && count % 2 != 0) return broken(m, "a dict's key has no value");
    return items_take(m, begin, stack_id(m, count));
}

static bert_status run_append(machine *m, size_t how)
{
    TRY(stack_needs(m, how == PICKLE_LIST ? 1 : 2));
    return items_append(m, m->stack_count - (how == PICKLE_LIST ? 1 : 2), (pickle_kind)how);
}

static bert_status run_appends(machine *m, size_t how)
{
    size_t begin = 0;
    TRY(mark_pop(m, &begin));
    return items_append(m, begin, (pickle_kind)how);
}

static bool slice_is(slice bytes, const char *text)
{
    return slice_equal(bytes, slice_of(text));
}

/* A name as a message may cite it: what is printable, and not too much of it. */
static const char *name_cited(slice module, slice name, char *out, size_t capacity)
{
    size_t count = 0;
    const slice parts[] = { module, { ".", 1 }, name };
    for (size_t p = 0; p < 3; p++)
        for (size_t i = 0; i < parts[p].count && count + 1 < capacity; i++) {
            char c = parts[p].bytes[i];
            out[count++] = c > ' ' && c < 0x7F ? c : '?';
        }
    out[count] = '\0';
    return out;
}

static bert_status name_push(machine *m, slice module, slice name)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_is(name, names[i].name) && slice_is(module, names[i].module))
            return value_push(m, (pickle_value){ .kind = PICKLE_NAME, .as.name = &names[i] });
    char cited[128];
    return fail(BERT_FORMAT, "%s: asks for %s; only tensors are read, nothing is ever executed",
                m->path, name_cited(module, name, cited, sizeof cited));
}

static bert_status run_global(machine *m, size_t how)
{
    (void)how;
    slice module = { 0 }, name = { 0 };
    TRY(line_take(m, &module));
    TRY(line_take(m, &name));
    return name_push(m, module, name);
}

static bert_status run_stack_global(machine *m, size_t how)
{
    (void)how;
    TRY(stack_needs(m, 2));
    const pickle_value *module = stack_value(m, 1), *name = stack_value(m, 0);
    if (module->kind != PICKLE_TEXT || name->kind != PICKLE_TEXT)
        return broken(m, "a name is no text");
    m->stack_count -= 2;
    return name_push(m, module->as.text, name->as.text);
}

/* OrderedDict([[key, value], ...]), as Python 2 has it; Python 3 puts the pairs in afterwards. */
static bert_status dict_push(machine *m, const pickle_value *arguments)
{
    const pickle_value *list = NULL;
    size_t count = pickle_items(m->out, arguments, 1, &list);
    if (count > 1 || (count == 1 && list->kind != PICKLE_LIST && list->kind != PICKLE_TUPLE))
        return broken(m, "an OrderedDict is made of what is no list of pairs");
    uint32_t pairs = count ? list->as.items.count : 0, cell = count ? list->as.items.first : 0;
    TRY(value_push(m, (pickle_value){ .kind = PICKLE_DICT }));
    pickle_id dict = stack_id(m, 0);
    for (uint32_t i = 0; i < pairs; i++, cell = m->out->cells[cell].next) {
        const pickle_value *pair = &m->out->values[m->out->cells[cell].value], *parts[2];
        if (pickle_items(m->out, pair, 2, parts) != 2)
            return broken(m, "an OrderedDict is made of what is no list of pairs");
        TRY(item_add(m, dict, (pickle_id)(parts[0] - m->out->values)));
        TRY(item_add(m, dict, (pickle_id)(parts[1] - m->out->values)));
    }
    return BERT_OK;
}

static bert_status run_call(machine *m, size_t how)
{
    (void)how;
    TRY(stack_needs(m, 2));
    pickle_id arguments = stack_id(m, 0);
    const pickle_value *called = stack_value(m, 1);
    if (called->kind != PICKLE_NAME) return broken(m, "what is called is no function");
    if (stack_value(m, 0)->kind != PICKLE_TUPLE)
        return broken(m, "a call's arguments are no tuple");
    m->stack_count -= 2;
    if (called->as.name->role == TORCH_DICT) return dict_push(m, &m->out->values[arguments]);
    pickle_value call = { .kind = PICKLE_CALL,
                          .as.call = { .function = called->as.name, .arguments = arguments } };
    return value_push(m, call);
}

static bert_status run_build(machine *m, size_t how)
{
    (void)how;
    TRY(stack_needs(m, 2));
    if (stack_value(m, 1)->kind != PICKLE_DICT)
        return broken(m, "a state is set on what is no dict");
    m->stack_count--;
    return BERT_OK;
}

static bert_status run_persistent(machine *m, size_t how)
{
    (void)how;
    TRY(stack_needs(m, 1));
    if (stack_value(m, 0)->kind != PICKLE_TUPLE) return broken(m, "a storage's id is no tuple");
    pickle_value value = { .kind = PICKLE_STORAGE, .as.storage = stack_id(m, 0) };
    m->stack_count--;
    return value_push(m, value);
}

static bert_status run_get(machine *m, size_t how)
{
    uint64_t index = 0;
    TRY(number_take(m, how, &index));
    if (index >= m->memo_end || m->memo[index] == 0)
        return broken(m, "what is asked of the memo is not in it");
    return stack_push(m, m->memo[index] - 1);
}

/* Who writes a pickle numbers what it puts from 0 or 1 on, so no number passes the bytes so far. */
static bert_status memo_put(machine *m, uint64_t index)
{
    TRY(stack_needs(m, 1));
    if (index > m->at) return broken(m, "a number of the memo is too large");
    size_t end = (size_t)index + 1;
    TRY(room_make(m, (void **)&m->memo, &m->memo_capacity, index, sizeof *m->memo));
    for (; m->memo_end < end; m->memo_end++) m->memo[m->memo_end] = 0;
    m->memo_count += m->memo[index] == 0;
    m->memo[index] = stack_id(m, 0) + 1;
    return BERT_OK;
}

static bert_status run_put(machine *m, size_t how)
{
    uint64_t index = 0;
    TRY(number_take(m, how, &index));
    return memo_put(m, index);
}

static bert_status run_memoize(machine *m, size_t how)
{
    (void)how;
    return memo_put(m, m->memo_count);
}

typedef struct operation {
    bert_status (*run)(machine *m, size_t how);
    size_t how;
} operation;

/* By pickletools.py's codes and, in the comments, its names. */
static const operation operations[256] = {
    [0x80] = { run_protocol, 1 },         /* PROTO */
    [0x95] = { run_frame, 8 },            /* FRAME */
    ['('] = { run_mark, 0 },              /* MARK */
    ['.'] = { run_stop, 0 },              /* STOP */
    ['N'] = { run_none, 0 },              /* NONE */
    [0x88] = { run_bool, 1 },             /* NEWTRUE */
    [0x89] = { run_bool, 0 },             /* NEWFALSE */
    ['K'] = { run_int, 1 },               /* BININT1 */
    ['M'] = { run_int, 2 },               /* BININT2 */
    ['J'] = { run_int, 4 },               /* BININT */
    [0x8A] = { run_long, 1 },             /* LONG1 */
    ['G'] = { run_float, 8 },             /* BINFLOAT */
    ['U'] = { run_text, 1 },              /* SHORT_BINSTRING */
    ['T'] = { run_text, 4 },              /* BINSTRING */
    [0x8C] = { run_text, 1 },             /* SHORT_BINUNICODE */
    ['X'] = { run_text, 4 },              /* BINUNICODE */
    [0x8D] = { run_text, 8 },             /* BINUNICODE8 */
    [')'] = { run_empty, PICKLE_TUPLE },  /* EMPTY_TUPLE */
    [']'] = { run_empty, PICKLE_LIST },   /* EMPTY_LIST */
    ['}'] = { run_empty, PICKLE_DICT },   /* EMPTY_DICT */
    ['t'] = { run_gather, PICKLE_TUPLE }, /* TUPLE */
    ['l'] = { run_gather, PICKLE_LIST },  /* LIST */
    ['d'] = { run_gather, PICKLE_DICT },  /* DICT */
    [0x85] = { run_tuple, 1 },            /* TUPLE1 */
    [0x86] = { run_tuple, 2 },            /* TUPLE2 */
    [0x87] = { run_tuple, 3 },            /* TUPLE3 */
    ['a'] = { run_append, PICKLE_LIST },  /* APPEND */
    ['e'] = { run_appends, PICKLE_LIST }, /* APPENDS */
    ['s'] = { run_append, PICKLE_DICT },  /* SETITEM */
    ['u'] = { run_appends, PICKLE_DICT }, /* SETITEMS */
    ['c'] = { run_global, 0 },            /* GLOBAL */
    [0x93] = { run_stack_global, 0 },     /* STACK_GLOBAL */
    ['R'] = { run_call, 0 },              /* REDUCE */
    ['b'] = { run_build, 0 },             /* BUILD */
    ['Q'] = { run_persistent, 0 },        /* BINPERSID */
    ['h'] = { run_get, 1 },               /* BINGET */
    ['j'] = { run_get, 4 },               /* LONG_BINGET */
    ['q'] = { run_put, 1 },               /* BINPUT */
    ['r'] = { run_put, 4 },               /* LONG_BINPUT */
    [0x94] = { run_memoize, 0 },          /* MEMOIZE */
};

static bert_status machine_run(machine *m)
{
    while (!m->stopped) {
        uint64_t code = 0;
        TRY(number_take(m, 1, &code));
        const operation *o = &operations[code];
        if (!o->run)
            return fail(BERT_FORMAT,
                        "%s: its pickle, at byte %zu: operation 0x%02X, which no tensor needs",
                        m->path, m->at - 1, (unsigned)code);
        TRY(o->run(m, o->how));
    }
    return BERT_OK;
}

bert_status pickle_read(const char *path, slice bytes, pickle *out, size_t *used)
{
    pickle p = { 0 };
    machine m = { .path = path, .bytes = bytes, .out = &p };
    bert_status status = machine_run(&m);
    free(m.stack);
    free(m.marks);
    free(m.memo);
    if (status == BERT_OK) {
        *out = p;
        *used = m.at;
    } else {
        pickle_release(&p);
    }
    return status;
}

void pickle_release(pickle *p)
{
    free(p->values);
    free(p->cells);
    *p = (pickle){ 0 };
}
