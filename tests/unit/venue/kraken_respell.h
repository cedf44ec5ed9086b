/* Kraken v1 frames in the spelling of v2: recorded v1 traffic is the oracle of the v2 parser. Prices and sizes keep every
   digit; a v1 snapshot has no checksum, so its v2 form has none. tools/kraken_v2 does the same to whole capture files. */
#ifndef TEST_VENUE_KRAKEN_RESPELL_H
#define TEST_VENUE_KRAKEN_RESPELL_H

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/utc.h"
#include "venue/json.h"

/* "XBT/USD" -> "BTC/USD" */
static inline void respell_symbol(struct td_str *out, struct td_text pair)
{
    const char *slash = memchr(pair.at, '/', pair.bytes);
    struct td_text part[2] = {{pair.at, (uint32_t)(slash - pair.at)},
                              {slash + 1, (uint32_t)(pair.at + pair.bytes - slash - 1)}};
    for (int i = 0; i < 2; i++) {
        if (i)
            td_str_add_char(out, '/');
        if (part[i].bytes == 3 && memcmp(part[i].at, "XBT", 3) == 0)
            td_str_add(out, "BTC");
        else if (part[i].bytes == 3 && memcmp(part[i].at, "XDG", 3) == 0)
            td_str_add(out, "DOGE");
        else
            td_str_add_bytes(out, part[i].at, part[i].bytes);
    }
}

/* "1618678132.214235" -> ns; the recordings print six decimals always. */
static inline int64_t respell_ns(struct td_text stamp)
{
    int64_t us = 0;
    for (uint32_t i = 0; i < stamp.bytes; i++)
        if (stamp.at[i] != '.')
            us = us * 10 + (stamp.at[i] - '0');
    return us * 1000;
}

static inline void respell_stamp(struct td_str *out, int64_t ns)
{
    char text[TD_UTC_TEXT_MAX];
    td_utc_iso(ns, text);
    td_str_add(out, text);
}

static inline void respell_add(struct td_str *out, const char *before, struct td_text text)
{
    td_str_add(out, before);
    td_str_add_bytes(out, text.at, text.bytes);
}

/* Writes one side; the newest stamp of its levels goes to `newest`. */
static inline void respell_side(struct td_str *out, const struct json *v1, int levels,
                                int64_t *newest)
{
    td_str_add_char(out, '[');
    for (int level = json_first(v1, levels), first = level; level >= 0;
         level = json_next(v1, level)) {
        respell_add(out, level == first ? "{\"price\":" : ",{\"price\":",
                    json_text(v1, json_item(v1, level, 0)));
        respell_add(out, ",\"qty\":", json_text(v1, json_item(v1, level, 1)));
        td_str_add_char(out, '}');
        int64_t ns = respell_ns(json_text(v1, json_item(v1, level, 2)));
        if (ns > *newest)
            *newest = ns;
    }
    td_str_add_char(out, ']');
}

/* A member of any of the objects that stand between the channel number and the names. */
static inline int respell_find(const struct json *v1, const char *key)
{
    for (int part = json_item(v1, 0, 1); json_is_object(v1, part); part = json_next(v1, part)) {
        int value = json_member(v1, part, key);
        if (value >= 0)
            return value;
    }
    return -1;
}

static inline void respell_book(struct td_str *out, const struct json *v1, struct td_text pair)
{
    bool snapshot = respell_find(v1, "as") >= 0 || respell_find(v1, "bs") >= 0;
    int64_t newest = 0;
    td_str_add_format(out, "{\"channel\":\"book\",\"type\":\"%s\",\"data\":[{\"symbol\":\"",
                      snapshot ? "snapshot" : "update");
    respell_symbol(out, pair);
    td_str_add(out, "\",\"bids\":");
    respell_side(out, v1, respell_find(v1, snapshot ? "bs" : "b"), &newest);
    td_str_add(out, ",\"asks\":");
    respell_side(out, v1, respell_find(v1, snapshot ? "as" : "a"), &newest);
    int checksum = respell_find(v1, "c");
    if (checksum >= 0)
        respell_add(out, ",\"checksum\":", json_text(v1, checksum));
    if (!snapshot) {
        td_str_add(out, ",\"timestamp\":\"");
        respell_stamp(out, newest);
        td_str_add_char(out, '"');
    }
    td_str_add(out, "}]}");
}

