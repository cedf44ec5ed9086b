/* The time before TLS: a box without a clock begins at the last known time, never before it, and asks the network. */
#ifndef TD_INIT_CLOCK_H
#define TD_INIT_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "init/settings.h"

struct clock_look {
    bool synced;       /* the kernel says so (adjtimex) */
    int64_t error_ns;  /* its bound of the error */
    int64_t offset_ns; /* that is being slewed */
};

/* Sets the clock forward to max(build time, INIT_CLOCK_FLOOR) when it stands before it; returns the jump, 0 none. */
int64_t clock_floor_apply(int64_t build_epoch_s);
/* Writes the floor (replaced by rename, synced): once an hour and at an orderly shutdown. */
td_err clock_floor_save(void);
/* chronyd's configuration from network.ini, else from the DHCP lease (option 42), else public servers. */
td_err clock_write_chrony_conf(const struct settings *settings);
void clock_look(struct clock_look *look);

#endif
