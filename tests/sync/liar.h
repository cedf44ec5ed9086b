/* What liar.c (the deeds) and face.c (how they are asked for and answered) share. */
#ifndef TD_SYNC_LIAR_H
#define TD_SYNC_LIAR_H

#include "sync/world.h"

bool liar_lies(struct liar *liar, enum lie lie);
/* proc: who asks. Sinks and visitors are called. */
enum store_outcome liar_does(struct liar *liar, const struct store_op *op,
                             struct store_result *result, const struct proc *proc);

#endif
