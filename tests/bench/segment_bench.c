/* Encodes the rows of a recorded feed, times it, and leaves the files for a comparison with other writers:

       segment_bench [-l LEVEL] [-n REPEATS] [-c] [-o DIR] [CAPTURE.zst]

   Rows are made by the shortest parser that serves: depth updates and trades of the recorded Binance spot feed. Level
   changes and trades go to one stream each, as the recorder would do it. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <zstd.h>

#include "base/decimal.h"
#include "segment_rig.h"

struct text {
    char *at;
    size_t bytes;
};

static struct text read_capture(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct text packed = {malloc(32 << 20), 0}, plain = {malloc(512 << 20), 0};
    if (!file || !packed.at || !plain.at)
        exit((fprintf(stderr, "cannot read %s\n", path), 1));
    packed.bytes = fread(packed.at, 1, 32 << 20, file);
    fclose(file);
    size_t got = ZSTD_decompress(plain.at, (512 << 20) - 1, packed.at, packed.bytes);
    free(packed.at);
    if (ZSTD_isError(got))
        exit((fprintf(stderr, "%s: %s\n", path, ZSTD_getErrorName(got)), 1));
    plain.at[plain.bytes = got] = 0;
    return plain;
}

static int64_t number_after(const char *line, const char *key)
{
    const char *at = strstr(line, key);
    return at ? strtoll(at + strlen(key), NULL, 10) : 0;
}

/* The text in quotes at *at; moves *at behind it. */
static int64_t quoted_steps(const char **at)
{
    const char *start = strchr(*at, '"') + 1, *end = strchr(start, '"');
    int64_t steps = 0;
    *at = end + 1;
    if (td_decimal_to_steps(start, (size_t)(end - start), 8, &steps) < 0)
        exit((fprintf(stderr, "not a number: %.20s\n", start), 1));
    return steps;
}

struct feed {
    struct rig *rig;
    int book, trades;
    uint64_t rows[2];
};

static void take_side(struct feed *feed, const char *list, uint8_t side)
{
    const char *at = list + 1;
    while (*at == '[' || *at == ',') {
        at += *at == ',';
        struct row_book *row = groups_append(feed->rig->groups, feed->book);
        row->price = td_steps_to_double(quoted_steps(&at), 8);
        row->size = td_steps_to_double(quoted_steps(&at), 8);
        row->side = side;
        row->state = TD_BOOK_PROVEN;
        feed->rows[0]++;
        at = strchr(at, ']') + 1;
    }
}

static void take_depth(struct feed *feed, const char *line, struct row_head *head)
{
    head->event_ns = number_after(line, "\"E\":") * TD_NS_PER_MS;
    head->seq = number_after(line, "\"u\":");
    head->has_seq = 1;
    groups_head(feed->rig->groups, feed->book, head);
    take_side(feed, strstr(line, "\"b\":[") + 4, TD_SIDE_BID);
    take_side(feed, strstr(line, "\"a\":[") + 4, TD_SIDE_ASK);
}

static void take_trade(struct feed *feed, const char *line, struct row_head *head)
{
    head->event_ns = number_after(line, "\"T\":") * TD_NS_PER_MS;
    groups_head(feed->rig->groups, feed->trades, head);
    struct row_trade *row = groups_append(feed->rig->groups, feed->trades);
    row->trade_id = number_after(line, "\"t\":");
    const char *price = strstr(line, "\"p\":") + 4, *size = strstr(line, "\"q\":") + 4;
    row->price = td_steps_to_double(quoted_steps(&price), 8);
    row->size = td_steps_to_double(quoted_steps(&size), 8);
    bool buyer_is_maker = strstr(line, "\"m\":true") != NULL;
    row->taker = buyer_is_maker ? TD_TAKER_SELL : TD_TAKER_BUY;
    row->side_raw = groups_text(feed->rig->groups, feed->trades, buyer_is_maker ? "true" : "false",
                                buyer_is_maker ? 4 : 5);
    row->flags = TD_ROW_LAST;
    feed->rows[1]++;
}

/* One pass over the capture; `shift_ns` moves the times so that repeats go on, not back. */
static void feed_capture(struct feed *feed, struct text text, uint64_t *frame, int64_t shift_ns)
{
    for (char *line = text.at; line < text.at + text.bytes;) {
        char *end = memchr(line, '\n', (size_t)(text.at + text.bytes - line));
        if (!end)
            break;
        *end = 0;
        struct row_head head = {
            .frame = ++*frame, .recv_ns = strtoll(line, NULL, 10) + shift_ns, .conn = 1};
        if (strstr(line, "\"e\":\"depthUpdate\""))
            take_depth(feed, line, &head);
        else if (strstr(line, "\"e\":\"trade\""))
            take_trade(feed, line, &head);
        *end = '\n';
        line = end + 1;
    }
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
    int option, repeats = 1;
    const char *shared = getenv("TAPEDECK_SHARED");
    char path[512], folder[] = "/tmp/segment_bench_XXXXXX";
    struct rig_options options = {.pool_bytes = UINT64_C(256) << 20};
    while ((option = getopt(argc, argv, "l:n:co:")) != -1) {
        if (option == 'l')
            options.level = atoi(optarg);
        else if (option == 'n')
            repeats = atoi(optarg);
        else if (option == 'c')
            options.compat = true;
        else if (option == 'o')
            options.dir = optarg;
        else
            return 2;
    }
    snprintf(path, sizeof path, "%s/captures/BINANCE_BTCUSDT_2024.ws.1.zst",
             shared ? shared : "../shared");
    if (!options.dir && !(options.dir = mkdtemp(folder)))
        return 1;
    struct text text = read_capture(optind < argc ? argv[optind] : path);
    struct rig rig;
    if (rig_open(&rig, options) < 0)
        return 1;
    struct feed feed = {.rig = &rig};
    feed.book = groups_stream(rig.groups, ROW_BOOK, "binance", "BTC-USDT");
    feed.trades = groups_stream(rig.groups, ROW_TRADES, "binance", "BTC-USDT");
    groups_scales(rig.groups, feed.book, 2, 5, true);
    groups_scales(rig.groups, feed.trades, 2, 5, true);
    uint64_t frame = 0;
    for (int i = 0; i < repeats; i++)
        feed_capture(&feed, text, &frame, i * INT64_C(700) * TD_NS_PER_S);
    double start = now_s();
    if (rig_stop(&rig) < 0)
        return 1;
    double seconds = now_s() - start;
    struct writer_stats stats = writer_stats(rig.writer);
    printf("segment book_rows=%llu bytes_per_row=%.3f trade_rows=%llu bytes_per_trade=%.3f "
           "rows_per_s=%.2fM dir=%s\n",
           (unsigned long long)feed.rows[0],
           (double)stats.table_bytes[ROW_BOOK] / (double)feed.rows[0],
           (unsigned long long)feed.rows[1],
           (double)stats.table_bytes[ROW_TRADES] / (double)feed.rows[1],
           (double)(feed.rows[0] + feed.rows[1]) / seconds * 1e-6, options.dir);
    rig_close(&rig);
    free(text.at);
    return 0;
}
