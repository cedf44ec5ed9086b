/* The orderly end of the machine. */
#ifndef TD_INIT_SHUTDOWN_H
#define TD_INIT_SHUTDOWN_H

#include "init/loop.h"

/* The recorder drains and seals (60 s at most), the others end, the card is let go, the console is drained, and the machine restarts or is
   switched off. The watchdog stays armed to the end. Never returns. */
_Noreturn void shutdown_machine(enum loop_wish wish);
/* At a defect of init's own: says so, writes what can be written and restarts the machine. Never returns. */
_Noreturn void shutdown_broken(const char *why);

#endif
