/* What is missing of one symbol, as the core keeps it: holes that the ledger tells, trades that are being fetched, silence. Inside of the
   core only (core_parts.h). */
#ifndef TD_APP_CORE_HOLE_H
#define TD_APP_CORE_HOLE_H

#include <stdbool.h>
#include <stdint.h>

/* A hole that is open now: its row `close` is written when the channel is good again. */
struct core_hole {
    bool open;
    uint8_t kind;
    int64_t gap_id, from_ns;
};

/* A hole in the ids of trades that the ledger has told. */
struct core_lost_trades {
    int64_t first_id, last_id;
    struct core_hole hole; /* its gap */
    int64_t to_ns;
};

enum {
    CORE_BACKFILLS = 4,
    CORE_BACKFILL_IDS = 5000,
    CORE_BACKFILL_WORDS = (CORE_BACKFILL_IDS + 63) / 64
};

/* One that is being filled from the venue's history, or was (core_backfill.c). */
struct core_backfill {
    struct core_lost_trades lost;
    int64_t first_id, last_id; /* what is asked for: the newer part of it; 0: free */
    uint32_t left;             /* of them not here yet */
    bool done;                 /* nothing is asked for any more; kept to know what is here */
    uint8_t tries;             /* answers in a row that brought nothing, or are still to come */
    int64_t ask_ns;            /* not before; on the clock of core_pace_ns */
    uint64_t here[CORE_BACKFILL_WORDS];
};

/* Whether the venue speaks of a symbol (core_refuse.c). Times on the clock of core_pace_ns. */
struct core_voice {
    bool spoke;      /* something came since the connection of its book opened */
    bool refused;    /* nothing comes: the venue said so, or everything else was tried */
    uint32_t alone;  /* subscriptions to it alone since then */
    int64_t ask_ns;  /* the next of them, 0 none */
    int64_t said_ns; /* not said again before */
};

#endif
