/* curl.h: libcurl, loaded when the first request is made. Linked in, it and the thirty libraries
 * that it needs would make every start of the program three times as long, for requests that hardly
 * any start makes. */
#ifndef HUB_CURL_H
#define HUB_CURL_H

#include "base/status.h"

#include <curl/curl.h>

typedef struct curl_library {
#define FUNCTION(name) __typeof__(&curl_##name) name;
#include "hub/curl.def"
#undef FUNCTION
} curl_library;

/* It stays loaded until the process ends. BERT_UNSUPPORTED where it is not installed. */
bert_status curl_library_open(curl_library *out);

#endif
