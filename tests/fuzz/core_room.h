/* Room for a small core of three venues, laid out once for all inputs of a fuzz target: megabytes that would cost more than the run itself
   if each input had its own. */
#ifndef TD_FUZZ_CORE_ROOM_H
#define TD_FUZZ_CORE_ROOM_H

#include <stdlib.h>
#include <string.h>

#include "../features_on.h"
#include "app/core.h"
#include "base/log.h"

enum { CORE_ROOM_SOURCES = 3 };

struct core_room {
    void *groups, *core, *names;
    struct core_source_params source[CORE_ROOM_SOURCES];
    struct core_params params;
    struct feature_config features;
    struct groups_params groups_params;
};

static inline void *core_room_take(size_t bytes)
{
    void *mem = aligned_alloc(64, (bytes + 63) / 64 * 64);
    memset(mem, 0, bytes);
    return mem;
}

static inline void core_room_lay_out(struct core_room *room)
{
    static const char *const names[CORE_ROOM_SOURCES][2] = {
        {"coinbase", "BTC-USD"}, {"binance", "BTC-USDT"}, {"kraken", "BTC-USD"}};
    td_log_setup(2, TD_LOG_OFF, NULL);
    room->names = core_room_take(instruments_footprint(8));
    struct instruments *table = instruments_init(room->names, 8);
    for (uint16_t i = 0; i < CORE_ROOM_SOURCES; i++) {
        const struct venue *venue = venue_find(names[i][0]);
        char raw[TD_SYMBOL_MAX];
        venue->spell(names[i][1], raw);
        instruments_add(table, i, names[i][1], raw);
        room->source[i] =
            (struct core_source_params){.venue = venue, .rest_url = venue->rest_url, .channels = 7};
    }
    room->params = (struct core_params){.instruments = table,
                                        .sources = room->source,
                                        .source_count = CORE_ROOM_SOURCES,
                                        .pool_levels = 2048,
                                        .capacity = 5};
    room->features = features_on(CORE_EMIT_EVENT);
    features_on_core(&room->params, &room->features);
    room->groups_params = (struct groups_params){
        .streams_max = core_streams_needed(&room->params), .rows_max = 1000, .pool_bytes = 1 << 20};
    room->groups = core_room_take(groups_footprint(&room->groups_params));
    room->core = core_room_take(core_footprint(&room->params));
}

#endif
