#include "segment/receipt.h"

#include <string.h>

#include "base/text.h"
#include "base/utc.h"
#include "segment/schema.h"

static void add_text(struct td_str *str, const char *key, const char *value)
{
    td_str_add_format(str, "  \"%s\": \"", key);
    td_str_add_json(str, value, strlen(value));
    td_str_add(str, "\",\n");
}

static void add_number(struct td_str *str, const char *key, uint64_t value)
{
    td_str_add_format(str, "  \"%s\": %llu,\n", key, (unsigned long long)value);
}

static void add_time(struct td_str *str, const char *key, const struct range *range, int64_t us)
{
    char iso[TD_UTC_TEXT_MAX];
    if (!range->known) {
        td_str_add_format(str, "  \"%s\": null,\n", key);
        return;
    }
    td_utc_iso(us * TD_NS_PER_US, iso);
    add_text(str, key, iso);
}

static void add_hex(struct td_str *str, const char *key, const unsigned char *bytes, size_t count)
{
    td_str_add_format(str, "  \"%s\": \"", key);
    for (size_t i = 0; i < count; i++)
        td_str_add_format(str, "%02x", bytes[i]);
    td_str_add(str, "\",\n");
}

int64_t receipt_text(const struct segment_file *file, const struct file_shared *shared,
                     const struct path_partition *partition, const unsigned char sha256[32],
                     char out[RECEIPT_BYTES_MAX])
{
    struct td_str str = td_str_on(out, RECEIPT_BYTES_MAX);
    td_str_add(&str, "{\n");
    add_text(&str, "segment", file->name);
    add_text(&str, "table", partition->table);
    add_text(&str, "exchange", partition->exchange);
    add_text(&str, "symbol", partition->symbol);
    add_number(&str, "rows", file->rows);
    add_number(&str, "row_groups", file->groups);
    add_number(&str, "bytes", (uint64_t)file->offset);
    add_hex(&str, "sha256", sha256, 32);
    td_str_add_format(&str, "  \"crc32c\": \"%08x\",\n", (unsigned)file->crc32c);
    add_time(&str, "ts_recv_min", &file->recv_us, file->recv_us.least);
    add_time(&str, "ts_recv_max", &file->recv_us, file->recv_us.greatest);
    add_time(&str, "ts_event_min", &file->event_us, file->event_us.least);
    add_time(&str, "ts_event_max", &file->event_us, file->event_us.greatest);
    add_number(&str, "journal_first_frame", file->frame_first);
    add_number(&str, "journal_last_frame", file->frame_last);
    add_text(&str, "deck", shared->deck);
    add_text(&str, "build", shared->build);
    add_text(&str, "config_hash", shared->config_hash);
    td_str_add_format(&str, "  \"schema_version\": %d\n}\n", SCHEMA_VERSION);
    return str.cut ? TD_E_RANGE : (int64_t)str.bytes;
}
