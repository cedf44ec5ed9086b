#include "segment/receipt.h"

#include <string.h>

#include "base/decimal.h"
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
                     const struct path_partition *partition, char out[RECEIPT_BYTES_MAX])
{
    struct td_str str = td_str_on(out, RECEIPT_BYTES_MAX);
    td_str_add(&str, "{\n");
    add_text(&str, "segment", file->ready_name);
    add_text(&str, "table", partition->table);
    add_text(&str, "exchange", partition->exchange);
    add_text(&str, "symbol", partition->symbol);
    add_number(&str, "rows", file->rows);
    add_number(&str, "row_groups", file->groups);
    add_number(&str, "bytes", (uint64_t)file->offset);
    add_hex(&str, "sha256", file->sha256_sum, 32);
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

/* ---- reading one back ------------------------------------------------------------------------- */

/* Value of a key, quotes taken off; NULL when it is not there. */
static const char *value_of(const char *text, size_t bytes, const char *key, size_t *length)
{
    char wanted[40];
    struct td_str str = td_str_on(wanted, sizeof wanted);
    td_str_add_format(&str, "  \"%s\": ", key);
    const char *at = memmem(text, bytes, wanted, str.bytes);
    if (at == NULL)
        return NULL;
    at += str.bytes;
    const char *end = memchr(at, '\n', (size_t)(text + bytes - at));
    if (end == NULL)
        return NULL;
    end -= end > at && end[-1] == ',';
    bool quoted = end - at >= 2 && *at == '"' && end[-1] == '"';
    at += quoted;
    *length = (size_t)(end - quoted - at);
    return at;
}

static td_err count_of(const char *text, size_t bytes, const char *key, uint64_t *out)
{
    size_t length;
    int64_t number;
    const char *value = value_of(text, bytes, key, &length);
    TD_FAIL_IF(value == NULL, TD_E_SYNTAX);
    TD_TRY(td_integer_parse(value, length, &number));
    TD_FAIL_IF(number < 0, TD_E_SYNTAX);
    *out = (uint64_t)number;
    return 0;
}

static td_err us_of(const char *text, size_t bytes, const char *key, int64_t *out)
{
    size_t length;
    int64_t ns;
    const char *value = value_of(text, bytes, key, &length);
    TD_FAIL_IF(value == NULL, TD_E_SYNTAX);
    TD_TRY(td_utc_parse(value, length, &ns));
    *out = ns / TD_NS_PER_US;
    return 0;
}

static td_err sum_of(const char *text, size_t bytes, unsigned char sum[32])
{
    size_t length;
    const char *value = value_of(text, bytes, "sha256", &length);
    TD_FAIL_IF(value == NULL || length != 64, TD_E_SYNTAX);
    for (unsigned i = 0; i < 64; i++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = memchr(digits, value[i], 16);
        TD_FAIL_IF(digit == NULL, TD_E_SYNTAX);
        sum[i / 2] = (unsigned char)(sum[i / 2] << 4 | (digit - digits));
    }
    return 0;
}

td_err receipt_facts(const char *text, size_t bytes, struct receipt_facts *facts)
{
    TD_TRY(sum_of(text, bytes, facts->sha256));
    TD_TRY(count_of(text, bytes, "journal_first_frame", &facts->frame_first));
    TD_TRY(count_of(text, bytes, "journal_last_frame", &facts->frame_last));
    TD_TRY(us_of(text, bytes, "ts_recv_min", &facts->recv_us_min));
    return us_of(text, bytes, "ts_recv_max", &facts->recv_us_max);
}
