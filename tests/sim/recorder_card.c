/* The card under the simulated deck: its faults, and which frames they may have spoilt. */
#include <stdio.h>
#include <string.h>

#include "app/deck_parts.h"
#include "sim/dice.h"
#include "sim/recorder_parts.h"

bool card_is_at_fault(const struct recorder *recorder, enum sim_fault_kind kind)
{
    for (unsigned i = 0; i < RECORDER_FAULTS; i++)
        if (recorder->fault[i].on && recorder->fault[i].fault.kind == kind)
            return true;
    return false;
}

/* Rows are made again from the last checkpoint on, perhaps from the one before. */
static void taint(struct recorder *recorder)
{
    world_taint(recorder->world, recorder->up ? atomic_load(&recorder->deck.checkpoint.before) : 0);
    recorder->taint_frame = UINT64_MAX;
}

/* Until two checkpoints stand that are newer than the fault. */
void card_look_at_taint(struct recorder *recorder)
{
    const struct deck *deck = &recorder->deck;
    uint64_t newest = framelog_next(deck->log) - 1;
    if (!world_taint_open(recorder->world))
        return;
    if (recorder->taint_frame == UINT64_MAX || card_is_at_fault(recorder, SIM_FAULT_MISDIRECT) ||
        card_is_at_fault(recorder, SIM_FAULT_LIE))
        recorder->taint_frame = newest;
    else if (atomic_load(&deck->checkpoint.before) > recorder->taint_frame)
        world_taint_ends(recorder->world, newest);
}

/* The faults of the card are the recorder's, not ours. */
void card_faults_off(struct recorder *recorder)
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

void card_faults_on(struct recorder *recorder)
{
    for (unsigned i = 0; i < RECORDER_FAULTS; i++)
        if (recorder->fault[i].on)
            recorder->fault[i].index = sim_disk_fault(recorder->disk, &recorder->fault[i].fault);
}

void card_tend(struct recorder *recorder)
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

static void add_fault(struct recorder *recorder, struct sim_fault fault, int64_t for_ns)
{
    for (unsigned i = 0; i < RECORDER_FAULTS; i++)
        if (!recorder->fault[i].on) {
            recorder->fault[i] = (struct recorder_fault){
                .on = true, .fault = fault, .until_ns = recorder->world->now_ns + for_ns};
            recorder->fault[i].index = sim_disk_fault(recorder->disk, &fault);
            if (recorder->fault[i].index >= SIM_FAULTS_MAX - 8) { /* places are given once */
                card_faults_off(recorder);
                card_faults_on(recorder);
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

bool card_spoil(struct recorder *recorder, enum kind kind)
{
    uint64_t *dice = &recorder->dice;
    struct sim_fault fault = {.kind = SIM_FAULT_ERROR, .err = TD_E_IO, .times = 1};
    int64_t for_ns = recorder_seconds(recorder, 1, 90);
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
        recorder->damaged = true;
        taint(recorder);
        sim_disk_walk(recorder->disk, recorder->data_dir + 1, rot_here, &rot);
        return true;
    }
    case KIND_disk_write_error:
        fault.ops = 1u << SIM_OP_WRITE;
        break;
    case KIND_disk_sync_error:
        fault.ops = 1u << SIM_OP_SYNC_DATA | 1u << SIM_OP_SYNC_ALL;
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
        *(fault.kind == SIM_FAULT_LIE ? &recorder->lies : &recorder->damaged) = true;
        taint(recorder);
        break;
    default:
        fault.kind = SIM_FAULT_STALL;
        fault.ops = 1u << SIM_OP_WRITE | 1u << SIM_OP_SYNC_DATA | 1u << SIM_OP_SYNC_ALL;
        fault.stall_ns =
            kind == KIND_disk_stall ? 200 * TD_NS_PER_MS : recorder_seconds(recorder, 1, 8);
        fault.times = dice_between(dice, 1, 20);
    }
    add_fault(recorder, fault, for_ns);
    return true;
}
