/* Layout, start and orderly stop of a deck. Start order: region, journal, recovery, writer, core, threads; stop is the exact reverse. */
#include "app/deck.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/aside.h"
#include "app/checkpoint.h"
#include "app/deck_parts.h"
#include "app/topology.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/rights.h"
#include "base/seal.h"
#include "base/text.h"

/* ---- the folder ---------------------------------------------------------------------------------------------------- */

/* One deck a folder: the lock names the holder. */
static td_err lock_folder(const char *data_dir, int *lock_fd)
{
    char path[DECK_PATH_MAX], holder[32] = "";
    struct td_str out = td_str_on(path, sizeof path);
    td_str_add_format(&out, "%s/deck.lock", data_dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    TD_FAIL_IF(fd < 0, TD_E_IO);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        ssize_t got = read(fd, holder, sizeof holder - 1);
        TD_ERROR("deck",
                 "event=folder_in_use data_dir=%s pid=%.*s next=\"stop that process or give this "
                 "one another data_dir\"",
                 data_dir, got > 0 ? (int)strcspn(holder, "\n") : 0, holder);
        close(fd);
        return TD_E_BUSY;
    }
    out = td_str_on(holder, sizeof holder);
    td_str_add_format(&out, "%d\n", (int)getpid());
    if (ftruncate(fd, 0) != 0 || write(fd, holder, strlen(holder)) < 0)
        TD_WARN("deck", "event=lock_not_written data_dir=%s", data_dir);
    *lock_fd = fd; /* the lock lives as long as the deck, or as the process when that is killed */
    return 0;
}

/* What a replay wants from the world was asked for when the frames were new: by another run, or before a rebuild. */
static void request_from_core(void *arg, const struct wire_request *request)
{
    struct deck *deck = arg;
    uint64_t number = core_frame(deck->core) + 1; /* of the frame that is stepped; or behind it */
    if (deck->wire == NULL || number < deck->first_frame || number <= deck->feed.asked_frame)
        return;
    struct wire_request *slot = td_ring_claim(wire_requests(deck->wire));
    if (slot == NULL)
        return; /* counted by the ring; what matters is asked again */
    memcpy(slot, request, offsetof(struct wire_request, text) + request->bytes);
    td_ring_publish(wire_requests(deck->wire));
    wire_kick(deck->wire);
}

/* ---- opening -------------------------------------------------------------------------------------------------------- */

static td_err open_journal(struct deck *deck, void *mem)
{
    struct td_str out = td_str_on(deck->journal_folder, sizeof deck->journal_folder);
    td_str_add_format(&out, "%s/journal", deck->params.data_dir);
    struct journal_params params = deck_journal_params(&deck->params, deck->journal_folder);
    TD_TRY(journal_open(mem, &params, &deck->journal));
    TD_TRY(deck_recover(deck));
    atomic_store(&deck->synced_frame, deck->recovery.last_frame);
    deck->first_frame = deck->recovery.last_frame + 1;
    return 0;
}

static td_err open_log(struct deck *deck, void *mem)
{
    struct framelog_params log = deck_log_params(&deck->params);
    TD_TRY(framelog_open(mem, &log, &deck->log));
    framelog_set_next(deck->log, deck->first_frame);
    if (deck->journal == NULL)
        framelog_let_go(deck->log, FRAMELOG_JOURNAL);
    else
        framelog_set_epoch(deck->log, journal_epoch(deck->journal));
    return 0;
}

static td_err open_wire(struct deck *deck, void *mem)
{
    struct wire_params params = deck_wire_params(&deck->params);
    params.log = deck->log;
    params.first_conn = deck->recovery.last_conn + 1;
    return wire_init(mem, &params, &deck->wire);
}

struct core_params deck_live_core_params(struct deck *deck)
{
    struct core_params params = deck_core_params(&deck->params);
    params.groups = deck->groups;
    params.request = request_from_core;
    params.request_arg = deck;
    params.sealed = deck_core_sealed;
    params.sealed_arg = deck;
    params.aside = deck->recovery.note.aside;
    params.aside_count = deck->recovery.note.aside_count;
    return params;
}

/* In a stepped deck the core waits for pages by doing everybody's work. */
static int work_while_waiting(void *arg)
{
    struct deck *deck = arg;
    if (deck->journal != NULL) {
        journal_flush(deck->journal); /* an error shows in the next turn */
        deck_journal_turn(deck);
        deck_sync_turn(deck);
    }
    int did = writer_step(deck->writer);
    if (did != 0 || deck->params.idle == NULL)
        return did;
    deck->params.idle(deck->params.idle_arg); /* a card that refuses may be well again later */
    return 1;
}

