/* page.h: the sections of report.html, in the order in which they stand there. Each writes whole
 * elements, and nothing where the facts have nothing for it, unless it says otherwise. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "report/curve.h"
#include "report/facts.h"

#include <stdio.h>

/* The page's style sheet: light, dark and paper. */
extern const char page_style[];

/* Errors of the stream are sticky and told by who closes it; the only other one is BERT_MEMORY. */
bert_status page_write(FILE *out, const report_facts *f, const log_curves *curves);

/* What it is, the figures that count, what it was made of. */
void section_headline(FILE *out, const report_facts *f);

/* How loss, measure, rate and gradient went. */
void section_curves(FILE *out, const report_facts *f, const log_curves *curves);

bert_status section_data(FILE *out, const report_facts *f);

/* All measures; or that nothing was measured. */
void section_measures(FILE *out, const report_facts *f);
void section_confusion(FILE *out, const report_facts *f);
bert_status section_labels(FILE *out, const report_facts *f);
void section_mistakes(FILE *out, const report_facts *f);

/* Options, versions, checksums. */
void section_record(FILE *out, const report_facts *f);

/* ---- pieces that several sections use */

enum { NAME_CHARACTERS = 40, TEXT_CHARACTERS = 400 }; /* that are shown of a label, a text */

/* A baseline's name in words. */
void baseline_name(FILE *out, const char *name);

/* <td> with a number, which stands to the right. */
void cell_number(FILE *out, const char *text);

/* <td> with a bar over `share` of its width, and a text on it. */
void cell_bar(FILE *out, double share, const char *text, const char *class);

#endif
