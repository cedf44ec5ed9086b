#include "sim/recorder.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/deck_parts.h"
#include "app/exits.h"
#include "base/log.h"
#include "journal/reader.h"
#include "sim/dice.h"

#define LOOK_EVERY_NS (300 * TD_NS_PER_S)
#define WARDEN_EVERY_NS TD_NS_PER_S

static int64_t seconds(struct recorder *recorder, uint64_t low, uint64_t high)
{
    return (int64_t)dice_between(&recorder->dice, low, high) * TD_NS_PER_S;
}

/* ---- configuration ------------------------------------------------------------------------------------------------------ */

static void set(struct recorder *recorder, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void set(struct recorder *recorder, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    char *kept = strdup(text);
    bool taken = kept != NULL && setup_option(&recorder->options, "set", kept);
    TD_ASSERT(taken, "an option of the simulated deck");
}

static void set_venue(struct recorder *recorder, unsigned host, const char *path)
{
    const struct house *house = &recorder->bourse->house[host];
    char symbols[1024] = "";
    for (unsigned i = 0; i < house->markets; i++)
        snprintf(symbols + strlen(symbols), sizeof symbols - strlen(symbols), "%s%s", i ? "," : "",
                 house->market[i].is.symbol);
    if (house->markets == 0)
        return;
    set(recorder, "%s.symbols=%s", house->feed->name, symbols);
    set(recorder, "%s.url=ws://%s/%s", house->feed->name, net_hosts[host], path);
    set(recorder, "%s.rest_url=http://%s", house->feed->name, net_hosts[host]);
}

/* Limits as a run draws them: now and then tiny. */
static void configure(struct recorder *recorder)
{
    uint64_t *dice = &recorder->dice;
    bool tiny = dice_once_in(dice, 2);
    recorder->options.config_path = "/dev/null";
    snprintf(recorder->data_dir, sizeof recorder->data_dir, "/tmp/tapedeck-sim-%d", (int)getpid());
    snprintf(recorder->shm_dir, sizeof recorder->shm_dir, "/dev/shm/tapedeck-sim-%d",
             (int)getpid());
    snprintf(recorder->page_path, sizeof recorder->page_path, "%s/page", recorder->shm_dir);
    mkdir(recorder->shm_dir, 0700);
    set(recorder, "deck.id=sim");
    set(recorder, "deck.data_dir=%s", recorder->data_dir);
    set(recorder, "deck.shm_dir=%s", recorder->shm_dir);
    set(recorder, "deck.queue_mb=%d", tiny ? 4 : 16);
    set(recorder, "journal.file_mb=%d", (int)dice_between(dice, 1, 4));
    set(recorder, "journal.max_mb=%d", (int)dice_between(dice, 64, 128));
    set(recorder, "journal.sync_ms=%d", (int)dice_between(dice, 1, 4) * 500);
    set(recorder, "segment.rows_max=%d", tiny ? (int)dice_between(dice, 64, 2000) : 65536);
    set(recorder, "segment.pool_mb=%d", tiny ? 2 : 16);
    set(recorder, "segment.zstd_level=1");
    set(recorder, "segment.compat=%s", dice_once_in(dice, 4) ? "true" : "false");
    set(recorder, "book.pool_levels=131072");
    set_venue(recorder, 0, "");
    set_venue(recorder, 1, "stream");
    set_venue(recorder, 2, "v2");
}

/* One root is enough: nothing here speaks TLS. */
static void cut_certificates(struct recorder *recorder)
{
    static const char end[] = "-----END CERTIFICATE-----\n";
    static char pem[16 << 10];
    struct deck_params *params = &recorder->setup.deck;
    if (pem[0] == '\0') {
        int bad = setup_certificates(&recorder->setup);
        const char *last = bad ? NULL : strstr(params->ca_pem, end);
        size_t bytes = last ? (size_t)(last - params->ca_pem) + sizeof end - 1 : sizeof pem;
        TD_ASSERT(bytes < sizeof pem, "certificates of this machine cannot be had");
        memcpy(pem, params->ca_pem, bytes);
    }
    params->ca_pem = pem;
    params->ca_bytes = strlen(pem) + 1;
}

static void tend_disk(struct recorder *recorder);

static void idle(void *arg)
{
    struct recorder *recorder = arg;
    struct world *world = recorder->world;
    int64_t next_ns = world->now_ns + 10 * TD_NS_PER_MS;
    world->now_ns = world_next_ns(world) < next_ns && world_next_ns(world) > world->now_ns
                        ? world_next_ns(world)
                        : next_ns;
    world_happen(world);
    tend_disk(recorder);
}

static void load_setup(struct recorder *recorder)
{
    struct setup *setup = &recorder->setup;
    memset(setup, 0, sizeof *setup);
    int bad = setup_load(setup, &recorder->options);
    TD_ASSERT(bad == EXIT_FINE, "the configuration of the simulated deck is refused");
    cut_certificates(recorder);
    setup->deck.os = &recorder->world->os;
    setup->deck.stepped = true;
    setup->deck.idle = idle;
    setup->deck.idle_arg = recorder;
    setup->deck.lock_memory = false;
    setup->deck.stop_ms = 30000;
    for (unsigned i = 0; i < setup->deck.endpoint_count; i++)
        setup->endpoint[i].life_s = (uint32_t)dice_between(&recorder->dice, 300, 4000);
}

/* ---- looking at the journal ------------------------------------------------------------------------------------------------ */

/* The faults of the card are the recorder's, not ours. */
static void faults_off(struct recorder *recorder)
{
    for (unsigned i = 0; i < RECORDER_FAULTS; i++) {
        struct recorder_fault *fault = &recorder->fault[i];
        uint64_t fired = fault->on ? sim_disk_fired(recorder->disk, fault->index) : 0;
        if (fault->on && fault->fault.times > 0)
            fault->on = fired < fault->fault.times, fault->fault.times -= fault->on ? fired : 0;
        if (recorder->world->now_ns >= fault->until_ns)
            fault->on = false;
    }
    sim_disk_faults_clear(recorder->disk);
}

static void faults_on(struct recorder *recorder)
{
    for (unsigned i = 0; i < RECORDER_FAULTS; i++)
        if (recorder->fault[i].on)
            recorder->fault[i].index = sim_disk_fault(recorder->disk, &recorder->fault[i].fault);
}

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
    faults_off(recorder);
    td_err err = journal_reader_open(recorder->reader_mem, sim_disk_table(recorder->disk), folder,
                                     recorder->trails->next_frame, &reader);
    if (err < 0) {
        world_fail(recorder->world, "the journal cannot be read: %s", td_err_name(err));
        faults_on(recorder);
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
            if (recorder->lied)
                trails_may_skip(recorder->trails);
            continue;
        }
        if (frame.number > last)
            break;
        if (frame.number >= recorder->trails->next_frame)
            trails_check(recorder->trails, &frame);
    }
    journal_reader_close(reader);
    faults_on(recorder);
    if (recorder->trails->next_frame <= last && !recorder->lied)
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
    load_setup(recorder);
    td_err err = deck_open(deck, &recorder->setup.deck);
    if (err < 0) {
        recorder->start_errors++;
        deck_abandon(deck);
        deck_close(deck);
        sim_disk_kill(recorder->disk);
        net_kill(recorder->net);
        recorder->start_ns = recorder->world->now_ns + seconds(recorder, 1, 5);
        if (++recorder->starts_failed > 200)
            world_fail(recorder->world, "200 starts in a row failed, the last with %s",
                       td_err_name(err));
        return;
    }
    recorder->starts_failed = 0;
    check_journal(recorder, deck->recovery.last_frame);
    trails_end_life(recorder->trails, recorder->lied ? 0 : recorder->promised);
    recorder->trails->next_frame = deck->recovery.last_frame + 1;
    recorder->lied = false;
    deck_start(deck, clock->wall_ns(clock->ctx), TD_ORIGIN_WS);
    wire_begin(deck->wire);
    struct warden_params warden = {.deck = deck,
                                   .page_path = recorder->page_path,
                                   .reserve_bytes = 4 << 20,
                                   .free_bytes = 64 << 20};
    memset(recorder->view, 0, sizeof *recorder->view);
    warden_init(&recorder->warden, &warden, recorder->view);
    recorder->up = true;
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
    recorder->start_ns = recorder->world->now_ns + seconds(recorder, 0, 3);
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
    memset(recorder->fault, 0, sizeof recorder->fault);
    recorder->read_only_until_ns = 0;
    sim_disk_cut(recorder->disk, &cut);
    recorder->start_ns = recorder->world->now_ns + seconds(recorder, 5, 60);
    recorder->cuts++;
    world_boot(recorder->world);
}

