/* The parts of APPNOTE.TXT 6.3 that are read; all numbers are little endian.
 *
 *     local header      before each entry's bytes      its name and extra field may have other
 *                                                      lengths than in the directory
 *     directory         a record for each entry
 *     end, of zip64     where the numbers of the end do not fit
 *     its locator       just before the end
 *     end               the last 22 bytes, but for a comment
 */
#include "tensors/zip.h"

#include "base/memory.h"

#include <stdlib.h>

enum {
    LOCAL = 30, /* bytes, as all of these; without names and extra fields */
    RECORD = 46,
    END64 = 56,
    LOCATOR = 20,
    END = 22,
    COMMENT_MAX = 0xFFFF,
    EXTRA_ZIP64 = 1,
};

/* What a number of 4 and of 2 bytes says where the true one stands elsewhere. */
#define ELSEWHERE 0xFFFFFFFFu
#define ELSEWHERE_SHORT 0xFFFFu

static bert_status damaged(const char *path, const char *what)
{
    return fail(BERT_FORMAT, "%s: as a zip archive, %s; was the file cut short?", path, what);
}

static uint64_t number_at(slice bytes, size_t at, size_t width)
{
    uint64_t number = 0;
    for (size_t i = width; i-- > 0;) number = number << 8 | (unsigned char)bytes.bytes[at + i];
    return number;
}

static bool has_at(slice bytes, uint64_t at, size_t count, const char *mark)
{
    return at <= bytes.count && count <= bytes.count - at && memcmp(bytes.bytes + at, mark, 4) == 0;
}

/* Where the end is: the last place that looks like it, with a comment up to the last byte. */
static bool end_find(slice archive, size_t *at)
{
    for (size_t comment = 0; comment <= COMMENT_MAX && END + comment <= archive.count; comment++) {
        *at = archive.count - END - comment;
        if (has_at(archive, *at, END, "PK\5\6") && number_at(archive, *at + 20, 2) == comment)
            return true;
    }
    return false;
}

/* The directory's records. */
static bert_status directory_find(const char *path, slice archive, slice *records, uint64_t *count)
{
    size_t end;
    if (!end_find(archive, &end)) return damaged(path, "it has no end");
    uint64_t bytes = number_at(archive, end + 12, 4), from = number_at(archive, end + 16, 4);
    *count = number_at(archive, end + 10, 2);
    if (*count == ELSEWHERE_SHORT || bytes == ELSEWHERE || from == ELSEWHERE) {
        uint64_t wide = 0;
        bool there = end >= LOCATOR && has_at(archive, end - LOCATOR, LOCATOR, "PK\6\7");
        if (there) wide = number_at(archive, end - LOCATOR + 8, 8);
        if (!there || !has_at(archive, wide, END64, "PK\6\6"))
            return damaged(path, "its second end is missing");
        *count = number_at(archive, wide + 32, 8);
        bytes = number_at(archive, wide + 40, 8);
        from = number_at(archive, wide + 48, 8);
    }
    if (from > end || bytes > end - from || *count > bytes / RECORD)
        return damaged(path, "its directory does not fit");
    *records = (slice){ archive.bytes + from, bytes };
    return BERT_OK;
}

/* Takes a number of 8 bytes off the zip64 field, where the record's own says so. */
static bool wide_take(slice *field, uint64_t *number)
{
    if (*number != ELSEWHERE) return true;
    if (field->count < 8) return false;
    *number = number_at(*field, 0, 8);
    *field = (slice){ field->bytes + 8, field->count - 8 };
    return true;
}

static slice extra_find(slice extra, uint64_t id)
{
    while (extra.count >= 4) {
        size_t count = number_at(extra, 2, 2);
        if (count > extra.count - 4) break;
        if (number_at(extra, 0, 2) == id) return (slice){ extra.bytes + 4, count };
        extra = (slice){ extra.bytes + 4 + count, extra.count - 4 - count };
    }
    return (slice){ extra.bytes, 0 };
}

static bert_status entry_read(const char *path, slice archive, slice *records, zip_entry *out)
{
    slice r = *records;
    if (!has_at(r, 0, RECORD, "PK\1\2")) return damaged(path, "its directory has too few entries");
    size_t name = number_at(r, 28, 2), extra = number_at(r, 30, 2), more = number_at(r, 32, 2);
    if (name + extra + more > r.count - RECORD) return damaged(path, "its directory is too short");
    uint64_t stored = number_at(r, 20, 4), size = number_at(r, 24, 4), from = number_at(r, 42, 4);
    slice wide = extra_find((slice){ r.bytes + RECORD + name, extra }, EXTRA_ZIP64);
    if (!wide_take(&wide, &size) || !wide_take(&wide, &stored) || !wide_take(&wide, &from))
        return damaged(path, "an entry's size is missing");
    if (!has_at(archive, from, LOCAL, "PK\3\4")) return damaged(path, "an entry is missing");
    size_t head = LOCAL + number_at(archive, from + 26, 2) + number_at(archive, from + 28, 2);
    if (head > archive.count - from || stored > archive.count - from - head)
        return damaged(path, "an entry's bytes are missing");
    bool plain = number_at(r, 10, 2) == 0 && (number_at(r, 8, 2) & 1) == 0 && stored == size;
    *out = (zip_entry){ .name = { r.bytes + RECORD, name },
                        .bytes = { archive.bytes + from + head, stored },
                        .size = size,
                        .stored = plain,
                        .checksum = (uint32_t)number_at(r, 16, 4) };
    size_t whole = RECORD + name + extra + more;
    *records = (slice){ r.bytes + whole, r.count - whole };
    return BERT_OK;
}

static int entry_compare(const void *a, const void *b)
{
    return slice_compare(((const zip_entry *)a)->name, ((const zip_entry *)b)->name);
}

static bert_status entries_fill(const char *path, slice archive, slice records, zip_entries *z)
{
    for (size_t i = 0; i < z->count; i++) TRY(entry_read(path, archive, &records, &z->entries[i]));
    if (z->count) z->first = z->entries[0].name;
    qsort(z->entries, z->count, sizeof *z->entries, entry_compare);
    for (size_t i = 1; i < z->count; i++)
        if (entry_compare(&z->entries[i - 1], &z->entries[i]) == 0)
            return fail(BERT_FORMAT, "%s: as a zip archive, it has two entries of one name", path);
    return BERT_OK;
}

bert_status zip_read(const char *path, slice archive, zip_entries *out)
{
    zip_entries z = { 0 };
    slice records = { 0 };
    uint64_t count = 0;
    TRY(directory_find(path, archive, &records, &count));
    z.count = count;
    TRY(memory_zeroed(z.count, sizeof *z.entries, (void **)&z.entries));
    bert_status status = entries_fill(path, archive, records, &z);
    if (status == BERT_OK)
        *out = z;
    else
        zip_release(&z);
    return status;
}

void zip_release(zip_entries *z)
{
    free(z->entries);
    *z = (zip_entries){ 0 };
}

const zip_entry *zip_find(const zip_entries *z, slice name)
{
    bool there;
    size_t at = slice_place(z->entries, z->count, sizeof *z->entries, name, &there);
    return there ? &z->entries[at] : NULL;
}

/* Bit by bit: what is held against its checksum here is small. */
uint32_t zip_checksum(slice bytes)
{
    uint32_t rest = 0xFFFFFFFFu;
    for (size_t i = 0; i < bytes.count; i++) {
        rest ^= (unsigned char)bytes.bytes[i];
        for (int bit = 0; bit < 8; bit++) rest = rest >> 1 ^ (rest & 1 ? 0xEDB88320u : 0);
    }
    return ~rest;
}
