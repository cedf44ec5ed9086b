/* Each stage of the path alone, and the whole, on one feed. Prints figures for tools/bench.

       stage_bench STAGE FEED [MESSAGES] [FOLDER]
       stage_bench dump FEED MESSAGES FILE      the feed as a capture file, for `tapedeck replay`

   Stages: scan (parse), book (apply parsed levels), scan_book, core (scan, book and rows), journal (frames to blocks, the disk keeps
   nothing), segment (rows to Parquet without the seal), features (as core and segment, with every feature and model that is on by default),
   whole (the deck with its threads, journal, features, model and Parquet, sealed at the end), plain (the whole without features and model).
   Feeds: see feed.h. A short feed is repeated until it has some 200,000 messages; bases are never timed but in journal and whole.
   The stages on one thread count in seconds of the CPU, the fastest of BENCH_ROUNDS rounds (3); the whole by the clock, and
   beside it what all its threads had of the CPU. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/config.h"
#include "app/deck.h"
#include "app/feature_config.h"
#include "base/os.h"
#include "lane.h"
#include "sink_disk.h"

enum { MESSAGES_MIN = 200000, LOOPS_MAX = 64, JOURNAL_FILE_BYTES = 64 << 20 };

struct run {
    struct feed feed;
    struct lane lane;
    const char *folder;
    size_t messages; /* of one pass, without bases */
    unsigned loops, rounds;
};

static void figures(const struct run *run, const char *stage, double seconds, double messages)
{
    bench_figure(stage, run->feed.name, "rate", messages / seconds, "msg/s");
    bench_figure(stage, run->feed.name, "time", seconds / messages * 1e9, "ns/msg");
}

/* ---- scan, book, scan_book ------------------------------------------------------------------------------------------------ */

/* These have names of their own in the binary: callgrind counts what happens inside of them. */
__attribute__((noinline, noclone)) static void hot_parse(struct lane *lane)
{
    const struct feed *feed = lane->feed;
    for (size_t i = 0; i < feed->count; i++)
        if (!feed->message[i].base)
            lane_parse(lane, &feed->message[i]);
}

__attribute__((noinline, noclone)) static void hot_apply(struct lane *lane)
{
    for (size_t i = 0; i < lane->kept_count; i++)
        book_set(lane->book[lane->kept_book[i]], lane->kept[i].side, lane->kept[i].price_steps,
                 lane->kept[i].size_steps);
}

static void time_lane(struct run *run, const char *stage, void (*hot)(struct lane *))
{
    double best = 1e9;
    for (unsigned round = 0; round < run->rounds; round++) {
        double seconds = 0;
        for (unsigned loop = 0; loop < run->loops; loop++) {
            lane_rewind(&run->lane);
            double begin = bench_cpu_seconds();
            hot(&run->lane);
            seconds += bench_cpu_seconds() - begin;
        }
        best = seconds < best ? seconds : best;
    }
    figures(run, stage, best, (double)run->messages * run->loops);
}

static void stage_scan(struct run *run)
{
    time_lane(run, "scan", hot_parse);
}

static void stage_scan_book(struct run *run)
{
    run->lane.apply = true;
    time_lane(run, "scan_book", hot_parse);
    run->lane.apply = false;
}

static void stage_book(struct run *run)
{
    struct lane *lane = &run->lane;
    lane->levels = 0;
    hot_parse(lane);
    size_t room = lane->levels + 1;
    lane->kept = malloc(room * sizeof *lane->kept);
    lane->kept_book = malloc(room * sizeof *lane->kept_book);
    hot_parse(lane);
    struct td_level *kept = lane->kept;
    time_lane(run, "book", hot_apply);
    bench_figure("book", run->feed.name, "levels", (double)lane->kept_count / (double)run->messages,
                 "levels/msg");
    free(kept);
    free(lane->kept_book);
    lane->kept = NULL;
    lane->kept_count = 0;
}

/* ---- journal ---------------------------------------------------------------------------------------------------------------- */

__attribute__((noinline, noclone)) static void hot_journal(struct journal *journal,
                                                           const struct feed *feed)
{
    int64_t second = 0;
    for (size_t i = 0; i < feed->count; i++) {
        struct td_frame frame = feed_frame(&feed->message[i]);
        frame.number = i + 1;
        bool next =
            frame.recv_ns / TD_NS_PER_S != second; /* a block a second, as the recorder does it */
        second = frame.recv_ns / TD_NS_PER_S;
        if ((next && journal_flush(journal) < 0) || journal_append(journal, &frame) < 0)
            abort();
    }
    if (journal_flush(journal) < 0)
        abort();
}

