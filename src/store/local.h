/* A folder as a store: names are paths below it. An object appears whole under its name (written beside, synced, renamed, folder synced) or not at
   all; its identity is worked out from its bytes when HEAD asks (has_crc32c and has_sha256 are its own reading, past the page cache). Parts
   are kept in <folder>/.tape-parts/<upload id>/. Names that lead out of the folder (.., leading slash, backslash) are STORE_REFUSED. Names that begin with a dot
   are not listed. Calls are done at submit and come back from wait in that order. */
#ifndef TD_STORE_LOCAL_H
#define TD_STORE_LOCAL_H

#include "store/store.h"

/* Allocated. TD_E_MISSING: no such folder and !make; TD_E_IO. */
td_err local_open(const struct td_disk *disk, const struct td_random *random, const char *folder,
                  bool make, unsigned calls_max, struct store *out);

#endif
