#include "app/board.h"

#include "fake_sys.h"

static const char zone0[] = "/sys/class/thermal/thermal_zone0/temp";
static const char volt[] = "/sys/class/hwmon/hwmon1/in0_lcrit_alarm";
static const char firmware[] = "/sys/devices/platform/soc/soc:firmware/get_throttled";
static const char cpufreq[] = "/sys/devices/system/cpu/cpu0/cpufreq/";

static void put_clock(const char *root, int now, int limit, int max)
{
    char path[200];
    snprintf(path, sizeof path, "%sscaling_cur_freq", cpufreq);
    sys_put(root, path, "%d\n", now);
    snprintf(path, sizeof path, "%sscaling_max_freq", cpufreq);
    sys_put(root, path, "%d\n", limit);
    snprintf(path, sizeof path, "%scpuinfo_max_freq", cpufreq);
    sys_put(root, path, "%d\n", max);
}

static struct board_reading read_at(const char *root)
{
    struct board_reading reading;
    board_read(root, &reading);
    return reading;
}

/* ---- reading ---- */

TEST(a_machine_without_sensors_is_unknown_and_has_no_alarm)
{
    struct board board = {0};
    struct page_board page;
    struct board_reading reading = read_at(test_tmpdir());
    for (int i = 0; i < 20; i++)
        board_take(&board, &reading);
    board_show(&board, &page);
    CHECK_EQ_U64(page.has_temperature, 0);
    CHECK_EQ_U64(page.low_voltage, PAGE_FLAG_UNKNOWN);
    CHECK_EQ_U64(page.throttled, PAGE_FLAG_UNKNOWN);
    CHECK(page.cpu_khz == 0 && page.cpu_limit_khz == 0 && page.cpu_max_khz == 0);
    CHECK(page.is_hot == 0 && page.is_low_voltage == 0 && page.is_throttled == 0);
    CHECK(page.low_voltage_seen == 0 && page.throttled_seen == 0);
}

/* As Debian's kernel shows a Pi 4. */
TEST(upstream_kernel)
{
    const char *root = test_tmpdir();
    sys_put(root, zone0, "48686\n");
    sys_put(root, "/sys/class/thermal/thermal_zone0/type", "cpu-thermal\n");
    sys_put(root, "/sys/class/thermal/thermal_zone0/trip_point_0_type", "critical\n");
    sys_put(root, "/sys/class/thermal/thermal_zone0/trip_point_0_temp", "90000\n");
    sys_put(root, "/sys/class/hwmon/hwmon0/name", "cpu_thermal\n");
    sys_put(root, "/sys/class/hwmon/hwmon0/in0_lcrit_alarm", "1\n"); /* somebody else's */
    sys_put(root, "/sys/class/hwmon/hwmon1/name", "rpi_volt\n");
    sys_put(root, volt, "0\n");
    put_clock(root, 600000, 1500000, 1500000);
    struct board_reading reading = read_at(root);
    CHECK(reading.has_temperature);
    CHECK_EQ_I64(reading.temperature_mc, 48686);
    CHECK_EQ_I64(reading.hot_mc, 80000);
    CHECK_EQ_I64(reading.low_voltage, PAGE_FLAG_NO);
    CHECK_EQ_I64(reading.throttled, PAGE_FLAG_NO); /* slow for want of work */
    CHECK_EQ_U64(reading.cpu_khz, 600000);
    sys_put(root, volt, "1\n");
    CHECK_EQ_I64(read_at(root).low_voltage, PAGE_FLAG_YES);
    put_clock(root, 1000000, 1000000, 1500000);
    CHECK_EQ_I64(read_at(root).throttled, PAGE_FLAG_NO); /* cool: somebody wished it so */
    sys_put(root, zone0, "82000\n");
    reading = read_at(root);
    CHECK_EQ_I64(reading.throttled, PAGE_FLAG_YES);
    CHECK_EQ_U64(reading.cpu_limit_khz, 1000000);
    CHECK_EQ_U64(reading.cpu_max_khz, 1500000);
}

/* Debian builds no driver that tells of the voltage: what the firmware does then is not known, but for what heat makes certain. */
TEST(a_pi_whose_kernel_tells_little)
{
    const char *root = test_tmpdir();
    sys_put(root, "/proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4");
    sys_put(root, zone0, "55000\n");
    put_clock(root, 1500000, 1500000, 1500000);
    CHECK_EQ_I64(read_at(root).low_voltage, PAGE_FLAG_UNKNOWN);
    CHECK_EQ_I64(read_at(root).throttled, PAGE_FLAG_UNKNOWN);
    sys_put(root, zone0, "80000\n");
    CHECK_EQ_I64(read_at(root).throttled, PAGE_FLAG_YES);
    sys_put(root, zone0, "55000\n");
    sys_put(root, "/sys/class/hwmon/hwmon0/name", "rpi_volt\n");
    sys_put(root, "/sys/class/hwmon/hwmon0/in0_lcrit_alarm", "0\n");
    CHECK_EQ_I64(read_at(root).throttled, PAGE_FLAG_NO);
    sys_put(root, "/sys/class/hwmon/hwmon0/in0_lcrit_alarm", "1\n");
    CHECK_EQ_I64(read_at(root).throttled, PAGE_FLAG_UNKNOWN);
}

