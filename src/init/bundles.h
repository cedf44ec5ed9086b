/* Update bundles that lie on the card: applied at the start, before anything runs that an update replaces. Init's only thread. */
#ifndef TD_INIT_BUNDLES_H
#define TD_INIT_BUNDLES_H

#include <stdbool.h>
#include <stddef.h>

#include "init/card.h"

/* After booted_settle(), with INIT_CARD and INIT_DATA mounted: each *.tdu is applied, and a recorder that an update brought is unpacked. True:
   restart the machine into the other slot. */
bool bundles_apply(const struct card *card, const char *version);
/* The recorder that shall run: the slot's own or an update's. Static text. */
const char *bundles_recorder(void);
/* The version of an updated recorder that runs and has not proven itself; NULL: none. */
const char *bundles_on_trial(void);
/* The recorder crashed. True: it was on trial and has lost it; bundles_recorder() is the slot's own from now on. */
bool bundles_recorder_crashed(void);
/* What came of it, "; ..." to stand behind booted_text(); "" nothing. */
void bundles_text(char *out, size_t cap);

#endif
