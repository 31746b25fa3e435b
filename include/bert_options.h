/* bert_options.h: what the program needs of the library besides the two public headers: reading and
 * showing one option, and what of all of them is wrong in itself. It is not installed, and
 * libbert.so does not export what it declares, nor does libbert.a: the program is linked with the
 * build's inside.a.
 *
 * bert_options.def lists the options. A table of them is made by expanding it:
 *
 *     #define OPTION(owner, kind, field, name, value, bounds, usual, absent, ...) \
 *         { BERT_OPTION_##kind, name, value, bounds, absent, #field },
 *     #include "bert_options.def"                                                              */
#ifndef BERT_OPTIONS_H
#define BERT_OPTIONS_H

#include "bert.h"

typedef enum bert_option_kind {
    BERT_OPTION_SIZE,
    BERT_OPTION_SEED,
    BERT_OPTION_REAL,
    BERT_OPTION_BYTES,
    BERT_OPTION_WORD,
    BERT_OPTION_TEXT,
    BERT_OPTION_TEXTS,
    BERT_OPTION_FILES,
    BERT_OPTION_FLAG,
    BERT_OPTION_FLAG_OFF
} bert_option_kind;

/* The type of a field of each kind. The lists of TEXTS and FILES are the program's own. */
typedef size_t bert_field_SIZE, bert_field_BYTES;
typedef uint64_t bert_field_SEED;
typedef double bert_field_REAL;
typedef const char *bert_field_WORD, *bert_field_TEXT;
typedef bool bert_field_FLAG, bert_field_FLAG_OFF;

/* For a static assertion about each line: has the field of `type` the kind's type? */
#define BERT_OPTION_FITS(type, field, kind)                                                        \
    _Generic(&((type *)0)->field, bert_field_##kind * : 1, default : 0)

/* The columns of bert_options.def that reading and checking need. */
typedef struct bert_option {
    bert_option_kind kind;
    const char *name, *value, *bounds, *absent, *field;
} bert_option;

/* How messages call a field of bert.h's structs. The library's own, which is weak, gives the
 * field's name; the program has one that gives the option's, which the linker takes in its place.
 */
const char *bert_field_name(const char *field);

/* The `absent` of an option that a command cannot run without. */
extern const char bert_option_required[];

/* A number's digits, for the bounds of a line. */
#define BERT_OPTION_TEXT(number) BERT_OPTION_DIGITS(number)
#define BERT_OPTION_DIGITS(number) #number

enum { BERT_OPTION_CAPACITY = 32 }; /* of the text of a number or flag */

/* Reads `text` (NULL for a flag) strictly into *field, which has the kind's type; for TEXTS and
 * FILES *field is one item, a const char *. A WORD or TEXT is borrowed from `text`. BERT_ARGUMENT:
 * "--epochs is '0'; it must be a whole number in [1, 1000000]"; then *field is as it was. The
 * library's calls refuse a field of their structs with the same message, by the field's name. */
bert_status bert_option_read(const bert_option *option, const char *text, void *field);

/* The value as text, as bert_option_read() reads it; for a flag "true" if it was given, else
 * "false"; "" if the value is absent. Not for TEXTS and FILES. */
void bert_option_text(const bert_option *option, const void *field, char *out, size_t capacity);

/* BERT_ARGUMENT where options are out of bounds, contradict each other or lack what they need,
 * whatever the model and the data hold. No file is looked at. bert_train(), bert_evaluate() and
 * bert_compare() refuse it first; the program asks before it fetches a model. */
bert_status bert_train_check(const bert_train_options *options);
bert_status bert_evaluate_check(const bert_evaluate_options *options); /* but for `model` */

#endif
