#include "store/carrier.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "net/http.h"

enum { STATUS_LINE_LEAST = 12 /* "HTTP/1.1 200" */, RETRY_AFTER_MAX_MS = 15 * 60 * 1000 };

const char *exchange_header(const struct exchange *exchange, const char *name)
{
    for (unsigned i = 0; i < exchange->header_count; i++)
        if (strcmp(exchange->header[i].name, name) == 0)
            return exchange->header[i].value;
    return NULL;
}

int64_t exchange_retry_after_ms(const struct exchange *exchange)
{
    struct http_head head = {.status = exchange->status};
    int64_t date_ns;
    const char *date = exchange_header(exchange, "date");
    const char *after = exchange_header(exchange, "retry-after");
    if (after == NULL)
        return 0;
    if (date == NULL || !http_date(date, &date_ns))
        date_ns = INT64_MAX;
    td_text_copy(head.retry_after, sizeof head.retry_after, after, strlen(after));
    int64_t wait_ms = http_retry_after_ns(&head, date_ns) / TD_NS_PER_MS;
    return wait_ms < RETRY_AFTER_MAX_MS ? wait_ms : RETRY_AFTER_MAX_MS;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static td_err begin_head(struct exchange *exchange, const char *line, size_t bytes)
{
    const char *space = memchr(line, ' ', bytes);
    TD_FAIL_IF(bytes < STATUS_LINE_LEAST || space == NULL || space + 4 > line + bytes,
               TD_E_NET_PROTOCOL);
    TD_FAIL_IF(!is_digit(space[1]) || !is_digit(space[2]) || !is_digit(space[3]),
               TD_E_NET_PROTOCOL);
    exchange->status = (space[1] - '0') * 100 + (space[2] - '0') * 10 + (space[3] - '0');
    exchange->header_count = 0;
    exchange->content_length = -1;
    return exchange->status >= 100 ? 0 : TD_E_NET_PROTOCOL;
}

/* Eighteen digits at most: none of ours is near, and nothing overflows. */
static td_err take_length(struct exchange *exchange, const char *value, size_t bytes)
{
    int64_t length = 0;
    TD_FAIL_IF(bytes == 0 || bytes > 18, TD_E_NET_PROTOCOL);
    for (size_t i = 0; i < bytes; i++) {
        TD_FAIL_IF(!is_digit(value[i]), TD_E_NET_PROTOCOL);
        length = length * 10 + (value[i] - '0');
    }
    TD_FAIL_IF(exchange->content_length >= 0 && exchange->content_length != length,
               TD_E_NET_PROTOCOL);
    exchange->content_length = length;
    return 0;
}

static void lower(char *text)
{
    for (; *text; text++)
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text - 'A' + 'a');
}

/* In chunks the body says itself where it ends, and a length beside them means nothing. */
static void forget_length_of_chunks(struct exchange *exchange)
{
    if (exchange_header(exchange, "transfer-encoding") != NULL)
        exchange->content_length = -1;
}

/* Some stores, and what stands before them, send more headers than there is room for: those that nobody reads take none. */
static bool is_read(const char *name)
{
    static const char *const read[] = {"date",
                                       "etag",
                                       "retry-after",
                                       "content-range",
                                       "transfer-encoding",
                                       "x-amz-bucket-region",
                                       "x-amz-checksum-crc32c",
                                       "x-amz-checksum-sha256",
                                       "x-amz-checksum-type",
                                       "x-amz-meta-tape-bytes",
                                       "x-amz-meta-tape-crc32c",
                                       "x-amz-meta-tape-sha256",
                                       "x-goog-hash",
                                       "x-goog-meta-tape-bytes",
                                       "x-goog-meta-tape-crc32c",
                                       "x-goog-meta-tape-sha256"};
    for (size_t i = 0; i < sizeof read / sizeof *read; i++)
        if (strcmp(name, read[i]) == 0)
            return true;
    return false;
}

td_err exchange_line(struct exchange *exchange, const char *line, size_t bytes)
{
    if (bytes >= 5 && memcmp(line, "HTTP/", 5) == 0)
        return begin_head(exchange, line, bytes);
    while (bytes > 0 && is_blank(line[bytes - 1]))
        bytes--;
    if (bytes == 0)
        forget_length_of_chunks(exchange);
    const char *colon = memchr(line, ':', bytes);
    if (colon == NULL || is_blank(line[0]))
        return 0;
    char name[ANSWER_NAME_MAX];
    const char *value = colon + 1, *end = line + bytes;
    while (value < end && is_blank(*value))
        value++;
    size_t value_bytes = (size_t)(end - value);
    if (!td_text_copy(name, sizeof name, line, (size_t)(colon - line)))
        return 0;
    lower(name);
    if (strcmp(name, "content-length") == 0)
        TD_TRY(take_length(exchange, value, value_bytes));
    if (!is_read(name) || exchange->header_count == ANSWER_HEADERS ||
        value_bytes >= ANSWER_VALUE_MAX)
        return 0;
    struct answer_header *header = &exchange->header[exchange->header_count++];
    memcpy(header->name, name, sizeof name);
    td_text_copy(header->value, sizeof header->value, value, value_bytes);
    return 0;
}
