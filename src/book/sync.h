/* The state of one book: which event may be applied, what a hole is, when it is proven. One small function per sequence
   rule (VENUES A4). Deterministic; holds back early deltas until a base comes. Thread: core only.

   The caller (app/core.c) asks sync_judge() for every book event, applies what it is told, and reports the outcome. */
#ifndef TD_BOOK_SYNC_H
#define TD_BOOK_SYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/event.h"

enum sync_verdict {
    SYNC_APPLY,    /* apply the event's levels (a snapshot clears first) */
    SYNC_HOLD,     /* early: keep it (sync_hold_*), it belongs after a base that is on its way */
    SYNC_DROP_OLD, /* older than the book: bucket STALE */
    SYNC_HOLE, /* something is missing before it: the book is broken, ask for a resync; not applied where changes are held */
};

struct sync {
    uint8_t rule;  /* enum sync_rule (base/event.h) */
    uint8_t state; /* enum td_book_state */
    bool holds;    /* changes wait for a base that is asked for (sync_init) */
    bool have_base, joined;
    int64_t seq_last;   /* last applied (u) */
    int64_t seq_broken; /* seq_last as it was before the last break */
    /* Set by the caller after it reset a book that was good: changes are held without a hole from there on, so a base with numbers that
       is older than what was applied (it may come from a cache) is dropped where no rule would show the hole. 0: none. */
    int64_t seq_floor;
    uint32_t crossed_frames; /* consecutive frames that left the book crossed */
    uint64_t resyncs;
    uint32_t old_run; /* deltas in a row that were older than the book */
    bool twin; /* set by the caller while two connections feed the book: old ones are normal */
};

/* holds: the base is asked for and comes beside the stream (VENUE_RESYNC_BASE, _REQUEST), so changes that are early wait for it. */
void sync_init(struct sync *sync, enum sync_rule rule, bool holds);

/* What to do with a snapshot/base/delta event. Changes state: a snapshot that the stream brings -> proven; a base that was asked for
   stays syncing until the first change joins it (RANGE: U <= L+1 <= u; PREV: prev <= L <= u; BOOK1: L+1), but with NONE, SUM and CONN1,
   where nothing can join, it is proven at once, and of changes that bear numbers those at or before its own are dropped.
   A hole -> broken. CONN1 is as NONE: the numbers are the connection's.
   Deltas older than the book are dropped: a venue repeats itself. Several in a row, or one from far back, mean that its numbers began
   anew, and what it says now would be dropped for ever: a hole as well. */
enum sync_verdict sync_judge(struct sync *sync, const struct td_event *event);

/* The delta would show a hole: something before it is missing yet. Changes nothing. */
bool sync_ahead(const struct sync *sync, const struct td_event *event);
/* Two connections may feed the book at a time: its numbers put what they bring in order. */
bool sync_merges(const struct sync *sync);
/* The book holds the numbered change already. Where a book cannot merge, a connection that says such is one it may follow from then on:
   what comes behind is either old as well or next. */
bool sync_passed(const struct sync *sync, const struct td_event *event);

/* After applying: the checksum did not match -> broken; true when this is a fresh break (a resync should be asked). */
bool sync_checksum_failed(struct sync *sync);

/* After each applied frame: crossed or locked. Broken when it lasts longer than one frame; true on the fresh break. */
bool sync_crossed(struct sync *sync, bool crossed);

/* Connection lost, resubscribed, overflow or asked to start over: state syncing (or `state`), base forgotten. */
void sync_reset(struct sync *sync, enum td_book_state state);

/* Saved or loaded; the rule is the venue's and stays. */
struct td_state;
void sync_state(struct sync *sync, struct td_state *state);

/* ---- held deltas: one bounded store per book --------------------------------------------------------------------------- */

/* A delta kept while its base is on the way, with all that its rows need later. */
struct sync_held {
    uint64_t frame;
    int64_t recv_ns, event_ns, seq_first, seq_last, seq_prev;
    uint32_t conn, level_first,
        level_count; /* levels in the hold's own array, from level_first, wrapping */
    uint8_t origin;
    uint16_t flags; /* enum td_event_flag */
};

struct sync_hold;

/* levels, deltas: capacity. */
size_t sync_hold_footprint(uint32_t deltas, uint32_t levels);
struct sync_hold *sync_hold_init(void *mem, uint32_t deltas, uint32_t levels);
void sync_hold_clear(struct sync_hold *hold);
/* Keep a delta; drops the oldest ones when full (then a base that needs them will show a hole); returns how many it dropped. */
uint32_t sync_hold_push(struct sync_hold *hold, const struct sync_held *head,
                        const struct td_level *levels);
/* Oldest held delta or NULL; its levels are copied out one by one with sync_hold_level(). */
const struct sync_held *sync_hold_peek(const struct sync_hold *hold);
const struct sync_held *sync_hold_newest(const struct sync_hold *hold); /* or NULL */
struct td_level sync_hold_level(const struct sync_hold *hold, const struct sync_held *held,
                                uint32_t index);
void sync_hold_pop(struct sync_hold *hold);
/* Multiply held levels (instrument got a finer scale). */
td_err sync_hold_rescale(struct sync_hold *hold, int64_t price_factor, int64_t size_factor);
/* Saved, or loaded into a hold as large; the levels' scales are the instrument's. */
void sync_hold_state(struct sync_hold *hold, struct td_state *state);

#endif
