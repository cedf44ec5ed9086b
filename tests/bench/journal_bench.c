/* The journal alone, one core: messages a second, and raw payload bytes against bytes written with headers and padding, a block
   closed at each second of the receive times. The disk takes everything and keeps nothing, so this is the work of the CPU. Then
   the frame log: append and read on one thread.

       journal_bench            the defaults
       journal_bench all        levels and lengths of the zstd frame beside each other */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "feed.h"
#include "journal/framelog.h"
#include "journal/journal.h"

enum { MESSAGES = 400000, ROUNDS = 3 };

/* ---- a disk without memory ---- */

static int sink_open(void *ctx, const char *path, int flags, int mode)
{
    (void)ctx, (void)path, (void)flags, (void)mode;
    return 3;
}

static int sink_file(void *ctx, int file)
{
    (void)ctx, (void)file;
    return 0;
}

static int64_t sink_write(void *ctx, int file, const void *data, size_t bytes, int64_t offset)
{
    (void)ctx, (void)file, (void)data, (void)offset;
    return (int64_t)bytes;
}

static int64_t sink_read(void *ctx, int file, void *data, size_t bytes, int64_t offset)
{
    (void)ctx, (void)file, (void)data, (void)bytes, (void)offset;
    return 0;
}

static int sink_length(void *ctx, int file, int64_t bytes)
{
    (void)ctx, (void)file, (void)bytes;
    return 0;
}

static int64_t sink_size(void *ctx, int file)
{
    (void)ctx, (void)file;
    return INT64_MAX;
}

static int sink_rename(void *ctx, const char *from, const char *to)
{
    (void)ctx, (void)from, (void)to;
    return 0;
}

static int sink_path(void *ctx, const char *path)
{
    (void)ctx, (void)path;
    return 0;
}

static int sink_list(void *ctx, const char *path, int (*visit)(void *, const char *, bool),
                     void *arg)
{
    (void)ctx, (void)path, (void)visit, (void)arg;
    return 0;
}

static const struct td_disk sink = {.open = sink_open,
                                    .close = sink_file,
                                    .write_at = sink_write,
                                    .read_at = sink_read,
                                    .sync_data = sink_file,
                                    .sync_all = sink_file,
                                    .preallocate = sink_length,
                                    .truncate = sink_length,
                                    .size = sink_size,
                                    .rename = sink_rename,
                                    .unlink = sink_path,
                                    .make_dirs = sink_path,
                                    .list = sink_list};

/* ---- sources ---- */

/* A capture's lines "<ns> tab <kind> tab <text>" as messages; count 0 when it is not there. */
static struct feed capture_read(const char *name)
{
    struct feed feed = {0};
    const char *shared = getenv("TAPEDECK_SHARED");
    char path[512];
    snprintf(path, sizeof path, "%s/captures/%s", shared ? shared : "../shared", name);
    FILE *file = fopen(path, "rb");
    if (!file)
        return feed;
    size_t room = 64 << 20, in_room = 4 << 20;
    char *in = malloc(in_room);
    feed.text = malloc(room);
    ZSTD_DCtx *context = ZSTD_createDCtx();
    ZSTD_inBuffer from = {in, fread(in, 1, in_room, file), 0};
    ZSTD_outBuffer to = {feed.text, room, 0};
    while (from.pos < from.size && !ZSTD_isError(ZSTD_decompressStream(context, &to, &from)))
        ;
    ZSTD_freeDCtx(context);
    free(in);
    fclose(file);
    feed.message = malloc(to.pos / 8 * sizeof *feed.message);
    for (char *at = feed.text, *end = at + to.pos; at < end;) {
        char *line_end = memchr(at, '\n', (size_t)(end - at));
        line_end = line_end ? line_end : end;
        char *kind = memchr(at, '\t', (size_t)(line_end - at));
        if (kind && line_end - kind > 3)
            feed.message[feed.count++] = (struct feed_message){
                kind + 3, (uint32_t)(line_end - kind - 3), strtoll(at, NULL, 10)};
        at = line_end + 1;
    }
    return feed;
}

/* ---- the journal ---- */

