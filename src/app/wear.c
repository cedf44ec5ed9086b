#include "app/wear.h"

#include <string.h>

#include "base/limits.h"
#include "base/utc.h"

static const int64_t minute_ms = 60000, hour_ms = 3600000, day_ms = 24 * 3600000;
static const int64_t fresh_ms =
    600000; /* a first start so soon after the boot is a fresh card's: all since the boot counts */
static const double worn_share = 0.9, worn_days = 90, fine_days = 100, budget_again = 0.95;

void wear_begin(struct wear *wear, const struct wear_params *params)
{
    struct wear_record record = wear->record;
    memset(wear, 0, sizeof *wear);
    wear->record = record;
    wear->params = *params;
}

/* ---- the device's counter ---- */

/* What a counter grew by. Smaller than before: it began anew, or 32 bits of it ran over between two looks. */
static int64_t grown(int64_t before, int64_t now)
{
    static const int64_t turn = INT64_C(1) << 32, likely = INT64_C(1) << 24;
    if (now >= before)
        return now - before;
    int64_t over = now + turn - before;
    return before < turn && over < likely ? over : now;
}

static bool is_known(const uint8_t boot[BLOCK_BOOT_BYTES])
{
    static const uint8_t unknown[BLOCK_BOOT_BYTES];
    return memcmp(boot, unknown, sizeof unknown) != 0;
}

/* Without ids the clock since the boot tells: it never steps back. */
static bool is_same_boot(const struct wear_record *record, const struct wear_moment *moment)
{
    if (is_known(record->boot) && is_known(moment->device.boot))
        return memcmp(record->boot, moment->device.boot, sizeof record->boot) == 0;
    return moment->mono_ns / TD_NS_PER_MS >= record->mono_ms;
}

/* Where the counter stood when counting was taken up: sectors and time that are already in the sums. */
struct mark {
    int64_t sectors, ms;
};

static struct mark take_up(struct wear *wear, const struct wear_moment *moment)
{
    const struct wear_record *record = &wear->record;
    int64_t now_ms = moment->mono_ns / TD_NS_PER_MS;
    struct mark now = {moment->device.disk_sectors, now_ms};
    bool same_device =
        record->major == moment->device.major && record->minor == moment->device.minor;
    bool has_counter = record->major != 0 || record->minor != 0;
    if (wear->begun)
        return now; /* the device went away and came back */
    if (record->since_ns == 0)
        return now_ms < fresh_ms ? (struct mark){0, 0} : now;
    if (!has_counter)
        return now;
    if (!is_same_boot(record, moment))
        return (struct mark){0, 0};
    return same_device ? (struct mark){record->disk_sectors, record->mono_ms} : now;
}

static void note_start(struct wear *wear, const struct wear_moment *moment)
{
    struct wear_record *record = &wear->record;
    if (wear->begun)
        return;
    wear->begun = true;
    bool other_boot = !is_same_boot(record, moment);
    /* A start in the same boot unsays the orderly end: else a cut within the hour would pass for one. */
    wear->save_soon = record->since_ns == 0 || other_boot || record->ended;
    if (record->since_ns != 0 && other_boot && !record->ended)
        record->cuts++;
    if (record->since_ns == 0)
        record->since_ns = moment->wall_ns;
    record->ended = 0;
    wear->saved_hour = moment->wall_ns / TD_NS_PER_HOUR;
}

static void count_device(struct wear *wear, const struct wear_moment *moment)
{
    struct wear_record *record = &wear->record;
    int64_t now_ms = moment->mono_ns / TD_NS_PER_MS;
    const struct block_device *device = &moment->device;
    bool other = device->major != record->major || device->minor != record->minor;
    if (!device->known) {
        wear->counting = false;
        return;
    }
    struct mark mark = {record->disk_sectors, record->mono_ms};
    if (!wear->counting || other)
        mark = take_up(wear, moment);
    int64_t bytes = grown(mark.sectors, device->disk_sectors) * BLOCK_SECTOR_BYTES;
    record->device_bytes += bytes;
    record->day[0].device_bytes += bytes;
    record->day[0].device_ms += now_ms > mark.ms ? now_ms - mark.ms : 0;
    record->disk_sectors = device->disk_sectors;
    record->major = device->major;
    record->minor = device->minor;
    wear->counting = true;
}

/* ---- one moment ---- */

/* Any other day than the newest begins one: a clock that was set back does too. A clock that is not set yet changes nothing. */
static void turn_day(struct wear_record *record, int64_t wall_ns)
{
    int64_t day = wall_ns / (24 * TD_NS_PER_HOUR);
    if (record->day[0].day == day || (record->day[0].day != 0 && !td_utc_plausible(wall_ns)))
        return;
    if (record->day[0].day != 0)
        memmove(&record->day[1], &record->day[0], (WEAR_DAYS - 1) * sizeof record->day[0]);
    record->day[0] = (struct wear_day){.day = day};
}

static void count_own(struct wear *wear, const struct wear_moment *moment)
{
    struct wear_record *record = &wear->record;
    int64_t bytes = (int64_t)(moment->logical_bytes - wear->logical_bytes);
    uint64_t syncs = moment->syncs - wear->syncs;
    record->logical_bytes += bytes;
    record->day[0].logical_bytes += bytes;
    record->syncs += syncs;
    record->day[0].syncs += syncs;
    wear->logical_bytes = moment->logical_bytes;
    wear->syncs = moment->syncs;
}

