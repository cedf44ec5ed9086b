/* What a venue is: one const descriptor that states its wire and its rule. Parsers are pure: frame
   in, events out into a sink. One venue is one file, one descriptor, one line in venue_list.h. Core
   thread (texts for the wire: wire thread, pure). */
#ifndef TD_VENUE_VENUE_H
#define TD_VENUE_VENUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/event.h"
#include "venue/instrument.h"
#include "venue/json.h"

/* Where a parser puts what it found. Reset by the engine before each frame. */
struct venue_sink {
    struct td_event *event; /* [TD_BATCH_EVENTS_MAX] */
    struct td_level *level; /* [TD_BATCH_LEVELS_MAX] */
    uint32_t event_count, level_count;
    /* A number finer than its instrument's scale: the parser notes the scales the frame needs and
       returns TD_E_OFF_GRID; the core rescales and parses again. -1 = no need. */
    int need_instrument, need_price_scale, need_size_scale;
    /* Large frames: when the level array is full the parser calls flush (levels of the last event
       so far, flag CONTINUES), then goes on with CONTINUED. Events before the last one are
       complete; a full event array is flushed between two events. NULL: the first, validating pass,
       which only counts (level_count stays below the array's end). */
    void (*flush)(struct venue_sink *sink);
    void *flush_arg;
    /* The fixed-form scan gave up in the first pass: the second goes straight to jsmn. */
    bool unfit;
    /* More levels than the array holds: the engine parses a second time with flush. */
    bool overflowed;
    /* SYNC_CONN1: the frame's number on its connection, whatever its bucket; valid when has_conn_seq. */
    bool has_conn_seq;
    int64_t conn_seq;
    bool
        leaving; /* of an IGNORED frame: the venue is about to close this connection, or wants it made anew */
};

struct
    venue_listing { /* one entry of a venue's symbol list; texts are absent where the venue does not say */
    struct td_text raw, base, quote, price_step, size_step, status;
    uint8_t kind; /* enum instrument_kind */
    struct td_text contract_size, contract_currency;
    struct td_text strike;
    uint8_t option;    /* enum instrument_option */
    int64_t expiry_ns; /* 0: none */
    struct td_text
        volume; /* of the last 24 h, in the quote currency or what comes nearest: for the top N only */
};

struct venue_ctx {
    struct instruments *instruments;
    struct json *json;
    struct venue_sink *sink;
    uint16_t source;
    void *state; /* VENUE_STATE_BYTES of the venue's own, zeroed at each connection */
    /* Called for each entry of a symbol list (all entries, wanted or not). */
    void (*listing)(struct venue_ctx *ctx, const struct venue_listing *listing);
    void *listing_arg;
    bool jsmn_only; /* leave out the fixed-form scan: tests compare both ways, benches time them */
    struct inflate *
        inflate; /* of venues whose frames are compressed (venue/inflate.h); NULL: none is among the sources */
};
enum { VENUE_STATE_BYTES = 1024 };

/* What one connection subscribes to: the instruments of `source` with this `shard` (all when every_shard), in their table's order, and the
   channels that are recorded and that the connection carries, bits (1 << enum td_channel). */
struct venue_subscription {
    const struct instruments *instruments;
    uint16_t source;
    bool every_shard;
    uint8_t shard, endpoint; /* endpoint: index in venue.endpoint */
    uint32_t channels;
    int64_t wall_ns; /* now, for venues that want a time in the text; 0 in tests and resyncs */
};

enum venue_resync {
    VENUE_RESYNC_SUBSCRIBE, /* the subscription brings a snapshot: send unsubscribe + subscribe of that one book */
    VENUE_RESYNC_BASE, /* fetch a base by HTTP; changes are held until it comes */
    VENUE_RESYNC_REQUEST /* ask for a base on the socket (resubscribe texts); changes are held until it comes */
};
enum venue_checksum {
    VENUE_CHECKSUM_NONE,
    VENUE_CHECKSUM_KRAKEN,
    /* CRC32, signed, of "px:sz" of bid 1, ask 1, bid 2 ... up to 25 a side, joined by ":", as the tokens were printed (OKX, Bitget) */
    VENUE_CHECKSUM_OKX,
    /* The same with asks' sizes negative and numbers in their shortest form (Bitfinex) */
    VENUE_CHECKSUM_BITFINEX
};
enum venue_compression {
    VENUE_PLAIN,
    VENUE_GZIP,   /* every binary frame is a gzip member */
    VENUE_DEFLATE /* every binary frame is raw deflate */
};
enum venue_auth {
    VENUE_AUTH_NONE,
    VENUE_AUTH_JWT_ES256 /* optional: a member "jwt" in each subscribe text, where the user gave a key */
};

