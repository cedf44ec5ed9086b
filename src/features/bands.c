#include "features/bands.h"

const int bands_bps[BANDS] = {5, 10, 25, 50, 100};

void bands_init(struct bands *bands)
{
    *bands = (struct bands){0};
}

void bands_invalidate(struct bands *bands)
{
    bands->valid = false;
}

static inline bool inside(uint8_t side, int64_t price, int64_t edge)
{
    return side == TD_SIDE_BID ? price >= edge : price <= edge;
}

/* Counted at the edges as they stand, also where the mid has moved since: what lies between these and the next ones is read from the
   book when they move, and the book holds the change by then. */
void bands_change(struct bands *bands, uint8_t side, int64_t price_steps, int64_t was, int64_t now)
{
    int at = side - TD_SIDE_BID;

    if (!bands->valid)
        return;
    for (int i = BANDS; i-- > 0 && inside(side, price_steps, bands->edge[at][i]);)
        bands->within[at][i] += (__int128)now - was;
}

/* The worst price with |S - 2 p| * 10000 < bps * S. A bid: p > S (10000 - bps) / 20000; an ask: p < S (10000 + bps) / 20000. */
static int64_t edge_of(uint8_t side, int bps, int64_t twice_mid)
{
    enum { WHOLE = 20000 };
    int64_t factor = side == TD_SIDE_BID ? WHOLE / 2 - bps : WHOLE / 2 + bps;
    int64_t past = side == TD_SIDE_BID ? 0 : WHOLE - 1; /* rounds up */

    if (twice_mid < INT64_MAX / WHOLE) {
        int64_t price = (twice_mid * factor + past) / WHOLE;
        return side == TD_SIDE_BID ? price + 1 : price - 1;
    }
    int64_t price = (int64_t)(((__int128)twice_mid * factor + past) / WHOLE);
    return side == TD_SIDE_BID ? price + 1 : price - 1;
}

/* Levels from the touch's side of `worse`, which is out, to `better`, the same. */
static __int128 sum_between(const struct book *book, uint8_t side, int64_t worse, int64_t better)
{
    return side == TD_SIDE_BID ? book_sum(book, side, worse, better - 1)
                               : book_sum(book, side, better + 1, worse);
}

static void side_move(struct bands *bands, const struct book *book, uint8_t side, int64_t twice_mid)
{
    int at = side - TD_SIDE_BID;

    for (int i = 0; i < BANDS; i++) {
        int64_t old = bands->edge[at][i], new = edge_of(side, bands_bps[i], twice_mid);
        if (new == old)
            continue;
        if (inside(side, new, old))
            bands->within[at][i] -= sum_between(book, side, old, new);
        else
            bands->within[at][i] += sum_between(book, side, new, old);
        bands->edge[at][i] = new;
    }
}

static void side_read(struct bands *bands, const struct book *book, uint8_t side, int64_t twice_mid)
{
    int at = side - TD_SIDE_BID;
    __int128 sum = 0;

    for (int i = 0; i < BANDS; i++) {
        int64_t edge = edge_of(side, bands_bps[i], twice_mid);
        if (i > 0)
            sum += sum_between(book, side, edge, bands->edge[at][i - 1]);
        else if (side == TD_SIDE_BID)
            sum = book_sum(book, side, edge, INT64_MAX);
        else
            sum = book_sum(book, side, INT64_MIN, edge);
        bands->edge[at][i] = edge;
        bands->within[at][i] = sum;
    }
}

void bands_settle(struct bands *bands, const struct book *book, int64_t twice_mid)
{
    bool known = bands->valid;

    bands->valid = twice_mid > 0;
    if (!bands->valid || (known && twice_mid == bands->twice_mid))
        return;
    bands->twice_mid = twice_mid;
    for (uint8_t side = TD_SIDE_BID; side <= TD_SIDE_ASK; side++) {
        if (known)
            side_move(bands, book, side, twice_mid);
        else
            side_read(bands, book, side, twice_mid);
    }
}
