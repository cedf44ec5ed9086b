/* The instruments a deck records: (source, venue's spelling) -> index, scales and steps. Laid out
   at start; core thread. Scales only ever grow while recording: an unlisted instrument starts at 0
   and takes the decimals it sees. */
#ifndef TD_VENUE_INSTRUMENT_H
#define TD_VENUE_INSTRUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/event.h"

enum instrument_kind { /* SPEC 3.8, column kind */
                       INSTRUMENT_SPOT,
                       INSTRUMENT_PERP,
                       INSTRUMENT_FUTURE,
                       INSTRUMENT_OPTION,
                       INSTRUMENT_INDEX
};
enum instrument_option { INSTRUMENT_NO_OPTION, INSTRUMENT_CALL, INSTRUMENT_PUT };

struct instrument {
    char symbol[TD_SYMBOL_MAX];         /* unified, sanitised for paths: BTC-USD */
    char raw[TD_SYMBOL_MAX];            /* the venue's spelling: BTCUSD, BTC/USD */
    char base[24], quote[24];           /* "" unknown */
    char price_step[32], size_step[32]; /* exact decimal text of the venue's list, "" unknown */
    char status[24];                    /* venue's word, "" unknown */
    uint16_t source;
    int8_t price_scale, size_scale;                            /* steps are 10^-scale */
    bool listed;                                               /* the venue's list named it */
    uint8_t shard;                                             /* of its source's connections */
    uint8_t kind;                                              /* enum instrument_kind */
    uint8_t option;                                            /* enum instrument_option */
    int64_t expiry_ns;                                         /* 0 none */
    char contract_size[24], contract_currency[24], strike[24]; /* "" unknown or none */
};

/* Kind, option, base, quote and strike that the unified name says, where it has one of the forms BTC-USD, BTC-USD-PERP, BTC-USD-20261225
   or BTC-20261225-50000-C; else nothing is changed. */
void instrument_take_name(struct instrument *item);

struct instruments;

size_t instruments_footprint(unsigned capacity);
struct instruments *instruments_init(void *mem, unsigned capacity);

/* Index, or TD_E_NO_ROOM, TD_E_EXISTS (same source and raw). Texts are copied; too long:
 * TD_E_RANGE. Kind, base, quote and strike are what the unified name says until a list says more. */
int instruments_add(struct instruments *table, uint16_t source, const char *symbol,
                    const char *raw);
/* Index or -1. Hot path: one hash and one compare. */
int instruments_find(const struct instruments *table, uint16_t source, const char *raw,
                     size_t raw_bytes);
unsigned instruments_count(const struct instruments *table);
struct instrument *instruments_at(struct instruments *table, unsigned index);
const struct instrument *instruments_peek(const struct instruments *table,
                                          unsigned index); /* the same, to look only */

/* When set, a name that is not in the table is added on sight (first pass of `tapedeck replay`),
 * spelled by `unify`. */
void instruments_discover(struct instruments *table, bool on);
/* Additions that found the table full. */
uint64_t instruments_refused(const struct instruments *table);
bool instruments_discovering(const struct instruments *table);

/* ---- a table that changes while it is used (app/core_config.c) ---- */

/* Source of a name that is no longer recorded: its place stays, but it is not found. */
#define INSTRUMENT_RETIRED TD_SOURCES_MAX
/* All of `from`, which must fit. */
void instruments_copy(struct instruments *table, const struct instruments *from);
/* Another source for one entry, or INSTRUMENT_RETIRED. */
void instruments_move(struct instruments *table, unsigned index, uint16_t source);
/* Source s of every entry becomes to[s]. */
void instruments_renumber(struct instruments *table, const uint16_t to[TD_SOURCES_MAX + 1]);
/* A retired entry becomes another name, of which nothing is known yet. As instruments_add. */
int instruments_replace(struct instruments *table, unsigned index, uint16_t source,
                        const char *symbol, const char *raw);
/* All entries, saved or loaded in place of what the table held. */
struct td_state;
void instruments_state(struct instruments *table, struct td_state *state);

/* Path-safe text: / \ : * ? " < > | become '-', control characters too, empty becomes "unknown"
 * (SPEC S5). */
void symbol_sanitise(const char *text, size_t bytes, char out[TD_SYMBOL_MAX]);

#endif
