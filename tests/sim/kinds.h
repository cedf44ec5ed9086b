/* The table of fault kinds (kinds.def), the odds that a run draws for them, and how often each has fired. A fault of a place is armed by
   the plan and fires when something of that place comes by; those of a machine or a connection fire when the plan says. */
#ifndef TD_SIM_KINDS_H
#define TD_SIM_KINDS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum kind_place {
    PLACE_NAME,    /* the next question for a name */
    PLACE_CONNECT, /* the next connect */
    PLACE_LINK,    /* at once: a connection that is up */
    PLACE_VENUE,   /* at once: a venue or the net */
    PLACE_UPGRADE, /* the next upgrade */
    PLACE_GET,     /* the next GET */
    PLACE_FRAME,   /* the next message, as a WebSocket frame */
    PLACE_MESSAGE, /* the next message, its text */
    PLACE_BOOK,    /* the next message of a book */
    PLACE_TRADE,   /* the next message of a trade */
    PLACE_CLOCK,   /* at once */
    PLACE_DISK,    /* at once, or from the next call on */
    PLACE_PROCESS, /* at once */
    PLACES
};

enum kind {
    KIND_NONE,
#define X(name, place, weight, what) KIND_##name,
#include "sim/kinds.def"
#undef X
    KINDS
};

const char *kind_name(enum kind kind);
const char *kind_what(enum kind kind);
enum kind_place kind_place(enum kind kind);

struct kinds {
    uint64_t dice;
    uint32_t odds[KINDS], odds_sum;
    bool armed[KINDS];
    unsigned armed_at[PLACES], turn;
    uint64_t fired[KINDS];
    bool off; /* the plan is over: nothing is armed any more */
};

/* Draws the odds. */
void kinds_init(struct kinds *kinds, uint64_t seed);
/* One by the odds; armed, where its place is one to wait for. */
enum kind kinds_draw(struct kinds *kinds);
void kinds_arm(struct kinds *kinds, enum kind kind);
/* The kind that is armed for a place, disarmed; KIND_NONE. It counts when kinds_fired() says so. */
enum kind kinds_take(struct kinds *kinds, enum kind_place place);
bool kinds_take_one(struct kinds *kinds, enum kind kind);
void kinds_fired(struct kinds *kinds, enum kind kind);
void kinds_disarm_all(struct kinds *kinds);

/* How many kinds fired at all. */
unsigned kinds_seen(const uint64_t fired[KINDS]);
void kinds_print(const uint64_t fired[KINDS], FILE *out);

#endif
