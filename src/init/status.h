/* What init knows of the box, gathered each second: the lamp shows it, the console says it, STATUS.txt keeps it. */
#ifndef TD_INIT_STATUS_H
#define TD_INIT_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "init/config_choice.h"
#include "init/settings.h"

/* What lives on with the caller. */
struct status_of {
    const char *version;
    const struct settings *settings;
    const struct config_choice *config;
    int64_t every_s; /* least time between two writes of STATUS.txt when nothing changed */
};
void status_begin(const struct status_of *of);
/* About once a second. STATUS.txt is written when the verdict changed, a minute after the last time at the earliest, and each every_s; aside
   (loop.h). The console has its ten lines as often, at most. */
void status_turn(int64_t now_ns);

/* Shall STATUS.txt be written? last_ns: when it was, 0 never; settled: there is something to say yet. Pure. */
bool status_due(bool changed, bool settled, int64_t now_ns, int64_t last_ns, int64_t every_s);

#endif
