/* Checkpoints on hostile bytes. The input's first byte says how it is used: as a whole file, or as the state in a file with right sums,
   so that what lies behind them is reached. What loads is saved again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/journal/memdisk.h"
#include "app/checkpoint.h"
#include "app/core.h"
#include "base/state.h"
#include "core_room.h"

enum { STATE_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static unsigned char loaded[STATE_MAX], saved[STATE_MAX];

static struct core_room deck;

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
        core_room_lay_out(&deck);
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
