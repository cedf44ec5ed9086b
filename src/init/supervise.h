/* When a child is started, asked to end, killed, and when it is beyond help. Pure: what happened and the time (CLOCK_MONOTONIC) go in, what
   is to be done comes out; nothing here knows a process or reads a clock.

     waiting -> running -> (asked) -> (killed) -> waiting -> ...          it is started again for ever
                                        \-> not reaped, or hung too often: supervise_lost(), the machine must be reset */
#ifndef TD_INIT_SUPERVISE_H
#define TD_INIT_SUPERVISE_H

#include <stdbool.h>
#include <stdint.h>

enum { SUPERVISE_RESTARTS_KEPT = 16 };

struct supervise_rules {
    int64_t pause_first_ns; /* before the first restart within the window */
    int64_t pause_ns;       /* before the others */
    int64_t pause_slow_ns;  /* beyond restarts_max of them; never giving up */
    unsigned restarts_max;
    int64_t window_ns;
    bool beats;         /* it has a heartbeat */
    int64_t grace_ns;   /* for the first beat */
    int64_t hang_ns;    /* for each one after */
    unsigned hangs_max; /* within the window: lost */
    int64_t reap_ns;    /* a kill takes longer: lost */
    int64_t stop_ns;    /* what it has to end when asked */
};

enum supervise_state {
    SUPERVISE_IDLE, /* not wanted */
    SUPERVISE_WAITING,
    SUPERVISE_RUNNING,
    SUPERVISE_ASKED,
    SUPERVISE_KILLED
};
enum supervise_action { SUPERVISE_NOTHING, SUPERVISE_START, SUPERVISE_ASK, SUPERVISE_KILL };

struct supervise {
    const struct supervise_rules *rules;
    enum supervise_state state;
    bool wanted;
    bool renewing;    /* its end is our wish: started again at once, not counted */
    bool hung;        /* killed, or to be killed, for its silence */
    bool told;        /* asked: it knows */
    const char *lost; /* why, static text; NULL */
    int64_t due_ns;   /* waiting: start; asked: kill; killed: lost */
    int64_t started_ns;
    bool beaten; /* a beat since the start */
    int64_t beat, beat_ns;
    int64_t restart_ns[SUPERVISE_RESTARTS_KEPT]; /* newest last */
    int64_t hang_at_ns[SUPERVISE_RESTARTS_KEPT];
    unsigned restarts, hangs;
};

/* Not wanted yet. The rules belong to the caller. */
void supervise_init(struct supervise *supervise, const struct supervise_rules *rules);
/* It shall run, from now on and for ever. */
void supervise_want(struct supervise *supervise, int64_t now_ns);
/* It shall end and stay so. */
void supervise_stop(struct supervise *supervise, int64_t now_ns);
/* It shall end and begin anew, for what it reads at its start has changed. */
void supervise_renew(struct supervise *supervise, int64_t now_ns);

void supervise_started(struct supervise *supervise, int64_t now_ns);
/* What stands in its heartbeat; only a change counts. */
void supervise_beat(struct supervise *supervise, int64_t now_ns, int64_t beat);
/* It ended, or could not be started. */
void supervise_ended(struct supervise *supervise, int64_t now_ns);

/* What is to be done now; the state follows (START: supervise_started or supervise_ended must come next). */
enum supervise_action supervise_turn(struct supervise *supervise, int64_t now_ns);
/* When the next turn has something to do; INT64_MAX: nothing by time alone. */
int64_t supervise_next_ns(const struct supervise *supervise);
/* Restarts within the window; more than restarts_max: it is retried slowly. */
unsigned supervise_restarts(const struct supervise *supervise, int64_t now_ns);

#endif
