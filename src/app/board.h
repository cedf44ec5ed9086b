/* Temperature, supply voltage and clock of the board, as the kernel shows them: thermal zone, hwmon `rpi_volt` (upstream kernel) or
   get_throttled (the vendor's), cpufreq. What a machine has not is unknown and raises no alarm. Main thread. */
#ifndef TD_APP_BOARD_H
#define TD_APP_BOARD_H

#include "app/page.h"

struct board_reading {
    bool has_temperature;
    int32_t temperature_mc;
    int32_t hot_mc; /* hot from here on: 10 degrees below the zone's critical one, else 80 C */
    enum page_flag low_voltage,
        throttled; /* throttled: said by the firmware, or the clock's bound is lowered by heat */
    uint32_t cpu_khz, cpu_limit_khz, cpu_max_khz; /* 0 unknown */
};

/* An alarm that begins after some readings in a row and ends after some others. */
struct board_flag {
    uint32_t run; /* readings in a row that speak against what it says */
    bool on;
};

struct board {
    struct board_reading last;
    struct board_flag hot, low_voltage, throttled;
    uint32_t low_voltage_seen, throttled_seen;
};

/* root: see app/sysfs.h. */
void board_read(const char *root, struct board_reading *out);

/* Takes one reading, about each 10 s. Pure. Zeroed memory is a board that nothing is known of. */
void board_take(struct board *board, const struct board_reading *reading);

void board_show(const struct board *board, struct page_board *out);

#endif
