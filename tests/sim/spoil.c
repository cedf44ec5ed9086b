/* Wrong texts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/bourse.h"
#include "sim/dice.h"

static char *find(struct td_str *text, const char *what)
{
    return memmem(text->at, text->bytes, what, strlen(what));
}

/* The digits at `at` are replaced. */
static void put_number(struct td_str *text, char *at, const char *number)
{
    char *end = at + strspn(at, "-0123456789");
    size_t behind = (size_t)(text->at + text->bytes - end), more = strlen(number);
    memmove(at + more, end, behind);
    memcpy(at, number, more);
    text->bytes = (size_t)(at + more - text->at) + behind;
    text->at[text->bytes] = '\0';
}

static bool change_number(struct td_str *text, const char *key, int64_t by, const char *fixed)
{
    char *at = find(text, key), number[32];
    if (at == NULL)
        return false;
    at += strlen(key);
    snprintf(number, sizeof number, "%lld", strtoll(at, NULL, 10) + (long long)by);
    put_number(text, at, fixed ? fixed : number);
    return true;
}

static bool change_sequence(struct td_str *text, enum kind kind)
{
    int64_t by = kind == KIND_seq_back ? -1000 : INT64_C(1) << 31;
    const char *fixed = kind == KIND_seq_zero   ? "0"
                        : kind == KIND_seq_huge ? "9223372036854775808"
                                                : NULL;
    return change_number(text, "\"U\":", by, fixed) && change_number(text, "\"u\":", by, fixed);
}

static bool change_stamp(struct td_str *text, enum kind kind)
{
    char *at = find(text, "\"time\":\"20");
    at = at ? at + 8 : (at = find(text, "\"timestamp\":\"20")) ? at + 13 : NULL;
    if (at == NULL)
        return change_number(text, "\"E\":", kind == KIND_stamp_future ? 86400000 : 0,
                             kind == KIND_stamp_future ? NULL
                             : kind == KIND_stamp_1970 ? "1"
                                                       : "1767225600");
    if (kind == KIND_stamp_unit) /* another spelling of the offset */
        return false;
    memcpy(at, kind == KIND_stamp_future ? "2031" : "1970", 4);
    return true;
}

static bool spoil_sum(struct td_str *text)
{
    char *at = find(text, "\"checksum\":");
    if (at == NULL)
        return false;
    at += strlen("\"checksum\":");
    *at = *at == '9' ? '1' : (char)(*at + 1);
    return true;
}

static bool insert(struct td_str *text, const char *mark, const char *level)
{
    char *at = find(text, mark);
    size_t more = strlen(level);
    if (at == NULL)
        return false;
    at += strlen(mark);
    bool comma = *at != ']';
    memmove(at + more + comma, at, (size_t)(text->at + text->bytes - at) + 1);
    memcpy(at, level, more);
    if (comma)
        at[more] = ',';
    text->bytes += more + comma;
    return true;
}

static bool cross(const struct feed *feed, struct td_str *text)
{
    if (feed == &feed_coinbase)
        return insert(text, feed->bad_at, "[\"buy\",\"99000000\",\"1\"]");
    if (feed == &feed_binance)
        return insert(text, feed->bad_at, "[\"99000000.00000000\",\"1.00000000\"]");
    return insert(text, feed->bad_at, "{\"price\":99000000.0,\"qty\":1.0}");
}

static void turn_bits(struct bourse *bourse, struct td_str *text)
{
    for (unsigned i = 0; i < 3; i++) /* still UTF-8 */
        text->at[dice_below(&bourse->dice, text->bytes)] ^=
            (char)(1 << dice_below(&bourse->dice, 7));
}

static void put_before(struct td_str *text, const char *what)
{
    size_t more = strlen(what);
    memmove(text->at + more, text->at, text->bytes + 1);
    memcpy(text->at, what, more);
    text->bytes += more;
}

bool spoil_text(struct bourse *bourse, const struct feed *feed, enum kind kind, struct td_str *text,
                bool *wrong)
{
    *wrong = true;
    switch (kind) {
    case KIND_msg_cut:
        text->bytes = 1 + dice_below(&bourse->dice, text->bytes - 1);
        return true;
    case KIND_msg_bits:
        turn_bits(bourse, text);
        return true;
    case KIND_msg_bom:
        put_before(text, "\xEF\xBB\xBF");
        return true;
    case KIND_msg_two:
        td_str_add(text, "{\"type\":\"heartbeat\"}");
        return true;
    case KIND_msg_nul:
        text->at[dice_below(&bourse->dice, text->bytes)] = '\0';
        return true;
    case KIND_bad_checksum:
        *wrong = false;
        return spoil_sum(text);
    case KIND_bad_level:
        return insert(text, feed->bad_at, feed->bad_level);
    case KIND_seq_back:
    case KIND_seq_jump:
    case KIND_seq_zero:
    case KIND_seq_huge:
        return change_sequence(text, kind);
    case KIND_stamp_future:
    case KIND_stamp_1970:
    case KIND_stamp_unit:
        *wrong = false;
        return change_stamp(text, kind);
    case KIND_book_crossed:
        return cross(feed, text);
    default:
        return false;
    }
}

/* ---- texts that nobody asked for ---------------------------------------------------------------------------------------- */

