/* address.h: what is looked at in a URL. */
#ifndef HUB_ADDRESS_H
#define HUB_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of "https://host:port", with which the URL begins; 0 where it begins otherwise. Names and
 * passwords ("https://name@host") belong to it, so that they make it another one. */
size_t address_origin(const char *url);

/* The same scheme, host and port, as written. */
bool address_same_origin(const char *a, const char *b);

bool address_is_http(const char *url); /* http or https */
bool address_is_encrypted(const char *url);

/* `text` as a part of a URL: what is no letter, no digit, none of "-._~" and none of `kept` becomes
 * %XX. out [3 * strlen(text) + 1] */
void address_escape(const char *text, const char *kept, char *out);

#endif
