/* What the kernel's command line may change, for benches and tests: `tapedeck.hang_s=5`. Pure. */
#ifndef TD_INIT_TUNABLES_H
#define TD_INIT_TUNABLES_H

#include <stdint.h>

struct tunables {
    int64_t hang_s;    /* a heartbeat older than this is a hang */
    int64_t hangs;     /* so many within an hour: the watchdog is not fed any more */
    int64_t wdt_s;     /* timeout of the watchdog */
    int64_t healthy_s; /* proven books for so long are the healthy mark */
    int64_t restart_s; /* pause before a restart, but the first */
    int64_t status_s;  /* least time between two writes of STATUS.txt when nothing changed */
    char slot;         /* 'A', 'B'; 0: not said */
};

/* Words of /proc/cmdline. What is unknown, no number or out of its range keeps the default. */
void tunables_read(struct tunables *tunables, const char *cmdline);

#endif
