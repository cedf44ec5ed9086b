#include "features/runway.h"

static bool strong(uint8_t kind)
{
    return kind == LEVEL_SESSION_HIGH || kind == LEVEL_SESSION_LOW || kind == LEVEL_VWAP;
}

struct runway runway_from(const struct level levels[LEVEL_SLOTS], double price, double sign)
{
    struct runway runway = {0};

    for (unsigned i = 0; i < LEVEL_SLOTS; i++) {
        double distance = sign * (levels[i].price - price);
        if (!levels[i].on || distance <= 0 || (runway.found && distance >= runway.distance))
            continue;
        runway.found = true;
        runway.kind = levels[i].kind;
        runway.price = levels[i].price;
        runway.distance = distance;
    }
    /* The next level is the nearest, so a strong one can only stand where it does. */
    for (unsigned i = 0; i < LEVEL_SLOTS && runway.found; i++)
        if (levels[i].on && levels[i].price == runway.price && strong(levels[i].kind))
            runway.obstructed = true;
    return runway;
}
