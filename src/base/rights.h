/* Few rights. A process says what it is, and from then on the kernel lets it do the calls of its list and kills it at any other; what it
   may not do is so said in one place, in the lists beside this file: one call a line, with the reason.

     td_rights_begin()     nothing executed later brings rights back; capabilities go, but the one that locks memory
     ... set up ...        open, map, lock
     td_rights_close(kind) the rest of the capabilities goes, and every call that is not on the list

   Both are for the process as a whole: before it has threads (these inherit). Nothing here allocates. */
#ifndef TD_BASE_RIGHTS_H
#define TD_BASE_RIGHTS_H

#include <linux/filter.h>
#include <stdbool.h>

#include "base/err.h"

enum td_rights_kind {
    TD_RIGHTS_RECORDER, /* rights_common, rights_resolver (its children are forked from it) and rights_recorder.def */
    TD_RIGHTS_RESOLVER, /* rights_common and rights_resolver.def */
    TD_RIGHTS_TAPE,     /* rights_common and rights_tape.def */
    TD_RIGHTS_SYNC,     /* rights_common, rights_tape and rights_sync.def */
    TD_RIGHTS_CHRONYD, /* rights_common, rights_daemon and the program's own; put on before it is executed */
    TD_RIGHTS_UDHCPC, /* the same; and the hook that it executes */
    TD_RIGHTS_MDNSD,  /* the same */
    TD_RIGHTS_KINDS,
    TD_RIGHTS_OWN = TD_RIGHTS_KINDS /* no list: who takes one by itself */
};

enum {
    TD_RIGHTS_CALLS_MAX = 240,
    TD_RIGHTS_PROGRAM_MAX = TD_RIGHTS_CALLS_MAX + 6,
    TD_RIGHTS_END = -2
};

/* False in a build with sanitizers: these ask for more than any list of ours. */
bool td_rights_possible(void);

/* TD_E_UNSUPPORTED: a kernel that cannot; nothing has changed. */
td_err td_rights_begin(void);

/* Nothing happens (0) when it was not begun: so code deep in the recorder needs not know whether it is wanted.
   TD_E_UNSUPPORTED: the kernel has no filter; the capabilities are gone all the same. */
td_err td_rights_close(enum td_rights_kind kind);

/* The filter alone, whether begun or not and in any build: for programs that keep root's own rights, and for tests. */
td_err td_rights_filter(enum td_rights_kind kind);

/* A child's end (waitpid): a call that is not on its list. */
bool td_rights_broken(int wait_status);

/* ---- for tests ---- */

/* Number of call i of the list; -1: this machine has no such call; TD_RIGHTS_END past the last. */
int td_rights_call(enum td_rights_kind kind, unsigned i);
/* What the kernel runs at each call. Returns the instructions written. */
unsigned td_rights_program(enum td_rights_kind kind,
                           struct sock_filter program[TD_RIGHTS_PROGRAM_MAX]);

#endif
