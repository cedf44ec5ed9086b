#include "sim/recorder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/deck_parts.h"
#include "base/log.h"
#include "journal/reader.h"
#include "sim/dice.h"
#include "sim/recorder_parts.h"

#define LOOK_EVERY_NS (300 * TD_NS_PER_S)
#define WARDEN_EVERY_NS TD_NS_PER_S

int64_t recorder_seconds(struct recorder *recorder, uint64_t low, uint64_t high)
{
    return (int64_t)dice_between(&recorder->dice, low, high) * TD_NS_PER_S;
}

void recorder_idle(void *arg)
{
    struct recorder *recorder = arg;
    struct world *world = recorder->world;
    int64_t next_ns = world->now_ns + 10 * TD_NS_PER_MS;
    world->now_ns = world_next_ns(world) < next_ns && world_next_ns(world) > world->now_ns
                        ? world_next_ns(world)
                        : next_ns;
    world_happen(world);
    card_tend(recorder);
}

/* What is made again must be what it was. */
static void look_at_segments(struct recorder *recorder)
{
    struct writer_stats stats = writer_stats(recorder->deck.writer);
    if (stats.differs > recorder->differed && !world_taint_open(recorder->world))
        world_fail(recorder->world, "%llu segments differ from those that stood",
                   (unsigned long long)stats.differs);
    recorder->differed = stats.differs;
    recorder->remade += stats.remade - recorder->remade_before;
    recorder->remade_before = stats.remade;
}

/* ---- looking at the journal ------------------------------------------------------------------------------------------------ */

/* Frames up to `last`. */
static void check_journal(struct recorder *recorder, uint64_t last)
{
    struct journal_reader *reader;
    struct journal_damage damage;
    struct td_frame frame;
    char folder[128];
    int got;
    if (last < recorder->trails->next_frame)
        return;
    snprintf(folder, sizeof folder, "%s/journal", recorder->data_dir);
    card_faults_off(recorder);
    td_err err = journal_reader_open(recorder->reader_mem, sim_disk_table(recorder->disk), folder,
                                     recorder->trails->next_frame, &reader);
    if (err < 0) {
        world_fail(recorder->world, "the journal cannot be read: %s", td_err_name(err));
        card_faults_on(recorder);
        return;
    }
    while ((got = journal_reader_next(reader, &frame, &damage)) != 0) {
        if (got < 0) {
            recorder->damages++;
            if (getenv("SIM_VERBOSE"))
                fprintf(stderr, "damage %s at %lld: %s frames %llu..%llu\n", damage.file,
                        (long long)damage.offset, td_err_name(damage.err),
                        (unsigned long long)damage.frame_before,
                        (unsigned long long)damage.frame_after);
            if (recorder->damaged)
                trails_may_skip(recorder->trails);
            continue;
        }
        if (frame.number > last)
            break;
        if (frame.number >= recorder->trails->next_frame)
            trails_check(recorder->trails, &frame);
    }
    journal_reader_close(reader);
    card_faults_on(recorder);
    if (recorder->trails->next_frame <= last && !recorder->damaged)
        world_fail(recorder->world, "the journal ends at frame %llu, frame %llu was promised",
                   (unsigned long long)recorder->trails->next_frame - 1, (unsigned long long)last);
}

void recorder_look(struct recorder *recorder)
{
    if (recorder->up)
        check_journal(recorder, atomic_load(&recorder->deck.synced_frame));
}

/* ---- lives ------------------------------------------------------------------------------------------------------------- */

