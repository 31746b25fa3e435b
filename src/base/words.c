#include "bert_words.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool same_letter(char a, char b)
{
    return strncasecmp(&a, &b, 1) == 0;
}

/* Optimal string alignment (Damerau's distance without overlapping swaps), row by row: row[k][j] is
 * the distance of a's first i - k letters from b's first j. */
size_t bert_word_distance(const char *a, const char *b)
{
    size_t row[3][BERT_WORD_BYTES_MAX + 1];
    size_t a_count = strlen(a), b_count = strlen(b);
    if (a_count > BERT_WORD_BYTES_MAX || b_count > BERT_WORD_BYTES_MAX)
        return BERT_WORD_BYTES_MAX + 1;

    for (size_t j = 0; j <= b_count; j++) row[0][j] = j;
    for (size_t i = 1; i <= a_count; i++) {
        memmove(row[1], row[0], 2 * sizeof row[0]);
        row[0][0] = i;
        for (size_t j = 1; j <= b_count; j++) {
            size_t replaced = row[1][j - 1] + !same_letter(a[i - 1], b[j - 1]);
            size_t shifted = smaller(row[1][j], row[0][j - 1]) + 1;
            row[0][j] = smaller(replaced, shifted);
            if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
                same_letter(a[i - 2], b[j - 1]))
                row[0][j] = smaller(row[0][j], row[2][j - 2] + 1);
        }
    }
    return row[0][b_count];
}