TEST(vendor_kernel)
{
    static const struct {
        const char *text;
        enum page_flag low_voltage, throttled;
    } rows[] = {{"0\n", PAGE_FLAG_NO, PAGE_FLAG_NO},
                {"1\n", PAGE_FLAG_YES, PAGE_FLAG_NO},
                {"50005\n", PAGE_FLAG_YES, PAGE_FLAG_YES},
                {"50000\n", PAGE_FLAG_NO, PAGE_FLAG_NO}, /* it has been, since boot */
                {"2\n", PAGE_FLAG_NO, PAGE_FLAG_YES},
                {"0x8\n", PAGE_FLAG_NO, PAGE_FLAG_YES},
                {"\n", PAGE_FLAG_UNKNOWN, PAGE_FLAG_UNKNOWN},
                {"5 what\n", PAGE_FLAG_UNKNOWN, PAGE_FLAG_UNKNOWN}};
    const char *root = test_tmpdir();
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sys_put(root, firmware, "%s", rows[i].text);
        struct board_reading reading = read_at(root);
        CHECK_EQ_I64(reading.low_voltage, rows[i].low_voltage);
        CHECK_EQ_I64(reading.throttled, rows[i].throttled);
    }
}

/* The processor's zone is taken whatever its place; 10 degrees below its critical point is hot. */
TEST(zones)
{
    const char *root = test_tmpdir();
    sys_put(root, zone0, "27800\n");
    sys_put(root, "/sys/class/thermal/thermal_zone0/type", "acpitz\n");
    CHECK_EQ_I64(read_at(root).temperature_mc, 27800);
    CHECK_EQ_I64(read_at(root).hot_mc, 80000);
    sys_put(root, "/sys/class/thermal/thermal_zone2/temp", "91000\n");
    sys_put(root, "/sys/class/thermal/thermal_zone2/type", "x86_pkg_temp\n");
    sys_put(root, "/sys/class/thermal/thermal_zone2/trip_point_0_type", "passive\n");
    sys_put(root, "/sys/class/thermal/thermal_zone2/trip_point_0_temp", "60000\n");
    sys_put(root, "/sys/class/thermal/thermal_zone2/trip_point_1_type", "critical\n");
    sys_put(root, "/sys/class/thermal/thermal_zone2/trip_point_1_temp", "105000\n");
    CHECK_EQ_I64(read_at(root).temperature_mc, 91000);
    CHECK_EQ_I64(read_at(root).hot_mc, 95000);
    sys_put(root, "/sys/class/thermal/thermal_zone2/temp", "-274000\n"); /* broken */
    CHECK_EQ_I64(read_at(root).temperature_mc, 27800);
    sys_put(root, zone0, "hot\n");
    CHECK(!read_at(root).has_temperature);
}

/* ---- alarms ---- */

static void take(struct board *board, const struct board_reading *reading, int times)
{
    for (int i = 0; i < times; i++)
        board_take(board, reading);
}

TEST(hot_begins_and_ends_late)
{
    struct board board = {0};
    struct board_reading cool = {.has_temperature = true, .temperature_mc = 60000, .hot_mc = 80000};
    struct board_reading hot = cool, warm = cool;
    hot.temperature_mc = 80000;
    warm.temperature_mc = 75001; /* between: no end */
    take(&board, &hot, 2);
    take(&board, &cool, 1);
    take(&board, &hot, 2);
    CHECK(!board.hot.on);
    take(&board, &hot, 1);
    CHECK(board.hot.on);
    take(&board, &warm, 100);
    CHECK(board.hot.on);
    take(&board, &cool, 5);
    take(&board, &warm, 1);
    take(&board, &cool, 5);
    CHECK(board.hot.on);
    take(&board, &cool, 1);
    CHECK(!board.hot.on);
    take(&board, &warm, 100);
    CHECK(!board.hot.on);
}

TEST(flags_begin_and_end_late_and_are_counted)
{
    struct board board = {0};
    struct page_board page;
    struct board_reading fine = {.low_voltage = PAGE_FLAG_NO, .throttled = PAGE_FLAG_NO},
                         bad = fine;
    struct board_reading gone = {0};
    bad.low_voltage = bad.throttled = PAGE_FLAG_YES;
    take(&board, &bad, 1);
    take(&board, &fine, 1);
    board_show(&board, &page);
    CHECK(page.is_low_voltage == 0 && page.is_throttled == 0);
    CHECK(page.low_voltage_seen == 1 && page.throttled_seen == 1); /* a dip is not forgotten */
    take(&board, &bad, 2);
    CHECK(board.low_voltage.on && !board.throttled.on);
    take(&board, &bad, 1);
    CHECK(board.throttled.on);
    take(&board, &fine, 5);
    CHECK(board.low_voltage.on && board.throttled.on);
    take(&board, &gone, 1); /* a sensor that goes away raises nothing and keeps nothing up */
    CHECK(!board.low_voltage.on && !board.throttled.on);
    board_show(&board, &page);
    CHECK_EQ_U64(page.low_voltage, PAGE_FLAG_UNKNOWN);
    CHECK_EQ_U64(page.low_voltage_seen, 4);
}