static td_err open_pipeline(struct deck *deck, const struct deck_plan *plan)
{
    const struct deck_params *params = &deck->params;
    struct groups_params groups = deck_groups_params(params);
    deck->groups = groups_init(deck_take_part(deck, plan, DECK_PART_GROUPS), &groups);
    struct writer_params writer = deck_writer_params(params);
    writer.groups = deck->groups;
    writer.synced_frame = params->journal ? &deck->synced_frame : NULL;
    writer.synced_bell = params->journal ? &deck->synced_bell : NULL;
    writer.sealed = params->journal ? deck_writer_sealed : NULL;
    writer.sealed_arg = deck;
    TD_TRY(writer_init(deck_take_part(deck, plan, DECK_PART_WRITER), &writer, &deck->writer));
    if (params->stepped)
        groups_inline(deck->groups, work_while_waiting, deck);
    if (params->endpoint_count > 0)
        TD_TRY(open_wire(deck, deck_take_part(deck, plan, DECK_PART_WIRE)));
    struct core_params core = deck_live_core_params(deck);
    deck_take_core(deck, plan);
    deck->core = core_init(deck->core_mem, &core);
    return 0;
}

static td_err open_seldom(struct deck *deck, const struct deck_plan *plan)
{
    if (!deck->params.journal && deck->params.drain_folder == NULL)
        return 0;
    TD_TRY(td_region_open(&deck->seldom, deck_region_bytes(plan, true)));
    deck->reader_mem = deck_take_part(deck, plan, DECK_PART_READER);
    deck->state_mem = deck_take_part(deck, plan, DECK_PART_STATE);
    deck->state_cap = deck_plan_part(plan, DECK_PART_STATE);
    return 0;
}

static td_err open_drain(struct deck *deck)
{
    deck->recovery.first_frame = 1;
    deck->recovery.last_frame = UINT64_MAX - 1;
    return aside_read(&deck->params.os->disk, deck->params.drain_folder, &deck->recovery.note);
}

/* What the newest checkpoint says before it can be loaded. It may hold more instruments than today's configuration names: they need their
   places. */
static void look_at_checkpoint(struct deck *deck)
{
    struct deck_params *params = &deck->params;
    struct checkpoint checkpoint;
    size_t cap = deck_state_bytes(params);
    void *mem =
        mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    const char *dir = params->journal ? params->data_dir : params->drain_checkpoints;
    if (mem == MAP_FAILED)
        return;
    if (dir != NULL &&
        checkpoint_load(&params->os->disk, dir, 0, UINT64_MAX - 1, mem, cap, &checkpoint) == 0) {
        struct core_state_head head = core_state_head(checkpoint.bytes, checkpoint.count);
        if (head.slots <= TD_INSTRUMENTS_MAX && head.slots > params->capacity)
            params->capacity = head.slots;
        deck->recovery.checkpoint = checkpoint.frame;
        deck->recovery.checkpoint_conn = head.conn;
    }
    munmap(mem, cap);
}

td_err deck_open(struct deck *deck, const struct deck_params *params)
{
    memset(deck, 0, sizeof *deck);
    deck->lock_fd = -1;
    deck->params = *params;
    deck->first_frame = 1;
    pthread_mutex_init(&deck->status_lock, NULL);
    const struct td_disk *disk = &params->os->disk;
    TD_TRY(disk->make_dirs(disk->ctx, params->data_dir));
    if (!params->stepped || params->drain_folder != NULL)
        TD_TRY(lock_folder(params->data_dir, &deck->lock_fd));
    if (params->journal || params->drain_folder != NULL)
        look_at_checkpoint(deck);
    params = &deck->params;
    struct deck_plan plan = deck_plan_of(params);
    TD_TRY(deck_plan_fits(&plan, params->memory_max_bytes));
    deck_pool_tell(params);
    TD_TRY(td_region_open(&deck->region, deck_region_bytes(&plan, false)));
    TD_TRY(open_seldom(deck, &plan));
    void *log_mem = deck_take_part(deck, &plan, DECK_PART_LOG);
    if (params->journal)
        TD_TRY(open_journal(deck, deck_take_part(deck, &plan, DECK_PART_JOURNAL)));
    if (params->drain_folder != NULL)
        TD_TRY(open_drain(deck));
    TD_TRY(open_log(deck, log_mem));
    return open_pipeline(deck, &plan);
}

/* ---- starting and feeding --------------------------------------------------------------------------------------------- */

