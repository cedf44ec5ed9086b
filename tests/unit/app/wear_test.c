#include "app/wear.h"

#include <stdlib.h>

#include "base/limits.h"
#include "test.h"

enum { MB = 1000000, GB = 1000 * MB };
static const int64_t noon_ns = 20000 * 24 * TD_NS_PER_HOUR + 12 * TD_NS_PER_HOUR;
static const struct wear_params usual = {.cycles = 1000, .amplification = 5};

/* At `s` seconds after boot; the machine booted at noon. Sectors of 512 bytes. */
static struct wear_moment at(int64_t s, int64_t sectors)
{
    return (struct wear_moment){.device = {.known = true,
                                           .major = 179,
                                           .minor = 4,
                                           .disk_sectors = sectors,
                                           .partition_sectors = sectors / 2,
                                           .size_bytes = 32 * INT64_C(1000000000),
                                           .boot = {1}},
                                .wall_ns = noon_ns + s * TD_NS_PER_S,
                                .mono_ns = s * TD_NS_PER_S};
}

static struct wear fresh(const struct wear_params *params)
{
    struct wear wear = {0};
    wear_begin(&wear, params);
    return wear;
}

/* The next process, with what the last one left in the file. */
static struct wear after(const struct wear *before, bool ended)
{
    struct wear wear = {.record = before->record};
    wear.record.ended = ended;
    wear_begin(&wear, &before->params);
    return wear;
}

static void take(struct wear *wear, struct wear_moment moment)
{
    wear_take(wear, &moment);
}

static struct page_card shown(const struct wear *wear)
{
    struct page_card card;
    wear_show(wear, &card);
    return card;
}

/* ---- counting ---- */

TEST(a_fresh_card_counts_from_its_boot)
{
    struct wear wear = fresh(&usual);
    take(&wear, at(30, 2000));
    take(&wear, at(40, 3000));
    struct page_card card = shown(&wear);
    CHECK_EQ_U64(card.known, 1);
    CHECK_EQ_I64(card.device_ever_bytes, 3000 * 512);
    CHECK_EQ_I64(card.device_today_bytes, 3000 * 512);
    CHECK_EQ_I64(card.device_boot_bytes, 3000 * 512);
    CHECK_EQ_I64(card.partition_boot_bytes, 1500 * 512);
    CHECK_EQ_I64(card.since_ns, noon_ns + 30 * TD_NS_PER_S);
    CHECK_EQ_I64(card.size_bytes, INT64_C(32000000000));
    CHECK_EQ_U64(card.cuts, 0);
}

/* A host that has run for days before: what others wrote then is not this recorder's card's. */
TEST(a_late_first_start_counts_from_there)
{
    struct wear wear = fresh(&usual);
    take(&wear, at(100000, 5000000));
    CHECK_EQ_I64(shown(&wear).device_ever_bytes, 0);
    take(&wear, at(100010, 5000007));
    CHECK_EQ_I64(shown(&wear).device_ever_bytes, 7 * 512);
}

TEST(a_killed_process_loses_nothing_of_the_device)
{
    struct wear wear = fresh(&usual);
    take(&wear, at(30, 2000));
    struct wear next = after(&wear, false);
    take(&next, at(500, 9000));
    CHECK_EQ_I64(shown(&next).device_ever_bytes, 9000 * 512);
    CHECK_EQ_I64(shown(&next).device_today_bytes, 9000 * 512);
    CHECK_EQ_I64(next.record.day[0].device_ms, 500000);
    CHECK_EQ_U64(shown(&next).cuts, 0);
}

static struct wear_moment later_boot(struct wear_moment moment, uint8_t boot, int64_t off_s)
{
    memset(moment.device.boot, 0, sizeof moment.device.boot);
    moment.device.boot[0] = boot;
    moment.wall_ns += off_s * TD_NS_PER_S;
    return moment;
}

/* The kernel's counter began anew; the file's sum goes on. Only a cut that was not orderly is one. */
TEST(boots_add_up_and_cuts_are_counted)
{
    struct wear wear = fresh(&usual);
    take(&wear, at(30, 2000));
    struct wear next = after(&wear, false);
    take(&next, later_boot(at(20, 300), 2, 1000));
    take(&next, later_boot(at(30, 400), 2, 1000));
    CHECK_EQ_I64(shown(&next).device_ever_bytes, 2400 * 512);
    CHECK_EQ_I64(shown(&next).device_today_bytes, 2400 * 512);
    CHECK_EQ_U64(shown(&next).cuts, 1);
    CHECK_EQ_I64(next.record.day[0].device_ms, 60000);
    struct wear third = after(&next, true);
    take(&third, later_boot(at(20, 100000), 3, 2000)); /* larger than before: the id tells */
    CHECK_EQ_I64(shown(&third).device_ever_bytes, 102400 * 512);
    CHECK_EQ_U64(shown(&third).cuts, 1);
}

