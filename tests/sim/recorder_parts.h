/* Inside of recorder*.c. */
#ifndef TD_SIM_RECORDER_PARTS_H
#define TD_SIM_RECORDER_PARTS_H

#include "sim/recorder.h"

int64_t recorder_seconds(struct recorder *recorder, uint64_t low, uint64_t high);
/* While the deck waits within a call: time goes on. */
void recorder_idle(void *recorder);

/* ---- recorder_setup.c ---- */

/* Limits as a run draws them, once. */
void recorder_configure(struct recorder *recorder);
/* Of one life. */
void recorder_set_up(struct recorder *recorder);

/* ---- recorder_card.c ---- */

bool card_is_at_fault(const struct recorder *recorder, enum sim_fault_kind kind);
/* Whether what was spoilt can still be made again. */
void card_look_at_taint(struct recorder *recorder);
/* The faults of the card are the recorder's, not ours: off while the rig itself reads. */
void card_faults_off(struct recorder *recorder);
void card_faults_on(struct recorder *recorder);
/* Ends what has lasted long enough. */
void card_tend(struct recorder *recorder);
bool card_spoil(struct recorder *recorder, enum kind kind);

#endif
