#include "app/room.h"

#include "app/reserve.h"
#include "app/retention.h"

int64_t room_make(const struct td_disk *disk, const char *data_dir, int64_t wanted_free_bytes,
                  uint64_t *segments)
{
    const struct retention_params params = {
        .disk = disk, .data_dir = data_dir, .wanted_free_bytes = wanted_free_bytes};
    struct retention_result result = {0};
    int64_t before = disk->free_bytes(disk->ctx, data_dir);
    reserve_spend(disk, data_dir);
    retention_free(&params, &result);
    *segments = result.segments;
    return disk->free_bytes(disk->ctx, data_dir) - before;
}
