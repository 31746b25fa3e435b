/* bert_status.h: what every fallible call of bert.c returns.
 * The one public header that the lowest layer may include. */
#ifndef BERT_STATUS_H
#define BERT_STATUS_H

/* Name, number, what it says of the failure. The message of bert_error() has the particulars. */
#define BERT_STATUS_LIST(STATUS)                                                                   \
    STATUS(BERT_OK, 0, "done")                                                                     \
    STATUS(BERT_ARGUMENT, 1, "an argument or option is out of bounds")                             \
    STATUS(BERT_IO, 2, "a file cannot be read or written")                                         \
    STATUS(BERT_FORMAT, 3, "a file does not hold what its kind promises")                          \
    STATUS(BERT_SHAPE, 4, "a tensor's shape differs from the configuration's")                     \
    STATUS(BERT_DATA, 5, "labelled data are missing, malformed or contradict the model")           \
    STATUS(BERT_MEMORY, 6, "memory is exhausted")                                                  \
    STATUS(BERT_UNSUPPORTED, 7, "a known feature that this version does not have")                 \
    STATUS(BERT_NUMERIC, 8, "a loss, gradient or weight is not finite")                            \
    STATUS(BERT_COMPUTE, 9, "the matrix library or device failed")                                 \
    STATUS(BERT_STOPPED, 10, "the observer asked to stop")

typedef enum bert_status {
#define BERT_STATUS_ENUM(name, number, meaning) name = number,
    BERT_STATUS_LIST(BERT_STATUS_ENUM)
#undef BERT_STATUS_ENUM
} bert_status;

#endif