TEST(without_boot_ids_the_clock_since_boot_tells)
{
    struct wear wear = fresh(&usual);
    take(&wear, later_boot(at(300, 2000), 0, 0));
    struct wear same = after(&wear, false), other = after(&wear, false);
    take(&same, later_boot(at(310, 2100), 0, 0));
    CHECK_EQ_I64(shown(&same).device_ever_bytes, 2100 * 512);
    CHECK_EQ_U64(shown(&same).cuts, 0);
    take(&other, later_boot(at(299, 2100), 0, 0));
    CHECK_EQ_I64(shown(&other).device_ever_bytes, 4100 * 512);
    CHECK_EQ_U64(shown(&other).cuts, 1);
}

TEST(a_counter_that_runs_over_or_begins_anew)
{
    struct wear wear = fresh(&usual);
    int64_t top = (INT64_C(1) << 32) - 100;
    take(&wear, at(100000, top));
    take(&wear, at(100010, 50)); /* 32 bits ran over */
    CHECK_EQ_I64(shown(&wear).device_ever_bytes, 150 * 512);
    take(&wear, at(100020, 20)); /* plugged in again: not another 4 billion */
    CHECK_EQ_I64(shown(&wear).device_ever_bytes, 170 * 512);
    take(&wear, at(100030, INT64_C(1) << 33));
    int64_t before = shown(&wear).device_ever_bytes;
    take(&wear, at(100040, 30)); /* a counter of 64 bits does not run over */
    CHECK_EQ_I64(shown(&wear).device_ever_bytes - before, 30 * 512);
}

TEST(a_device_that_is_gone_for_a_while)
{
    struct wear wear = fresh(&usual);
    struct wear_moment none = at(50, 0), other = at(60, 900000);
    none.device = (struct block_device){.boot = {1}};
    take(&wear, at(40, 1000));
    take(&wear, none);
    CHECK_EQ_U64(shown(&wear).known, 0);
    CHECK_EQ_F64(shown(&wear).life_years, -1.0);
    other.device.major = 8; /* another disk came instead */
    take(&wear, other);
    CHECK_EQ_U64(shown(&wear).known, 1);
    CHECK_EQ_I64(shown(&wear).device_ever_bytes, 1000 * 512);
    other.device.disk_sectors += 5;
    take(&wear, other);
    CHECK_EQ_I64(shown(&wear).device_ever_bytes, 1005 * 512);
}

TEST(no_device_at_all)
{
    struct wear wear = fresh(&usual);
    struct wear_moment moment = {.wall_ns = noon_ns, .logical_bytes = 77, .syncs = 3};
    take(&wear, moment);
    struct page_card card = shown(&wear);
    CHECK(card.known == 0 && card.over_budget == 0 && card.worn == 0);
    CHECK_EQ_I64(card.logical_ever_bytes, 77);
    CHECK_EQ_U64(card.syncs_today, 3);
    CHECK(card.life_years < 0 && card.used_share < 0);
}

/* Within 1 % of the device's counter (SPEC F116): over boots, kills and days it is equal to the byte. */
TEST(gauge_equals_the_counters)
{
    struct wear wear = fresh(&usual);
    int64_t written = 0, sectors = 0, wall_s = 0, mono_s = 0;
    unsigned boot = 1;
    uint64_t dice = 88172645463325252u;
    for (int turn = 0; turn < 5000; turn++) {
        dice = dice * 6364136223846793005u + 1442695040888963407u;
        unsigned what = (unsigned)(dice >> 33) % 100;
        int64_t grow = (int64_t)(dice >> 40) % 20000;
        if (what == 0) { /* stopped in order, then another boot */
            wear = after(&wear, true);
            boot++;
            sectors = mono_s = 0;
            wall_s += 30;
        } else if (what == 1)
            wear = after(&wear, false); /* killed: the same boot */
        sectors += grow;
        written += grow * 512;
        mono_s += 10;
        wall_s += 10;
        struct wear_moment moment = at(mono_s, sectors);
        moment.device.boot[0] = (uint8_t)(boot & 127);
        moment.device.boot[1] = (uint8_t)(boot >> 7) + 1;
        moment.wall_ns = noon_ns + wall_s * TD_NS_PER_S;
        wear_take(&wear, &moment);
    }
    CHECK(boot > 20);
    CHECK_EQ_I64(shown(&wear).device_ever_bytes, written);
}

/* ---- days ---- */

