#include "hub/curl.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

/* A pointer of dlsym() becomes one to a function by its bytes: C has no other way. */
static bert_status function_find(void *library, const char *name, void *out)
{
    void *found = dlsym(library, name);
    if (!found)
        return fail(BERT_UNSUPPORTED, "libcurl has no %s(); install a newer libcurl4", name);
    memcpy(out, &found, sizeof found);
    return BERT_OK;
}

bert_status curl_library_open(curl_library *out)
{
    curl_library c;
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!library)
        return fail(BERT_UNSUPPORTED, "to fetch models libcurl is needed; install libcurl4");
#define FUNCTION(name) TRY(function_find(library, "curl_" #name, &c.name));
#include "hub/curl.def"
#undef FUNCTION
    if (c.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return fail(BERT_MEMORY, "libcurl cannot be made ready");
    *out = c;
    return BERT_OK;
}