/* One kind of connection of a venue. */
struct venue_endpoint {
    const char *path; /* behind the address, "" none; NULL: past the last */
    uint32_t
        channels; /* bits (1 << enum td_channel) that it carries; a channel may be on several */
};
enum { VENUE_ENDPOINTS_MAX = 3 };

struct venue {
    const char *name;  /* "coinbase": section name of the configuration, column exchange */
    const char *title; /* "Coinbase Exchange" */
    const char *ws_url;
    const char *rest_url; /* scheme and host, no path */
    /* Where one connection does not carry all: each is dialled at ws_url + path. All zero: one, path "", every channel. */
    struct venue_endpoint endpoint[VENUE_ENDPOINTS_MAX];
    /* Subscriptions (symbol x channel) that one connection may hold: more symbols open more connections. 0: no limit. */
    uint16_t conn_channels_max;
    uint8_t rule;        /* enum sync_rule */
    uint8_t checksum;    /* enum venue_checksum */
    uint8_t resync;      /* enum venue_resync */
    bool trade_id_plus1; /* trade ids rise by one per instrument: a hole is a missed trade */
    bool side_is_maker;  /* the wire names the maker's side (stored inverted; side_raw keeps the
                             word) */
    bool has_event_time;
    bool crossed_is_error;
    uint32_t book_depth; /* feed of fixed depth: prune to it after each event; 0 = full */
    const char *ping_text;
    const char *
        pong_text; /* what it is answered with where that is not JSON: IGNORED by name. NULL: none */
    uint32_t ping_interval_ms;
    /* A text to send at once because the venue asked: bytes, 0 for any other message. Wire thread, pure; of compressed venues it is given
       the inflated text. NULL: the venue never asks. */
    size_t (*answer)(struct td_text message, char *out, size_t cap);
    uint8_t compression; /* enum venue_compression */
    uint8_t auth;        /* enum venue_auth */
    const char *headers; /* further lines of the upgrade request, each ended by CR LF; NULL: none */
    /* Each connect begins with a POST (no body) to rest_url + token_path; dial_url makes the address of the answer's text: bytes, 0 when it
       is none. NULL: no such handshake. Wire thread, pure. */
    const char *token_path;
    size_t (*dial_url)(struct td_text answer, char *out, size_t cap);
    uint32_t subscribe_delay_ms; /* pause between the upgrade and the first subscribe */
    uint32_t
        rebase_s; /* VENUE_RESYNC_BASE without a rule that proves: the book starts over this often; 0: never */
    uint8_t
        conn_seq_slack; /* SYNC_CONN1: a message may come so many later than its number says; 0: never */
    uint32_t
        heartbeat_ms; /* the venue speaks at least so often on each connection; 0 = no promise */
    /* The venue closes connections of a day by itself: replace one this old before that (wire_endpoint.life_s); 0: it does not. */
    uint32_t conn_life_s;
    uint32_t subscribe_gap_ms; /* pace between subscribe messages */
    uint32_t base_gap_ms;      /* pace between HTTP bases */