TEST(a_new_day_begins_at_0_and_the_old_ones_stay_known)
{
    struct wear wear = fresh(&usual);
    take(&wear, at(30, 1000));
    take(&wear, at(12 * 3600 - 10, 2000));
    take(&wear, at(12 * 3600, 2500)); /* 00:00 UTC */
    CHECK_EQ_I64(shown(&wear).device_today_bytes, 500 * 512);
    CHECK_EQ_I64(shown(&wear).device_ever_bytes, 2500 * 512);
    CHECK_EQ_I64(wear.record.day[0].day, 20001);
    CHECK_EQ_I64(wear.record.day[1].day, 20000);
    CHECK_EQ_I64(wear.record.day[1].device_bytes, 2000 * 512);
    for (int d = 1; d < 20; d++)
        take(&wear, at(12 * 3600 + d * 86400, 2500 + d));
    CHECK_EQ_I64(wear.record.day[0].day, 20020);
    CHECK_EQ_I64(wear.record.day[WEAR_DAYS - 1].day, 20013);
    CHECK_EQ_I64(wear.record.day[WEAR_DAYS - 1].device_bytes, 512);
}

TEST(today_is_carried_over_a_restart_and_yesterday_is_not)
{
    struct wear wear = fresh(&usual);
    struct wear_moment moment = at(30, 1000);
    moment.logical_bytes = 400000;
    moment.syncs = 30;
    take(&wear, moment);
    struct wear same = after(&wear, true), tomorrow = after(&wear, true);
    moment = at(60, 1010);
    moment.logical_bytes = 5; /* of the new process */
    moment.syncs = 1;
    take(&same, moment);
    CHECK_EQ_I64(shown(&same).device_today_bytes, 1010 * 512);
    CHECK_EQ_I64(shown(&same).logical_today_bytes, 400005);
    CHECK_EQ_U64(shown(&same).syncs_today, 31);
    moment = at(30 + 86400, 1010);
    moment.logical_bytes = 5;
    moment.syncs = 1;
    take(&tomorrow, moment);
    CHECK_EQ_I64(shown(&tomorrow).device_today_bytes, 10 * 512);
    CHECK_EQ_I64(shown(&tomorrow).logical_today_bytes, 5);
    CHECK_EQ_I64(shown(&tomorrow).logical_ever_bytes, 400005);
    CHECK_EQ_U64(shown(&tomorrow).syncs_ever, 31);
}

/* No clock in the box: 1970 is no day of its own once another is known. */
TEST(a_clock_that_is_not_set_yet_turns_no_day)
{
    struct wear wear = fresh(&usual);
    take(&wear, at(30, 1000));
    struct wear next = after(&wear, true);
    struct wear_moment moment = later_boot(at(10, 50), 2, 0);
    moment.wall_ns = 10 * TD_NS_PER_S;
    take(&next, moment);
    CHECK_EQ_I64(next.record.day[0].day, 20000);
    moment = later_boot(at(20, 60), 2, 1000);
    take(&next, moment);
    CHECK_EQ_I64(shown(&next).device_today_bytes, 1060 * 512);
    CHECK_EQ_I64(next.record.day[1].day, 0);
}

/* ---- when it is written ---- */

TEST(written_once_an_hour_and_after_a_boot)
{
    struct wear wear = fresh(&usual);
    CHECK(!wear_due(&wear, noon_ns));
    take(&wear, at(30, 1000));
    CHECK(wear_due(&wear, noon_ns + 30 * TD_NS_PER_S)); /* no record knows this card */
    wear.save_soon = false;
    CHECK(!wear_due(&wear, noon_ns + 3599 * TD_NS_PER_S));
    CHECK(wear_due(&wear, noon_ns + 3600 * TD_NS_PER_S));
    struct wear same = after(&wear, false), other = after(&wear, true);
    take(&same, at(60, 1000));
    CHECK(!wear_due(&same, noon_ns + 60 * TD_NS_PER_S));
    take(&other, later_boot(at(60, 1000), 2, 0));
    CHECK(wear_due(&other, noon_ns + 60 * TD_NS_PER_S));
    struct wear restarted = after(&wear, true);
    take(&restarted, at(60, 1000));
    CHECK(wear_due(&restarted, noon_ns + 60 * TD_NS_PER_S));
    CHECK_EQ_I64(restarted.record.ended, 0);
}

/* ---- life, budget ---- */

