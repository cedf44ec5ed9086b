/* A mark beside a segment and the record of an upload: files that a power cut tore and a card spoiled. What they say is what stands there whole. */
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "store/digest.h"
#include "sync/mark.h"
#include "sync/upload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static const char to[] = "s3://bucket/prefix";

/* A mark for these bytes is one for whatever bytes; and its destination stands in it. */
static void try_mark(const char *text, size_t bytes)
{
    const struct store_identity ours = digest_of("abc", 3);
    bool any = mark_says(text, bytes, to, NULL), exact = mark_says(text, bytes, to, &ours);
    TD_ASSERT(any || !exact, "a mark of these bytes is a mark");
    TD_ASSERT(!any || memmem(text, bytes, to, sizeof to - 1), "it names its destination");
    TD_ASSERT(!exact || memmem(text, bytes, "ba7816bf8f01cfea", 16), "and its bytes");
}

static void try_record(const char *text, size_t bytes)
{
    static struct upload upload, again;
    const struct upload_of of = {"state", to, "key=1/x.parquet", digest_of("abc", 3)};
    bool taken = upload_parse(text, bytes, &of, &upload);
    TD_ASSERT(upload.parts <= UPLOAD_PARTS_MAX, "parts fit");
    TD_ASSERT(taken || upload.parts == 0, "no parts without an upload");
    for (uint32_t i = 0; i < upload.parts; i++)
        TD_ASSERT(upload.part[i].number == i + 1 && upload.part[i].bytes >= 0,
                  "parts are in order, without a hole");
    if (!taken)
        return;
    TD_ASSERT(upload.id[0] != 0 && upload.part_bytes > 0, "an upload has a name and a size");
    /* What is cut off behind takes nothing from what stands before it. */
    size_t shorter = bytes - bytes / 4;
    if (upload_parse(text, shorter, &of, &again))
        TD_ASSERT(strcmp(again.id, upload.id) == 0, "a shorter record is of the same upload");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    const char *text = (const char *)data;
    try_mark(text, bytes);
    try_record(text, bytes);
    return 0;
}