/* v1 trades carry no id: `last_id` counts them. */
static inline void respell_trades(struct td_str *out, const struct json *v1, struct td_text pair,
                                  int64_t *last_id)
{
    int trades = json_item(v1, 0, 1);
    td_str_add(out, "{\"channel\":\"trade\",\"type\":\"update\",\"data\":[");
    for (int trade = json_first(v1, trades), first = trade; trade >= 0;
         trade = json_next(v1, trade)) {
        td_str_add(out, trade == first ? "{\"symbol\":\"" : ",{\"symbol\":\"");
        respell_symbol(out, pair);
        td_str_add(out, json_equals(v1, json_item(v1, trade, 3), "b") ? "\",\"side\":\"buy\""
                                                                      : "\",\"side\":\"sell\"");
        respell_add(out, ",\"price\":", json_text(v1, json_item(v1, trade, 0)));
        respell_add(out, ",\"qty\":", json_text(v1, json_item(v1, trade, 1)));
        td_str_add_format(out, ",\"ord_type\":\"%s\",\"trade_id\":",
                          json_equals(v1, json_item(v1, trade, 4), "m") ? "market" : "limit");
        td_str_add_i64(out, ++*last_id);
        td_str_add(out, ",\"timestamp\":\"");
        respell_stamp(out, respell_ns(json_text(v1, json_item(v1, trade, 2))));
        td_str_add(out, "\"}");
    }
    td_str_add(out, "]}");
}

static inline void respell_ticker(struct td_str *out, const struct json *v1, struct td_text pair)
{
    static const struct {
        const char *before, *key;
        unsigned item; /* 0: best or today, 1: 24 hours, 2: lot volume */
    } fields[] = {{",\"bid\":", "b", 0},     {",\"bid_qty\":", "b", 2}, {",\"ask\":", "a", 0},
                  {",\"ask_qty\":", "a", 2}, {",\"last\":", "c", 0},    {",\"volume\":", "v", 1},
                  {",\"vwap\":", "p", 1},    {",\"low\":", "l", 1},     {",\"high\":", "h", 1}};
    td_str_add(out, "{\"channel\":\"ticker\",\"type\":\"update\",\"data\":[{\"symbol\":\"");
    respell_symbol(out, pair);
    td_str_add_char(out, '"');
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        respell_add(out, fields[i].before,
                    json_text(v1, json_item(v1, respell_find(v1, fields[i].key), fields[i].item)));
    td_str_add(out, "}]}");
}

static inline void respell_event(struct td_str *out, const struct json *v1)
{
    if (json_equals(v1, json_member(v1, 0, "event"), "heartbeat")) {
        td_str_add(out, "{\"channel\":\"heartbeat\"}");
    } else if (json_equals(v1, json_member(v1, 0, "event"), "systemStatus")) {
        respell_add(out,
                    "{\"channel\":\"status\",\"type\":\"update\",\"data\":[{\"version\":\"2.0.0\","
                    "\"system\":\"",
                    json_plain(v1, 0, "status"));
        respell_add(
            out, "\",\"api_version\":\"v2\",\"connection_id\":", json_plain(v1, 0, "connectionID"));
        td_str_add(out, "}]}");
    } else {
        int subscription = json_member(v1, 0, "subscription");
        respell_add(out, "{\"method\":\"subscribe\",\"result\":{\"channel\":\"",
                    json_plain(v1, subscription, "name"));
        td_str_add(out, "\",\"symbol\":\"");
        respell_symbol(out, json_plain(v1, 0, "pair"));
        td_str_add(out, "\"},\"success\":true}");
    }
}

/* `v1` holds the tokens of a received v1 frame; `out` is an empty builder; `last_id` starts at 0 and belongs to the frame's
   symbol (one for all will do where ids do not matter). */
static inline void kraken_respell(struct td_str *out, const struct json *v1, int64_t *last_id)
{
    if (json_is_object(v1, 0)) {
        respell_event(out, v1);
        return;
    }
    unsigned size = json_size(v1, 0);
    struct td_text pair = json_text(v1, json_item(v1, 0, size - 1));
    int channel = json_item(v1, 0, size - 2);
    if (json_equals(v1, channel, "trade"))
        respell_trades(out, v1, pair, last_id);
    else if (json_equals(v1, channel, "ticker"))
        respell_ticker(out, v1, pair);
    else
        respell_book(out, v1, pair);
}

#endif