/* A day's bytes at the rate of what was counted; 0: not long enough to tell. No card takes as much as the largest figure. */
static int64_t rate_of(int64_t bytes, int64_t ms, int64_t least_ms)
{
    static const int64_t most = INT64_MAX / 4;
    double rate = ms >= least_ms ? (double)bytes * (double)day_ms / (double)ms : 0;
    return rate < (double)most ? (int64_t)rate : most;
}

static int64_t window_ms(const struct wear_record *record)
{
    int64_t ms = 0;
    for (unsigned i = 0; i < WEAR_DAYS; i++)
        ms += record->day[i].device_ms;
    return ms;
}

static int64_t day_rate(const struct wear_record *record)
{
    int64_t bytes = 0;
    for (unsigned i = 0; i < WEAR_DAYS; i++)
        bytes += record->day[i].device_bytes;
    return rate_of(bytes, window_ms(record), 10 * minute_ms);
}

/* The first hour of a day says little by itself: a start writes much. The day before is looked at too. */
static int64_t today_rate(const struct wear_record *record)
{
    const struct wear_day *today = &record->day[0], *before = &record->day[1];
    if (today->device_ms >= hour_ms)
        return rate_of(today->device_bytes, today->device_ms, hour_ms);
    return rate_of(today->device_bytes + before->device_bytes, today->device_ms + before->device_ms,
                   hour_ms);
}

/* ---- judging ---- */

static int64_t size_of(const struct wear *wear)
{
    return wear->params.size_bytes > 0 ? wear->params.size_bytes : wear->device.size_bytes;
}

double wear_life_years(int64_t size_bytes, int64_t cycles, double amplification,
                       int64_t day_rate_bytes)
{
    if (size_bytes <= 0 || cycles <= 0 || day_rate_bytes <= 0 || amplification <= 0)
        return -1;
    return (double)size_bytes * (double)cycles / ((double)day_rate_bytes * amplification * 365);
}

static double used_share(const struct wear *wear)
{
    double endurance = (double)size_of(wear) * (double)wear->params.cycles;
    if (endurance <= 0 || !wear->counting)
        return -1;
    return (double)wear->record.device_bytes * wear->params.amplification / endurance;
}

static bool is_worn(const struct wear *wear)
{
    double used = used_share(wear);
    double years = wear_life_years(size_of(wear), wear->params.cycles, wear->params.amplification,
                                   day_rate(&wear->record));
    if (used < 0)
        return false;
    bool soon = years >= 0 && window_ms(&wear->record) >= day_ms &&
                (1 - used) * years * 365 < (wear->worn ? fine_days : worn_days);
    return used >= worn_share || soon;
}

static bool is_over_budget(const struct wear *wear)
{
    const struct wear_record *record = &wear->record;
    double budget = (double)wear->params.budget_bytes;
    if (wear->params.budget_bytes == 0 || !wear->counting)
        return false;
    return (double)record->day[0].device_bytes > budget ||
           (double)today_rate(record) > budget * (wear->over_budget ? budget_again : 1);
}

void wear_take(struct wear *wear, const struct wear_moment *moment)
{
    struct wear_record *record = &wear->record;
    turn_day(record, moment->wall_ns);
    wear->device = moment->device;
    count_device(wear, moment);
    note_start(wear, moment);
    count_own(wear, moment);
    memcpy(record->boot, moment->device.boot, sizeof record->boot);
    record->mono_ms = moment->mono_ns / TD_NS_PER_MS;
    wear->over_budget = is_over_budget(wear);
    wear->worn = is_worn(wear);
}

bool wear_due(const struct wear *wear, int64_t wall_ns)
{
    return wear->begun && (wear->save_soon || wall_ns / TD_NS_PER_HOUR != wear->saved_hour);
}

void wear_show(const struct wear *wear, struct page_card *out)
{
    const struct wear_record *record = &wear->record;
    const struct block_device *device = &wear->device;
    int64_t rate = day_rate(record);
    *out = (struct page_card){
        .known = wear->counting,
        .cuts = record->cuts,
        .over_budget = wear->over_budget,
        .worn = wear->worn,
        .since_ns = record->since_ns,
        .device_ever_bytes = record->device_bytes,
        .device_today_bytes = record->day[0].device_bytes,
        .device_boot_bytes = device->disk_sectors * BLOCK_SECTOR_BYTES,
        .partition_boot_bytes = device->partition_sectors * BLOCK_SECTOR_BYTES,
        .logical_ever_bytes = record->logical_bytes,
        .logical_today_bytes = record->day[0].logical_bytes,
        .syncs_ever = record->syncs,
        .syncs_today = record->day[0].syncs,
        .flushes_boot = (uint64_t)device->disk_flushes,
        .size_bytes = size_of(wear),
        .budget_bytes = wear->params.budget_bytes,
        .day_rate_bytes = rate,
        .today_rate_bytes = today_rate(record),
        .life_years = wear->counting ? wear_life_years(size_of(wear), wear->params.cycles,
                                                       wear->params.amplification, rate)
                                     : -1,
        .used_share = used_share(wear)};
}
