/* The recorder's state page as its heartbeat. */
#ifndef TD_INIT_HEARTBEAT_H
#define TD_INIT_HEARTBEAT_H

#include "app/page.h"

/* Looks for the page that the process made, in the folder of the shared memory, and reads it. The last whole reading, valid until the next
   call: a torn one changes nothing. NULL: none yet. */
const struct page_view *heartbeat_read(const char *shm_dir, int pid);
/* Of the page that was last read. */
enum page_life heartbeat_life(int64_t mono_ns);

#endif
