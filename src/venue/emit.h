/* What parsers write events with: it knows the sink, the instrument's scales, what a bad number
   means, and when the sink must be flushed. One emit lives on the stack for one parse. Core thread.

   A parser states an event in full (time, sequence, checksum) before it adds levels: large ones
   leave in pieces. */
#ifndef TD_VENUE_EMIT_H
#define TD_VENUE_EMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/decimal.h"
#include "venue/scan.h"
#include "venue/venue.h"

struct emit {
    struct venue_ctx *ctx;
    const struct td_frame *frame;
    struct venue_sink *sink;
    struct td_event *event;              /* the one being filled */
    const struct instrument *instrument; /* its instrument */
    int index;
    int late;    /* TD_E_OFF_GRID or TD_E_OVERFLOW: told at the end, so that one retry knows all the
                    frame needs */
    bool absurd; /* a time that cannot be */
    uint32_t flushes;   /* of events, in this pass */
    const void *family; /* of venues that share one wire: what this one has of its own */
};

/* One document both ways: `scan` while its fixed form fits to the last byte (true), else jsmn and
   `read`, which returns a bucket and finds the tokens in ctx->json. A document too long for the
   token arena is MALFORMED. */
int emit_parse(struct venue_ctx *ctx, const struct td_frame *frame, struct td_text text,
               bool (*scan)(struct emit *, struct scan *), int (*read)(struct emit *));

/* The same for a family of venues, whose functions find `family` in the emit. */
int emit_parse_family(struct venue_ctx *ctx, const struct td_frame *frame, struct td_text text,
                      bool (*scan)(struct emit *, struct scan *), int (*read)(struct emit *),
                      const void *family);

void emit_clear(struct venue_sink *sink);

/* Starts with an empty sink. */
void emit_open(struct emit *emit, struct venue_ctx *ctx, const struct td_frame *frame);
/* Bucket or error of the parse: what the parser found, unless a number or a time says otherwise. */
int emit_close(struct emit *emit, int bucket);

/* Chooses the instrument of the next events by the venue's spelling, adding it where the table
   discovers names. False: not ours (the frame is IGNORED). `unify` as in the descriptor. */
bool emit_choose(struct emit *emit, struct td_text raw,
                 td_err (*unify)(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX]));

/* The same for an HTTP answer that does not say whose it is: `key` ("symbol=") stands before the name in the URL. */
bool emit_choose_by_url(struct emit *emit, const char *key,
                        td_err (*unify)(const char *raw, size_t raw_bytes,
                                        char symbol[TD_SYMBOL_MAX]));

/* The instrument that a request was about, by its number (subscription_id). */
bool emit_choose_id(struct emit *emit, int64_t id);

/* Stamps; EMIT_NO_TIME when the text is absent or no time at all. Outside 2000..2100 the frame
 * becomes ABSURD. */
#define EMIT_NO_TIME INT64_MIN
int64_t emit_time_utc(struct emit *emit, struct td_text text);
int64_t emit_time_epoch(struct emit *emit, struct td_text text);

/* The next event; fields beyond the common ones are zero. A missing time is taken from the frame
 * and flagged. */
void emit_begin(struct emit *emit, enum td_event_kind kind, int64_t event_ns);
void emit_end(struct emit *emit);
/* The time of an event whose message tells it last; before its first level. EMIT_NO_TIME: as emit_begin(). */
void emit_stamp(struct emit *emit, int64_t event_ns);
/* The numbers of an event that the venue's rule compares; 0 for those it does not use. */
void emit_sequence(struct emit *emit, int64_t prev, int64_t first, int64_t last);

/* Text of a price or size -> steps of the instrument. 0 (also when the number is noted as off grid
   or too large), or TD_E_SYNTAX. */
td_err emit_price(struct emit *emit, struct td_text text, int64_t *steps);
td_err emit_size(struct emit *emit, struct td_text text, int64_t *steps);

/* One level from its texts. TD_E_SYNTAX: no number, or a negative size. */
td_err emit_level(struct emit *emit, enum td_side side, struct td_text price, struct td_text size);

/* Tokens of a list [["price","size",...],...]: all its levels, or TD_E_VENUE_JSON / TD_E_SYNTAX. */
td_err emit_read_levels(struct emit *emit, int list, enum td_side side);

/* The same of a list of objects {"price":"101.4","size":"2"}, by the two keys. */
td_err emit_read_level_objects(struct emit *emit, int list, enum td_side side,
                               const char *price_key, const char *size_key);

/* The venue refused the subscription of the instrument that was chosen. */
void emit_refused(struct emit *emit);

/* SYNC_CONN1: the frame's number on its connection; to be said of every frame that has one, also those that are IGNORED. */
void emit_conn_seq(struct emit *emit, int64_t seq);

