/* Link-time wrap of malloc and friends in the recorder: after td_seal() every allocation is counted, or stops the process
   when the environment has TAPEDECK_SEAL=abort (tests). Programs linked without --wrap count 0. */
#ifndef TD_BASE_SEAL_H
#define TD_BASE_SEAL_H

#include <stdint.h>

void td_seal(void);
void td_unseal(void); /* orderly end of the process only: libraries may free */
uint64_t td_seal_violations(void);

/* For seal_wrap.c: `function` (static name) was called; counts or aborts when sealed. Any thread, allocates nothing. */
void td_seal_note(const char *function);

#endif