static const char *const unknown[NET_HOSTS] = {
    "{\"type\":\"auction\",\"product_id\":\"BTC-USD\",\"state\":\"collection\",\"price\":\"1\"}",
    "{\"stream\":\"btcusdt@auction\",\"data\":{\"e\":\"auctionUpdate\",\"s\":\"BTCUSDT\",\"E\":1}}",
    "{\"channel\":\"auction\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/USD\"}]}"};
static const char *const error[NET_HOSTS] = {
    "{\"type\":\"error\",\"message\":\"Something went wrong\",\"reason\":\"try later\"}",
    "{\"error\":{\"code\":-1001,\"msg\":\"internal error\"},\"id\":null}",
    "{\"error\":\"EGeneral:Internal error\",\"method\":\"subscribe\",\"success\":false}"};
static const char *const foreign[NET_HOSTS] = {
    "{\"type\":\"l2update\",\"product_id\":\"NOBODY-USD\",\"changes\":[[\"buy\",\"1\",\"1\"]],"
    "\"time\":\"2026-01-01T00:00:00.000000Z\"}",
    "{\"stream\":\"nobodyusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\",\"E\":1767225600000,"
    "\"s\":\"NOBODYUSDT\",\"U\":1,\"u\":1,\"b\":[],\"a\":[]}}",
    "{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":\"NOBODY/USD\",\"bids\":[],"
    "\"asks\":[],\"checksum\":1,\"timestamp\":\"2026-01-01T00:00:00.000000Z\"}]}"};
static const char *const nan_text[NET_HOSTS] = {
    "{\"type\":\"l2update\",\"product_id\":\"%s\",\"changes\":[[\"buy\",\"NaN\",\"1\"]],"
    "\"time\":\"2026-01-01T00:00:00.000000Z\"}",
    "{\"stream\":\"x@depth\",\"data\":{\"e\":\"depthUpdate\",\"E\":NaN,\"s\":\"%s\",\"U\":NaN}}",
    "{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":\"%s\",\"bids\":[{\"price\":"
    "NaN,\"qty\":1.0}],\"asks\":[],\"checksum\":1}]}"};
static const char *const long_text[NET_HOSTS] = {
    "{\"type\":\"l2update\",\"product_id\":\"%s\",\"changes\":[[\"sell\","
    "\"123456789012345678901234567890123456789012345678901234567890\",\"1\"]],"
    "\"time\":\"2026-01-01T00:00:00.000000Z\"}",
    "{\"stream\":\"x@trade\",\"data\":{\"e\":\"trade\",\"E\":1767225600000,\"s\":\"%s\",\"t\":"
    "123456789012345678901234567890123456789012345678901234567890,\"p\":\"1\",\"q\":\"1\"}}",
    "{\"channel\":\"trade\",\"type\":\"update\",\"data\":[{\"symbol\":\"%s\",\"side\":\"buy\","
    "\"price\":123456789012345678901234567890123456789012345678901234567890,\"qty\":1.0}]}"};
static const char empty_snapshot[NET_HOSTS][160] = {
    "{\"type\":\"snapshot\",\"product_id\":\"%s\",\"asks\":[],\"bids\":[],"
    "\"time\":\"2026-01-01T00:00:00.000000Z\"}",
    "",
    "{\"channel\":\"book\",\"type\":\"snapshot\",\"data\":[{\"symbol\":\"%s\",\"bids\":[],"
    "\"asks\":[],\"checksum\":1}]}"};

static const char *with_symbol(struct bourse *bourse, const char *format, const char *raw)
{
    struct td_str out = td_str_on(bourse->scratch, HOUSE_TEXT_BYTES);
    const char *hole = strstr(format, "%s");
    td_str_add_bytes(&out, format, (size_t)(hole - format));
    td_str_add(&out, raw);
    td_str_add(&out, hole + 2);
    return bourse->scratch;
}

const char *spoil_extra(struct bourse *bourse, unsigned host, const char *raw, enum kind kind,
                        size_t *bytes)
{
    const char *text = NULL;
    struct td_str out = td_str_on(bourse->scratch, HOUSE_TEXT_BYTES);
    if (kind == KIND_msg_array)
        text = "[[1,2],[3,\"4\"]]";
    else if (kind == KIND_msg_error)
        text = error[host];
    else if (kind == KIND_msg_unknown)
        text = unknown[host];
    else if (kind == KIND_msg_foreign_symbol)
        text = foreign[host];
    else if (kind == KIND_msg_nan)
        text = with_symbol(bourse, nan_text[host], raw);
    else if (kind == KIND_msg_long_number)
        text = with_symbol(bourse, long_text[host], raw);
    else if (kind == KIND_msg_duplicate_key)
        text = "{\"type\":\"noise\",\"type\":\"more\",\"channel\":\"a\",\"channel\":\"b\"}";
    else if (kind == KIND_msg_escapes)
        text = "{\"type\":\"\\ud800\",\"message\":\"\\u0000\\udfff\\\"\"}";
    else if (kind == KIND_book_empty_snapshot && empty_snapshot[host][0])
        text = with_symbol(bourse, empty_snapshot[host], raw);
    else if (kind == KIND_msg_deep) {
        for (unsigned i = 0; i < 10000; i++)
            td_str_add_char(&out, '[');
        text = bourse->scratch;
    }
    *bytes = text ? strlen(text) : 0;
    return text;
}
