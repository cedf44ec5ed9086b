/* ns per message of the parsers, fixed-form scan against jsmn alone, on the reference feed and
   on the captures of TAPEDECK_SHARED. Each line: name, messages, ns by scan, ns by jsmn, millions of messages a second. The
   fastest of the rounds counts: what else runs on the machine can only slow one down. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/limits.h"
#include "bench/feed.h"
#include "venue/venue.h"

enum { MESSAGES = 200000, ROUNDS = 5, TOKENS = 400000, CAPTURE_BYTES = 16 << 20 };

struct lane {
    struct venue_ctx ctx;
    struct venue_sink sink;
    const struct venue *venue;
    struct td_frame *frames;
    size_t count;
    uint64_t events, levels;
};

static struct td_event events[TD_BATCH_EVENTS_MAX];
static struct td_level levels[TD_BATCH_LEVELS_MAX];
static unsigned char state[VENUE_STATE_BYTES];

static void count(struct venue_sink *sink)
{
    struct lane *lane = sink->flush_arg;
    lane->events += sink->event_count;
    lane->levels += sink->level_count;
}

static void open_lane(struct lane *lane, const char *venue, struct td_frame *frames,
                      size_t frame_count)
{
    *lane = (struct lane){.venue = venue_find(venue), .frames = frames, .count = frame_count};
    lane->sink =
        (struct venue_sink){.event = events, .level = levels, .flush = count, .flush_arg = lane};
    lane->ctx = (struct venue_ctx){
        .instruments = instruments_init(malloc(instruments_footprint(64)), 64),
        .json = json_init(malloc(json_footprint(TOKENS)), TOKENS),
        .sink = &lane->sink,
        .state = state,
    };
    instruments_discover(lane->ctx.instruments, true);
}

static void close_lane(struct lane *lane)
{
    free(lane->ctx.instruments);
    free(lane->ctx.json);
}

/* The scales grow in the first round, before any time is taken. */
static void parse(struct lane *lane, const struct td_frame *frame)
{
    while (venue_parse(lane->venue, &lane->ctx, frame) == TD_E_OFF_GRID) {
        struct instrument *instrument =
            instruments_at(lane->ctx.instruments, (unsigned)lane->sink.need_instrument);
        if (lane->sink.need_price_scale >= 0)
            instrument->price_scale = (int8_t)lane->sink.need_price_scale;
        if (lane->sink.need_size_scale >= 0)
            instrument->size_scale = (int8_t)lane->sink.need_size_scale;
    }
    count(&lane->sink);
}

static double round_ns(struct lane *lane)
{
    double start = bench_seconds();
    for (size_t i = 0; i < lane->count; i++)
        parse(lane, &lane->frames[i]);
    return (bench_seconds() - start) * 1e9 / (double)lane->count;
}

static double best_ns(struct lane *lane, bool jsmn_only)
{
    lane->ctx.jsmn_only = jsmn_only;
    double best = round_ns(lane);
    lane->events = lane->levels = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double ns = round_ns(lane);
        if (ns < best || round == 0)
            best = ns;
    }
    return best;
}

static void measure(const char *name, struct lane *lane)
{
    double scan = best_ns(lane, false);
    uint64_t scanned = lane->levels;
    double jsmn = best_ns(lane, true);
    printf("%-28s %7zu messages %6.2f levels each  scan %7.1f ns  jsmn %8.1f ns  %6.2f M msg/s%s\n",
           name, lane->count, (double)scanned / ROUNDS / (double)lane->count, scan, jsmn,
           1e3 / scan, scanned == lane->levels ? "" : "  THE WAYS DIFFER");
    close_lane(lane);
}

static void reference_feed(void)
{
    struct feed feed = feed_make(MESSAGES, 1);
    size_t count_all = feed.count - feed.snapshots;
    struct td_frame *frames = calloc(count_all, sizeof *frames);
    for (size_t i = 0; i < count_all; i++) {
        const struct feed_message *message = &feed.message[feed.snapshots + i];
        frames[i] = (struct td_frame){.recv_ns = message->recv_ns,
                                      .payload = message->text,
                                      .bytes = message->bytes,
                                      .kind = TD_FRAME_WS_TEXT};
    }
    struct lane lane;
    open_lane(&lane, "coinbase", frames, count_all);
    measure("reference feed", &lane);
    free(frames);
}

static char *unpack(const char *path, size_t *bytes)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    char *packed = malloc(CAPTURE_BYTES), *text = malloc(CAPTURE_BYTES);
    size_t packed_bytes = fread(packed, 1, CAPTURE_BYTES, file);
    fclose(file);
    ZSTD_DStream *stream = ZSTD_createDStream();
    ZSTD_inBuffer from = {packed, packed_bytes, 0};
    ZSTD_outBuffer to = {text, CAPTURE_BYTES, 0};
    while (from.pos < from.size && to.pos < to.size &&
           !ZSTD_isError(ZSTD_decompressStream(stream, &to, &from)))
        continue;
    ZSTD_freeDStream(stream);
    free(packed);
    *bytes = to.pos;
    return text;
}

static void capture(const char *folder, const char *name, const char *venue)
{
    char path[512];
    size_t bytes, frame_count = 0;
    snprintf(path, sizeof path, "%s/captures/%s.zst", folder, name);
    char *text = unpack(path, &bytes);
    if (!text)
        return;
    struct td_frame *frames = calloc(50000, sizeof *frames);
    for (char *line = text, *end; (end = memchr(line, '\n', bytes - (size_t)(line - text)));
         line = end + 1) {
        char *direction = memchr(line, '\t', (size_t)(end - line));
        if (direction && direction[1] == '<' && frame_count < 50000)
            frames[frame_count++] = (struct td_frame){.recv_ns = strtoll(line, NULL, 10),
                                                      .payload = direction + 3,
                                                      .bytes = (uint32_t)(end - direction - 3),
                                                      .kind = TD_FRAME_WS_TEXT};
    }
    struct lane lane;
    open_lane(&lane, venue, frames, frame_count);
    measure(name, &lane);
    free(frames);
    free(text);
}

int main(void)
{
    const char *shared = getenv("TAPEDECK_SHARED");
    shared = shared ? shared : "../shared";
    reference_feed();
    capture(shared, "COINBASE.ws.28", "coinbase");
    capture(shared, "BINANCE.ws.1", "binance");
    capture(shared, "BINANCE_BTCUSDT_2024.ws.1", "binance");
    return 0;
}
