/* How the last run ended, and what it left: read at start, before anything is recorded. */
#include "app/aside.h"
#include "app/deck_parts.h"
#include "base/log.h"

enum { TAIL_FRAMES = 20000 }; /* enough to hold a frame of every connection */

/* What the newest frames say. */
struct tail {
    bool any, stopped;
};

static void see(struct deck *deck, struct tail *tail, const struct td_frame *frame)
{
    struct deck_recovery *recovery = &deck->recovery;
    tail->any = true;
    tail->stopped = frame->kind == TD_FRAME_STOP;
    recovery->last_recv_ns = frame->recv_ns;
    if (frame->conn > recovery->last_conn)
        recovery->last_conn = frame->conn;
}

static td_err read_tail(struct deck *deck, struct tail *tail)
{
    struct journal_reader *reader;
    struct journal_damage damage;
    struct td_frame frame;
    uint64_t last = journal_last_frame(deck->journal);
    int got;
    if (last == 0)
        return 0;
    TD_TRY(journal_reader_open(deck->reader_mem, &deck->params.os->disk, deck->journal_folder,
                               last > TAIL_FRAMES ? last - TAIL_FRAMES : 1, &reader));
    while ((got = journal_reader_next(reader, &frame, &damage)) != 0)
        if (got == 1)
            see(deck, tail, &frame);
    journal_reader_close(reader);
    return 0;
}

/* ---- the frame log of a killed process -------------------------------------------------------------------------------------- */

/* The journal's epoch rises at each opening that wrote something. A log that is ahead of it is another journal's. */
static bool belongs(const struct deck *deck, const struct framelog_left *left)
{
    return framelog_left_epoch(left) <= journal_epoch(deck->journal);
}

static td_err take_over(struct deck *deck, struct framelog_left *left, struct tail *tail)
{
    struct td_frame frame;
    while (framelog_left_next(left, &frame)) {
        if (frame.number <= deck->recovery.last_frame)
            continue;
        TD_TRY(journal_append(deck->journal, &frame));
        see(deck, tail, &frame);
        deck->recovery.last_frame = frame.number;
        deck->recovery.taken_over++;
    }
    return journal_flush(deck->journal);
}

static td_err take_left(struct deck *deck, struct framelog_left *left, struct tail *tail)
{
    if (!belongs(deck, left)) {
        TD_WARN("deck", "event=framelog_of_another_journal path=%s", deck->params.shm_path);
        return 0;
    }
    TD_TRY(take_over(deck, left, tail));
    uint64_t at = framelog_left_core_at(left);
    if (at != 0)
        TD_WARN("deck", "event=core_was_at frame=%llu", (unsigned long long)at);
    return aside_suspect(&deck->params.os->disk, deck->journal_folder, at,
                         deck->recovery.last_frame);
}

static td_err look_for_left(struct deck *deck, struct tail *tail, bool *crashed)
{
    _Alignas(64) static unsigned char memory[1 << 10]; /* start-up thread only */
    struct framelog_left *left;
    TD_ASSERT(framelog_left_footprint() <= sizeof memory, "the handle is small");
    if (deck->params.shm_path == NULL)
        return 0;
    td_err err = framelog_left_open(memory, deck->params.shm_path, &left);
    if (err == TD_E_BUSY)
        return err;
    if (err < 0) {
        if (err != TD_E_MISSING)
            TD_WARN("deck", "event=framelog_unusable path=%s error=%s", deck->params.shm_path,
                    td_err_name(err));
        return 0;
    }
    *crashed = belongs(deck, left);
    err = take_left(deck, left, tail);
    framelog_left_close(left);
    return err;
}

/* ---- all of it ---------------------------------------------------------------------------------------------------------------- */

/* What a killed process wrote stands in the page cache at best; nothing may be made from it, and the frame log
   that held it may not go, before it is on the device. */
static td_err make_durable(struct deck *deck)
{
    uint64_t safe = 0;
    return journal_sync(deck->journal, &safe);
}

/* A promised block may have rotted since: numbers that a checkpoint has seen must not be given out again. */
static void pass_checkpoint(struct deck *deck)
{
    struct deck_recovery *recovery = &deck->recovery;
    if (recovery->checkpoint_conn > recovery->last_conn) /* one that has been silent for long */
        recovery->last_conn = recovery->checkpoint_conn;
    atomic_store(&deck->checkpoint.last, recovery->checkpoint);
    if (recovery->checkpoint <= recovery->last_frame + 1)
        return;
    TD_ERROR("deck", "event=journal_shorter_than_checkpoint last=%llu checkpoint=%llu",
             (unsigned long long)recovery->last_frame, (unsigned long long)recovery->checkpoint);
    recovery->last_frame = recovery->checkpoint - 1;
}

static enum start_cause cause_of(const struct tail *tail, bool crashed)
{
    if (!tail->any)
        return START_FIRST;
    if (tail->stopped)
        return START_STOP;
    return crashed ? START_CRASH : START_POWER_LOSS;
}

td_err deck_recover(struct deck *deck)
{
    struct deck_recovery *recovery = &deck->recovery;
    struct tail tail = {0};
    bool crashed = false;
    recovery->first_frame = journal_first_frame(deck->journal);
    recovery->last_frame = journal_last_frame(deck->journal);
    TD_TRY(read_tail(deck, &tail));
    TD_TRY(look_for_left(deck, &tail, &crashed));
    TD_TRY(make_durable(deck));
    pass_checkpoint(deck);
    if (recovery->first_frame == 0 && recovery->last_frame > 0)
        recovery->first_frame = 1;
    recovery->note.cause = cause_of(&tail, crashed);
    TD_TRY(aside_read(&deck->params.os->disk, deck->journal_folder, &recovery->note));
    if (recovery->note.cause != START_FIRST)
        TD_INFO("deck", "event=last_run ended=%s frames=%llu taken_over=%llu",
                start_cause_words[recovery->note.cause], (unsigned long long)recovery->last_frame,
                (unsigned long long)recovery->taken_over);
    deck_give_back(deck->reader_mem, journal_reader_footprint());
    return 0;
}
