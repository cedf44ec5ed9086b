/* The record of the card's wear on hostile bytes. The input's first byte says how it is used: as a whole file, or as the record in a slot with a
   right sum, so that what lies behind it is reached. Whatever loads is counted on from: no figure overflows, none turns negative. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/journal/memdisk.h"
#include "app/wear.h"
#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static const struct wear_params usual = {
    .cycles = 1000, .amplification = 5, .budget_bytes = 400000000};

static void count_on(const struct wear_record *record)
{
    struct wear wear = {.record = *record};
    struct page_card card;
    wear_begin(&wear, &usual);
    for (int64_t s = 0; s < 200000; s += 50000) {
        struct wear_moment moment = {.device = {.known = s != 50000,
                                                .major = record->major,
                                                .minor = record->minor,
                                                .disk_sectors = 1000 + s,
                                                .size_bytes = INT64_C(32000000000)},
                                     .logical_bytes = (uint64_t)s,
                                     .syncs = (uint64_t)s,
                                     .wall_ns = 1700000000 * TD_NS_PER_S + s * TD_NS_PER_S,
                                     .mono_ns = s * TD_NS_PER_S};
        memcpy(moment.device.boot, record->boot, sizeof moment.device.boot);
        wear_take(&wear, &moment);
        wear_show(&wear, &card);
        if (card.device_ever_bytes < 0 || card.device_today_bytes < 0 ||
            card.logical_ever_bytes < 0 || card.day_rate_bytes < 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct wear_record record = {.since_ns = 1}, loaded;
    struct memdisk *m = memdisk_new();
    bool whole = bytes > 0 && (data[0] & 1) == 0;
    if (whole) {
        int file = memdisk_open(m, "d/wear", O_CREAT, 0644);
        memdisk_write_at(m, file, data + 1, bytes - 1, 0);
    } else if (bytes > 0) {
        memcpy(&record, data + 1, bytes - 1 < sizeof record ? bytes - 1 : sizeof record);
        if (wear_save(&m->disk, "d", &record) < 0)
            abort();
    }
    td_err err = wear_load(&m->disk, "d", &loaded);
    if (err == 0 && !whole && memcmp(&loaded, &record, sizeof record) != 0)
        abort();
    if (err == 0)
        count_on(&loaded);
    memdisk_free(m);
    return 0;
}