void recorder_stop(struct recorder *recorder)
{
    struct deck *deck = &recorder->deck;
    const struct td_clock *clock = &recorder->world->os.clock;
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
    recorder->start_ns = recorder->world->now_ns + seconds(recorder, 0, 5);
    if (err == 0)
        check_journal(recorder, last);
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

static void tend_disk(struct recorder *recorder)
{
    int64_t now_ns = recorder->world->now_ns;
    for (unsigned i = 0; i < RECORDER_FAULTS; i++)
        if (recorder->fault[i].on && now_ns >= recorder->fault[i].until_ns) {
            sim_disk_fault_end(recorder->disk, recorder->fault[i].index);
            recorder->fault[i].on = false;
        }
    if (recorder->read_only_until_ns && now_ns >= recorder->read_only_until_ns) {
        sim_disk_read_only(recorder->disk, false);
        recorder->read_only_until_ns = 0;
    }
    if (recorder->no_room_until_ns && now_ns >= recorder->no_room_until_ns) {
        sim_disk_capacity(recorder->disk, INT64_C(8) << 30);
        recorder->no_room_until_ns = 0;
    }
}

bool recorder_turn(struct recorder *recorder)
{
    int64_t now_ns = recorder->world->now_ns;
    tend_disk(recorder);
    if (recorder->order != KIND_NONE)
        carry_out(recorder);
    if (!recorder->up && now_ns >= recorder->start_ns)
        start(recorder);
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

static void add_fault(struct recorder *recorder, struct sim_fault fault, int64_t for_ns)
{
    for (unsigned i = 0; i < RECORDER_FAULTS; i++)
        if (!recorder->fault[i].on) {
            recorder->fault[i] = (struct recorder_fault){
                .on = true, .fault = fault, .until_ns = recorder->world->now_ns + for_ns};
            recorder->fault[i].index = sim_disk_fault(recorder->disk, &fault);
            if (recorder->fault[i].index >= SIM_FAULTS_MAX - 8) { /* places are given once */
                faults_off(recorder);
                faults_on(recorder);
            }
            return;
        }
}

struct rot {
    struct recorder *recorder;
    uint64_t turn;
};

static void rot_here(void *arg, const char *path, int64_t bytes)
{
    struct rot *rot = arg;
    if (bytes == 0 || strstr(path, ".tdj") == NULL || rot->turn-- != 0)
        return;
    char full[512];
    snprintf(full, sizeof full, "/%s", path);
    sim_disk_rot(rot->recorder->disk, full,
                 (int64_t)dice_below(&rot->recorder->dice, (uint64_t)bytes),
                 (uint8_t)(1u << dice_below(&rot->recorder->dice, 8)));
}

static bool spoil_disk(struct recorder *recorder, enum kind kind)
{
    uint64_t *dice = &recorder->dice;
    struct sim_fault fault = {.kind = SIM_FAULT_ERROR, .err = TD_E_IO, .times = 1};
    int64_t for_ns = seconds(recorder, 1, 90);
    fault.times = dice_between(dice, 1, 3);
    switch (kind) {
    case KIND_disk_full:
        sim_disk_capacity(recorder->disk, sim_disk_counts(recorder->disk).used_bytes +
                                              (int64_t)dice_below(dice, 64 << 10));
        recorder->no_room_until_ns = recorder->world->now_ns + for_ns;
        return true;
    case KIND_disk_read_only:
        sim_disk_read_only(recorder->disk, true);
        recorder->read_only_until_ns = recorder->world->now_ns + for_ns;
        return true;
    case KIND_disk_rot: {
        struct rot rot = {recorder, dice_below(dice, 4)};
        recorder->lied = true;
        sim_disk_walk(recorder->disk, recorder->data_dir + 1, rot_here, &rot);
        return true;
    }
    case KIND_disk_write_error:
        fault.ops = 1u << SIM_OP_WRITE;
        break;
    case KIND_disk_sync_error:
        fault.ops = 1u << SIM_OP_SYNC_DATA | 1u << SIM_OP_SYNC_ALL;
        recorder->lied = true; /* what stood unsynced is given up, and the ledger says so */
        break;
    case KIND_disk_read_error:
        fault.ops = 1u << SIM_OP_READ;
        break;
    case KIND_disk_open_error:
        fault.ops = 1u << SIM_OP_CREATE | 1u << SIM_OP_OPEN;
        break;
    case KIND_disk_rename_error:
        fault.ops = 1u << SIM_OP_RENAME;
        break;
    case KIND_disk_sync_lies:
    case KIND_disk_misdirected:
        fault.kind = kind == KIND_disk_sync_lies ? SIM_FAULT_LIE : SIM_FAULT_MISDIRECT;
        fault.ops = 1u << SIM_OP_SYNC_DATA | 1u << SIM_OP_SYNC_ALL;
        recorder->lied = true;
        break;
    default:
        fault.kind = SIM_FAULT_STALL;
        fault.ops = 1u << SIM_OP_WRITE | 1u << SIM_OP_SYNC_DATA | 1u << SIM_OP_SYNC_ALL;
        fault.stall_ns = kind == KIND_disk_stall ? 200 * TD_NS_PER_MS : seconds(recorder, 1, 8);
        fault.times = dice_between(dice, 1, 20);
    }
    add_fault(recorder, fault, for_ns);
    return true;
}

static bool spoil_process(struct recorder *recorder, enum kind kind)
{
    int64_t until_ns = recorder->world->now_ns + seconds(recorder, 1, 40);
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
        recorder->starved_ns = recorder->world->now_ns + seconds(recorder, 1, 10);
        return true;
    case KIND_poison:
        return false; /* needs a core that can be told to crash */
    default:
        if (!recorder->up || recorder->order != KIND_NONE)
            return false;
        recorder->order = kind;
        return true;
    }
}

bool recorder_spoil(struct recorder *recorder, enum kind kind)
{
    return kind_place(kind) == PLACE_DISK ? spoil_disk(recorder, kind)
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
    configure(recorder);
}
