#define ZSTD_STATIC_LINKING_ONLY
#include "journal/pack.h"

#include <zstd.h>

/* 256 KiB: larger windows packed no better on any feed measured, and cost memory on both sides. */
enum { WINDOW_LOG = 18, LEVEL_MIN = 1, LEVEL_MAX = 19, ALIGN = 64 };

struct journal_packer {
    ZSTD_CCtx *context;
};

struct journal_unpacker {
    ZSTD_DCtx *context;
};

static int level_within(int level)
{
    return level < LEVEL_MIN ? LEVEL_MIN : level > LEVEL_MAX ? LEVEL_MAX : level;
}

static ZSTD_compressionParameters parameters_of(int level)
{
    ZSTD_compressionParameters p = ZSTD_getCParams(level_within(level), 0, 0);
    p.windowLog = WINDOW_LOG;
    return ZSTD_adjustCParams(p, 0, 0);
}

size_t journal_packer_footprint(int level)
{
    size_t context = ZSTD_estimateCStreamSize_usingCParams(parameters_of(level));
    TD_ASSERT(!ZSTD_isError(context), "zstd knows the size of its context");
    return ALIGN + context;
}

static void set(ZSTD_CCtx *context, ZSTD_cParameter parameter, int value)
{
    size_t err = ZSTD_CCtx_setParameter(context, parameter, value);
    TD_ASSERT(!ZSTD_isError(err), "zstd takes its own parameters");
}

/* Each parameter by itself: with the level alone zstd would choose a window, and with it memory, of
 * its own. */
struct journal_packer *journal_packer_init(void *mem, int level)
{
    struct journal_packer *packer = mem;
    ZSTD_compressionParameters p = parameters_of(level);
    packer->context =
        ZSTD_initStaticCCtx((char *)mem + ALIGN, journal_packer_footprint(level) - ALIGN);
    TD_ASSERT(packer->context, "the footprint holds the context");
    set(packer->context, ZSTD_c_compressionLevel, level_within(level));
    set(packer->context, ZSTD_c_windowLog, (int)p.windowLog);
    set(packer->context, ZSTD_c_hashLog, (int)p.hashLog);
    set(packer->context, ZSTD_c_chainLog, (int)p.chainLog);
    set(packer->context, ZSTD_c_searchLog, (int)p.searchLog);
    set(packer->context, ZSTD_c_minMatch, (int)p.minMatch);
    set(packer->context, ZSTD_c_targetLength, (int)p.targetLength);
    set(packer->context, ZSTD_c_strategy, (int)p.strategy);
    set(packer->context, ZSTD_c_contentSizeFlag, 0);
    return packer;
}

void journal_packer_restart(struct journal_packer *packer)
{
    ZSTD_CCtx_reset(packer->context, ZSTD_reset_session_only);
}

static size_t pack(struct journal_packer *packer, const void *raw, size_t bytes, void *out,
                   size_t out_room, ZSTD_EndDirective end)
{
    ZSTD_inBuffer in = {raw, bytes, 0};
    ZSTD_outBuffer to = {out, out_room, 0};
    size_t left = ZSTD_compressStream2(packer->context, &to, &in, end);
    TD_ASSERT(left == 0 && in.pos == bytes, "a block packs in one call within its bound");
    return to.pos;
}

size_t journal_packer_block(struct journal_packer *packer, const void *raw, size_t bytes, void *out,
                            size_t out_room)
{
    return pack(packer, raw, bytes, out, out_room, ZSTD_e_flush);
}

/* A whole frame in one call is packed where it stands: no copy into zstd's own window, and no
 * search over that window's seam. */
size_t journal_packer_alone(struct journal_packer *packer, const void *raw, size_t bytes, void *out,
                            size_t out_room)
{
    return pack(packer, raw, bytes, out, out_room, ZSTD_e_end);
}

size_t journal_unpacker_footprint(void)
{
    return ALIGN + ZSTD_estimateDStreamSize((size_t)1 << WINDOW_LOG);
}

struct journal_unpacker *journal_unpacker_init(void *mem)
{
    struct journal_unpacker *unpacker = mem;
    unpacker->context =
        ZSTD_initStaticDCtx((char *)mem + ALIGN, journal_unpacker_footprint() - ALIGN);
    TD_ASSERT(unpacker->context, "the footprint holds the context");
    ZSTD_DCtx_setParameter(unpacker->context, ZSTD_d_windowLogMax, WINDOW_LOG);
    return unpacker;
}

void journal_unpacker_restart(struct journal_unpacker *unpacker)
{
    ZSTD_DCtx_reset(unpacker->context, ZSTD_reset_session_only);
}

/* One call may stop early at a boundary of its own; it is asked again while it moves. */
td_err journal_unpacker_block(struct journal_unpacker *unpacker, const void *packed, size_t bytes,
                              void *raw, size_t raw_bytes)
{
    ZSTD_inBuffer in = {packed, bytes, 0};
    ZSTD_outBuffer out = {raw, raw_bytes, 0};
    size_t in_before, out_before;
    do {
        in_before = in.pos;
        out_before = out.pos;
        size_t hint = ZSTD_decompressStream(unpacker->context, &out, &in);
        TD_FAIL_IF(ZSTD_isError(hint), TD_E_JOURNAL_CORRUPT);
    } while ((in.pos < bytes || out.pos < raw_bytes) &&
             (in.pos != in_before || out.pos != out_before));
    TD_FAIL_IF(in.pos != bytes || out.pos != raw_bytes, TD_E_JOURNAL_CORRUPT);
    return 0;
}
