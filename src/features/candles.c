#include "features/candles.h"

#include <math.h>
#include <string.h>

#include "base/err.h"

void candles_init(struct candles *candles)
{
    memset(candles, 0, sizeof *candles);
}

static void keep(struct candles *candles)
{
    uint32_t at = (candles->first + candles->count) % CANDLES_KEPT;
    candles->ring[at] = candles->open;
    if (candles->count < CANDLES_KEPT)
        candles->count++;
    else
        candles->first = (candles->first + 1) % CANDLES_KEPT;
    candles->open.ticks = 0;
}

bool candles_add(struct candles *candles, int64_t ts_ns, double mid)
{
    struct candle *open = &candles->open;
    if (!isfinite(mid))
        return false;
    if (open->ticks == 0)
        *open = (struct candle){.start_ns = ts_ns, .open = mid, .high = mid, .low = mid};
    open->end_ns = ts_ns;
    open->high = fmax(open->high, mid);
    open->low = fmin(open->low, mid);
    open->close = mid;
    if (++open->ticks < CANDLE_TICKS)
        return false;
    keep(candles);
    return true;
}

uint32_t candles_count(const struct candles *candles)
{
    return candles->count;
}

const struct candle *candles_at(const struct candles *candles, uint32_t index)
{
    TD_ASSERT(index < candles->count, "a candle that is kept");
    return &candles->ring[(candles->first + index) % CANDLES_KEPT];
}

const struct candle *candles_open(const struct candles *candles)
{
    return candles->open.ticks ? &candles->open : NULL;
}

bool candles_range(const struct candles *candles, double *low, double *high)
{
    const struct candle *open = candles_open(candles);
    double least = INFINITY, most = -INFINITY;
    for (uint32_t i = 0; i < candles->count; i++) {
        least = fmin(least, candles_at(candles, i)->low);
        most = fmax(most, candles_at(candles, i)->high);
    }
    if (open) {
        least = fmin(least, open->low);
        most = fmax(most, open->high);
    }
    if (least > most)
        return false;
    double pad = most > least ? (most - least) / 10 : 10;
    *low = least - pad;
    *high = most + pad;
    return true;
}
