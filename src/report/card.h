/* card.h: the model card, README.md. */
#ifndef REPORT_CARD_H
#define REPORT_CARD_H

#include "report/report.h"

#include <stdbool.h>
#include <stdio.h>

void card_write(FILE *out, const report_facts *f);

/* The metadata between two lines "---", in the Hub's words. */
void card_metadata(FILE *out, const report_facts *f);

/* Is the file a card that card_write() began? One that was changed since still is. */
bool card_is_ours(const char *path);

#endif
