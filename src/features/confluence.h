/* Other levels beside one, and where the price stands among levels and averages (SPEC 2.13: Confluence, Alignment, Confluence level). Pure. */
#ifndef TD_FEATURES_CONFLUENCE_H
#define TD_FEATURES_CONFLUENCE_H

#include <stdbool.h>

#include "features/level.h"

/* Sum of the weights of all kinds that can occur: 9.3 with the walls of options, which do not exist yet. */
#define CONFLUENCE_WEIGHTS 7.3

struct confluence {
    unsigned
        count; /* other levels within the band; round levels and hot zones count and weigh nothing */
    double score, pressure;
    double nearest; /* valid when count > 0 */
};
struct confluence confluence_of(const struct level levels[LEVEL_SLOTS], unsigned slot, double band);

/* Averages and their slopes, quote units. */
struct confluence_averages {
    bool known, slopes_known;
    double sma_200, sma_400, slope_200, slope_400;
};
/* -1, 0, 1; sign: +1 when the level lies above the spot. Averages and slopes are known. */
int confluence_alignment(const struct confluence_averages *averages, double spot, double sign);
/* Within 0.5 % of both; averages known. */
bool confluence_sma_close(const struct confluence_averages *averages, double spot);

enum confluence_breakout {
    BREAKOUT_INSIDE,
    BREAKOUT_PARTIAL,
    BREAKOUT_ABOVE,
    BREAKOUT_BELOW,
    BREAKOUT_UNKNOWN
};
/* Of PD_* and OR_*; UNKNOWN when one of the four is missing. */
enum confluence_breakout confluence_breakout(const struct level levels[LEVEL_SLOTS], double spot);
/* 0-10; what is not known: sma_close -1, volume_known false. */
int confluence_level(enum confluence_breakout breakout, int sma_close, bool first_hour,
                     bool volume_known, double volume_ratio);

#endif
