/* Opens the two ends of a run: the folder or the store, with its address, keys and share of the bandwidth. */
#ifndef TD_SYNC_REACH_H
#define TD_SYNC_REACH_H

#include <stdio.h>

#include "base/os.h"
#include "store/store.h"
#include "sync/options.h"

struct reach {
    struct store from, to;
    struct store list; /* the source once more, for the scan: it waits for its calls itself */
};

/* TD_E_CONFIG (keys, address, certificates), TD_E_MISSING (no such folder), TD_E_IO: said in `errors`, nothing is open then. A dry run makes no
   folder: one that is not there is an empty store. was_there: the destination was sent to before; a folder is not made again then, for its disk may
   have been taken away. */
td_err reach_open(struct reach *reach, const struct sync_options *options, bool was_there,
                  const struct td_os *os, FILE *errors);
void reach_close(struct reach *reach);

#endif
