/* ns (of the thread's own time) and instructions of the features' state per book event, for all columns and by family, and of a full row; bytes per symbol.
   features_bench [events] [symbols]
   The market: a walking mid, one to four level changes an event within some 50 ticks of the touch, a trade for every other event, 40 ms
   between the events of a symbol (so that 900 s hold 22,500); symbols take turns, so that each finds its memory cold. The changes are
   made once and kept; the book's own time is measured beside and taken off. A family's figure is what the time falls by when its columns
   are off (what families share is in none of them). Lines of figures for tools/bench stand between. Chunks count with the best of nine rounds, after one that fills the windows. */
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "features/features.h"
#include "feed.h"

enum { ROUNDS = 9, SYMBOLS_MAX = 64, POOL_LEVELS = 400000, CHANGES_MAX = 5, CHUNK = 1000 };

static uint64_t random_state = 1;

static uint64_t random_below(uint64_t bound)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (random_state * UINT64_C(0x2545F4914F6CDD1D) >> 11) % bound;
}

struct step {
    struct td_level level[CHANGES_MAX];
    uint8_t levels, taker; /* taker 3: no trade */
    int64_t trade_price, trade_size;
};

/* ---- the market ---------------------------------------------------------------------------------- */

static struct step *step_make(size_t events)
{
    struct step *step = calloc(events, sizeof *step);
    int64_t mid = 6000000;

    for (size_t i = 0; step != NULL && i < events; i++) {
        struct step *s = &step[i];
        s->levels = (uint8_t)(1 + random_below(4));
        for (int k = 0; k < s->levels; k++) {
            uint8_t side = (uint8_t)(TD_SIDE_BID + random_below(2));
            int64_t off = 1 + (int64_t)(random_below(8) * random_below(8));
            s->level[k] =
                (struct td_level){mid + (side == TD_SIDE_BID ? -off : off),
                                  random_below(3) ? (int64_t)random_below(500000000) : 0, side};
        }
        s->taker = random_below(2) ? (uint8_t)random_below(3) : 3;
        s->trade_price = mid + (int64_t)random_below(3) - 1;
        s->trade_size = 1 + (int64_t)random_below(20000000);
    }
    return step;
}

struct symbol {
    struct book *book;
    struct features *features;
    void *mem;
    int64_t now_ns;
    uint64_t fired;
};

/* Outer levels stand still, so that no side runs empty; the inner ones are the steps'. */
static void symbol_reset(struct symbol *s)
{
    book_clear(s->book);
    for (int64_t off = 60; off < 1500; off++) {
        book_set(s->book, TD_SIDE_BID, 6000000 - off, 1000000 * off);
        book_set(s->book, TD_SIDE_ASK, 6000000 + off, 1000000 * off);
    }
    book_settle(s->book);
    s->now_ns = 1700000000 * TD_NS_PER_S;
}

static void symbol_step(struct symbol *s, const struct step *step)
{
    int64_t was;

    s->now_ns += 40 * TD_NS_PER_MS;
    if (s->features != NULL && step->taker != 3)
        features_trade(s->features, &(struct feature_trade){s->now_ns, step->trade_price,
                                                            step->trade_size, step->taker});
    for (int k = 0; k < step->levels; k++) {
        const struct td_level *level = &step->level[k];
        book_set_was(s->book, level->side, level->price_steps, level->size_steps, &was);
        if (s->features != NULL)
            features_level(s->features, level->side, level->price_steps, was, level->size_steps);
    }
    if (s->features != NULL)
        s->fired += features_book(s->features, s->book, 2, 8, s->now_ns);
}

/* ---- measuring ----------------------------------------------------------------------------------- */

static int counter = -1;

