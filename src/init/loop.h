/* What init does all the time, whatever else it waits for: children and their output, signals, the watchdog, the lamp. Nothing waits for
   longer than a second without it. */
#ifndef TD_INIT_LOOP_H
#define TD_INIT_LOOP_H

#include <stdbool.h>
#include <stdint.h>

enum loop_wish { LOOP_GO_ON, LOOP_REBOOT, LOOP_POWER_OFF };

/* Takes over the signals of process 1. */
void loop_open(void);
int64_t loop_mono_ns(void);
/* One wait, until something came or the time (CLOCK_MONOTONIC) is over, and what came of it. */
void loop_turn(int64_t until_ns);
/* Turns until the condition holds (true) or the time is over. */
bool loop_until(bool (*holds)(void), int64_t seconds);
/* Somebody asked for the end, by a signal or by loop_ask. */
enum loop_wish loop_wish(void);
void loop_ask(enum loop_wish wish);

/* Runs a step that may block in a process of its own, turning meanwhile: its return value (0..100), TD_E_AGAIN when it has not returned in
   time (it is left to itself, and until it ends no other is begun), TD_E_IO. One that is under way is waited for, ten seconds at most. */
int loop_aside(int (*step)(void *arg), void *arg, int64_t seconds);
/* The same without waiting: false when one is still under way. */
bool loop_aside_begin(int (*step)(void *arg), void *arg);

/* A process that was started elsewhere, at once after its start; then: how it ended. False: it has not in time. One at a time. */
void loop_expect(int pid);
bool loop_wait(int *status, int64_t seconds);

#endif
