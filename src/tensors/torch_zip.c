/* What torch.save() writes since 1.6: a zip archive, NAME being of the file's choice.
 *
 *     NAME/data.pkl       the state dict
 *     NAME/byteorder      "little" or "big"; old files have none, and are little
 *     NAME/version        of the form, in digits
 *     NAME/data/KEY       the numbers of a storage, uncompressed, from a multiple of 64 bytes on
 *     NAME/constants.pkl  in TorchScript's archives alone
 *
 * Tensors are views of the archive. torch holds nothing against its checksums, and can be told to
 * write none, which are 0 then; here the pickle is. */
#include "base/memory.h"
#include "tensors/torch.h"
#include "tensors/torch_tensors.h"
#include "tensors/zip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ENTRY_NAME_MAX = 512,
    TEXT_MAX = 32,    /* bytes of `byteorder` and `version` */
    VERSION_MAX = 10, /* kMaxSupportedFileFormatVersion of caffe2/serialize/versions.h */
};

typedef struct archive {
    const char *path;
    zip_entries zip;
    slice root; /* NAME */
} archive;

/* NAME/name; NULL: there is none. */
static const zip_entry *entry_find(const archive *a, const char *name)
{
    char whole[2 * ENTRY_NAME_MAX];
    int count = snprintf(whole, sizeof whole, "%.*s/%s", (int)a->root.count, a->root.bytes, name);
    return zip_find(&a->zip, (slice){ whole, (size_t)count });
}

static bert_status entry_view(const archive *a, const zip_entry *entry, const char *name,
                              slice *out)
{
    if (!entry->stored)
        return fail(BERT_FORMAT,
                    "%s: %s is compressed, which torch.save() never does; load and save it with "
                    "torch",
                    a->path, name);
    *out = entry->bytes;
    return BERT_OK;
}

/* A short text, "" where there is none. */
static bert_status text_read(const archive *a, const char *name, char out[TEXT_MAX])
{
    const zip_entry *entry = entry_find(a, name);
    slice bytes = { "", 0 };
    if (entry) TRY(entry_view(a, entry, name, &bytes));
    snprintf(out, TEXT_MAX, "%.*s", (int)size_smaller(bytes.count, TEXT_MAX), bytes.bytes);
    return BERT_OK;
}

/* torch too takes the folder of the first entry. */
static bert_status root_find(archive *a)
{
    slice first = a->zip.first;
    const char *end = first.count ? memchr(first.bytes, '/', first.count) : NULL;
    if (!end || (size_t)(end - first.bytes) >= ENTRY_NAME_MAX)
        return fail(BERT_FORMAT, "%s: is a zip archive, but none of torch.save()", a->path);
    a->root = (slice){ first.bytes, (size_t)(end - first.bytes) };
    return BERT_OK;
}

static bert_status form_verify(const archive *a)
{
    char order[TEXT_MAX], version[TEXT_MAX];
    if (entry_find(a, "constants.pkl"))
        return fail(BERT_FORMAT,
                    "%s: is TorchScript, a program; save the model's state dict with torch.save()",
                    a->path);
    TRY(text_read(a, "byteorder", order));
    if (strcmp(order, "big") == 0)
        return fail(BERT_FORMAT,
                    "%s: its numbers are big endian; only little endian is read: load and save it "
                    "with torch on a machine that is",
                    a->path);
    if (order[0] && strcmp(order, "little") != 0)
        return fail(BERT_FORMAT, "%s: byteorder is none that is known; is the file damaged?",
                    a->path);
    TRY(text_read(a, "version", version));
    if (strtoul(version, NULL, 10) > VERSION_MAX)
        return fail(BERT_FORMAT, "%s: is of a later version of its form; up to %d are known",
                    a->path, VERSION_MAX);
    return BERT_OK;
}

static bert_status storage_locate(void *context, const torch_storage *storage, const char **data)
{
    const archive *a = context;
    char name[ENTRY_NAME_MAX];
    slice bytes = { 0 };
    snprintf(name, sizeof name, "data/%.*s", (int)size_smaller(storage->key.count, sizeof name),
             storage->key.bytes);
    const zip_entry *entry = entry_find(a, name);
    if (!entry)
        return fail(BERT_FORMAT, "%s: has no %s, where its pickle puts numbers", a->path, name);
    TRY(entry_view(a, entry, name, &bytes));
    if (bytes.count != storage->bytes)
        return fail(BERT_FORMAT, "%s: %s holds %zu bytes, and should hold %zu", a->path, name,
                    bytes.count, storage->bytes);
    *data = bytes.bytes;
    return BERT_OK;
}

static bert_status archive_read(archive *a, tensor_part *part)
{
    static const char name[] = "data.pkl";
    slice bytes = { 0 };
    size_t used;
    TRY(root_find(a));
    TRY(form_verify(a));
    const zip_entry *entry = entry_find(a, name);
    if (!entry) return fail(BERT_FORMAT, "%s: is a zip archive, but none of torch.save()", a->path);
    TRY(entry_view(a, entry, name, &bytes));
    if (entry->checksum != 0 && zip_checksum(bytes) != entry->checksum)
        return fail(BERT_FORMAT, "%s: %s has another checksum than it should; the file is damaged",
                    a->path, name);

    pickle p = { 0 };
    TRY(pickle_read(a->path, bytes, &p, &used));
    torch_source source = { .locate = storage_locate, .context = a };
    bert_status status = torch_tensors_read(&p, &source, part);
    pickle_release(&p);
    return status;
}

bert_status torch_zip_read(tensor_part *part)
{
    archive a = { .path = part->path };
    TRY(zip_read(part->path, (slice){ part->map.bytes, part->map.count }, &a.zip));
    bert_status status = archive_read(&a, part);
    zip_release(&a.zip);
    return status;
}
