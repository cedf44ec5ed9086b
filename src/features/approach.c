#include "features/approach.h"

#include <math.h>

struct approach approach_to(const struct minutes *minutes, double sign)
{
    unsigned count = minutes->closes < APPROACH_CLOSES ? minutes->closes : APPROACH_CLOSES;
    struct approach approach = {.known = count >= 2};

    if (!approach.known)
        return approach;
    double moved = (double)((__int128)minute_close(minutes, 0) - minute_close(minutes, count - 1));
    approach.velocity = sign * moved / count;
    approach.distance = fabs(moved);
    while (approach.bars + 1 < count) {
        int64_t last = minute_close(minutes, approach.bars);
        int64_t before = minute_close(minutes, approach.bars + 1);
        if (sign > 0 ? last <= before : last >= before)
            break;
        approach.bars++;
    }
    return approach;
}
