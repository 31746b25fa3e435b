/* hub_listing.c: the head of an answer, a line each ==== the list of files in its body ==== an
 * index of shards */
#include "fuzz.h"
#include "hub/files.h"
#include "hub/listing.h"
#include "hub/reply.h"

/* What the cache would be asked for: below its folder, and printable. */
static void name_hold(const char *name)
{
    CHECK(*name && *name != '/' && strlen(name) <= 1024);
    CHECK(strcmp(name, "..") != 0 && strncmp(name, "../", 3) != 0 && !strstr(name, "/../"));
    for (const char *at = name; *at; at++) CHECK((unsigned char)*at >= ' ' && *at != '\\');
}

static void names_hold(const json_t *names)
{
    const char *name;
    json_t *ignored;
    json_object_foreach((json_t *)names, name, ignored) name_hold(name);
}

static void head_read(slice head)
{
    hub_reply reply;
    hub_reply_start(&reply);
    for (size_t at = 0, begin = 0; at < head.count; at++) {
        if (head.bytes[at] != '\n' && at + 1 < head.count) continue;
        hub_reply_line(&reply, (slice){ head.bytes + begin, at + 1 - begin }, begin % 2 == 0);
        begin = at + 1;
    }
    CHECK(strlen(reply.etag) < HUB_ETAG_BYTES && strlen(reply.commit) < HUB_COMMIT_BYTES);
    CHECK(reply.length >= -1 && reply.linked_size >= -1 && reply.range_begin >= -1);
    CHECK(!reply.linked || *reply.etag);
}

static void list_read(slice list)
{
    hub_listing listing;
    bert_status status = hub_listing_parse(list, "m", &listing);
    if (status != BERT_OK) {
        fuzz_refused(status, "m");
        return;
    }
    CHECK(hub_is_commit(listing.commit) && json_object_size(listing.files) > 0);
    CHECK(strlen(listing.id) < HUB_ID_BYTES);
    names_hold(listing.files);
    hub_listing_release(&listing);
}

static void index_read(slice index)
{
    json_t *names;
    fuzz_files_clear();
    fuzz_file("m/index", index);
    bert_status status = hub_shards_read("m/index", &names);
    if (status != BERT_OK) {
        fuzz_refused(status, "m/index");
        return;
    }
    CHECK(json_object_size(names) > 0);
    names_hold(names);
    json_decref(names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    slice parts[3], input = { (const char *)data, size };
    size_t count = fuzz_parts(input, parts, 3);
    head_read(parts[0]);
    if (count > 1) list_read(parts[1]);
    if (count > 2) index_read(parts[2]);
    return 0;
}
