/* normal_form.h: Unicode's four normal forms, as the reference's NFC, NFD, NFKC and NFKD make them
 * (UAX #15), origins included. */
#ifndef TEXT_NORMAL_FORM_H
#define TEXT_NORMAL_FORM_H

#include "base/status.h"
#include "text/normalizer.h"

typedef enum normal_form { NORMAL_NFC, NORMAL_NFD, NORMAL_NFKC, NORMAL_NFKD } normal_form;

/* Brings `text`, well-formed, into the form. */
bert_status normal_form_apply(normal_form form, normalized *text);

#endif
