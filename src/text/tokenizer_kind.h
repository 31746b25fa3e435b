/* tokenizer_kind.h: the classes of transformers whose ids this program makes, by their names. */
#ifndef TEXT_TOKENIZER_KIND_H
#define TEXT_TOKENIZER_KIND_H

#include <stdbool.h>

/* The special tokens of a class, in the order in which it goes through them. */
typedef enum special_role {
    SPECIAL_BOS,
    SPECIAL_EOS,
    SPECIAL_UNK,
    SPECIAL_SEP,
    SPECIAL_PAD,
    SPECIAL_CLS,
    SPECIAL_MASK,
    SPECIAL_ROLES
} special_role;

enum { SPECIAL_FURTHER_MAX = 3 };

/* What the files call it: "unk_token". */
const char *special_role_key(special_role role);

/* How a class makes a tokenizer of a SentencePiece model file. */
typedef enum pieces_kind {
    PIECES_NONE, /* it does not */
    PIECES_ALBERT,
    PIECES_CAMEMBERT,
    PIECES_DEBERTA,
    PIECES_XLM_ROBERTA
} pieces_kind;

/* What sets one class apart from another. */
typedef struct tokenizer_kind {
    const char *defaults[SPECIAL_ROLES]; /* NULL: the class has none that no file names */
    bool keeps_normalizer; /* tokenizer.json's word holds; the others put their own flags over it */
    bool needs_json;       /* of vocab.txt alone the class makes another frame, or nothing */
    bool untyped;          /* gives no token types, so that the model takes all for 0 */
    bool plain_are_tokens; /* of a token written as a string it makes one with flags: not special,
                            * and the mask takes the white space before it */
    bool mask_strips;   /* the mask, where it is written as a string or not at all, takes the white
                           space before it */
    bool roberta_frame; /* of vocab.txt it makes RoBERTa's frame, not BERT's */
    bool byte_level; /* "add_prefix_space" and "trim_offsets" of tokenizer_config.json hold for its
                        offsets; without tokenizer.json it has vocab.json and merges.txt */
    bool unknown_normalized; /* made without tokenizer.json, it looks for an unknown token that is
                                written as a string, or not at all, in the normalized text */
    pieces_kind pieces;
    const char *further[SPECIAL_FURTHER_MAX]; /* special tokens unless a file lists some */
} tokenizer_kind;

/* The kind of a class such as "BertTokenizer" or "BertTokenizerFast"; NULL: its ids would differ,
 * or were never compared. */
const tokenizer_kind *tokenizer_kind_find(const char *class_name);

/* That of a model whose files name no class, by its "model_type"; NULL is no type. */
const tokenizer_kind *tokenizer_kind_of_model(const char *model_type);

#endif
