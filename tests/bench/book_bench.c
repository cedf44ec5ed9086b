/* ns per level change of book.c beside a plain sorted array, on the same changes in the same run.
   book_bench [changes]
   Changes: near = most within 50 ticks of the touch (DESIGN's reference feed); wide = distances of the
   recorded Binance spot feed (half beyond 8,000 ticks); capture = that recording itself.
   Timed in batches of 32; each batch counts with the best of its rounds, which leaves out what other
   programs took but keeps what the book did. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zstd.h>

#include "base/decimal.h"
#include "book/book.h"

enum { BATCH = 32, ROUNDS = 7, POOL_LEVELS = 524288 };

struct stream {
    struct td_level *level; /* the first `base` ones are the snapshot */
    size_t base, count, room;
};

static void stream_add(struct stream *stream, uint8_t side, int64_t price, int64_t size)
{
    if (stream->count == stream->room) {
        stream->room = stream->room * 2 + 1024;
        stream->level = realloc(stream->level, stream->room * sizeof(*stream->level));
    }
    stream->level[stream->count++] = (struct td_level){price, size, side};
}

/* ---- the plain sorted array -------------------------------------------------------------- */

/* Best level last: the cheapest end for a plain array. */
struct array {
    struct td_level *level;
    uint32_t count;
};

static int array_set(struct array *array, uint8_t side, int64_t price, int64_t size)
{
    uint32_t low = 0, high = array->count;
    while (low < high) {
        uint32_t mid = (low + high) / 2;
        bool worse = side == TD_SIDE_BID ? array->level[mid].price_steps < price
                                         : array->level[mid].price_steps > price;
        if (worse)
            low = mid + 1;
        else
            high = mid;
    }
    struct td_level *at = &array->level[low];
    bool present = low < array->count && at->price_steps == price;
    size_t tail = (array->count - low) * sizeof(*at);
    if (present && size != 0) {
        at->size_steps = size;
    } else if (present) {
        memmove(at, at + 1, tail - sizeof(*at));
        array->count--;
    } else if (size != 0) {
        memmove(at + 1, at, tail);
        *at = (struct td_level){price, size, side};
        array->count++;
    }
    return present;
}

/* ---- streams ----------------------------------------------------------------------------- */

static uint64_t random_state = 1;

static uint64_t random_below(uint64_t bound)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (random_state * UINT64_C(0x2545F4914F6CDD1D) >> 11) % bound;
}

/* Distance to the own side's touch at each 5 % of the recorded changes (BINANCE_BTCUSDT_2024), ticks. */
static const int64_t wide_ticks[] = {0,     40,    298,   700,   1200,  1751,   2600,
                                     3600,  4900,  6400,  8184,  9300,  10390,  11800,
                                     13293, 14951, 16949, 19732, 25673, 102454, 623199};

static int64_t distance(bool wide)
{
    if (!wide)
        return random_below(10) == 0 ? (int64_t)random_below(2000)
                                     : (int64_t)(random_below(8) * random_below(8));
    size_t cell = random_below(20);
    return wide_ticks[cell] +
           (int64_t)random_below((uint64_t)(wide_ticks[cell + 1] - wide_ticks[cell]) + 1);
}

/* Changes are made against a plain book, so that they name levels that are there. */
struct maker {
    struct stream stream;
    struct array *arrays;
    int64_t mid;
    bool wide;
};

static void maker_put(struct maker *maker, uint8_t side, int64_t price, int64_t size)
{
    array_set(&maker->arrays[side - TD_SIDE_BID], side, price, size);
    stream_add(&maker->stream, side, price, size);
}

/* The middle walks; levels that it passes are taken. */
static void maker_walk(struct maker *maker)
{
    maker->mid += random_below(2) == 0 ? 1 : -1;
    for (uint8_t side = TD_SIDE_BID; side <= TD_SIDE_ASK; side++) {
        struct array *array = &maker->arrays[side - TD_SIDE_BID];
        while (array->count > 0) {
            int64_t best = array->level[array->count - 1].price_steps;
            if (side == TD_SIDE_BID ? best < maker->mid : best > maker->mid)
                break;
            maker_put(maker, side, best, 0);
        }
    }
}

