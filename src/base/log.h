/* key=value log lines on stderr (or a given descriptor): `2026-09-21T04:00:00.123Z INFO net source=coinbase event=connected`.
   One write per line, no allocation, any thread; a line that cannot be written is dropped and counted. */
#ifndef TD_BASE_LOG_H
#define TD_BASE_LOG_H

#include <stdint.h>

enum td_log_level { TD_LOG_DEBUG, TD_LOG_INFO, TD_LOG_WARN, TD_LOG_ERROR, TD_LOG_OFF };

/* Call once before threads start. now_ns gives the wall clock for the stamp (NULL: no stamp, for tests). */
void td_log_setup(int fd, enum td_log_level level, int64_t (*now_ns)(void));

/* Lines that could not be written in full since start. Any thread. */
uint64_t td_log_dropped(void);

/* where: the folder's name; format: "key=value ..." printf style, one line, at most 1,000 bytes (longer is cut). */
void td_log(enum td_log_level level, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define TD_DEBUG(where, ...) td_log(TD_LOG_DEBUG, where, __VA_ARGS__)
#define TD_INFO(where, ...) td_log(TD_LOG_INFO, where, __VA_ARGS__)
#define TD_WARN(where, ...) td_log(TD_LOG_WARN, where, __VA_ARGS__)
#define TD_ERROR(where, ...) td_log(TD_LOG_ERROR, where, __VA_ARGS__)

#endif
