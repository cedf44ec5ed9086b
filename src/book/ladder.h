/* The near levels of one side: a window of slots one unit apart, sizes by slot, two bitmaps for the
   next occupied slot. Keys as in chunks.h: smallest is best. A key is the ladder's when it lies in
   the window and on its grid; whether it does is one multiplication and one comparison. Thread:
   core only. */
#ifndef TD_BOOK_LADDER_H
#define TD_BOOK_LADDER_H

#include <stdbool.h>
#include <stdint.h>

#include "book/book.h"

/* 128 KiB a side, of which only the lines that levels stand in are ever touched. The recorded Binance
   spot book has half of its changes beyond 8,000 ticks: with 4,096 slots a change there took 41 ns, with
   16,384 it takes 20. */
enum { LADDER_SLOTS = 16384, LADDER_WORDS = LADDER_SLOTS / 64, LADDER_SUMS = LADDER_WORDS / 64 };

struct ladder {
    int64_t base;     /* key of slot 0 */
    uint64_t inverse; /* of the odd part of unit, modulo 2^64 */
    uint64_t unit;    /* keys from slot to slot; 0 = not laid yet */
    uint32_t twos;    /* unit = odd part << twos */
    uint32_t slots; /* of the window; fewer than LADDER_SLOTS only at the end of the int64 range, 0
                       = not laid yet */
    uint32_t levels;
    uint64_t sum[LADDER_SUMS];   /* bit: the word is not 0 */
    uint64_t word[LADDER_WORDS]; /* bit: the slot holds a level */
    int64_t size[LADDER_SLOTS];  /* means something where the bit is set */
};

void ladder_init(struct ladder *ladder);
/* Window from key `base` on, for an empty ladder. unit > 0. */
void ladder_lay(struct ladder *ladder, int64_t base, uint64_t unit);
/* Remove all levels; the window stays. */
void ladder_clear(struct ladder *ladder);
/* First occupied slot from `slot` on; LADDER_SLOTS when there is none. */
uint32_t ladder_next(const struct ladder *ladder, uint32_t slot);
/* Sum of the sizes of keys from `low` to `high`, inclusive. */
__int128 ladder_sum(const struct ladder *ladder, int64_t low, int64_t high);
/* Last occupied slot; the ladder is not empty. */
uint32_t ladder_last(const struct ladder *ladder);
/* Multiply keys' prices and sizes; the caller has checked that every level fits. bid: keys are
 * ~price. */
void ladder_rescale(struct ladder *ladder, bool bid, int64_t price_factor, int64_t size_factor);

/* Slot of a key, >= ladder->slots when the key is not the ladder's. Exact for every int64: dividing
   by the odd part is multiplying by its inverse, and what is no multiple of the unit ends above
   every multiple that fits the window. */
static inline uint64_t ladder_slot(const struct ladder *ladder, int64_t key)
{
    uint64_t off = ((uint64_t)key - (uint64_t)ladder->base) * ladder->inverse;

    return off >> ladder->twos | off << (-ladder->twos & 63);
}

static inline int64_t ladder_key(const struct ladder *ladder, uint32_t slot)
{
    return (int64_t)((uint64_t)ladder->base + slot * ladder->unit);
}

static inline bool ladder_holds(const struct ladder *ladder, uint32_t slot)
{
    return ladder->word[slot / 64] >> (slot % 64) & 1;
}

/* enum book_change; *was: the size before, 0 where there was no level. size 0 deletes. Without branches:
   whether a level is there and whether it goes cannot be predicted, and a wrong guess costs more than
   all of this. */
static inline int ladder_set(struct ladder *ladder, uint32_t slot, int64_t size, int64_t *was)
{
    uint64_t *word = &ladder->word[slot / 64], *sum = &ladder->sum[slot / 4096];
    uint64_t present = *word >> (slot % 64) & 1, stays = size != 0;
    uint64_t same = present & (ladder->size[slot] == size);

    *word ^= (present ^ stays) << (slot % 64);
    *sum = (*sum & ~(UINT64_C(1) << (slot / 64 % 64))) | (uint64_t)(*word != 0) << (slot / 64 % 64);
    ladder->levels += (uint32_t)stays - (uint32_t)present;
    *was = ladder->size[slot] & -(int64_t)present;
    ladder->size[slot] = size;
    return (int)(stays * same * BOOK_SAME + (1 - stays) * (BOOK_UNKNOWN_DELETE - present));
}

#endif