/* The level nearest to a price, towards the touch. */
static int64_t maker_known(const struct array *array, uint8_t side, int64_t price)
{
    uint32_t low = 0, high = array->count - 1;
    while (low < high) {
        uint32_t mid = (low + high) / 2;
        int64_t at = array->level[mid].price_steps;
        if (side == TD_SIDE_BID ? at < price : at > price)
            low = mid + 1;
        else
            high = mid;
    }
    return array->level[low].price_steps;
}

/* In runs of one side, as messages hold them; of 100 changes 40 add, 39 delete, 12 change and 9 delete
   what is not there, as recorded. */
static void maker_changes(struct maker *maker, size_t changes)
{
    uint8_t side = TD_SIDE_BID;
    while (maker->stream.count < maker->stream.base + changes) {
        if (random_below(8) == 0)
            side = side == TD_SIDE_BID ? TD_SIDE_ASK : TD_SIDE_BID;
        if (random_below(16) == 0)
            maker_walk(maker);
        int64_t off = 1 + distance(maker->wide);
        int64_t price = maker->mid + (side == TD_SIDE_BID ? -off : off);
        uint64_t dice = random_below(100);
        bool known = dice >= 40 && dice < 91;
        if (known)
            price = maker_known(&maker->arrays[side - TD_SIDE_BID], side, price);
        maker_put(maker, side, price,
                  dice >= 40 && dice < 79 ? 0
                  : dice >= 91            ? 0
                                          : 1 + (int64_t)dice);
    }
}

static struct stream make_stream(uint32_t levels, bool wide, size_t changes, struct array *arrays)
{
    struct maker maker = {.arrays = arrays, .mid = 6000000, .wide = wide};
    int64_t step = wide ? 16 : 4;
    random_state = 1;
    arrays[0].count = arrays[1].count = 0;
    for (int64_t i = 0; i < levels; i++) {
        int64_t off = 1 + i * step + (int64_t)random_below((uint64_t)step);
        stream_add(&maker.stream, TD_SIDE_BID, maker.mid - off, 1 + i);
        stream_add(&maker.stream, TD_SIDE_ASK, maker.mid + off, 1 + i);
    }
    maker.stream.base = maker.stream.count;
    for (size_t i = maker.stream.count; i-- > 0;) /* worst first: cheap for the array */
        array_set(&arrays[maker.stream.level[i].side - TD_SIDE_BID], maker.stream.level[i].side,
                  maker.stream.level[i].price_steps, maker.stream.level[i].size_steps);
    maker_changes(&maker, changes);
    return maker.stream;
}

/* ---- the recording ----------------------------------------------------------------------- */

static char *capture_read(void)
{
    const char *shared = getenv("TAPEDECK_SHARED");
    char path[512];
    snprintf(path, sizeof(path), "%s/captures/BINANCE_BTCUSDT_2024.ws.1.zst",
             shared ? shared : "../shared");
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    static char packed[4 << 20];
    size_t room = 64 << 20, bytes = fread(packed, 1, sizeof(packed), file);
    fclose(file);
    char *text = malloc(room + 1);
    size_t got = ZSTD_decompress(text, room, packed, bytes);
    text[ZSTD_isError(got) ? 0 : got] = '\0';
    return text;
}

/* Levels of `"key":[["px","sz"],...]` of the line. */
static void capture_levels(struct stream *stream, char *line, const char *key, uint8_t side)
{
    char *at = strstr(line, key);
    if (at == NULL)
        return;
    for (at += strlen(key); *at == '['; at += at[0] == ',') {
        int64_t price = 0, size = 0;
        char *end = strchr(at + 2, '"');
        td_decimal_to_steps(at + 2, (size_t)(end - at - 2), 2, &price);
        at = end + 3;
        end = strchr(at, '"');
        td_decimal_to_steps(at, (size_t)(end - at), 8, &size);
        stream_add(stream, side, price, size);
        at = end + 2;
    }
}

static struct stream capture_stream(void)
{
    struct stream stream = {0};
    char *text = capture_read(), *next;
    for (char *line = text; line != NULL && *line != '\0'; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        bool base = strstr(line, "\"lastUpdateId\"") != NULL;
        if (!base && (stream.base == 0 || strstr(line, "depthUpdate") == NULL))
            continue;
        capture_levels(&stream, line, base ? "\"bids\":[" : "\"b\":[", TD_SIDE_BID);
        capture_levels(&stream, line, base ? "\"asks\":[" : "\"a\":[", TD_SIDE_ASK);
        if (base)
            stream.base = stream.count;
    }
    free(text);
    return stream;
}