static void stage_journal(struct run *run)
{
    struct journal_params params = {.disk = &sink_disk,
                                    .folder = "j",
                                    .file_bytes = JOURNAL_FILE_BYTES,
                                    .max_bytes = 1ll << 32,
                                    .level = JOURNAL_LEVEL,
                                    .zstd_frame_blocks = JOURNAL_ZSTD_FRAME_BLOCKS};
    void *mem = aligned_alloc(64, (journal_footprint(&params) + 63) / 64 * 64);
    struct journal_stats stats = {0};
    double best = 1e9;
    for (unsigned round = 0; round < run->rounds * run->loops; round++) {
        struct journal *journal;
        if (journal_open(mem, &params, &journal) < 0)
            abort();
        double begin = bench_cpu_seconds();
        hot_journal(journal, &run->feed);
        double seconds = bench_cpu_seconds() - begin;
        best = seconds < best ? seconds : best;
        stats = journal_stats(journal);
        journal_close(journal);
    }
    figures(run, "journal", best, (double)stats.frames);
    bench_figure("journal", run->feed.name, "ratio",
                 (double)stats.payload_bytes / (double)stats.written_bytes, "x");
    free(mem);
}

/* ---- core and segment: one thread, the writer is stepped by hand ------------------------------------------------------------ */

struct hand {
    struct groups *groups;
    struct writer *writer;
    struct core *core;
    double encode_s, seal_s;
};

static void *memory(size_t bytes)
{
    void *mem = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (mem == NULL)
        abort();
    return memset(mem, 0, (bytes + 63) / 64 * 64);
}

__attribute__((noinline, noclone)) static int hot_encode(struct hand *hand)
{
    return writer_step(hand->writer);
}

/* A step that seals waits for the disk: it counts apart. */
static int hand_step(void *arg)
{
    struct hand *hand = arg;
    uint64_t sealed = writer_stats(hand->writer).segments;
    double begin = bench_cpu_seconds();
    int did = hot_encode(hand);
    double seconds = bench_cpu_seconds() - begin;
    if (writer_stats(hand->writer).segments != sealed)
        hand->seal_s += seconds;
    else
        hand->encode_s += seconds;
    return did;
}

/* As an empty configuration file gives them. */
static const struct feature_config *feature_defaults(void)
{
    static struct td_config config; /* too large for the stack */
    static struct feature_config features;
    if (td_config_parse(&config, "defaults", "", 0, NULL, stderr) < 0)
        abort();
    features = feature_config_of(&config);
    return &features;
}

static void hand_open(struct hand *hand, const struct run *run, const struct feature_config *on)
{
    struct instruments *instruments = run->lane.ctx.instruments;
    struct core_source_params source = {.venue = run->lane.venue, .rest_url = "", .channels = 7};
    struct core_params core = {
        .instruments = instruments, .sources = &source, .source_count = 1, .pool_levels = 1 << 19};
    if (on != NULL) {
        core.emit = (enum core_emit)on->emit;
        core.features = on->features;
        core.models = on->model;
        core.model_count = on->model_count;
    }
    struct groups_params groups = {.streams_max = core_streams_needed(&core),
                                   .rows_max = TD_GROUP_ROWS_MAX,
                                   .pool_bytes = 64 << 20,
                                   .features_on = on != NULL ? &on->features.on : NULL};
    *hand = (struct hand){.groups = groups_init(memory(groups_footprint(&groups)), &groups)};
    struct writer_params writer = {.os = td_os_linux(),
                                   .groups = hand->groups,
                                   .data_dir = run->folder,
                                   .deck = "bench",
                                   .config_hash = "0000000000000000",
                                   .build = deck_build(),
                                   .zstd_level = 3,
                                   .segment_bytes = TD_SEGMENT_BYTES_MAX};
    if (writer_init(memory(writer_footprint(&writer)), &writer, &hand->writer) < 0) {
        fprintf(stderr, "stage_bench: cannot write to %s\n", run->folder);
        exit(5);
    }
    groups_inline(hand->groups, hand_step, hand);
    core.groups = hand->groups;
    hand->core = core_init(memory(core_footprint(&core)), &core);
}

