/* Groups and writer on one folder without a disk thread, for tests and measurements: memory by malloc, one step after
   another. Include in one file of a program. */
#ifndef TD_TESTS_SEGMENT_RIG_H
#define TD_TESTS_SEGMENT_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "segment/groups.h"
#include "segment/writer.h"

/* 2026-06-09 04:15:00 UTC */
#define RIG_START_NS (INT64_C(1780978500) * TD_NS_PER_S)

struct rig_options {
    const char *dir;
    const struct td_os *os; /* NULL: the real one */
    uint32_t streams_max, rows_max;
    uint64_t pool_bytes;
    int64_t segment_bytes;
    int level;
    const struct feature_mask *features_on; /* NULL: all */
    bool compat;
    const char *deck;
    const _Atomic uint64_t *synced_frame; /* NULL: write at once */
    td_err (*sealed)(void *arg, uint64_t frame, enum groups_seal why);
    void *sealed_arg;
};

struct rig {
    void *groups_memory, *writer_memory;
    struct groups *groups;
    struct writer *writer;
    td_err err; /* first one */
};

static inline int rig_step(void *arg)
{
    struct rig *rig = arg;
    int did = writer_step(rig->writer);
    if (did < 0 && !rig->err)
        rig->err = did;
    return did;
}

static inline void *rig_memory(size_t bytes)
{
    void *memory = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
    if (!memory)
        abort();
    memset(memory, 0, bytes);
    return memory;
}

static inline td_err rig_open(struct rig *rig, struct rig_options options)
{
    struct groups_params groups = {.streams_max = options.streams_max ? options.streams_max : 16,
                                   .rows_max =
                                       options.rows_max ? options.rows_max : TD_GROUP_ROWS_MAX,
                                   .pool_bytes = options.pool_bytes ? options.pool_bytes : 64 << 20,
                                   .features_on = options.features_on};
    memset(rig, 0, sizeof *rig);
    rig->groups_memory = rig_memory(groups_footprint(&groups));
    rig->groups = groups_init(rig->groups_memory, &groups);
    struct writer_params params = {.os = options.os ? options.os : td_os_linux(),
                                   .groups = rig->groups,
                                   .data_dir = options.dir,
                                   .deck = options.deck ? options.deck : "deck1",
                                   .config_hash = "0123456789abcdef",
                                   .build = "tapedeck version 0.1.0 (build test)",
                                   .zstd_level = options.level ? options.level : 3,
                                   .segment_bytes = options.segment_bytes ? options.segment_bytes
                                                                          : TD_SEGMENT_BYTES_MAX,
                                   .compat = options.compat,
                                   .synced_frame = options.synced_frame,
                                   .sealed = options.sealed,
                                   .sealed_arg = options.sealed_arg};
    rig->writer_memory = rig_memory(writer_footprint(&params));
    groups_inline(rig->groups, rig_step, rig);
    return writer_init(rig->writer_memory, &params, &rig->writer);
}

static inline void rig_drain(struct rig *rig)
{
    while (rig_step(rig) != 0)
        ;
}

/* Cuts, writes and seals everything; the first error of all. */
static inline td_err rig_stop(struct rig *rig)
{
    groups_seal_all(rig->groups, GROUPS_SEAL_STOP, 0);
    rig_drain(rig);
    return rig->err;
}

static inline void rig_close(struct rig *rig)
{
    free(rig->writer_memory);
    free(rig->groups_memory);
}

#endif
