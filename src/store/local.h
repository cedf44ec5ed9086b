/* A folder as a store: names are paths below it. An object appears whole under its name (written beside, synced, renamed, folder synced) or not at
   all; its identity is worked out from its bytes when HEAD asks (has_crc32c and has_sha256 are its own reading, past the page cache). Parts
   are kept in <folder>/.tape-parts/<upload id>/. Names with a part that is empty or begins with a dot, or with a backslash, are
   STORE_REFUSED and not listed. Links below the folder are not followed: what they hide is absent, and nothing is put in their place. A folder that
   went away is STORE_NO_BUCKET and is not made again. One writer at a time makes only_if_absent exact. Calls are done at submit and come back from wait in that order. */
#ifndef TD_STORE_LOCAL_H
#define TD_STORE_LOCAL_H

#include "store/store.h"

/* Allocated. TD_E_MISSING: no such folder and !make; TD_E_IO. */
td_err local_open(const struct td_disk *disk, const struct td_random *random, const char *folder,
                  bool make, unsigned calls_max, struct store *out);

#endif
