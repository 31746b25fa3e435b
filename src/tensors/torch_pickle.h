/* torch_pickle.h: what torch.save() pickles, read as data: nothing is ever executed.
 *
 * A pickle is a program for a stack machine that builds an object. The machine here builds numbers,
 * texts, tuples, lists and dicts, and knows the few names of torch_name; a call of one is kept as a
 * value beside its arguments, for torch_tensors.c to look at, and is not made. Every other name,
 * and every other operation, is refused.
 *
 *     value    what makes it
 *     TEXT     str, and Python 2's str and unicode; as it stands in the file
 *     LONG     an int of more than 8 bytes
 *     DICT     dict, OrderedDict; its cells are key, value, key, value ... A state that is set on
 *              it (`_metadata` of a state dict) is dropped
 *     NAME     module.name
 *     CALL     the call of a name
 *     STORAGE  a persistent id: where torch keeps numbers
 *
 * Values may be shared, and a list may hold itself, so that who walks them must not follow them
 * without a bound. Memory is in proportion to the bytes read, and bounded by PICKLE_MOST. */
#ifndef TENSORS_TORCH_PICKLE_H
#define TENSORS_TORCH_PICKLE_H

#include "base/slice.h"
#include "base/status.h"
#include "tensors/tensors.h"

#include <stdint.h>

/* Of values, of what lists and dicts hold, of what waits on the stack and in the memo, each. A BERT
 * of 24 layers has some 15,000 values. */
enum { PICKLE_MOST = 1 << 20 };

typedef enum torch_role {
    TORCH_DICT,      /* collections.OrderedDict */
    TORCH_TENSOR,    /* torch._utils._rebuild_tensor and its later forms */
    TORCH_PARAMETER, /* torch._utils._rebuild_parameter */
    TORCH_SIZE,      /* torch.Size */
    TORCH_TYPE       /* torch.float32, or torch.FloatStorage */
} torch_role;

typedef struct torch_name {
    const char *module, *name;
    torch_role role;
    tensor_type type; /* of TORCH_TYPE */
    size_t bytes;     /* an element's */
} torch_name;

typedef enum pickle_kind {
    PICKLE_NONE,
    PICKLE_BOOL,
    PICKLE_INT,
    PICKLE_LONG,
    PICKLE_FLOAT,
    PICKLE_TEXT,
    PICKLE_TUPLE,
    PICKLE_LIST,
    PICKLE_DICT,
    PICKLE_NAME,
    PICKLE_CALL,
    PICKLE_STORAGE
} pickle_kind;

typedef uint32_t pickle_id; /* a value's place among `values` */

typedef struct pickle_value {
    pickle_kind kind;
    union {
        int64_t number; /* BOOL, INT */
        slice text;     /* TEXT, LONG: little endian; borrowed from the file */
        struct {
            uint32_t first, last, count; /* TUPLE, LIST, DICT: cells, none where count is 0 */
        } items;
        const torch_name *name; /* NAME */
        struct {
            const torch_name *function;
            pickle_id arguments; /* a TUPLE */
        } call;
        pickle_id storage; /* STORAGE: the persistent id, a TUPLE */
    } as;
} pickle_value;

typedef struct pickle_cell {
    pickle_id value;
    uint32_t next;
} pickle_cell;

typedef struct pickle {
    pickle_value *values;
    pickle_cell *cells;
    size_t value_count, value_capacity, cell_count, cell_capacity;
    pickle_id root;
} pickle;

/* Reads the pickle that `bytes` begin with. *used: how many of them it takes. `path` is for
 * messages. The caller releases `out`, whose texts are borrowed from `bytes`. */
bert_status pickle_read(const char *path, slice bytes, pickle *out, size_t *used);
void pickle_release(pickle *p); /* a zeroed one is left alone */

/* The first `most` values of a tuple or list; returns how many it holds, 0 for any other value. */
size_t pickle_items(const pickle *p, const pickle_value *holder, size_t most,
                    const pickle_value **out);

#endif
