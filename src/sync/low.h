/* Sync steps back: recording on the same machine must never wait for it (SPEC Y7). */
#ifndef TD_SYNC_LOW_H
#define TD_SYNC_LOW_H

/* This thread from now on: so nice, only idle processor time, only idle disk time. What the kernel refuses is left as it was. */
void low_priority(int nice);

#endif
