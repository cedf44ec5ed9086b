/* The whole path on the reference feed: scan + book on one thread, then the deck with its threads, journal and Parquet.
   whole_bench [messages] [folder] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "app/deck.h"
#include "base/os.h"
#include "feed.h"

static struct instruments *make_instruments(void)
{
    struct instruments *instruments = instruments_init(calloc(1, instruments_footprint(64)), 64);
    for (unsigned s = 0; s < FEED_SYMBOLS; s++)
        instruments_add(instruments, 0, feed_symbol(s), feed_symbol(s));
    return instruments;
}

static struct td_frame frame_of(const struct feed_message *message)
{
    return (struct td_frame){.recv_ns = message->recv_ns, .mono_ns = message->recv_ns, .payload = message->text,
                             .bytes = message->bytes, .conn = 1, .kind = TD_FRAME_WS_TEXT};
}

/* Parse and apply, nothing else: the figure "scan + book". */
struct scan_book {
    struct venue_ctx ctx;
    struct venue_sink sink;
    struct book *book[FEED_SYMBOLS];
    uint64_t levels;
};

static void apply(struct venue_sink *sink)
{
    struct scan_book *sb = sink->flush_arg;
    for (uint32_t e = 0; e < sink->event_count; e++) {
        const struct td_event *event = &sink->event[e];
        if (event->kind != TD_EVENT_SNAPSHOT && event->kind != TD_EVENT_DELTA)
            continue;
        for (uint32_t i = 0; i < event->level_count; i++) {
            const struct td_level *level = &sink->level[event->level_first + i];
            book_set(sb->book[event->instrument], level->side, level->price_steps, level->size_steps);
        }
        sb->levels += event->level_count;
        if (event->kind == TD_EVENT_SNAPSHOT)
            book_settle(sb->book[event->instrument]);
    }
}

static void scan_book(const struct feed *feed)
{
    static struct scan_book sb;
    static unsigned char state[VENUE_STATE_BYTES];
    struct book_pool *pool = book_pool_init(calloc(1, book_pool_footprint(1 << 19)), 1 << 19);
    const struct venue *venue = venue_find("coinbase");
    sb.sink.event = calloc(TD_BATCH_EVENTS_MAX, sizeof(struct td_event));
    sb.sink.level = calloc(TD_BATCH_LEVELS_MAX, sizeof(struct td_level));
    sb.sink.flush = apply;
    sb.sink.flush_arg = &sb;
    sb.ctx = (struct venue_ctx){.instruments = make_instruments(), .json = json_init(calloc(1, json_footprint(65536)), 65536),
                                .sink = &sb.sink, .state = state};
    for (unsigned s = 0; s < FEED_SYMBOLS; s++)
        sb.book[s] = book_init(calloc(1, book_footprint()), pool);
    double begin = 0;
    for (size_t i = 0; i < feed->count; i++) {
        struct td_frame frame = frame_of(&feed->message[i]);
        if (i == feed->snapshots)
            begin = bench_seconds();
        int got = venue_parse(venue, &sb.ctx, &frame);
        while (got == TD_E_OFF_GRID) { /* only in the first frames: scales are found out */
            struct instrument *in = instruments_at(sb.ctx.instruments, (unsigned)sb.sink.need_instrument);
            in->price_scale = (int8_t)sb.sink.need_price_scale > in->price_scale ? (int8_t)sb.sink.need_price_scale : in->price_scale;
            in->size_scale = (int8_t)sb.sink.need_size_scale > in->size_scale ? (int8_t)sb.sink.need_size_scale : in->size_scale;
            got = venue_parse(venue, &sb.ctx, &frame);
        }
        if (got == TD_BUCKET_OK)
            apply(&sb.sink);
    }
    double seconds = bench_seconds() - begin;
    size_t n = feed->count - feed->snapshots;
    printf("scan+book     %8.3f M msg/s  %6.0f ns/msg  %6.1f ns/level  (one core, %zu messages, %.0f B mean)\n",
           (double)n / seconds / 1e6, seconds / (double)n * 1e9, seconds / (double)feed->levels * 1e9, n,
           (double)feed->bytes / (double)n);
}

static void whole(const struct feed *feed, const char *folder, bool journal)
{
    static struct deck deck;
    struct rusage usage;
    struct deck_params params = {.os = td_os_linux(), .name = "bench", .data_dir = folder, .config_hash = "0000000000000000",
                                 .config_text = "", .instruments = make_instruments(), .source_count = 1,
                                 .log_term_bytes = TD_LOG_TERM_BYTES, .log_terms = TD_LOG_TERMS, .journal = journal,
                                 .journal_sync_ms = 1000, .journal_file_bytes = 64 << 20, .journal_max_bytes = 1ll << 30,
                                 .journal_level = 1, .segment_level = 3, .segment_bytes = TD_SEGMENT_BYTES_MAX,
                                 .group_rows = TD_GROUP_ROWS_MAX, .pool_bytes = 16 << 20, .book_pool_levels = 1 << 19};
    params.source[0] = (struct core_source_params){.venue = venue_find("coinbase"), .rest_url = "", .channels = 7};
    if (deck_open(&deck, &params) < 0) {
        fprintf(stderr, "whole_bench: cannot write to %s\n", folder);
        exit(5);
    }
    double begin = bench_seconds();
    deck_start(&deck, feed->message[0].recv_ns, TD_ORIGIN_SIM);
    for (size_t i = 0; i < feed->count; i++) {
        struct td_frame frame = frame_of(&feed->message[i]);
        deck_feed(&deck, &frame);
    }
    deck_stop(&deck, feed->message[feed->count - 1].recv_ns);
    double seconds = bench_seconds() - begin;
    struct writer_stats written = writer_stats(deck.writer);
    getrusage(RUSAGE_SELF, &usage);
    size_t n = feed->count - feed->snapshots;
    printf("whole%-8s %8.3f M msg/s  %6.0f ns/msg  %.2f B/row of book  (two cores, Parquet%s)\n", journal ? "+journal" : "",
           (double)n / seconds / 1e6, seconds / (double)n * 1e9,
           (double)written.table_bytes[ROW_BOOK] / (double)written.rows[ROW_BOOK], journal ? " and journal" : "");
    if (journal) {
        struct journal_stats js = journal_stats(deck.journal);
        printf("journal       ratio %.2f, %.2f MB, %llu blocks\n", (double)js.payload_bytes / (double)js.written_bytes,
               (double)js.written_bytes / 1e6, (unsigned long long)js.blocks);
    }
    deck_close(&deck);
}

int main(int argc, char **argv)
{
    size_t messages = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    const char *folder = argc > 2 ? argv[2] : "out/bench-data";
    char sub[512];
    struct feed feed = feed_make(messages, 20260921);
    scan_book(&feed);
    snprintf(sub, sizeof sub, "%s/plain", folder);
    whole(&feed, sub, false);
    snprintf(sub, sizeof sub, "%s/journal", folder);
    whole(&feed, sub, true);
    return 0;
}