/* The venue is about to close the connection: its successor is opened beside it. Returns the frame's bucket, IGNORED. */
static inline int emit_leaving(struct emit *emit)
{
    emit->sink->leaving = true;
    return TD_BUCKET_IGNORED;
}

/* "buy" and "sell" in the words a venue gives the taker, in any case; other words, or none, are unknown. */
uint8_t emit_taker(struct td_text word);

/* The whole trade event (begin and end too). Id: an integer of at most 18 digits, any other text,
 * or absent. */
struct emit_trade {
    struct td_text price, size, id, side_raw;
    int64_t event_ns;
    uint8_t taker;
    uint16_t flags; /* enum td_event_flag */
};
td_err emit_trade(struct emit *emit, const struct emit_trade *trade);

/* Events from a point on, for lists that begin with the newest: emit_run() before the first, emit_reverse() behind the last. A list longer
   than the sink stays as the venue has it. */
struct emit_run {
    uint32_t first, flushes;
};
struct emit_run emit_run(const struct emit *emit);
void emit_reverse(struct emit *emit, struct emit_run run);

/* Adds one value to a ticker event; null and an empty text add none. TD_E_SYNTAX. */
td_err emit_ticker_value(struct emit *emit, enum td_ticker_field field, struct td_text text);

/* What a venue calls the values of its ticker. */
struct emit_ticker_key {
    const char *key;
    uint8_t field; /* enum td_ticker_field */
};
/* All members of a JSON object that the table names; TD_E_SYNTAX for one that is no number, TD_E_VENUE_JSON when
   the first, which every such message carries, is missing. */
td_err emit_read_ticker(struct emit *emit, int object, const struct emit_ticker_key *keys,
                        size_t count);

/* The same in fixed form, the cursor behind the opening brace (or behind members that were read already): quoted or bare numbers, names
   that the table lacks are passed over. False: not that form, ask jsmn. */
bool emit_scan_ticker(struct emit *emit, struct scan *scan, const struct emit_ticker_key *keys,
                      size_t count);

/* For objects in which name and time stand anywhere, or values of other kinds: first the object's members (scan.h) whose names stand in `head` and then in `keys`, which the caller may look at;
   then the values of those of `keys`, of which the first must be there. False: ask jsmn. */
bool emit_scan_members(struct scan *scan, const char *const *head, unsigned heads,
                       const struct emit_ticker_key *keys, unsigned count, struct td_text *out);
bool emit_scan_values(struct emit *emit, const struct td_text *value,
                      const struct emit_ticker_key *keys, unsigned count);

/* Makes room when the level array is full: counts only (first pass) or hands the levels on
 * (second). */
void emit_flush_levels(struct emit *emit);

static inline void emit_steps(struct emit *emit, enum td_side side, int64_t price_steps,
                              int64_t size_steps)
{
    struct venue_sink *sink = emit->sink;
    if (__builtin_expect(sink->level_count == TD_BATCH_LEVELS_MAX, 0))
        emit_flush_levels(emit);
    sink->level[sink->level_count++] = (struct td_level){price_steps, size_steps, (uint8_t)side};
}

/* The two numbers of a level in fixed form, `"14.80","12.77"` or `14.80,"qty":12.77`: what stands
   between and behind them is the venue's. False: not that form, ask jsmn. */
bool emit_scan_number(struct emit *emit, struct scan *scan, bool is_price, int64_t *steps,
                      unsigned *decimals);

/* Decimals as printed. The event of a venue whose checksum is over its tokens notes the most that it showed; false: more than any number has. */
unsigned emit_decimals(struct td_text number);
static inline bool emit_note_decimals(struct emit *emit, unsigned price, unsigned size)
{
    struct td_event *event = emit->event;
    if (price > TD_SCALE_MAX || size > TD_SCALE_MAX)
        return false;
    if (price > event->price_decimals)
        event->price_decimals = (uint8_t)price;
    if (size > event->size_decimals)
        event->size_decimals = (uint8_t)size;
    return true;
}

/* Levels of one side in the form most venues use, `["14.80","12.77"],...]`; the cursor stands behind the opening bracket of the list. */
bool emit_scan_levels(struct emit *emit, struct scan *scan, enum td_side side);

static inline __attribute__((always_inline)) bool emit_scan_steps(struct emit *emit,
                                                                  struct scan *scan, bool is_price,
                                                                  int64_t *steps,
                                                                  unsigned *decimals)
{
    int scale = is_price ? emit->instrument->price_scale : emit->instrument->size_scale;
    if (__builtin_expect(scan->end - scan->at >= SCAN_FIXED_REACH && scale <= SCAN_FIXED_DIGITS,
                         1)) {
        const char *behind = scan_fixed(scan->at, scale, steps, decimals);
        if (__builtin_expect(behind && *behind != 'e' && *behind != 'E', 1)) {
            scan->at = behind;
            return true;
        }
    }
    return emit_scan_number(emit, scan, is_price, steps, decimals);
}

#endif
