/* What is wrong with the card, and how each call fares because of it. */
#include <string.h>

#include "sim/disk_parts.h"

const char *const sim_op_words[SIM_OPS] = {
    "open",        "read",     "list",   "create", "write", "sync_data", "sync_all",
    "preallocate", "truncate", "rename", "unlink", "mkdir", "rmdir"};

/* ---- faults ------------------------------------------------------------------------------------------------------------ */

static bool fires(struct sim_disk *disk, struct armed *armed, enum sim_op op, const char *path)
{
    const struct sim_fault *fault = &armed->fault;
    if (!armed->on || !(fault->ops & (1u << op)) || (fault->path && !strstr(path, fault->path)))
        return false;
    if (fault->odds && (sim_random(&disk->random) & 0xFFFF) >= fault->odds)
        return false;
    if (armed->seen++ < fault->skip || (fault->times && armed->fired >= fault->times))
        return false;
    armed->fired++;
    return true;
}

struct sim_fate sim_fate_of(struct sim_disk *disk, enum sim_op op, const char *path)
{
    struct sim_fate fate = {0, 0};
    disk->counts.calls[op]++;
    for (unsigned i = 0; i < disk->armed_count; i++) {
        struct armed *armed = &disk->armed[i];
        if (!fires(disk, armed, op, path))
            continue;
        if (armed->fault.kind == SIM_FAULT_STALL) {
            if (disk->stall)
                disk->stall(disk->stall_arg, armed->fault.stall_ns);
        } else if (armed->fault.kind == SIM_FAULT_ERROR) {
            fate.err = armed->fault.err;
        } else {
            fate.how = (uint8_t)(armed->fault.kind + 1);
        }
    }
    if (disk->read_only && SIM_OPS_CHANGING & (1u << op) && op != SIM_OP_SYNC_DATA &&
        op != SIM_OP_SYNC_ALL)
        fate.err = TD_E_IO;
    return fate;
}

/* ---- settings --------------------------------------------------------------------------------------------------------------------- */

int sim_disk_fault(struct sim_disk *disk, const struct sim_fault *fault)
{
    TD_ASSERT(disk->armed_count < SIM_FAULTS_MAX, "room for another fault");
    disk->armed[disk->armed_count] = (struct armed){.fault = *fault, .on = true};
    return (int)disk->armed_count++;
}

void sim_disk_fault_end(struct sim_disk *disk, int index)
{
    disk->armed[index].on = false;
}

void sim_disk_faults_clear(struct sim_disk *disk)
{
    disk->armed_count = 0;
    disk->read_only = false;
    disk->false_capacity = 0;
}

uint64_t sim_disk_fired(const struct sim_disk *disk, int index)
{
    return disk->armed[index].fired;
}

void sim_disk_seed(struct sim_disk *disk, uint64_t seed)
{
    disk->random = seed;
}

void sim_disk_on_stall(struct sim_disk *disk, void (*stall)(void *arg, int64_t ns), void *arg)
{
    disk->stall = stall;
    disk->stall_arg = arg;
}

void sim_disk_read_only(struct sim_disk *disk, bool on)
{
    disk->read_only = on;
}

void sim_disk_capacity(struct sim_disk *disk, int64_t bytes)
{
    disk->capacity = bytes;
}

void sim_disk_false_capacity(struct sim_disk *disk, int64_t bytes)
{
    disk->false_capacity = bytes;
}

uint32_t sim_disk_sequence(const struct sim_disk *disk)
{
    return disk->seq;
}
