/* How much is written to the card and how long it will bear that (SPEC 2.17). The gauge goes on over restarts and power cuts: what it knows
   is one small record, kept in the data folder by wear_load / wear_save.

   What is counted: the kernel's counter of the whole device, whoever wrote; beside it what the recorder gave to be written. The kernel's
   counter begins at 0 at each boot. A process that died loses nothing of the device's bytes: the next one sees the same boot, and the
   counter went on. A power cut loses what was written since the last record, an hour at most, and is counted as a cut.

     struct wear wear;
     wear_load(disk, data_dir, &wear.record);          // what does not hold: a record that knows nothing
     wear_begin(&wear, &params);
     ...each 10 s:  wear_take(&wear, &moment);   if (wear_due(&wear, wall_ns)) wear_save(...)
     ...at the stop: wear_take(); wear.record.ended = 1; wear_save()

   Main thread; wear.c is pure, wear_file.c goes through the disk's table. Nothing is allocated. */
#ifndef TD_APP_WEAR_H
#define TD_APP_WEAR_H

#include <stdbool.h>
#include <stdint.h>

#include "app/block_device.h"
#include "app/page.h"
#include "base/os.h"

struct wear_params {
    int64_t size_bytes;   /* 0: the device's own */
    int64_t cycles;       /* 0: no judgement of its life */
    double amplification; /* bytes that wear flash, of each that is written */
    int64_t budget_bytes; /* a day; 0: none */
};

/* One UTC day, or the part of it that was counted. */
struct wear_day {
    int64_t day; /* since 1970; 0 none */
    int64_t device_bytes, device_ms, logical_bytes;
    uint64_t syncs;
};

enum { WEAR_DAYS = 8 };

/* What the file holds: host's byte order (both machines' are little endian), no padding. */
struct wear_record {
    int64_t since_ns;               /* the counting began; 0: nothing is known */
    uint8_t boot[BLOCK_BOOT_BYTES]; /* counters below are of this boot and device */
    uint32_t major, minor;
    int64_t disk_sectors, mono_ms;
    int64_t device_bytes, logical_bytes;
    uint64_t syncs;
    uint32_t cuts;
    uint32_t ended;                 /* 1: written by an orderly stop; what follows it is little */
    struct wear_day day[WEAR_DAYS]; /* newest first */
};

struct wear {
    struct wear_params params;
    struct wear_record record;
    struct block_device device; /* last read */
    bool begun,
        counting; /* a first moment was taken; the record's counter is of this boot and device */
    uint64_t logical_bytes, syncs; /* of this process, at the last moment */
    int64_t saved_hour;            /* since 1970 */
    bool save_soon;                /* a boot, a card or a start that no record knows yet */
    bool over_budget, worn;
};

/* What stands at one moment: the device, the process's own counters (since its start), the clocks. */
struct wear_moment {
    struct block_device device;
    uint64_t logical_bytes, syncs;
    int64_t wall_ns, mono_ns; /* mono: since boot */
};

/* wear->record is what was loaded, or zeros. */
void wear_begin(struct wear *wear, const struct wear_params *params);
void wear_take(struct wear *wear, const struct wear_moment *moment);
/* True once an hour, and once after a boot or an orderly end. */
bool wear_due(const struct wear *wear, int64_t wall_ns);
void wear_show(const struct wear *wear, struct page_card *out);

/* card bytes x cycles / (device bytes a day x amplification x 365); negative: something is unknown. */
double wear_life_years(int64_t size_bytes, int64_t cycles, double amplification,
                       int64_t day_rate_bytes);

/* ---- wear_file.c: <data_dir>/wear, two slots of 512 bytes on pages of their own, written in turn: a cut while one is written leaves the other. */

/* 0 and the newer of the slots that hold; TD_E_MISSING: none was ever written; TD_E_SYNTAX: none holds. Else *record is zeroed, as it is
   when the disk refuses. */
td_err wear_load(const struct td_disk *disk, const char *data_dir, struct wear_record *record);
/* Durable when it returns 0. */
td_err wear_save(const struct td_disk *disk, const char *data_dir,
                 const struct wear_record *record);

#endif
