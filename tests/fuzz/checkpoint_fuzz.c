/* Checkpoints on hostile bytes. The input's first byte says how it is used: as a whole file, or as the state in a file with right sums,
   so that what lies behind them is reached. What loads is saved again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/journal/memdisk.h"
#include "app/checkpoint.h"
#include "app/core.h"
#include "base/log.h"
#include "base/state.h"

enum { STATE_MAX = 1 << 20, POOL_LEVELS = 2048, NAMES = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static unsigned char loaded[STATE_MAX], saved[STATE_MAX];

/* Megabytes that would cost more than the run itself if each input had its own. */
static struct {
    void *groups, *core, *names;
    struct core_source_params source[NAMES];
    struct core_params params;
    struct groups_params groups_params;
} deck;

static void *room(size_t bytes)
{
    void *mem = aligned_alloc(64, (bytes + 63) / 64 * 64);
    memset(mem, 0, bytes);
    return mem;
}

static void lay_out(void)
{
    static const char *const names[NAMES][2] = {
        {"coinbase", "BTC-USD"}, {"binance", "BTC-USDT"}, {"kraken", "BTC-USD"}};
    td_log_setup(2, TD_LOG_OFF, NULL);
    deck.names = room(instruments_footprint(8));
    struct instruments *table = instruments_init(deck.names, 8);
    for (uint16_t i = 0; i < NAMES; i++) {
        const struct venue *venue = venue_find(names[i][0]);
        char raw[TD_SYMBOL_MAX];
        venue->spell(names[i][1], raw);
        instruments_add(table, i, names[i][1], raw);
        deck.source[i] =
            (struct core_source_params){.venue = venue, .rest_url = venue->rest_url, .channels = 7};
    }
    deck.params = (struct core_params){.instruments = table,
                                       .sources = deck.source,
                                       .source_count = NAMES,
                                       .pool_levels = POOL_LEVELS,
                                       .capacity = 5};
    deck.groups_params = (struct groups_params){
        .streams_max = core_streams_needed(&deck.params), .rows_max = 1000, .pool_bytes = 1 << 20};
    deck.groups = room(groups_footprint(&deck.groups_params));
    deck.core = room(core_footprint(&deck.params));
}

static void load_core(const void *bytes, size_t count)
{
    deck.params.groups = groups_init(deck.groups, &deck.groups_params);
    struct core *core = core_init(deck.core, &deck.params);
    struct td_state state = td_state_load(bytes, count);
    core_state(core, &state);
    if (state.failed)
        return;
    struct td_state again = td_state_save(saved, sizeof saved);
    core_state(core, &again);
    if (again.failed)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct checkpoint checkpoint = {.frame = 7, .bytes = data + 1, .count = bytes - 1};
    uint64_t previous;
    if (bytes < 1)
        return 0;
    if (deck.core == NULL)
        lay_out();
    struct memdisk *m = memdisk_new();
    if (data[0] & 1) {
        if (checkpoint_write(&m->disk, "d", &checkpoint, &previous) < 0)
            abort();
    } else {
        int file = memdisk_open(m, "d/checkpoint/00000000000000000007.ckp", O_CREAT, 0644);
        memdisk_write_at(m, file, data + 1, bytes - 1, 0);
    }
    td_err err = checkpoint_load(&m->disk, "d", 1, 100, loaded, sizeof loaded, &checkpoint);
    if (err < 0 && data[0] & 1 && bytes - 1 <= sizeof loaded)
        abort();
    if (err == 0)
        load_core(checkpoint.bytes, checkpoint.count);
    memdisk_free(m);
    return 0;
}