__attribute__((noinline, noclone)) static void hot_core(struct core *core, struct td_frame *frame)
{
    core_step(core, frame);
}

/* One pass, for a repeated one would be old news to the core. */
static void time_rows(struct run *run, const struct feature_config *on, const char *core_name,
                      const char *segment_name)
{
    static struct hand hand; /* the core keeps what it points to */
    uint64_t rows = 0;
    hand_open(&hand, run, on);
    double begin = bench_cpu_seconds();
    for (size_t i = 0; i < run->feed.count; i++) {
        struct td_frame frame = feed_frame(&run->feed.message[i]);
        frame.number = i + 1;
        hot_core(hand.core, &frame);
    }
    double core_s = bench_cpu_seconds() - begin - hand.encode_s - hand.seal_s;
    groups_seal_all(hand.groups, GROUPS_SEAL_STOP, run->feed.count);
    while (hand_step(&hand) > 0)
        continue;
    struct writer_stats stats = writer_stats(hand.writer);
    if (stats.last_err < 0) {
        fprintf(stderr, "stage_bench: segment: %s\n", td_err_text(stats.last_err));
        exit(5);
    }
    for (unsigned table = 0; table < ROW_TABLES; table++)
        rows += stats.rows[table];
    figures(run, core_name, core_s, (double)run->messages);
    figures(run, segment_name, hand.encode_s, (double)run->messages);
    bench_figure(segment_name, run->feed.name, "row", hand.encode_s / (double)rows * 1e9, "ns/row");
}

static void stage_segment(struct run *run)
{
    time_rows(run, NULL, "core", "segment");
}

static void stage_features(struct run *run)
{
    time_rows(run, feature_defaults(), "features", "features_segment");
}

/* ---- the whole ---------------------------------------------------------------------------------------------------------------- */

/* Each repeat is a venue of its own to the deck, as long as there are sources: nothing in it is old then. */
static void add_sources(struct deck_params *params, const struct run *run)
{
    struct instruments *seen = run->lane.ctx.instruments;
    params->source_count = run->loops < TD_SOURCES_MAX ? run->loops : TD_SOURCES_MAX;
    params->instruments =
        instruments_init(memory(instruments_footprint(TD_INSTRUMENTS_MAX)), TD_INSTRUMENTS_MAX);
    if (params->source_count * instruments_count(seen) > LANE_SYMBOLS_MAX)
        params->source_count = 1;
    for (unsigned s = 0; s < params->source_count; s++) {
        params->source[s] =
            (struct core_source_params){.venue = run->lane.venue, .rest_url = "", .channels = 7};
        for (unsigned i = 0; i < instruments_count(seen); i++) {
            char symbol[TD_SYMBOL_MAX + 8];
            const struct instrument *in = instruments_at(seen, i);
            snprintf(symbol, s == 0 ? TD_SYMBOL_MAX : sizeof symbol, s == 0 ? "%s" : "%s-%u",
                     in->symbol, s);
            if (instruments_add(params->instruments, (uint16_t)s, symbol, in->raw) < 0)
                abort();
        }
    }
}

static void feed_deck(struct deck *deck, const struct run *run)
{
    const struct feed *feed = &run->feed;
    int64_t span_ns =
        feed->message[feed->count - 1].recv_ns - feed->message[0].recv_ns + TD_NS_PER_MS;
    for (unsigned loop = 0; loop < run->loops; loop++) {
        struct td_frame open = {
            .kind = TD_FRAME_CONN_OPEN, .payload = "wss://bench", .bytes = 11, .conn = loop + 1};
        open.source = (uint16_t)(loop % deck->params.source_count);
        open.recv_ns = open.mono_ns = feed->message[0].recv_ns + span_ns * loop;
        deck_feed(deck, &open);
        for (size_t i = 0; i < feed->count; i++) {
            struct td_frame frame = feed_frame(&feed->message[i]);
            frame.recv_ns += span_ns * loop;
            frame.conn = open.conn;
            frame.source = open.source;
            deck_feed(deck, &frame);
        }
    }
}

