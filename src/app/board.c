#include "app/board.h"

#include <stdlib.h>
#include <string.h>

#include "app/sysfs.h"
#include "base/text.h"

enum {
    ENTRIES_MAX = 16, /* thermal zones, hwmon devices, trip points that are looked at */
    HOT_MC = 80000,   /* without a critical temperature */
    BELOW_CRITICAL_MC = 10000,
    COOLER_MC = 5000, /* below hot: it is over */
    LOWERED_MC =
        70000, /* a bound of the clock is a matter of heat from here on; else it is somebody's wish */
    ON_READINGS = 3, /* hot, throttled: half a minute */
    ON_VOLTAGE_READINGS = 2,
    OFF_READINGS = 6
};

/* ---- reading ---- */

static const char *entry(char path[SYSFS_PATH_MAX], const char *format, unsigned at,
                         const char *name)
{
    struct td_str str = td_str_on(path, SYSFS_PATH_MAX);
    td_str_add_format(&str, "%s%u/%s", format, at, name);
    return path;
}

/* Pi: cpu-thermal; PCs: x86_pkg_temp. Where none is of a processor, the first that can be read. */
static int find_zone(const char *root, int32_t *temperature_mc)
{
    char path[SYSFS_PATH_MAX], type[SYSFS_TEXT_MAX];
    int found = -1;
    for (unsigned i = 0; i < ENTRIES_MAX; i++) {
        int64_t value;
        if (!sysfs_number(root, entry(path, "/sys/class/thermal/thermal_zone", i, "temp"),
                          &value) ||
            value < -100000 || value > 200000)
            continue;
        sysfs_text(root, entry(path, "/sys/class/thermal/thermal_zone", i, "type"), type);
        bool processor = strstr(type, "cpu") != NULL || strstr(type, "pkg") != NULL;
        if (!processor && found >= 0)
            continue;
        found = (int)i;
        *temperature_mc = (int32_t)value;
        if (processor)
            break;
    }
    return found;
}

static int32_t hot_of(const char *root, unsigned zone)
{
    char folder[SYSFS_PATH_MAX], path[SYSFS_PATH_MAX], type[SYSFS_TEXT_MAX];
    entry(folder, "/sys/class/thermal/thermal_zone", zone, "trip_point_");
    for (unsigned i = 0; i < ENTRIES_MAX; i++) {
        int64_t value;
        struct td_str str = td_str_on(path, sizeof path);
        td_str_add_format(&str, "%s%u_type", folder, i);
        if (!sysfs_text(root, path, type) || strcmp(type, "critical") != 0)
            continue;
        str = td_str_on(path, sizeof path);
        td_str_add_format(&str, "%s%u_temp", folder, i);
        if (sysfs_number(root, path, &value) && value > 2 * BELOW_CRITICAL_MC && value < 200000)
            return (int32_t)value - BELOW_CRITICAL_MC;
    }
    return HOT_MC;
}

static enum page_flag flag_of(bool is)
{
    return is ? PAGE_FLAG_YES : PAGE_FLAG_NO;
}

/* Bits of the vendor's firmware: 0 low voltage, 1 clock capped, 2 throttled, 3 soft limit of the temperature; the same 16 higher: since boot. */
static bool read_firmware(const char *root, struct board_reading *out)
{
    char text[SYSFS_TEXT_MAX], *end;
    if (!sysfs_text(root, "/sys/devices/platform/soc/soc:firmware/get_throttled", text) || !text[0])
        return false;
    unsigned long bits = strtoul(text, &end, 16);
    if (*end != '\0')
        return false;
    out->low_voltage = flag_of(bits & 1);
    out->throttled = flag_of(bits & 14);
    return true;
}

static void read_voltage(const char *root, struct board_reading *out)
{
    char path[SYSFS_PATH_MAX], name[SYSFS_TEXT_MAX];
    for (unsigned i = 0; i < ENTRIES_MAX; i++) {
        int64_t alarm;
        if (!sysfs_text(root, entry(path, "/sys/class/hwmon/hwmon", i, "name"), name) ||
            strcmp(name, "rpi_volt") != 0)
            continue;
        if (sysfs_number(root, entry(path, "/sys/class/hwmon/hwmon", i, "in0_lcrit_alarm"), &alarm))
            out->low_voltage = flag_of(alarm != 0);
        return;
    }
}

