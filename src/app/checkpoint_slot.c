/* One checkpoint on its way from the core to the disk. */
#include "app/checkpoint.h"
#include "app/deck_parts.h"
#include "base/log.h"

/* Core thread, inside core_step. The state is taken even where nobody wants it: taking it lays the books anew, and a replay must do so at the
   same frames. */
void deck_core_sealed(void *arg, uint64_t frame, enum groups_seal why)
{
    struct deck *deck = arg;
    struct deck_checkpoint *slot = &deck->checkpoint;
    bool wanted = deck->state_mem != NULL && atomic_load(&slot->filled) == 0;
    struct td_state state = td_state_save(deck->state_mem, wanted ? deck->state_cap : 0);
    core_state(deck->core, &state);
    if (wanted && state.failed)
        TD_WARN("deck", "event=no_checkpoint reason=\"the state is larger than its buffer\"");
    if (wanted && !state.failed) {
        slot->frame = frame;
        slot->state = state;
        atomic_store(&slot->filled, 1);
    }
    atomic_store(&slot->sealed_cause, why == GROUPS_SEAL_STOP ? frame - 1 : frame);
    td_doorbell_ring(&deck->sealed_bell);
}

static void wait_for_core(struct deck *deck, uint64_t cause)
{
    for (;;) {
        uint32_t seen = td_doorbell_seen(&deck->sealed_bell);
        if (atomic_load(&deck->checkpoint.sealed_cause) >= cause)
            return;
        td_doorbell_wait(&deck->sealed_bell, seen, 1000);
    }
}

/* Disk thread: every file of the seal is durable. A checkpoint that cannot be written costs time at the next start, no data: said, and
   the journal is kept longer. */
td_err deck_writer_sealed(void *arg, uint64_t cause, enum groups_seal why)
{
    struct deck *deck = arg;
    struct deck_checkpoint *slot = &deck->checkpoint;
    uint64_t frame = why == GROUPS_SEAL_STOP ? cause + 1 : cause, previous = 0;
    wait_for_core(deck, cause);
    if (atomic_load(&slot->filled) == 0)
        return 0;
    struct td_state state = slot->state;
    writer_state(deck->writer, &state);
    struct checkpoint checkpoint = {slot->frame, deck->state_mem, state.used};
    bool ours = slot->frame == frame && !state.failed && deck->journal != NULL;
    td_err err = ours ? checkpoint_write(&deck->params.os->disk, deck->params.data_dir, &checkpoint,
                                         &previous)
                      : TD_E_RANGE;
    if (err == 0) {
        atomic_store(&slot->before, previous);
        atomic_store(&slot->last, frame);
        journal_keep_from(deck->journal, previous);
    } else if (ours)
        TD_ERROR("deck", "event=checkpoint_failed frame=%llu error=%s", (unsigned long long)frame,
                 td_err_name(err));
    deck_give_back(deck->state_mem, deck->state_cap);
    atomic_store(&slot->filled, 0);
    return 0;
}