/* 32 GB x 1000 cycles / (400 MB a day x 5 x 365) = 32e12 / 7.3e11 = 43.8356 years. */
TEST(life_by_hand)
{
    CHECK_NEAR_F64(wear_life_years(INT64_C(32000000000), 1000, 5, 400 * MB), 43.83562, 0.00001);
    CHECK_NEAR_F64(wear_life_years(INT64_C(64000000000), 3000, 2.5, 2 * INT64_C(1000000000)),
                   105.2055, 0.0001);
    CHECK(wear_life_years(0, 1000, 5, 400) < 0 && wear_life_years(1, 0, 5, 400) < 0);
    CHECK(wear_life_years(1, 1000, 5, 0) < 0 && wear_life_years(1, 1, 0, 1) < 0);
}

TEST(life_of_what_was_counted)
{
    struct wear_params params = usual;
    struct wear wear = fresh(&params);
    take(&wear, at(0, 0));
    take(&wear, at(599, 1000));
    CHECK_EQ_I64(shown(&wear).day_rate_bytes, 0); /* too short to tell */
    CHECK(shown(&wear).life_years < 0);
    /* 100 MB in 6 hours are 400 MB a day. */
    take(&wear, at(6 * 3600, 100 * MB / 512));
    CHECK_NEAR_F64((double)shown(&wear).day_rate_bytes, 400e6, 4000);
    CHECK_NEAR_F64(shown(&wear).life_years, 43.8356, 0.001);
    /* 100 MB x 5 of 32e12. */
    CHECK_NEAR_F64(shown(&wear).used_share, 1.5625e-5, 1e-9);
    params.size_bytes = INT64_C(64000000000);
    struct wear larger = after(&wear, true);
    larger.params = params;
    take(&larger, at(6 * 3600, 100 * MB / 512));
    CHECK_NEAR_F64(shown(&larger).life_years, 87.6712, 0.002);
}

TEST(budget_alarm)
{
    struct wear_params params = usual;
    params.budget_bytes = 400 * MB;
    struct wear wear = fresh(&params);
    take(&wear, at(0, 0));
    take(&wear, at(1800, 100 * MB / 512)); /* 4.8 GB a day, of half an hour: a start writes much */
    CHECK_EQ_U64(shown(&wear).over_budget, 0);
    take(&wear, at(3600, 110 * MB / 512)); /* 2.6 GB a day, of an hour */
    CHECK_EQ_U64(shown(&wear).over_budget, 1);
    take(&wear, at(6 * 3600, 110 * MB / 512)); /* 440 MB a day */
    CHECK_EQ_U64(shown(&wear).over_budget, 1);
    take(&wear, at(24000, 110 * MB / 512)); /* 396: over 95 %, it stays */
    CHECK_EQ_U64(shown(&wear).over_budget, 1);
    take(&wear, at(7 * 3600, 110 * MB / 512)); /* 377 */
    CHECK_EQ_U64(shown(&wear).over_budget, 0);
    CHECK_EQ_I64(shown(&wear).budget_bytes, 400 * MB);
    take(&wear, at(7 * 3600 + 10, 401 * MB / 512)); /* spent, whatever the rate */
    CHECK_EQ_U64(shown(&wear).over_budget, 1);
    take(&wear, at(12 * 3600 + 60, 401 * MB / 512)); /* the next day */
    CHECK_EQ_U64(wear.record.day[0].day, 20001);
    take(&wear, at(12 * 3600 + 7200, 402 * MB / 512));
    CHECK_EQ_U64(shown(&wear).over_budget, 0);
    params.budget_bytes = 0;
    struct wear none = fresh(&params);
    take(&none, at(0, 0));
    take(&none, at(7200, GB / 512 * 2));
    CHECK_EQ_U64(shown(&none).over_budget, 0);
}

TEST(worn_alarm)
{
    struct wear_params params = {.size_bytes = GB, .cycles = 100, .amplification = 5};
    struct wear wear = fresh(&params); /* bears 20 GB */
    take(&wear, at(0, 0));
    wear.record.device_bytes = 18 * INT64_C(1000000000) - 512;
    take(&wear, at(10, 0));
    CHECK_EQ_U64(shown(&wear).worn, 0);
    take(&wear, at(20, 1));
    CHECK_EQ_U64(shown(&wear).worn, 1);
    CHECK_NEAR_F64(shown(&wear).used_share, 0.9, 1e-9);
    /* 1 GB a day of 20: three weeks. Said when a day is counted. */
    wear = fresh(&params);
    take(&wear, at(0, 0));
    take(&wear, at(80000, GB / 512));
    CHECK_EQ_U64(shown(&wear).worn, 0);
    take(&wear, at(86400, GB / 512));
    CHECK_EQ_U64(shown(&wear).worn, 1);
    params.cycles = 0; /* no judgement */
    wear = fresh(&params);
    take(&wear, at(0, 0));
    take(&wear, at(86400, GB / 512));
    CHECK(shown(&wear).worn == 0 && shown(&wear).life_years < 0 && shown(&wear).used_share < 0);
}