static bool wants_thread(const struct deck *deck, const struct topology_thread *thread)
{
    return (!thread->needs_journal || deck->journal != NULL) &&
           (!thread->needs_wire || deck->wire != NULL);
}

static void start_threads(struct deck *deck)
{
    for (unsigned i = 0; i < topology_thread_count; i++) {
        const struct topology_thread *thread = &topology_threads[i];
        if (!wants_thread(deck, thread))
            continue;
        int failed = pthread_create(&deck->thread[deck->thread_count], NULL, thread->body, deck);
        TD_ASSERT(failed == 0, "the system gives no thread at start");
        pthread_setname_np(deck->thread[deck->thread_count], thread->name);
        deck->thread_count++;
    }
}

static struct td_frame text_frame(const struct deck *deck, enum td_frame_kind kind, int64_t ns,
                                  enum td_origin origin, const char *text)
{
    return (struct td_frame){.recv_ns = ns,
                             .mono_ns = origin == TD_ORIGIN_WS ? deck_mono_ns(deck) : 0,
                             .payload = text,
                             .bytes = (uint32_t)strlen(text),
                             .source = TD_SOURCE_NONE,
                             .kind = (uint8_t)kind,
                             .origin = (uint8_t)origin};
}

static void feed_text(struct deck *deck, enum td_frame_kind kind, int64_t ns, enum td_origin origin,
                      const char *text)
{
    struct td_frame frame = text_frame(deck, kind, ns, origin, text);
    deck_feed(deck, &frame);
}

void deck_start(struct deck *deck, int64_t start_ns, enum td_origin origin)
{
    char text[START_TEXT_MAX];
    deck->journal_work.flushed_ns = deck->synced_at_ns = deck_mono_ns(deck);
    if (deck->params.drain_folder == NULL) {
        start_text(&deck->recovery.note, deck_build(), text);
        feed_text(deck, TD_FRAME_START, start_ns, origin, text);
        feed_text(deck, TD_FRAME_CONFIG, start_ns, origin, deck->params.config_text);
    }
    td_region_seal(&deck->region, deck->params.lock_memory);
    if (deck->params.stepped)
        return;
    if (td_rights_close(TD_RIGHTS_RECORDER) < 0)
        TD_WARN("deck", "event=rights_kept reason=\"the kernel has no filter of calls\"");
    start_threads(deck);
    td_seal();
}

static void wait_for_room(struct deck *deck, uint32_t seen)
{
    if (!deck->params.stepped)
        td_doorbell_wait(framelog_bell_released(deck->log), seen, 1000);
    else if (!deck_turn(deck) && deck->params.idle != NULL)
        deck->params.idle(deck->params.idle_arg);
}

/* False: there was no room until end_ns. */
static bool feed_until(struct deck *deck, struct td_frame *frame, int64_t end_ns)
{
    for (;;) {
        uint32_t seen = td_doorbell_seen(framelog_bell_released(deck->log));
        td_err err = framelog_append(deck->log, frame);
        if (err == 0)
            return true;
        TD_ASSERT(err == TD_E_AGAIN, "a frame that the log can never take");
        if (deck_mono_ns(deck) >= end_ns)
            return false;
        wait_for_room(deck, seen);
    }
}

void deck_feed(struct deck *deck, struct td_frame *frame)
{
    feed_until(deck, frame, INT64_MAX);
}

bool deck_note(struct deck *deck, enum td_frame_kind kind, const char *text, size_t bytes)
{
    const struct td_clock *clock = &deck->params.os->clock;
    if (deck->wire == NULL) {
        struct td_frame frame = {.recv_ns = clock->wall_ns(clock->ctx),
                                 .mono_ns = clock->mono_ns(clock->ctx),
                                 .payload = text,
                                 .bytes = (uint32_t)bytes,
                                 .source = TD_SOURCE_NONE,
                                 .kind = (uint8_t)kind};
        deck_feed(deck, &frame);
        return true;
    }
    struct wire_note *note = td_ring_claim(wire_notes(deck->wire));
    if (note == NULL || bytes > sizeof note->text)
        return false;
    note->kind = (uint8_t)kind;
    note->bytes = (uint32_t)bytes;
    note->subscribe_args = NULL;
    memcpy(note->text, text, bytes);
    td_ring_publish(wire_notes(deck->wire));
    wire_kick(deck->wire);
    return true;
}

bool deck_turn(struct deck *deck)
{
    bool worked = false;
    if (deck->journal != NULL) {
        uint64_t blocks = journal_stats(deck->journal).blocks;
        deck_journal_turn(deck);
        deck_sync_turn(deck);
        worked = journal_stats(deck->journal).blocks != blocks;
    }
    worked |= deck_core_turn(deck);
    while (writer_step(deck->writer) > 0)
        worked = true;
    return worked;
}