static void counter_open(void)
{
    struct perf_event_attr attr = {.type = PERF_TYPE_HARDWARE,
                                   .size = sizeof attr,
                                   .config = PERF_COUNT_HW_INSTRUCTIONS,
                                   .exclude_kernel = 1,
                                   .exclude_hv = 1};
    counter = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

static uint64_t instructions(void)
{
    uint64_t count = 0;
    return counter >= 0 && read(counter, &count, sizeof count) == sizeof count ? count : 0;
}

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

struct figure {
    double ns, instructions;
};

static struct figure less(struct figure a, struct figure b)
{
    return (struct figure){a.ns - b.ns, a.instructions - b.instructions};
}

static struct figure run_chunk(struct symbol *symbol, size_t symbols, const struct step *step,
                               size_t from, size_t to)
{
    uint64_t before = instructions();
    double start = now_ns();
    for (size_t i = from; i < to; i++)
        symbol_step(&symbol[i % symbols], &step[i / symbols * symbols]);
    return (struct figure){now_ns() - start, (double)(instructions() - before)};
}

/* Each chunk with the best of its rounds, which leaves out what other programs took. */
static struct figure run_rounds(struct symbol *symbol, size_t symbols, const struct step *step,
                                size_t events)
{
    size_t chunks = (events + CHUNK - 1) / CHUNK;
    struct figure *best = calloc(chunks, sizeof *best), sum = {0, 0};

    for (int round = 0; best != NULL && round <= ROUNDS; round++) {
        for (size_t i = 0; i < chunks; i++) {
            size_t end = (i + 1) * CHUNK < events ? (i + 1) * CHUNK : events;
            struct figure figure = run_chunk(symbol, symbols, step, i * CHUNK, end);
            if (round == 1 || (round > 1 && figure.ns < best[i].ns))
                best[i] = figure;
        }
    }
    for (size_t i = 0; best != NULL && i < chunks; i++) {
        sum.ns += best[i].ns / (double)events;
        sum.instructions += best[i].instructions / (double)events;
    }
    free(best);
    return sum;
}

/* NULL: the book alone. */
static struct figure run(const struct features_params *params, struct symbol *symbol,
                         size_t symbols, const struct step *step, size_t events)
{
    for (size_t i = 0; i < symbols; i++) {
        symbol_reset(&symbol[i]);
        symbol[i].features = NULL;
        if (params == NULL)
            continue;
        void *mem = realloc(symbol[i].mem, features_footprint(params));
        memset(mem, 0, features_footprint(params));
        symbol[i].mem = mem;
        symbol[i].features = features_init(mem, params);
    }
    return run_rounds(symbol, symbols, step, events);
}

static void print(const char *key, const char *what, struct figure figure)
{
    bench_figure("features", key, "event", figure.ns, "ns");
    printf("%-44s %8.1f ns", what, figure.ns);
    if (counter >= 0)
        printf(" %8.0f instructions", figure.instructions);
    printf("\n");
}

static void row_figure(struct symbol *symbol, size_t symbols)
{
    enum { ROWS = 20000 };
    static struct feature_row row;
    double best = 1e18, sum = 0;

    for (int round = 0; round < ROUNDS; round++) {
        double start = now_ns();
        for (int i = 0; i < ROWS; i++) {
            features_row(symbol[(size_t)i % symbols].features, &row);
            sum += row.value[FEATURE_ofi_sum_1s];
        }
        double ns = (now_ns() - start) / ROWS;
        best = ns < best ? ns : best;
    }
    int columns = 0;
    for (unsigned i = 0; i < FEATURES; i++)
        columns += feature_has(&row, i);
    bench_figure("features", "all", "row", best, "ns");
    printf("%-44s %8.1f ns, %d columns%s\n", "a full row", best, columns, sum == 0 ? "." : "");
}

struct family {
    const char *key, *name;
    unsigned first, last;
};

static void without(struct features_params *params, unsigned first, unsigned last)
{
    for (unsigned i = first; i <= last; i++)
        params->on.word[i / 64] &= ~(UINT64_C(1) << (i % 64));
}

int main(int argc, char **argv)
{
    static const struct family families[] = {
        {"regime", "  spread percentile and regime", FEATURE_spread_percentile,
         FEATURE_spread_regime_wide_frac},
        {"kyle", "  Kyle's lambda", FEATURE_kyle_lambda, FEATURE_kyle_lambda_r2},
        {"slow", "  slopes, gravity, depth over 60 and 300 s", FEATURE_bid_slope_mean_60s,
         FEATURE_depth_0_5bps_sigma},
        {"vpin", "  VPIN", FEATURE_vpin, FEATURE_vpin_classified_share},
        {"rolling", "  sums of seven horizons", FEATURE_ofi_sum_1s, FEATURE_trade_vol_900s},
    };
    size_t events = argc > 1 ? strtoul(argv[1], NULL, 10) : 300000;
    size_t symbols = argc > 2 ? strtoul(argv[2], NULL, 10) : 10;
    static struct symbol symbol[SYMBOLS_MAX];
    struct features_params all = features_defaults();
    struct step *step = step_make(events);
    struct book_pool *pool = book_pool_init(malloc(book_pool_footprint(POOL_LEVELS)), POOL_LEVELS);

    if (symbols == 0 || symbols > SYMBOLS_MAX || step == NULL || events < symbols) {
        free(step);
        return 1;
    }
    for (size_t i = 0; i < symbols; i++)
        symbol[i].book = book_init(malloc(book_footprint()), pool);
    counter_open();
    if (counter < 0)
        printf("instructions: this kernel does not let them be counted\n");
    struct figure book = run(NULL, symbol, symbols, step, events);
    struct figure whole = less(run(&all, symbol, symbols, step, events), book);
    printf("%zu events of %zu symbols, %.3f fired\n", events, symbols,
           (double)symbol[0].fired / ((double)(ROUNDS + 1) * (double)events / (double)symbols));
    print("book", "the book itself, per event", book);
    print("all", "features, all default columns, per event", whole);
    row_figure(symbol, symbols);
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        struct features_params less_one = all;
        without(&less_one, families[i].first, families[i].last);
        print(families[i].key, families[i].name,
              less(whole, less(run(&less_one, symbol, symbols, step, events), book)));
    }
    struct features_params still = all;
    without(&still, FEATURE_log_return, FEATURE_vpin_classified_share);
    print("still", "  without any of the stateful ones",
          less(run(&still, symbol, symbols, step, events), book));
    bench_figure("features", "all", "memory", (double)features_footprint(&all), "B");
    bench_figure("features", "all", "state", (double)features_state_bytes(&all), "B");
    printf("%-44s %8.1f KiB (state at most %.1f KiB)\n", "memory of a symbol",
           (double)features_footprint(&all) / 1024, (double)features_state_bytes(&all) / 1024);
    return 0;
}
