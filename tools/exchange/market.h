/* One symbol of one venue: its true book, the order flow that moves it, the message that is being gathered, its trades. Everything
   follows from the seed and the calls; no clock, no socket. Prices and sizes are int64 in steps of 10^-scale. */
#ifndef EXCHANGE_MARKET_H
#define EXCHANGE_MARKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "exchange/history.h"
#include "exchange/levels.h"

enum {
    MARKET_BATCH_MAX = 64,   /* prices of one message */
    MARKET_TRADES_KEPT = 64, /* for the lists that venues give on subscribe */
    MARKET_DEPTHS = 5,       /* fixed depths a feed may be cut to */
};
enum { BID = 0, ASK = 1 };

struct market_trade {
    uint64_t id;
    int64_t price_steps, size_steps, time_us;
    bool taker_buys;
};

struct market_touched {
    int64_t price_steps;
    bool ask;
};

/* What one message says: sizes are looked up when it is told, so each price stands once with its last size. */
struct market_batch {
    struct market_touched touched[MARKET_BATCH_MAX];
    unsigned count, wanted; /* told when it holds `wanted` prices */
    uint64_t first_seq, last_seq;
    int64_t time_us;
};

struct market_params {
    char symbol[TD_SYMBOL_MAX]; /* BTC-USD */
    char raw[TD_SYMBOL_MAX];    /* the venue's spelling */
    int64_t price_steps;        /* where the mid starts */
    int price_scale, size_scale;
    unsigned levels_a_side, levels_max;
    bool seq_per_change; /* else one number a message */
    uint64_t seed, first_seq;
    int64_t time_us;
};

struct market {
    struct market_params is;
    struct levels side[2]; /* BID, ASK */
    struct history *history;
    uint64_t dice, last_change;
    int64_t now_us, time_us; /* the venue's clock; the last stamp given */
    uint64_t seq_told, seq_open;
    struct market_batch batch;
    int bias; /* -30..30: how much buyers prevail, percent */
    struct market_trade trade[MARKET_TRADES_KEPT];
    uint64_t trades;      /* id of the last one */
    uint64_t trades_told; /* id of the last one before those of the order that is just told */
    uint64_t orders;      /* numbers of the venue's engine */
    int64_t open_steps, high_steps, low_steps, volume_steps;
    int64_t touch[4]; /* best bid, its size, best ask, its size as the last ticker had them */
    int64_t bound[MARKET_DEPTHS][2];  /* worst price that a feed of that depth shows */
    uint64_t view_seq[MARKET_DEPTHS]; /* the feed's number of its last message at that depth */
};

/* `memory` holds 2 * levels_max levels. The history is shared and may be reset by market_begin_count. */
void market_init(struct market *market, const struct market_params *params, struct level *memory,
                 struct history *history);

/* One order: new trades are market->trades - before. Changes join the batch. True when the batch should be told now. */
bool market_step(struct market *market);

/* Closes the batch: gives it a time and its numbers. False when it is empty. */
bool market_tell(struct market *market, struct market_batch *batch);

/* Absolute size as an order would set it, joined to the batch. */
void market_set(struct market *market, bool ask, int64_t price_steps, int64_t size_steps);

/* Far levels on both sides that no message announces (a new snapshot must follow); a number of their own. Returns how many. */
uint32_t market_deepen(struct market *market, uint32_t a_side);

/* A stamp later than all before it. */
int64_t market_stamp(struct market *market);

/* id must be one of the last MARKET_TRADES_KEPT. */
const struct market_trade *market_trade(const struct market *market, uint64_t id);

/* What a perpetual of this market would have, from the book and the time alone: the index is the mid, the mark a little beside it. */
struct market_derived {
    int64_t mark_steps, index_steps, interest_steps; /* open interest in steps of the size */
    int64_t funding_e8;                              /* of eight hours, in 10^-8, either sign */
    int64_t next_funding_us;
};
struct market_derived market_derived(const struct market *market);
/* Some trades are forced. */
static inline bool market_is_liquidation(const struct market_trade *trade)
{
    return trade->id % 40 == 7;
}

/* True, once, when the best prices or their sizes are others than last time. */
bool market_touch_moved(struct market *market);

#endif