static uint32_t read_khz(const char *root, const char *name)
{
    char path[SYSFS_PATH_MAX];
    int64_t value = 0;
    struct td_str str = td_str_on(path, sizeof path);
    td_str_add_format(&str, "/sys/devices/system/cpu/cpu0/cpufreq/%s", name);
    return sysfs_number(root, path, &value) && value > 0 && value < INT32_MAX ? (uint32_t)value : 0;
}

static bool is_pi(const char *root)
{
    static const char name[] = "Raspberry Pi";
    char model[SYSFS_TEXT_MAX];
    sysfs_text(root, "/proc/device-tree/model", model);
    return strncmp(model, name, sizeof name - 1) == 0;
}

/* A Pi's firmware slows the processor down behind the kernel's back, by heat from 80 C on and by low voltage. Where the kernel passes on
   neither, a cool board is no proof of full speed. */
static enum page_flag unsaid(const struct board_reading *reading)
{
    if (reading->temperature_mc >= HOT_MC)
        return PAGE_FLAG_YES;
    return reading->low_voltage == PAGE_FLAG_NO ? PAGE_FLAG_NO : PAGE_FLAG_UNKNOWN;
}

static void read_clock(const char *root, struct board_reading *out)
{
    out->cpu_khz = read_khz(root, "scaling_cur_freq");
    out->cpu_limit_khz = read_khz(root, "scaling_max_freq");
    out->cpu_max_khz = read_khz(root, "cpuinfo_max_freq");
    if (out->cpu_limit_khz == 0 || out->cpu_max_khz == 0 || !out->has_temperature)
        return;
    bool lowered = out->cpu_limit_khz < out->cpu_max_khz && out->temperature_mc >= LOWERED_MC;
    if (lowered)
        out->throttled = PAGE_FLAG_YES;
    else if (out->throttled == PAGE_FLAG_UNKNOWN)
        out->throttled = is_pi(root) ? unsaid(out) : PAGE_FLAG_NO;
}

void board_read(const char *root, struct board_reading *out)
{
    *out = (struct board_reading){.hot_mc = HOT_MC};
    int zone = find_zone(root, &out->temperature_mc);
    out->has_temperature = zone >= 0;
    if (zone >= 0)
        out->hot_mc = hot_of(root, (unsigned)zone);
    if (!read_firmware(root, out))
        read_voltage(root, out);
    read_clock(root, out);
}

/* ---- judging ---- */

static void flag_take(struct board_flag *flag, bool is, uint32_t on_after, uint32_t off_after)
{
    flag->run = is == flag->on ? 0 : flag->run + 1;
    if (flag->run < (flag->on ? off_after : on_after))
        return;
    flag->on = is;
    flag->run = 0;
}

void board_take(struct board *board, const struct board_reading *reading)
{
    int32_t hot_mc = reading->hot_mc - (board->hot.on ? COOLER_MC : 0);
    bool low = reading->low_voltage == PAGE_FLAG_YES, slow = reading->throttled == PAGE_FLAG_YES;
    board->last = *reading;
    board->low_voltage_seen += low;
    board->throttled_seen += slow;
    flag_take(&board->hot, reading->has_temperature && reading->temperature_mc >= hot_mc,
              ON_READINGS, OFF_READINGS);
    flag_take(&board->low_voltage, low, ON_VOLTAGE_READINGS, OFF_READINGS);
    flag_take(&board->throttled, slow, ON_READINGS, OFF_READINGS);
}

void board_show(const struct board *board, struct page_board *out)
{
    const struct board_reading *last = &board->last;
    *out = (struct page_board){.has_temperature = last->has_temperature,
                               .temperature_mc = last->temperature_mc,
                               .low_voltage = last->low_voltage,
                               .throttled = last->throttled,
                               .low_voltage_seen = board->low_voltage_seen,
                               .throttled_seen = board->throttled_seen,
                               .cpu_khz = last->cpu_khz,
                               .cpu_limit_khz = last->cpu_limit_khz,
                               .cpu_max_khz = last->cpu_max_khz,
                               .is_hot = board->hot.on,
                               .is_low_voltage = board->low_voltage.on,
                               .is_throttled = board->throttled.on};
}
