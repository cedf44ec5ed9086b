#include "segment/path.h"

#include <string.h>

#include "base/decimal.h"
#include "base/text.h"
#include "base/utc.h"
#include "segment/utf8_text.h"

static bool is_forbidden(unsigned char c)
{
    return c < 0x20 || c == 0x7F || strchr("/\\:*?\"<>|%", c) != NULL;
}

void path_sanitise(const char *text, size_t bytes, char *out, size_t cap)
{
    size_t used = 0;
    for (size_t i = 0; i < bytes;) {
        size_t length = utf8_text_char(text + i, bytes - i);
        size_t step = length ? length : 1;
        if (used + step >= cap)
            break;
        if (!length || (length == 1 && is_forbidden((unsigned char)text[i])))
            out[used] = '-';
        else
            memcpy(out + used, text + i, length);
        used += step;
        i += step;
    }
    out[used] = 0;
    if (!used)
        td_text_copy(out, cap, "unknown", 7);
}

void path_partition_of(struct path_partition *partition, const char *table, const char *exchange,
                       const char *symbol, int64_t hour_ns)
{
    struct td_utc utc = td_utc_from_ns(hour_ns);
    td_text_copy(partition->table, sizeof partition->table, table, strlen(table));
    path_sanitise(exchange, strlen(exchange), partition->exchange, sizeof partition->exchange);
    path_sanitise(symbol, strlen(symbol), partition->symbol, sizeof partition->symbol);
    partition->year = utc.year;
    partition->month = utc.month;
    partition->day = utc.day;
    partition->hour = utc.hour;
}

td_err path_folder(const char *root, const struct path_partition *partition,
                   char out[PATH_MAX_BYTES])
{
    struct td_str str = td_str_on(out, PATH_MAX_BYTES);
    td_str_add_format(&str, "%s/%s/exchange=%s/symbol=%s/year=%04d/month=%02d/day=%02d/hour=%02d",
                      root, partition->table, partition->exchange, partition->symbol,
                      (int)partition->year, (int)partition->month, (int)partition->day,
                      (int)partition->hour);
    return str.cut ? TD_E_RANGE : 0;
}

/* ---- taking apart ----------------------------------------------------------------------------- */

struct part {
    const char *at;
    size_t bytes;
};

/* Value of "key=value"; false when the part has another key. */
static bool value_of(struct part part, const char *key, struct part *value)
{
    size_t key_bytes = strlen(key);
    if (part.bytes <= key_bytes || memcmp(part.at, key, key_bytes) != 0 ||
        part.at[key_bytes] != '=')
        return false;
    value->at = part.at + key_bytes + 1;
    value->bytes = part.bytes - key_bytes - 1;
    return true;
}

static bool text_of(struct part part, const char *key, char *out, size_t cap)
{
    struct part value;
    return value_of(part, key, &value) && value.bytes &&
           td_text_copy(out, cap, value.at, value.bytes);
}

static bool number_of(struct part part, const char *key, int32_t least, int32_t most, int32_t *out)
{
    struct part value;
    int64_t number;
    if (!value_of(part, key, &value) || td_integer_parse(value.at, value.bytes, &number) < 0 ||
        number < least || number > most)
        return false;
    *out = (int32_t)number;
    return true;
}

static bool parts_match(const struct part part[7], struct path_partition *out)
{
    return part[0].bytes &&
           td_text_copy(out->table, sizeof out->table, part[0].at, part[0].bytes) &&
           text_of(part[1], "exchange", out->exchange, sizeof out->exchange) &&
           text_of(part[2], "symbol", out->symbol, sizeof out->symbol) &&
           number_of(part[3], "year", 1970, 9999, &out->year) &&
           number_of(part[4], "month", 1, 12, &out->month) &&
           number_of(part[5], "day", 1, 31, &out->day) &&
           number_of(part[6], "hour", 0, 23, &out->hour);
}

td_err path_parse(const char *path, struct path_partition *partition)
{
    struct part part[7] = {{NULL, 0}};
    for (const char *at = path; *at;) {
        size_t bytes = strcspn(at, "/");
        memmove(part, part + 1, 6 * sizeof *part);
        part[6] = (struct part){at, bytes};
        if (part[0].at && parts_match(part, partition))
            return 0;
        at += bytes + (at[bytes] == '/');
    }
    return TD_E_SYNTAX;
}

int64_t path_hour_ns(const struct path_partition *partition)
{
    struct td_utc utc = {.year = partition->year,
                         .month = partition->month,
                         .day = partition->day,
                         .hour = partition->hour};
    return td_utc_to_ns(&utc);
}

/* ---- names ------------------------------------------------------------------------------------ */

static const char extension[] = ".parquet";

td_err path_name(const char *deck, int64_t first_recv_ns, uint32_t counter, char out[PATH_NAME_MAX])
{
    char start[TD_UTC_TEXT_MAX];
    struct td_str str = td_str_on(out, PATH_NAME_MAX);
    td_utc_compact(first_recv_ns, start);
    td_str_add_format(&str, "%s_%s_%05u%s", deck, start, (unsigned)counter, extension);
    return str.cut ? TD_E_RANGE : 0;
}

uint32_t path_counter(const char *name)
{
    const char *mark = strrchr(name, '_');
    int64_t number;
    size_t digits = mark ? strspn(mark + 1, "0123456789") : 0;
    if (!digits || mark == name || strcmp(mark + 1 + digits, extension) != 0 ||
        td_integer_parse(mark + 1, digits, &number) < 0 || number > UINT32_MAX)
        return 0;
    return (uint32_t)number;
}

td_err path_receipt(const char *name, char out[PATH_NAME_MAX])
{
    size_t bytes = strlen(name), cut = strlen(extension);
    TD_FAIL_IF(bytes <= cut || strcmp(name + bytes - cut, extension) != 0, TD_E_SYNTAX);
    struct td_str str = td_str_on(out, PATH_NAME_MAX);
    td_str_add_char(&str, '_');
    td_str_add_bytes(&str, name, bytes - cut);
    td_str_add(&str, ".json");
    return str.cut ? TD_E_RANGE : 0;
}

td_err path_join(const char *folder, const char *name, char out[PATH_MAX_BYTES])
{
    struct td_str str = td_str_on(out, PATH_MAX_BYTES);
    td_str_add(&str, folder);
    td_str_add_char(&str, '/');
    td_str_add(&str, name);
    return str.cut ? TD_E_RANGE : 0;
}