/* ---- stopping ----------------------------------------------------------------------------------------------------------- */

/* False: the deadline came first. */
static bool wait_for_threads(struct deck *deck, unsigned count, int64_t end_ns)
{
    for (;;) {
        uint32_t seen = td_doorbell_seen(&deck->done_bell);
        if (atomic_load(&deck->threads_done) >= count)
            return true;
        int64_t left_ms = (end_ns - deck_mono_ns(deck)) / TD_NS_PER_MS;
        if (left_ms <= 0)
            return false;
        td_doorbell_wait(&deck->done_bell, seen, left_ms < 1000 ? (int)left_ms + 1 : 1000);
    }
}

static bool drained(const struct deck *deck)
{
    return deck_core_finished(deck) && groups_queue_empty(deck->groups) &&
           (deck->journal == NULL || deck_journal_finished(deck));
}

/* Stepped: turns until all is done, or until the deadline of a clock that the caller moves in idle(). */
static bool turn_to_end(struct deck *deck, int64_t end_ns)
{
    while (!drained(deck)) {
        bool worked = deck_turn(deck);
        if (!worked && deck->params.idle != NULL)
            deck->params.idle(deck->params.idle_arg);
        if (deck_mono_ns(deck) > end_ns)
            return false;
    }
    return true;
}

static td_err close_all(struct deck *deck)
{
    td_err err = writer_stats(deck->writer).last_err;
    if (deck->journal != NULL) {
        td_err closed = journal_close(deck->journal);
        err = err < 0 ? err : closed;
    }
    if (err < 0)
        deck_abandon(deck); /* the frame log may hold what the disk does not */
    return err;
}

static int64_t deadline_ns(const struct deck *deck)
{
    return deck->params.stop_ms == 0 ? INT64_MAX
                                     : deck_mono_ns(deck) + deck->params.stop_ms * TD_NS_PER_MS;
}

static td_err join(struct deck *deck, int64_t end_ns)
{
    bool done = deck->params.stepped ? turn_to_end(deck, end_ns)
                                     : wait_for_threads(deck, deck->thread_count, end_ns);
    if (!done)
        return TD_E_AGAIN;
    for (unsigned i = 0; i < deck->thread_count; i++)
        pthread_join(deck->thread[i], NULL);
    deck->thread_count = 0;
    td_unseal();
    return close_all(deck);
}

/* The wire is the only other producer: it must be silent before STOP. */
static void silence_wire(struct deck *deck)
{
    if (deck->wire == NULL)
        return;
    wire_stop(deck->wire);
    while (deck->params.stepped && !wire_stopped(deck->wire)) {
        wire_turn(deck->wire);
        if (!deck_turn(deck) && deck->params.idle != NULL)
            deck->params.idle(deck->params.idle_arg);
    }
    if (!deck->params.stepped) {
        pthread_join(deck->thread[--deck->thread_count], NULL);
        atomic_fetch_sub(&deck->threads_done, 1);
    }
}

td_err deck_stop(struct deck *deck, int64_t stop_ns)
{
    int64_t end_ns = deadline_ns(deck);
    struct td_frame frame = text_frame(deck, TD_FRAME_STOP, stop_ns, TD_ORIGIN_WS, "");
    atomic_store(&deck->stopping, true);
    silence_wire(deck);
    if (!feed_until(deck, &frame, end_ns)) /* a journal that refuses has filled the log */
        return TD_E_AGAIN;
    framelog_finish(deck->log);
    return join(deck, end_ns);
}

td_err deck_drain(struct deck *deck)
{
    return join(deck, deadline_ns(deck));
}

void deck_abandon(struct deck *deck)
{
    atomic_store(&deck->abandoned, true);
}

void deck_status_copy(struct deck *deck, struct deck_status *out)
{
    pthread_mutex_lock(&deck->status_lock);
    *out = deck->status;
    pthread_mutex_unlock(&deck->status_lock);
}

void deck_close(struct deck *deck)
{
    bool keep_log = atomic_load(&deck->abandoned);
    if (deck->wire != NULL)
        wire_close(deck->wire);
    if (deck->log != NULL)
        framelog_close(deck->log, !keep_log);
    td_region_close(&deck->region);
    td_region_close(&deck->seldom);
    if (deck->lock_fd >= 0)
        close(deck->lock_fd);
    deck->lock_fd = -1;
}
