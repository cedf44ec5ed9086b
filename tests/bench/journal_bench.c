/* The journal alone, one core: messages a second, and raw payload bytes against bytes written with headers and padding, a block
   closed at each second of the receive times. The disk takes everything and keeps nothing, so this is the work of the CPU. Then
   the frame log: append and read on one thread.

       journal_bench            the defaults
       journal_bench all        levels and lengths of the zstd frame beside each other
       journal_bench tail DIR   a journal of 1 GB in DIR (made, not removed), then the time to read its last frames as a late core
                                does */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feed.h"
#include "journal/framelog.h"
#include "journal/journal.h"
#include "journal/reader.h"
#include "sink_disk.h"

enum { MESSAGES = 400000, ROUNDS = 3 };

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
        struct td_frame frame = feed_frame(m);
        frame.number = i + 1;
        frame.mono_ns = m->recv_ns - 1600000000000000000;
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
    struct journal_params params = {.disk = &sink_disk,
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
    for (size_t i = feed->bases; i < feed->count; i++) {
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
    return (double)(feed->count - feed->bases) / (bench_seconds() - start);
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

/* ---- the last frames of a large journal ---- */

enum { TAIL_FRAMES = 20000, FRAMES_A_BLOCK = 1500 };

static const struct td_disk *real_disk(void)
{
    return &td_os_linux()->disk;
}

/* The feed again and again until the journal is nearly full; returns the last number. */
static uint64_t write_much(const char *folder, const struct feed *feed)
{
    struct journal_params params = {.disk = real_disk(),
                                    .folder = folder,
                                    .file_bytes = 64 << 20,
                                    .max_bytes = 1ll << 30,
                                    .level = JOURNAL_LEVEL,
                                    .zstd_frame_blocks = JOURNAL_ZSTD_FRAME_BLOCKS};
    void *mem = aligned_alloc(64, (journal_footprint(&params) + 63) / 64 * 64);
    struct journal *journal;
    uint64_t n = 0, safe;
    if (journal_open(mem, &params, &journal) < 0)
        abort();
    while (journal_stats(journal).written_bytes < 1000u << 20) {
        struct td_frame frame = feed_frame(&feed->message[n % feed->count]);
        frame.number = ++n;
        frame.recv_ns = (int64_t)n * 1000000;
        if (journal_append(journal, &frame) < 0 ||
            (n % FRAMES_A_BLOCK == 0 && journal_flush(journal) < 0))
            abort();
    }
    if (journal_sync(journal, &safe) < 0 || journal_close(journal) < 0)
        abort();
    free(mem);
    return n;
}

static void read_tail(const char *folder, uint64_t last)
{
    void *mem = aligned_alloc(64, (journal_reader_footprint() + 63) / 64 * 64);
    struct journal_reader *reader;
    struct journal_damage damage;
    struct td_frame frame;
    uint64_t frames = 0;
    double start = bench_seconds();
    if (journal_reader_open(mem, real_disk(), folder, last - TAIL_FRAMES + 1, &reader) < 0)
        abort();
    double opened = bench_seconds();
    while (journal_reader_next(reader, &frame, &damage) == 1)
        frames++;
    double done = bench_seconds();
    journal_reader_close(reader);
    if (frames != TAIL_FRAMES)
        abort();
    printf("journal of 1 GB, last %d frames: %.1f ms to open and seek, %.1f ms to read\n",
           TAIL_FRAMES, (opened - start) * 1e3, (done - opened) * 1e3);
    free(mem);
}

static int run_tail(const char *folder)
{
    struct feed reference = feed_make(MESSAGES, 1);
    uint64_t last = write_much(folder, &reference);
    for (int round = 0; round < ROUNDS; round++)
        read_tail(folder, last);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "tail") == 0)
        return run_tail(argv[2]);
    bool all = argc > 1 && strcmp(argv[1], "all") == 0;
    struct feed reference = feed_make(MESSAGES, 1);
    struct feed coinbase = feed_named("coinbase", 0), binance = feed_named("binance", 0);
    run_framelog(&reference);
    run_source("reference feed", &reference, all);
    run_source("COINBASE.ws.28", &coinbase, all);
    run_source("BINANCE_BTCUSDT_2024", &binance, all);
    return 0;
}