/* ---- timing ------------------------------------------------------------------------------ */

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

struct figures {
    double median, p99, mean;
};

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct figures figures_of(double *batch, size_t batches)
{
    struct figures figures = {0};
    for (size_t i = 0; i < batches; i++)
        figures.mean += batch[i] / (double)batches;
    qsort(batch, batches, sizeof(*batch), by_value);
    figures.median = batch[batches / 2];
    figures.p99 = batch[batches * 99 / 100];
    return figures;
}

static uint64_t guard; /* keeps the calls */

static void run_book(struct book *book, const struct td_level *level, size_t count)
{
    for (size_t i = 0; i < count; i++)
        guard += (uint64_t)book_set(book, level[i].side, level[i].price_steps, level[i].size_steps);
}

static void run_array(struct array *arrays, const struct td_level *level, size_t count)
{
    for (size_t i = 0; i < count; i++)
        guard += (uint64_t)array_set(&arrays[level[i].side - TD_SIDE_BID], level[i].side,
                                     level[i].price_steps, level[i].size_steps);
}

static struct figures measure(const struct stream *stream, struct book *book, struct array *arrays)
{
    size_t batches = (stream->count - stream->base) / BATCH;
    double *best = malloc(batches * sizeof(*best));
    if (best == NULL || (book == NULL && arrays == NULL))
        abort();
    for (int round = 0; round < ROUNDS; round++) {
        if (book != NULL) {
            book_clear(book);
            run_book(book, stream->level, stream->base);
            book_settle(book);
        } else {
            arrays[0].count = arrays[1].count = 0;
            for (size_t i = stream->base; i-- > 0;) /* worst first: cheap for the array */
                run_array(arrays, &stream->level[i], 1);
        }
        for (size_t i = 0; i < batches; i++) {
            const struct td_level *level = &stream->level[stream->base + i * BATCH];
            int64_t start = now_ns();
            if (book != NULL)
                run_book(book, level, BATCH);
            else
                run_array(arrays, level, BATCH);
            double ns = (double)(now_ns() - start) / BATCH;
            if (round == 0 || ns < best[i])
                best[i] = ns;
        }
    }
    struct figures figures = figures_of(best, batches);
    free(best);
    return figures;
}

static void report(const char *name, const struct stream *stream, struct book *book,
                   struct array *arrays)
{
    if (stream->count == 0) {
        printf("%-22s no capture here\n", name);
        return;
    }
    struct figures ours = measure(stream, book, NULL), plain = measure(stream, NULL, arrays);
    printf("%-22s book %6.1f median %6.1f p99 %6.1f mean ns   array %7.1f %7.1f %7.1f   ratio "
           "%5.1f %5.1f %5.1f   "
           "(%zu changes, %" PRIu32 " + %" PRIu32 " levels)\n",
           name, ours.median, ours.p99, ours.mean, plain.median, plain.p99, plain.mean,
           plain.median / ours.median, plain.p99 / ours.p99, plain.mean / ours.mean,
           stream->count - stream->base, arrays[0].count, arrays[1].count);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    size_t changes = argc > 1 ? strtoul(argv[1], NULL, 10) : 60000;
    struct book_pool *pool = book_pool_init(malloc(book_pool_footprint(POOL_LEVELS)), POOL_LEVELS);
    struct book *book = book_init(malloc(book_footprint()), pool);
    struct array arrays[2];
    for (int i = 0; i < 2; i++)
        arrays[i].level = malloc((400000 + changes) * sizeof(struct td_level));
    for (int wide = 0; wide < 2; wide++) {
        for (uint32_t levels = 4000; levels <= 100000; levels *= 25) {
            char name[40];
            snprintf(name, sizeof(name), "%s %" PRIu32 " levels", wide ? "wide" : "near", levels);
            struct stream stream = make_stream(levels, wide, changes, arrays);
            report(name, &stream, book, arrays);
            free(stream.level);
        }
    }
    struct stream recorded = capture_stream();
    report("capture", &recorded, book, arrays);
    free(recorded.level);
    return guard == 0;
}