static void time_whole(struct run *run, const struct feature_config *on, const char *name)
{
    static struct deck deck;
    struct deck_params params = {.os = td_os_linux(),
                                 .name = "bench",
                                 .data_dir = run->folder,
                                 .config_hash = "0000000000000000",
                                 .config_text = "",
                                 .log_term_bytes = TD_LOG_TERM_BYTES,
                                 .log_terms = TD_LOG_TERMS,
                                 .journal = true,
                                 .journal_sync_ms = 1000,
                                 .journal_file_bytes = JOURNAL_FILE_BYTES,
                                 .journal_max_bytes = 1ll << 30,
                                 .journal_level = JOURNAL_LEVEL,
                                 .segment_level = 3,
                                 .segment_bytes = TD_SEGMENT_BYTES_MAX,
                                 .group_rows = TD_GROUP_ROWS_MAX,
                                 .pool_bytes = 32 << 20,
                                 .book_pool_levels = 1 << 19};
    const struct feed *feed = &run->feed;
    if (on != NULL)
        params.features = *on;
    add_sources(&params, run);
    if (deck_open(&deck, &params) < 0) {
        fprintf(stderr, "stage_bench: cannot write to %s\n", run->folder);
        exit(5);
    }
    double begin = bench_seconds(), cpu_begin = bench_process_seconds();
    deck_start(&deck, feed->message[0].recv_ns, TD_ORIGIN_SIM);
    feed_deck(&deck, run);
    td_err err = deck_stop(&deck, feed->message[feed->count - 1].recv_ns + TD_NS_PER_HOUR / 60);
    double seconds = bench_seconds() - begin, cpu = bench_process_seconds() - cpu_begin;
    if (err < 0) {
        fprintf(stderr, "stage_bench: %s\n", td_err_text(err));
        exit(5);
    }
    struct journal_stats journal = journal_stats(deck.journal);
    figures(run, name, seconds, (double)run->messages * run->loops);
    bench_figure(name, feed->name, "cpu", cpu / ((double)run->messages * run->loops) * 1e9,
                 "ns/msg");
    bench_figure(name, feed->name, "journal_ratio",
                 (double)journal.payload_bytes / (double)journal.written_bytes, "x");
    deck_close(&deck);
}

static void stage_whole(struct run *run)
{
    time_whole(run, feature_defaults(), "whole");
}

static void stage_plain(struct run *run)
{
    time_whole(run, NULL, "plain");
}

/* ---- main ---------------------------------------------------------------------------------------------------------------------- */

static int dump(const struct feed *feed, const char *path)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return 5;
    for (size_t i = 0; i < feed->count; i++) {
        const struct feed_message *m = &feed->message[i];
        fprintf(file, "%lld\t%c\t%.*s\n", (long long)m->recv_ns,
                m->kind == TD_FRAME_HTTP ? 'h' : '<', (int)m->bytes, m->text);
    }
    return fclose(file) == 0 ? 0 : 5;
}

static const struct stage {
    const char *name;
    void (*run)(struct run *run);
} stages[] = {{"scan", stage_scan},           {"book", stage_book},
              {"scan_book", stage_scan_book}, {"journal", stage_journal},
              {"segment", stage_segment},     {"features", stage_features},
              {"plain", stage_plain},         {"whole", stage_whole}};

int main(int argc, char **argv)
{
    static struct run run; /* books and parsers point into it */
    if (argc < 3) {
        fprintf(stderr, "usage: stage_bench STAGE FEED [MESSAGES] [FOLDER]\n");
        return 2;
    }
    run.feed = feed_named(argv[2], argc > 3 ? strtoul(argv[3], NULL, 10) : 1000000);
    run.folder = argc > 4 ? argv[4] : "out/bench-data";
    if (run.feed.count == 0)
        return 77; /* the capture is not there */
    if (strcmp(argv[1], "dump") == 0)
        return dump(&run.feed, run.folder);
    run.messages = run.feed.count - run.feed.bases;
    run.loops = run.messages >= MESSAGES_MIN || strcmp(argv[2], "reference") == 0
                    ? 1
                    : (unsigned)(MESSAGES_MIN / run.messages + 1);
    run.loops = run.loops < LOOPS_MAX ? run.loops : LOOPS_MAX;
    const char *rounds = getenv("BENCH_ROUNDS");
    run.rounds = rounds != NULL ? (unsigned)atoi(rounds) : 3;
    lane_open(&run.lane, &run.feed);
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
        if (strcmp(argv[1], stages[i].name) == 0) {
            stages[i].run(&run);
            return 0;
        }
    fprintf(stderr, "unknown stage: %s\n", argv[1]);
    return 2;
}
