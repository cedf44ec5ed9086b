/* Inside of a deck, shared by deck*.c, threads.c, journal_work.c, core_feed.c and recover.c only. */
#ifndef TD_APP_DECK_PARTS_H
#define TD_APP_DECK_PARTS_H

#include "app/deck.h"

static inline int64_t deck_mono_ns(const struct deck *deck)
{
    const struct td_clock *clock = &deck->params.os->clock;
    return clock->mono_ns(clock->ctx);
}

/* deck_plan.c */
struct framelog_params deck_log_params(const struct deck_params *params);
struct journal_params deck_journal_params(const struct deck_params *params, const char *folder);
struct core_params deck_core_params(const struct deck_params *params);
struct groups_params deck_groups_params(const struct deck_params *params);
struct writer_params deck_writer_params(const struct deck_params *params);
struct wire_params deck_wire_params(const struct deck_params *params);
size_t deck_state_bytes(const struct deck_params *params);
extern const char DECK_PART_LOG[], DECK_PART_JOURNAL[], DECK_PART_GROUPS[], DECK_PART_WRITER[],
    DECK_PART_WIRE[], DECK_PART_CORE[], DECK_PART_FEATURES[], DECK_PART_MODELS[],
    DECK_PART_READER[], DECK_PART_STATE[];
size_t deck_plan_part(const struct deck_plan *plan, const char *name);
/* Says so when the pool of row groups is small for that many instruments. */
void deck_pool_tell(const struct deck_params *params);

/* deck_layout.c: start-up thread */
void *deck_take_part(struct deck *deck, const struct deck_plan *plan, const char *name);
void deck_take_core(struct deck *deck, const struct deck_plan *plan);
size_t deck_region_bytes(const struct deck_plan *plan, bool seldom);

/* deck.c */
struct core_params deck_live_core_params(struct deck *deck);

/* recover.c: start-up thread. Finds how the last run ended and brings what a killed process left in its frame log into the journal,
   durable, before that log is replaced. Fills deck->recovery and deck->checkpoint.last. */
td_err deck_recover(struct deck *deck);

/* journal_work.c: one round each; how many ms until the next at the latest without news. journal thread; sync thread (true: done). */
int deck_journal_turn(struct deck *deck);
bool deck_sync_turn(struct deck *deck);
bool deck_journal_finished(const struct deck *deck);

/* core_feed.c: core thread. True when something was done. */
bool deck_core_turn(struct deck *deck);
/* The core has stepped everything there will be. */
bool deck_core_finished(const struct deck *deck);

/* checkpoint_slot.c: callbacks of core and writer. */
void deck_core_sealed(void *deck, uint64_t frame, enum groups_seal why);
td_err deck_writer_sealed(void *deck, uint64_t frame, enum groups_seal why);
/* Memory that is not needed now goes back to the system. */
void deck_give_back(void *mem, size_t bytes);

#endif