static void run_once(void *mem, const struct journal_params *params, const struct feed *feed,
                     struct journal_stats *stats)
{
    struct journal *journal;
    if (journal_open(mem, params, &journal) < 0)
        abort();
    int64_t second = 0;
    for (size_t i = 0; i < feed->count; i++) {
        const struct feed_message *m = &feed->message[i];
        struct td_frame frame = {.number = i + 1,
                                 .recv_ns = m->recv_ns,
                                 .mono_ns = m->recv_ns - 1600000000000000000,
                                 .payload = m->text,
                                 .bytes = m->bytes,
                                 .conn = 1,
                                 .kind = TD_FRAME_WS_TEXT};
        if (m->recv_ns / TD_NS_PER_S != second && journal_flush(journal) < 0)
            abort();
        second = m->recv_ns / TD_NS_PER_S;
        if (journal_append(journal, &frame) < 0)
            abort();
    }
    if (journal_flush(journal) < 0)
        abort();
    *stats = journal_stats(journal);
    if (journal_close(journal) < 0)
        abort();
}

static void run(const char *name, const struct feed *feed, int level, uint32_t zstd_frame_blocks)
{
    struct journal_params params = {.disk = &sink,
                                    .folder = "j",
                                    .file_bytes = 64 << 20,
                                    .max_bytes = 1ll << 32,
                                    .level = level,
                                    .zstd_frame_blocks = zstd_frame_blocks};
    void *mem = aligned_alloc(64, (journal_footprint(&params) + 63) / 64 * 64);
    struct journal_stats stats;
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        double start = bench_seconds();
        run_once(mem, &params, feed, &stats);
        double seconds = bench_seconds() - start;
        best = seconds < best ? seconds : best;
    }
    double payload = (double)stats.payload_bytes, written = (double)stats.written_bytes;
    printf("journal %-20s level %d, zstd frame of %4u blocks: %5.2f M msg/s %6.1f MB/s  ", name,
           level, zstd_frame_blocks, (double)stats.frames / best * 1e-6, payload / best * 1e-6);
    printf("ratio %5.2f (%5.2f without padding)  %5.1f of %5.1f B/msg  memory %.1f MB\n",
           payload / written, payload / (written - (double)stats.padding_bytes),
           written / (double)stats.frames, payload / (double)stats.frames,
           (double)journal_footprint(&params) * 1e-6);
    free(mem);
}

static void run_source(const char *name, const struct feed *feed, bool all)
{
    static const int levels[] = {1, 2, 3, 4};
    static const uint32_t lengths[] = {1, 2, 8, 16, 1000};
    if (feed->count == 0) {
        printf("journal %-22s not there\n", name);
        return;
    }
    run(name, feed, JOURNAL_LEVEL, JOURNAL_ZSTD_FRAME_BLOCKS);
    for (size_t i = 0; all && i < sizeof levels / sizeof *levels; i++)
        run(name, feed, levels[i], JOURNAL_ZSTD_FRAME_BLOCKS);
    for (size_t i = 0; all && i < sizeof lengths / sizeof *lengths; i++)
        run(name, feed, JOURNAL_LEVEL, lengths[i]);
}

/* ---- the frame log ---- */

/* One pass over the feed; the first one of a log also takes its page faults. */
static double framelog_pass(struct framelog *log, const struct feed *feed)
{
    struct td_frame frame;
    double start = bench_seconds();
    for (size_t i = feed->snapshots; i < feed->count; i++) {
        frame =
            (struct td_frame){.payload = feed->message[i].text, .bytes = feed->message[i].bytes};
        if (framelog_append(log, &frame) < 0)
            abort();
        for (int who = 0; i % 64 == 63 && who < FRAMELOG_READERS; who++) {
            while (framelog_read(log, who, &frame))
                ;
            framelog_release(log, who);
        }
    }
    return (double)(feed->count - feed->snapshots) / (bench_seconds() - start);
}

static void run_framelog(const struct feed *feed)
{
    struct framelog_params params = {NULL, TD_LOG_TERM_BYTES, TD_LOG_TERMS};
    void *mem = aligned_alloc(64, framelog_footprint());
    struct framelog *log;
    double best = 0;
    if (framelog_open(mem, &params, &log) < 0)
        abort();
    for (int round = 0; round < ROUNDS; round++) {
        double rate = framelog_pass(log, feed);
        best = rate > best ? rate : best;
    }
    printf("frame log, one thread, two readers: %.1f M frames/s\n", best * 1e-6);
    framelog_close(log, true);
    free(mem);
}

int main(int argc, char **argv)
{
    bool all = argc > 1 && strcmp(argv[1], "all") == 0;
    struct feed reference = feed_make(MESSAGES, 1);
    struct feed coinbase = capture_read("COINBASE.ws.28.zst");
    struct feed binance = capture_read("BINANCE_BTCUSDT_2024.ws.1.zst");
    run_framelog(&reference);
    run_source("reference feed", &reference, all);
    run_source("COINBASE.ws.28", &coinbase, all);
    run_source("BINANCE_BTCUSDT_2024", &binance, all);
    return 0;
}
