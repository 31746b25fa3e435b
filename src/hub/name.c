#include "hub/name.h"

#include <stdio.h>

static const char digits_and_letters[] =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";

static bool within(char byte, const char *allowed)
{
    return byte && strchr(allowed, byte);
}

/* Does `text` hold `part`? */
static bool holds(slice text, const char *part)
{
    return memmem(text.bytes, text.count, part, strlen(part)) != NULL;
}

/* An owner's or a model's: 1 to 96 characters, of which the first and last are no point or dash. */
static bool is_part(slice part)
{
    if (part.count < 1 || part.count > 96) return false;
    for (size_t i = 0; i < part.count; i++)
        if (!within(part.bytes[i], digits_and_letters) && !within(part.bytes[i], "-."))
            return false;
    return within(part.bytes[0], digits_and_letters) &&
           within(part.bytes[part.count - 1], digits_and_letters);
}

static bool is_id(slice id)
{
    const char *slash = memchr(id.bytes, '/', id.count);
    slice name = id;
    if (slash) {
        slice owner = { id.bytes, (size_t)(slash - id.bytes) };
        name = (slice){ slash + 1, id.count - owner.count - 1 };
        if (!is_part(owner)) return false;
    }
    return is_part(name) && !holds(id, "--") && !holds(id, "..") && !slice_ends_with(id, ".git");
}

/* What git lets a reference be called; as a path it stays below its folder. */
static bool is_revision(slice text)
{
    if (text.count < 1 || text.count >= HUB_REVISION_BYTES) return false;
    for (size_t i = 0; i < text.count; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        bool begins_part = i == 0 || text.bytes[i - 1] == '/';
        if (byte <= ' ' || byte >= 0x7F || strchr("~^:?*[\\", byte)) return false;
        if (begins_part && (byte == '.' || byte == '/')) return false;
    }
    return !holds(text, "..") && !slice_ends_with(text, "/") && !slice_ends_with(text, ".lock");
}

bool hub_name_parse(const char *text, hub_name *out)
{
    slice id = { text, strcspn(text, "@") };
    slice revision = slice_of(text[id.count] ? text + id.count + 1 : "main");
    if (!is_id(id) || !is_revision(revision)) return false;
    memcpy(out->id, id.bytes, id.count);
    out->id[id.count] = '\0';
    memcpy(out->revision, revision.bytes, revision.count);
    out->revision[revision.count] = '\0';
    return true;
}

bool hub_is_commit(const char *text)
{
    return strspn(text, "0123456789abcdef") == HUB_COMMIT_BYTES - 1 && !text[HUB_COMMIT_BYTES - 1];
}

/* The last part of *rest, which loses it. */
static slice part_take(slice *rest)
{
    const char *slash = memrchr(rest->bytes, '/', rest->count);
    if (!slash) return (slice){ 0 };
    slice part = { slash + 1, (size_t)(rest->bytes + rest->count - slash) - 1 };
    rest->count = (size_t)(slash - rest->bytes);
    return part;
}

bool hub_name_of_folder(const char *path, hub_name *out)
{
    static const char prefix[] = "models--";
    slice rest = slice_of(path);
    slice commit = part_take(&rest), snapshots = part_take(&rest), model = part_take(&rest);
    char text[HUB_ID_BYTES + HUB_COMMIT_BYTES];
    if (!slice_equal(snapshots, slice_of("snapshots")) || commit.count != HUB_COMMIT_BYTES - 1 ||
        model.count < sizeof prefix || memcmp(model.bytes, prefix, sizeof prefix - 1) != 0)
        return false;
    slice id = { model.bytes + sizeof prefix - 1, model.count - (sizeof prefix - 1) };
    const char *between = memmem(id.bytes, id.count, "--", 2);
    int owner = between ? (int)(between - id.bytes) : 0, name = (int)id.count - owner;
    int bytes = between ? snprintf(text, sizeof text, "%.*s/%.*s@%.*s", owner, id.bytes, name - 2,
                                   between + 2, (int)commit.count, commit.bytes)
                        : snprintf(text, sizeof text, "%.*s@%.*s", name, id.bytes,
                                   (int)commit.count, commit.bytes);
    hub_name found;
    if (bytes >= (int)sizeof text || !hub_name_parse(text, &found) ||
        !hub_is_commit(found.revision))
        return false;
    *out = found;
    return true;
}
