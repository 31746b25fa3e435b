#include "hub/address.h"

#include <string.h>
#include <strings.h>

size_t address_origin(const char *url)
{
    const char *host = strstr(url, "://");
    return host ? (size_t)(host - url) + 3 + strcspn(host + 3, "/?#") : 0;
}

bool address_same_origin(const char *a, const char *b)
{
    size_t count = address_origin(a);
    return count && count == address_origin(b) && strncasecmp(a, b, count) == 0;
}

bool address_is_encrypted(const char *url)
{
    return strncasecmp(url, "https://", 8) == 0;
}

bool address_is_http(const char *url)
{
    return address_is_encrypted(url) || strncasecmp(url, "http://", 7) == 0;
}

void address_escape(const char *text, const char *kept, char *out)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    static const char digits[] = "0123456789ABCDEF";
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (strchr(plain, byte) || strchr(kept, byte)) {
            *out++ = *text;
            continue;
        }
        *out++ = '%';
        *out++ = digits[byte >> 4];
        *out++ = digits[byte & 15];
    }
    *out = '\0';
}
