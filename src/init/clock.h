/* The time before TLS: a box without a clock begins at the last known time, never before it, and asks the network. */
#ifndef TD_INIT_CLOCK_H
#define TD_INIT_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "init/settings.h"

struct clock_look {
    bool synced;       /* the kernel says so (adjtimex) */
    int64_t error_ns;  /* its bound of the error; -1: the kernel does not say */
    int64_t offset_ns; /* that is being slewed */
};

enum { CLOCK_TEXT_MAX = 4096, CLOCK_SOURCE_MAX = 128, CLOCK_LEASE_MAX = 4096 };

/* Sets the clock forward to max(build time, INIT_CLOCK_FLOOR) when it stands before it; returns the jump, 0 none. */
int64_t clock_floor_apply(int64_t build_epoch_s);
/* Writes the floor (replaced by rename, synced): once an hour and at an orderly shutdown. */
td_err clock_floor_save(void);
/* chronyd's configuration from network.ini alone where it names servers; else from the DHCP lease (option 42: ntpsrv= or ntp= in INIT_LEASE)
   and, for the router that promises a time server and has none, public servers beside it. Written to INIT_CHRONY_CONF. */
td_err clock_write_chrony_conf(const struct settings *settings);
/* Where the time comes from, in words for the report. */
void clock_sources(const struct settings *settings, char out[CLOCK_SOURCE_MAX]);
void clock_look(struct clock_look *look);

/* The pure halves. Floor file: seconds since 1970, or 0 for bytes that are none; lease: key=value lines, "" none. */
int64_t clock_floor_of(const char *text, size_t bytes);
size_t clock_chrony_text(const struct settings *settings, const char *lease, bool has_rtc,
                         char out[CLOCK_TEXT_MAX]);
void clock_sources_of(const struct settings *settings, const char *lease,
                      char out[CLOCK_SOURCE_MAX]);

#endif