    /* Unified <-> venue's spelling (venue/spelling.h has the common ones): BTC-USD spot, BTC-USD-PERP perpetual, BTC-USD-20261225 dated,
       BTC-20261225-50000-C option; what has no such form keeps the venue's name. `spell` also takes the venue's own spelling. 0 or
       TD_E_VENUE_SYMBOL. */
    td_err (*spell)(const char *symbol, char raw[TD_SYMBOL_MAX]);
    td_err (*unify)(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX]);

    /* n-th subscribe text for all instruments of the source; returns its bytes, 0 = no more. */
    size_t (*subscribe)(const struct venue_subscription *sub, unsigned n, char *out, size_t cap);
    /* The same with the contrary meaning, for instruments that are no longer recorded; NULL: the venue has no such text. */
    size_t (*unsubscribe)(const struct venue_subscription *sub, unsigned n, char *out, size_t cap);
    /* A subscribe text ends all that its connection had subscribed before: it is sent once a connection, and one that is to carry another
       symbol is made anew. */
    bool subscribe_replaces;
    /* n-th text that renews the book of one instrument (VENUE_RESYNC_SUBSCRIBE); NULL, or no text: only a new connection does. */
    size_t (*resubscribe)(const struct instrument *instrument, unsigned n, char *out, size_t cap);
    /* URL of a book base (VENUE_RESYNC_BASE), and of the symbol list; rest_url may be overridden. 0
     * = none. */
    size_t (*base_url)(const char *rest_url, const struct instrument *instrument, char *out,
                       size_t cap);
    /* n-th page of the symbol list; most have one. NULL: the venue has no list that a GET brings. `sub` tells what is configured, for venues that list symbols one by one. */
    size_t (*list_url)(const char *rest_url, const struct venue_subscription *sub, unsigned n,
                       char *out, size_t cap);
    /* Where the volumes of all symbols stand: entries with raw and volume alone, or a page of the list that tells them too. NULL: no top N
       at this venue. */
    size_t (*volume_url)(const char *rest_url, char *out, size_t cap);
    /* Newest trades of one instrument, at least those with the ids first .. last where the venue's history reaches so far: parse_http gives
       trade events with TD_EVF_BACKFILL. NULL: a hole stays a hole. */
    size_t (*trades_url)(const char *rest_url, const struct instrument *instrument,
                         int64_t first_id, int64_t last_id, char *out, size_t cap);

    /* One WebSocket frame -> events in ctx->sink. Returns an enum td_bucket (OK: events or none;
       IGNORED by name), or TD_E_OFF_GRID (see sink->need_*), TD_E_OVERFLOW (a value beyond int64
       steps; need_instrument names whose). On any other bucket than OK the sink's events are not
       used. */
    int (*parse)(struct venue_ctx *ctx, const struct td_frame *frame);
    /* One HTTP answer, already split; url tells which request it was. Same returns. */
    int (*parse_http)(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                      const struct td_frame *frame);
};

/* Endpoints of a venue, at least 1, and what one carries. */
unsigned venue_endpoints(const struct venue *venue);
struct venue_endpoint venue_endpoint_at(const struct venue *venue, unsigned index);
/* Connections of a source: a line is shard * endpoints + endpoint. Symbols that one shard holds of a source that records `channels`
   (UINT_MAX: no limit). */
unsigned venue_shard_symbols(const struct venue *venue, uint32_t channels);
/* Most shards that a source may have (TD_LINES_MAX). */
unsigned venue_shards_max(const struct venue *venue);
/* The lowest of the first `shards` shards of a source that has room for one symbol more; -1: none. `table` holds the others. */
int venue_shard_free(const struct venue *venue, uint32_t channels, const struct instruments *table,
                     uint16_t source, unsigned shards);
/* Shard of an instrument of which none is known yet, while a table is laid out. */
enum { VENUE_NO_SHARD = UINT8_MAX };

/* venue->list_url; 0 where the venue has none. */
size_t venue_list_url(const struct venue *venue, const char *rest_url,
                      const struct venue_subscription *sub, unsigned n, char *out, size_t cap);
/* venue->volume_url; 0 where the venue has none, or where the first page of the list tells the volumes. */
size_t venue_volume_url(const struct venue *venue, const char *rest_url,
                        const struct venue_subscription *sub, char *out, size_t cap);

/* venue_list.h order; NULL past the end. */
const struct venue *venue_at(unsigned index);
const struct venue *venue_find(const char *name);
/* Nearest name for an error message, NULL when none is near. */
const char *venue_nearest(const char *name);

/* ---- engine: what venues share ---- */

/* Parse any received frame (WS_TEXT, WS_BINARY, HTTP) of a venue: resets the sink, splits HTTP
   payloads, checks event times (1970 or outside 2000..2100: ABSURD) and marks missing ones
   (event_ns = recv_ns, flag), runs the second pass for large frames. The core sets sink->flush
   before and finds the rest of the events in the sink after. Returns as venue->parse. HTTP with a
   status other than 200 is IGNORED here: the core reads the status itself. */
int venue_parse(const struct venue *venue, struct venue_ctx *ctx, const struct td_frame *frame);

#endif
