/* Runs level mechanics over events as text and prints what comes out, a JSON object a line; tests/features/mechanics_oracle.py checks it.
 *
 *     mechanics_driver [session=rth_et] [hotzone=60000] [thresh_size=1.5] ... <events
 *
 *     scale P S               decimals of price and size steps, first of all
 *     trade TS PRICE SIZE T   T: 1 buy, 2 sell, 0 unknown; steps, ns
 *     level SIDE PRICE SIZE   SIDE: 1 bid, 2 ask; absolute size
 *     book TS                 the levels since the last one are applied
 *     lost                    proof is lost
 *     row                     prints the row as of now
 *     reload                  saves the state, loads it into another instance and goes on with that one
 *     rescale P S             finer steps from here on: factors
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/state.h"
#include "book/book.h"
#include "features/features.h"
#include "features/mechanics.h"
#include "features/outcome.h"
#include "features/session.h"

enum { POOL_LEVELS = 100000, TOUCHES_MOST = 20000 };

struct driver {
    struct mechanics_params params;
    struct mechanics *mechanics;
    struct book *book;
    int price_scale, size_scale;
    double unit;
    long rows, touches;
    struct outcome *outcomes;
};

static void print_row(const char *what, int64_t number, int64_t ts_ns,
                      const struct feature_row *row)
{
    printf("{\"what\":\"%s\",\"number\":%" PRId64 ",\"ts\":%" PRId64, what, number, ts_ns);
    for (unsigned i = 0; i < FEATURES; i++)
        if (feature_has(row, i))
            printf(",\"%s\":%.17g", feature_at(i)->name, row->value[i]);
    puts("}");
}

static void touched(void *arg, const struct touch *touch)
{
    struct driver *d = arg;
    const double *value = touch->row.value;
    double level = value[FEATURE_level_price];
    struct outcome_touch begin = {
        .ts_ns = touch->ts_ns,
        .up = value[FEATURE_direction] == 0,
        .level = level,
        .spot = level - value[FEATURE_distance_signed],
        .threshold = {level * d->params.outcome1_bps / 1e4, level * d->params.outcome2_bps / 1e4},
    };

    print_row("touch", d->touches, touch->ts_ns, &touch->row);
    printf("{\"what\":\"id\",\"number\":%ld,\"id\":\"%016" PRIx64 "\"}\n", d->touches,
           touch->event_id);
    if (d->touches < TOUCHES_MOST)
        outcome_init(&d->outcomes[d->touches++], &begin);
}

static void follow(struct driver *d, int64_t ts_ns, double price)
{
    for (long i = d->touches; i-- > 0;)
        if (ts_ns < outcome_end_ns(&d->outcomes[i]))
            outcome_trade(&d->outcomes[i], ts_ns, price);
        else if (ts_ns > outcome_end_ns(&d->outcomes[i]) + TD_NS_PER_HOUR)
            break;
}

static void print_outcome(const struct outcome *o, long number, enum outcome_window window)
{
    struct outcome_labels l = outcome_labels(o, window);

    printf("{\"what\":\"outcome%s\",\"number\":%ld,\"outcome\":\"%s\",\"confirm_ts_ns\":%" PRId64
           ",\"anchor_spot\":%.17g",
           outcome_suffix(window), number, outcome_word(l.outcome), l.confirm_ts_ns, l.anchor_spot);
    if (l.any)
        printf(",\"future_price\":%.17g,\"excursion_max\":%.17g,\"excursion_min\":%.17g,"
               "\"strength_signed\":%.17g,\"strength_abs\":%.17g",
               l.future_price, l.excursion_max, l.excursion_min, l.strength_signed, l.strength_abs);
    for (unsigned t = 0; t < 2; t++)
        printf(",\"time_to_break_%u\":%.17g,\"time_to_bounce_%u\":%.17g,\"time_to_threshold_%u\":"
               "%.17g,\"tradeable_%u\":%d",
               t + 1, l.time_to_break[t], t + 1, l.time_to_bounce[t], t + 1, l.time_to_threshold[t],
               t + 1, l.tradeable[t]);
    puts("}");
}

static void begin(struct driver *d)
{
    d->mechanics = mechanics_init(malloc(mechanics_footprint()), &d->params);
    mechanics_on_touch(d->mechanics, touched, d, 42);
}

static void reload(struct driver *d)
{
    size_t most = mechanics_state_bytes();
    void *bytes = malloc(most);
    struct mechanics *before = d->mechanics;
    struct td_state save = td_state_save(bytes, most);

    mechanics_state(before, &save);
    struct td_state load = td_state_load(bytes, save.used);
    begin(d);
    mechanics_state(d->mechanics, &load);
    if (save.failed || load.failed || load.used != save.used) {
        fprintf(stderr, "the state did not come back\n");
        exit(1);
    }
    free(before);
    free(bytes);
}

static void trade(struct driver *d, const int64_t *n)
{
    struct feature_trade t = {
        .event_ns = n[0], .price_steps = n[1], .size_steps = n[2], .taker = (uint8_t)n[3]};

    mechanics_trade(d->mechanics, &t, d->price_scale, d->size_scale);
    follow(d, n[0], (double)n[1] / d->unit);
}

static void rescale(struct driver *d, int64_t price_factor, int64_t size_factor)
{
    mechanics_rescale(d->mechanics, price_factor, size_factor);
    if (book_rescale(d->book, price_factor, size_factor) < 0)
        exit(1);
    for (; price_factor >= 10; price_factor /= 10, d->unit *= 10)
        d->price_scale++;
    for (; size_factor >= 10; size_factor /= 10)
        d->size_scale++;
}

static void scale(struct driver *d, const int64_t *n)
{
    d->price_scale = (int)n[0];
    d->size_scale = (int)n[1];
    d->unit = 1;
    for (int i = 0; i < d->price_scale; i++)
        d->unit *= 10;
}

static void event(struct driver *d, const char *word, const int64_t *n)
{
    if (strcmp(word, "trade") == 0) {
        trade(d, n);
    } else if (strcmp(word, "level") == 0) {
        int64_t was;
        if (book_set_was(d->book, (uint8_t)n[0], n[1], n[2], &was) >= 0 && was != n[2])
            mechanics_level(d->mechanics, (uint8_t)n[0], n[1], was, n[2]);
    } else if (strcmp(word, "book") == 0) {
        mechanics_book(d->mechanics, d->book, d->price_scale, d->size_scale, n[0]);
    } else if (strcmp(word, "lost") == 0) {
        mechanics_lost(d->mechanics);
    } else if (strcmp(word, "row") == 0) {
        static struct feature_row row;
        feature_row_clear(&row);
        mechanics_fill(d->mechanics, &row);
        print_row("row", d->rows++, 0, &row);
    } else if (strcmp(word, "reload") == 0) {
        reload(d);
    } else if (strcmp(word, "rescale") == 0) {
        rescale(d, n[0], n[1]);
    } else if (strcmp(word, "scale") == 0) {
        scale(d, n);
    }
}

static bool take_option(struct mechanics_params *p, const char *option)
{
    const struct {
        const char *name;
        double *at;
    } sizes[] = {{"thresh_size", &p->thresh_size},       {"weak_size", &p->weak_size},
                 {"delta_scale", &p->delta_scale},       {"confidence_size", &p->confidence_size},
                 {"contested_size", &p->contested_size}, {"sweep_notional", &p->sweep_notional}};
    const char *value = strchr(option, '=');
    size_t name = value ? (size_t)(value - option) : 0;

    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        if (name == strlen(sizes[i].name) && memcmp(option, sizes[i].name, name) == 0)
            return *sizes[i].at = strtod(value + 1, NULL), true;
    if (strncmp(option, "score_median=", 13) == 0)
        return p->score_median = (unsigned)atoi(value + 1), true;
    if (strncmp(option, "session=", 8) == 0)
        return (p->session = session_find(value + 1)) >= 0;
    for (unsigned i = 0; i < MECHANICS_HOTZONES && strncmp(option, "hotzone=", 8) == 0; i++)
        if (p->hotzone[i] == 0)
            return p->hotzone[i] = strtod(value + 1, NULL), true;
    return false;
}

int main(int argc, char **argv)
{
    struct driver d = {.params = mechanics_defaults()};
    char line[256];

    for (int i = 1; i < argc; i++)
        if (!take_option(&d.params, argv[i]))
            return fprintf(stderr, "unknown option %s\n", argv[i]), 2;
    void *pool = malloc(book_pool_footprint(POOL_LEVELS));
    d.outcomes = calloc(TOUCHES_MOST, sizeof *d.outcomes);
    d.book = book_init(malloc(book_footprint()), book_pool_init(pool, POOL_LEVELS));
    begin(&d);
    while (fgets(line, sizeof line, stdin) != NULL) {
        char word[16];
        int64_t n[4] = {0};
        if (sscanf(line, "%15s %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64, word, &n[0], &n[1],
                   &n[2], &n[3]) >= 1)
            event(&d, word, n);
    }
    for (long i = 0; i < d.touches; i++)
        for (enum outcome_window w = 0; w < OUTCOME_WINDOWS; w++)
            print_outcome(&d.outcomes[i], i, w);
    struct mechanics_counts counts = mechanics_counts(d.mechanics);
    printf("{\"what\":\"counts\",\"flows_full\":%" PRIu64 ",\"prints_full\":%" PRIu64 "}\n",
           counts.flows_full, counts.prints_full);
    free(d.mechanics);
    free(d.book);
    free(pool);
    free(d.outcomes);
    return 0;
}