static void start(struct recorder *recorder)
{
    struct deck *deck = &recorder->deck;
    const struct td_clock *clock = &recorder->world->os.clock;
    recorder_set_up(recorder);
    td_err err = deck_open(deck, &recorder->setup.deck);
    if (err < 0) {
        recorder->start_errors++;
        deck_abandon(deck);
        deck_close(deck);
        sim_disk_kill(recorder->disk);
        net_kill(recorder->net);
        recorder->start_ns = recorder->world->now_ns + recorder_seconds(recorder, 1, 5);
        if (++recorder->starts_failed > 200)
            world_fail(recorder->world, "200 starts in a row failed, the last with %s",
                       td_err_name(err));
        return;
    }
    recorder->starts_failed = 0;
    check_journal(recorder, deck->recovery.last_frame);
    trails_end_life(recorder->trails, recorder->damaged ? 0 : recorder->promised);
    recorder->trails->next_frame = deck->recovery.last_frame + 1;
    recorder->damaged = card_is_at_fault(recorder, SIM_FAULT_MISDIRECT);
    recorder->lies = card_is_at_fault(recorder, SIM_FAULT_LIE);
    deck_start(deck, clock->wall_ns(clock->ctx), TD_ORIGIN_WS);
    wire_begin(deck->wire);
    struct warden_params warden = {.deck = deck,
                                   .page_path = recorder->page_path,
                                   .reserve_bytes = 4 << 20,
                                   .free_bytes = 64 << 20};
    memset(recorder->view, 0, sizeof *recorder->view);
    warden_init(&recorder->warden, &warden, recorder->view);
    recorder->up = true;
    recorder->remade_before = recorder->differed = 0;
    recorder->lives++;
    recorder->turn_ns = recorder->warden_ns = recorder->world->now_ns;
    recorder->look_ns = recorder->world->now_ns + LOOK_EVERY_NS;
}

static void settle(struct recorder *recorder)
{
    if (framelog_fill_percent(recorder->deck.log) < 50)
        trails_settle(recorder->trails, framelog_next(recorder->deck.log) - 1);
}

static void die(struct recorder *recorder, uint64_t promised)
{
    recorder->poison_ns = 0;
    recorder->promised = promised;
    deck_abandon(&recorder->deck);
    deck_close(&recorder->deck);
    sim_disk_kill(recorder->disk);
    net_kill(recorder->net);
    recorder->up = false;
}

static void kill_it(struct recorder *recorder)
{
    settle(recorder);
    die(recorder, framelog_next(recorder->deck.log) - 1);
    recorder->kills++;
    recorder->start_ns = recorder->world->now_ns + recorder_seconds(recorder, 0, 3);
}

static void cut_power(struct recorder *recorder, enum kind kind)
{
    struct sim_cut cut = {.mode = kind == KIND_power_none       ? SIM_CUT_NONE
                                  : kind == KIND_power_prefix   ? SIM_CUT_PREFIX
                                  : kind == KIND_power_reversed ? SIM_CUT_REVERSED
                                                                : SIM_CUT_RANDOM,
                          .seed = dice_throw(&recorder->dice)};
    uint32_t sequence = sim_disk_sequence(recorder->disk);
    cut.upto = (uint32_t)dice_below(&recorder->dice, sequence + 1);
    if (recorder->up)
        die(recorder, atomic_load(&recorder->deck.synced_frame));
    unlink(recorder->setup.shm_path);
    recorder->damaged |= recorder->lies;
    memset(recorder->fault, 0, sizeof recorder->fault);
    recorder->read_only_until_ns = 0;
    sim_disk_cut(recorder->disk, &cut);
    recorder->start_ns = recorder->world->now_ns + recorder_seconds(recorder, 5, 60);
    recorder->cuts++;
    world_boot(recorder->world);
}

void recorder_stop(struct recorder *recorder)
{
    struct deck *deck = &recorder->deck;
    const struct td_clock *clock = &recorder->world->os.clock;
    recorder->poison_ns = 0;
    if (!recorder->up)
        return;
    td_err err = deck_stop(deck, clock->wall_ns(clock->ctx));
    settle(recorder);
    uint64_t last = framelog_next(deck->log) - 1;
    warden_end(&recorder->warden);
    if (err < 0)
        deck_abandon(deck);
    deck_close(deck);
    sim_disk_kill(recorder->disk);
    net_kill(recorder->net);
    recorder->up = false;
    recorder->promised = last;
    recorder->stops++;
    recorder->start_ns = recorder->world->now_ns + recorder_seconds(recorder, 0, 5);
    if (err == 0)
        check_journal(recorder, last);
}

/* As a core that dies at this frame leaves it. */
static void die_at_poison(struct recorder *recorder)
{
    framelog_core_at(recorder->deck.log, recorder->poison_frame);
    kill_it(recorder);
}

