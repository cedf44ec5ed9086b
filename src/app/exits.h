/* Exit codes of every program and verb, fixed for ever. */
#ifndef TD_APP_EXITS_H
#define TD_APP_EXITS_H

enum exit_code {
    EXIT_FINE = 0,
    EXIT_PROBLEMS = 1, /* the work was done and found something wrong */
    EXIT_USAGE = 2,
    EXIT_CONFIG = 3,
    EXIT_NETWORK = 4,
    EXIT_DISK = 5,
    EXIT_CORRUPT = 6,
    EXIT_BROKEN = 70, /* our own invariant */
};

#endif
