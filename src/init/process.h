/* Starts programs with the few rights that they need. Linux; init's only thread. */
#ifndef TD_INIT_PROCESS_H
#define TD_INIT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/rights.h"

struct process_plan {
    const char *const *argv; /* NULL at the end; [0] the path */
    uid_t uid;
    gid_t gid;
    mode_t mask;
    uint64_t capabilities; /* bits (1 << CAP_...) that root's children keep; others have none */
    int nice, oom_score_adj;
    bool locks_memory;
    enum td_rights_kind calls; /* its list, always named; TD_RIGHTS_OWN: it takes one by itself */
};

/* Own session, no rights but the plan's, standard input empty, both outputs into the pipe *out (non-blocking, the caller closes it).
   Returns the pid; TD_E_IO. A program that cannot be run ends with PROCESS_NOT_RUN and says why into the pipe. */
enum { PROCESS_NOT_RUN = 127 };
int process_start(const struct process_plan *plan, int *out);

/* Runs a step of init itself in a process of its own, so that a card that answers no more blocks nothing here; its return value (0..100) is
   the exit code. Returns the pid; TD_E_IO. */
int process_aside(int (*step)(void *arg), void *arg);

/* Why it ended, in words: "exit code 3: configuration", "a forbidden system call", "hung". killed: by us, and why; NULL. */
void process_end_text(int status, const char *killed, char *out, size_t cap);

#endif