/* The newest message that waits for the core, if there is one. */
static void drink_poison(struct recorder *recorder)
{
    recorder->poison_ns = 0;
    recorder_look(recorder);
    if (!recorder->deck.feed.begun ||
        recorder->trails->last_message <= core_frame(recorder->deck.core))
        return;
    recorder->poison_frame = recorder->trails->last_message;
    kinds_fired(&recorder->world->kinds, KIND_poison);
    die_at_poison(recorder);
}

/* The second death, before the core is past it again; at the third start the frame must be set aside. */
static void pass_poison(struct recorder *recorder)
{
    const struct start_note *note = &recorder->deck.recovery.note;
    for (unsigned i = 0; i < note->aside_count; i++)
        if (note->aside[i] == recorder->poison_frame) {
            trails_set_aside(recorder->trails, recorder->poison_frame);
            recorder->poison_frame = 0;
            return;
        }
    if (recorder->poisoned++ == 0) {
        die_at_poison(recorder);
        return;
    }
    world_fail(recorder->world, "frame %llu stopped the recorder twice and is not set aside",
               (unsigned long long)recorder->poison_frame);
}

static void carry_out(struct recorder *recorder)
{
    enum kind kind = recorder->order;
    recorder->order = KIND_NONE;
    if (!recorder->up)
        return;
    switch (kind) {
    case KIND_kill_in_recovery:
        recorder->kills_in_recovery = 1;
        kill_it(recorder);
        break;
    case KIND_kill:
        kill_it(recorder);
        break;
    case KIND_power_in_recovery:
        recorder->cuts_in_recovery = 1;
        cut_power(recorder, kind);
        break;
    case KIND_stop:
        recorder_stop(recorder);
        break;
    default:
        cut_power(recorder, kind);
    }
}

/* A recovery that is to be cut short has some turns. */
static void cut_recovery(struct recorder *recorder)
{
    if (!recorder->up || dice_below(&recorder->dice, 20) > 0)
        return;
    if (recorder->kills_in_recovery > 0) {
        recorder->kills_in_recovery--;
        kill_it(recorder);
    } else if (recorder->cuts_in_recovery > 0) {
        recorder->cuts_in_recovery--;
        cut_power(recorder, KIND_power_random);
    }
}

/* ---- turns --------------------------------------------------------------------------------------------------------------- */

static bool step_deck(struct recorder *recorder)
{
    struct deck *deck = &recorder->deck;
    int64_t now_ns = recorder->world->now_ns;
    bool worked = false;
    if (now_ns >= recorder->journal_lag_ns) {
        deck_journal_turn(deck);
        deck_sync_turn(deck);
    }
    if (now_ns >= recorder->core_lag_ns)
        worked |= deck_core_turn(deck);
    while (now_ns >= recorder->disk_lag_ns && writer_step(deck->writer) > 0)
        worked = true;
    return worked;
}

bool recorder_turn(struct recorder *recorder)
{
    int64_t now_ns = recorder->world->now_ns;
    card_tend(recorder);
    if (recorder->order != KIND_NONE)
        carry_out(recorder);
    if (recorder->up && recorder->poison_ns != 0 && now_ns >= recorder->poison_ns)
        drink_poison(recorder);
    if (!recorder->up && now_ns >= recorder->start_ns)
        start(recorder);
    if (recorder->up && recorder->poison_frame != 0)
        pass_poison(recorder);
    if (!recorder->up || now_ns < recorder->starved_ns)
        return false;
    bool more = wire_turn(recorder->deck.wire) != 0;
    if (!more)
        settle(recorder);
    if (now_ns >= recorder->turn_ns) {
        more |= recorder->busy = step_deck(recorder);
        recorder->turn_ns = now_ns + recorder->turn_every_ns;
        cut_recovery(recorder);
    }
    if (recorder->up && now_ns >= recorder->warden_ns) {
        warden_turn(&recorder->warden);
        card_look_at_taint(recorder);
        look_at_segments(recorder);
        recorder->warden_ns = now_ns + WARDEN_EVERY_NS;
    }
    if (recorder->up && now_ns >= recorder->look_ns) {
        recorder_look(recorder);
        recorder->look_ns = now_ns + LOOK_EVERY_NS;
    }
    return more;
}

