/* Small values that the kernel shows as files below /sys and /proc. Every path is put behind `root`: "" is the machine, a folder in a test
   holds what the test says. Any thread, nothing is allocated. */
#ifndef TD_APP_SYSFS_H
#define TD_APP_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SYSFS_PATH_MAX = 512, SYSFS_TEXT_MAX = 512 };

/* The file's first SYSFS_TEXT_MAX - 1 bytes without the spaces and line ends behind them. False: it is not there or cannot be read; out is "". */
bool sysfs_text(const char *root, const char *path, char out[SYSFS_TEXT_MAX]);

/* A whole number and nothing else; false leaves *out. */
bool sysfs_number(const char *root, const char *path, int64_t *out);

/* Up to `cap` whole numbers with spaces between; how many there are before something else. */
unsigned sysfs_numbers(const char *root, const char *path, int64_t *out, unsigned cap);

#endif