int64_t recorder_due_ns(const struct recorder *recorder)
{
    if (!recorder->up)
        return recorder->start_ns;
    if (recorder->world->now_ns < recorder->starved_ns)
        return recorder->starved_ns;
    int64_t wire_ns = wire_due_ns(recorder->deck.wire);
    wire_ns = wire_ns == INT64_MAX ? wire_ns : wire_ns + recorder->world->boot_ns;
    return wire_ns < recorder->turn_ns ? wire_ns : recorder->turn_ns;
}

/* ---- faults --------------------------------------------------------------------------------------------------------------- */

static bool spoil_process(struct recorder *recorder, enum kind kind)
{
    int64_t until_ns = recorder->world->now_ns + recorder_seconds(recorder, 1, 40);
    switch (kind) {
    case KIND_reload:
        return recorder->up &&
               deck_note(&recorder->deck, TD_FRAME_CONFIG, recorder->setup.core_text,
                         strlen(recorder->setup.core_text));
    case KIND_early_seal:
        return recorder->up && deck_note(&recorder->deck, TD_FRAME_SEAL, "the simulator", 13);
    case KIND_core_lag:
        recorder->core_lag_ns = until_ns;
        return true;
    case KIND_journal_lag:
        recorder->journal_lag_ns = until_ns;
        return true;
    case KIND_disk_lag:
        recorder->disk_lag_ns = until_ns;
        return true;
    case KIND_cpu_starved:
        recorder->starved_ns = recorder->world->now_ns + recorder_seconds(recorder, 1, 10);
        return true;
    case KIND_poison:
        if (recorder->up && recorder->poison_ns == 0) {
            recorder->poisoned = 0;
            recorder->poison_ns = recorder->world->now_ns + recorder_seconds(recorder, 3, 6);
            recorder->core_lag_ns = recorder->poison_ns + TD_NS_PER_S;
        }
        return false; /* it fires when a frame is there */
    default:
        if (!recorder->up || recorder->order != KIND_NONE)
            return false;
        recorder->order = kind;
        return true;
    }
}

bool recorder_spoil(struct recorder *recorder, enum kind kind)
{
    return kind_place(kind) == PLACE_DISK ? card_spoil(recorder, kind)
                                          : spoil_process(recorder, kind);
}

void recorder_lie(struct recorder *recorder)
{
    struct sim_fault lie = {.kind = SIM_FAULT_LIE,
                            .ops = 1u << SIM_OP_SYNC_DATA | 1u << SIM_OP_SYNC_ALL};
    sim_disk_fault(recorder->disk, &lie);
    recorder->look_ns = INT64_MAX; /* looking would set the faults anew */
}

void recorder_heal(struct recorder *recorder)
{
    memset(recorder->fault, 0, sizeof recorder->fault);
    sim_disk_faults_clear(recorder->disk);
    sim_disk_read_only(recorder->disk, false);
    sim_disk_capacity(recorder->disk, INT64_C(8) << 30);
    recorder->read_only_until_ns = recorder->no_room_until_ns = 0;
    recorder->core_lag_ns = recorder->journal_lag_ns = recorder->disk_lag_ns = 0;
    recorder->starved_ns = 0;
    recorder->kills_in_recovery = recorder->cuts_in_recovery = 0;
    recorder->poison_ns = 0;
}

static void stalled(void *arg, int64_t ns)
{
    struct world *world = arg;
    world->now_ns += ns;
}

void recorder_init(struct recorder *recorder, struct world *world, struct net *net,
                   struct bourse *bourse, struct trails *trails)
{
    memset(recorder, 0, sizeof *recorder);
    recorder->world = world;
    recorder->net = net;
    recorder->bourse = bourse;
    recorder->trails = trails;
    recorder->dice = world->seed ^ UINT64_C(0x5265636F72646572);
    recorder->disk = sim_disk_new(INT64_C(8) << 30);
    sim_disk_seed(recorder->disk, dice_throw(&recorder->dice));
    sim_disk_on_stall(recorder->disk, stalled, world);
    world->os.disk = *sim_disk_table(recorder->disk);
    recorder->turn_every_ns = (int64_t)dice_between(&recorder->dice, 5, 100) * TD_NS_PER_MS;
    recorder->reader_mem = aligned_alloc(64, (journal_reader_footprint() + 63) & ~(size_t)63);
    recorder->view = malloc(sizeof *recorder->view);
    TD_ASSERT(recorder->reader_mem && recorder->view, "no memory for the recorder's rig");
    recorder_configure(recorder);
}
