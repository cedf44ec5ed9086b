#include "app/status.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/exits.h"
#include "base/os.h"
#include "test.h"

static struct page_view view;

static const char *printed(const struct status *status,
                           void (*print)(const struct status *, FILE *))
{
    static char text[1 << 16];
    FILE *out = fmemopen(text, sizeof text, "w");
    CHECK(out != NULL);
    print(status, out);
    CHECK(fclose(out) == 0);
    return text;
}

/* A deck on which all is well, seen half a second after its last message. */
static struct status well(void)
{
    view = (struct page_view){0};
    struct page_deck *deck = &view.deck;
    snprintf(deck->deck, sizeof deck->deck, "attic");
    snprintf(deck->build, sizeof deck->build, "tapedeck version 0.1.0");
    snprintf(deck->data_dir, sizeof deck->data_dir, "data");
    deck->source_count = deck->book_count = deck->book_total = 1;
    deck->since_ns = INT64_C(1789948800) * TD_NS_PER_S;
    deck->published_ns = deck->since_ns + 3 * TD_NS_PER_HOUR;
    deck->published_mono_ns = 100 * TD_NS_PER_S;
    deck->clock_state = TD_CLOCK_SYNCED;
    deck->clock_error_ns = 2000000;
    deck->disk_days = 123.4;
    deck->disk_free_bytes = 1000000000;
    deck->journal_cap_bytes = 1 << 30;
    view.source[0] = (struct page_source){.name = "coinbase",
                                          .state = PAGE_UP,
                                          .last_mono_ns = 100 * TD_NS_PER_S,
                                          .silence_ms = 60000};
    view.book[0] = (struct page_book){.exchange = "coinbase",
                                      .symbol = "BTC-USD",
                                      .channels = 1u << TD_CHANNEL_BOOK | 1u << TD_CHANNEL_TRADES,
                                      .state = TD_BOOK_PROVEN,
                                      .open_kind = PAGE_KIND_NONE,
                                      .latest_kind = PAGE_KIND_NONE,
                                      .bid = "64123.45",
                                      .ask = "64123.46",
                                      .completeness_today = 1,
                                      .last_mono_ns = 100 * TD_NS_PER_S};
    return (struct status){
        .view = &view, .life = PAGE_ALIVE, .pid = 77, .mono_ns = 100 * TD_NS_PER_S + 500000000};
}

TEST(all_well)
{
    struct status status = well();
    const char *text = printed(&status, status_text);
    CHECK_EQ_I64(status_code(&status), EXIT_FINE);
    CHECK_EQ_I64(status_lamp_of(&status, &view.book[0]), STATUS_GOOD);
    CHECK(strstr(text, "attic: recording since 2026-09-21T00:00:00Z (3 h 0 min)") != NULL);
    CHECK(strstr(text, "good coinbase   BTC-USD         0.5 s proven") != NULL);
    CHECK(strstr(text, "64123.45") != NULL && strstr(text, "100 %") != NULL);
    CHECK(strstr(text, "full in 123.4 days") != NULL);
    CHECK(strstr(text, "no alarms") != NULL);
    CHECK(strchr(text, '\033') == NULL);
    status.colour = true;
    CHECK(strstr(printed(&status, status_text), "\033[32mgood\033[0m") != NULL);
}

TEST(what_is_wrong_is_said_with_the_next_step)
{
    struct status status = well();
    struct page_book *book = &view.book[0];
    book->state = TD_BOOK_SYNCING;
    CHECK_EQ_I64(status_lamp_of(&status, book), STATUS_WAIT);
    CHECK_EQ_I64(status_code(&status), EXIT_PROBLEMS);
    book->channels = 1u << TD_CHANNEL_TRADES; /* no book is recorded, so none is missing */
    CHECK_EQ_I64(status_code(&status), EXIT_FINE);
    book->open_kind = TD_GAP_DISCONNECT;
    book->open_since_ns = view.deck.published_ns - 90 * TD_NS_PER_S;
    book->gaps_today[TD_GAP_SEQUENCE] = 2;
    book->completeness_today = 0.9999999;
    const char *text = printed(&status, status_text);
    CHECK_EQ_I64(status_code(&status), EXIT_PROBLEMS);
    CHECK(strstr(text, "99.9999 %  2 sequence  open: disconnect for 90 s") != NULL);
    status = well();
    view.source[0].last_mono_ns = 39 * TD_NS_PER_S;
    CHECK_EQ_I64(status_lamp_of(&status, book), STATUS_BAD);
    view.deck.alarms = 1u << PAGE_ALARM_SHEDDING;
    text = printed(&status, status_text);
    CHECK(strstr(text, "ALARM: the disk is nearly full") != NULL);
    CHECK(strstr(text, "make room now") != NULL);
}

TEST(who_is_gone_records_nothing)
{
    struct status status = well();
    status.life = PAGE_DEAD;
    CHECK_EQ_I64(status_code(&status), EXIT_DISK);
    CHECK(strstr(printed(&status, status_text), "process 77 is gone") != NULL);
    status.life = PAGE_ENDED;
    view.deck.ended_ns = view.deck.published_ns;
    CHECK_EQ_I64(status_code(&status), EXIT_DISK);
    CHECK(strstr(printed(&status, status_text), "stopped in order at 2026-09-21T03:00:00Z") !=
          NULL);
    status.life = PAGE_STALLED;
    CHECK_EQ_I64(status_code(&status), EXIT_PROBLEMS);
}

static void learn(struct page_book *book)
{
    book->has_features = 1;
    book->feature_events = 5000;
    book->feature_rows = 77;
    book->predictions = 4990;
    book->models = 1;
    book->model = (struct page_model){.id = "sgd-v1",
                                      .horizon_ms = 500,
                                      .samples_total = 40,
                                      .ready_percent = 12,
                                      .accuracy = -1,
                                      .balanced_accuracy = -1,
                                      .brier = -1,
                                      .base_rate = -1,
                                      .probability = -1};
}

TEST(features_and_models)
{
    struct status status = well();
    CHECK(strstr(printed(&status, status_text), "features") == NULL); /* off */
    CHECK(strstr(printed(&status, status_json), "\"model\":null") != NULL);
    learn(&view.book[0]);
    const char *text = printed(&status, status_text);
    CHECK(strstr(text, "features 5000 book events, 77 rows, 4990 predictions\n") != NULL);
    CHECK(strstr(text, "BTC-USD      sgd-v1, 500 ms: learning, 12 % ready, 40 samples\n") != NULL);
    text = printed(&status, status_json);
    CHECK(strstr(text, "\"accuracy\":null") != NULL && strstr(text, "\"ready\":false") != NULL);
    CHECK(strstr(text, "\"probability\":null}") != NULL);
    view.book[0].feature_window_full = 3;
    view.book[0].model.ready = 1;
    view.book[0].model.accuracy = 0.625;
    view.book[0].model.base_rate = 0.5;
    view.book[0].model.probability = 0.0;
    text = printed(&status, status_text);
    CHECK(strstr(text, "3 events left a full window early") != NULL);
    CHECK(strstr(text, "a move with 0 %, right in 62.5 %, base rate 50.0 %\n") != NULL);
    text = printed(&status, status_json);
    CHECK(strstr(text, "\"feature_rows\":77,") != NULL);
    CHECK(strstr(text, "\"accuracy\":0.625000") != NULL);
    CHECK(strstr(text, "\"probability\":0.000000}") != NULL);
}

TEST(card_and_board)
{
    struct status status = well();
    struct page_deck *deck = &view.deck;
    const char *text = printed(&status, status_text);
    CHECK(strstr(text, "card ") == NULL && strstr(text, "board ") == NULL); /* not known */
    text = printed(&status, status_json);
    CHECK(strstr(text, "\"card\":{\"known\":false,") != NULL);
    CHECK(strstr(text, "\"ratio_today\":null,") != NULL);
    CHECK(strstr(text, "\"life_years\":null,\"used_share\":null,") != NULL);
    CHECK(strstr(text, "\"board\":{\"temperature_celsius\":null,\"low_voltage\":null,") != NULL);
    deck->card = (struct page_card){.known = 1,
                                    .cuts = 2,
                                    .since_ns = deck->since_ns,
                                    .device_ever_bytes = 5000000000,
                                    .device_today_bytes = 300000000,
                                    .logical_today_bytes = 200000000,
                                    .syncs_today = 9000,
                                    .budget_bytes = 400000000,
                                    .day_rate_bytes = 350000000,
                                    .today_rate_bytes = 390000000,
                                    .life_years = 43.84,
                                    .used_share = 0.0123};
    deck->board = (struct page_board){.has_temperature = 1,
                                      .temperature_mc = 54321,
                                      .low_voltage = PAGE_FLAG_YES,
                                      .throttled = PAGE_FLAG_NO,
                                      .low_voltage_seen = 4,
                                      .cpu_khz = 600000,
                                      .cpu_max_khz = 1500000};
    text = printed(&status, status_text);
    CHECK(strstr(text, "card     300.0 MB written today, 5.0 GB since 2026-09-21T00:00:00Z; 1.50 "
                       "times the recorder's own 200.0 MB, 9000 syncs\n"
                       "         2 power cuts, each hides up to an hour of it\n"
                       "         lasts 43.8 years at 350.0 MB a day, 1.23 % of its endurance used, "
                       "budget 400.0 MB a day, now 390.0 MB\n") != NULL);
    CHECK(strstr(text,
                 "board    54.3 C, VOLTAGE TOO LOW, not slowed down, 600 of 1500 MHz, voltage "
                 "too low in 4 readings since the start\n") != NULL);
    text = printed(&status, status_json);
    CHECK(strstr(text, "\"ratio_today\":1.500000,") != NULL);
    CHECK(strstr(text, "\"life_years\":43.840000,\"used_share\":0.012300,\"cuts\":2},") != NULL);
    CHECK(strstr(text, "\"temperature_celsius\":54.321000,\"low_voltage\":true,"
                       "\"throttled\":false,") != NULL);
}

TEST(json_says_the_same)
{
    struct status status = well();
    view.deck.alarms = 1u << PAGE_ALARM_CLOCK;
    view.deck.disk_days = -1;
    view.book[0].gaps_today[TD_GAP_TRADE_ID] = 3;
    const char *text = printed(&status, status_json);
    CHECK(strstr(text, "{\"deck\":\"attic\",\"state\":\"recording\",\"recording\":true,") == text);
    CHECK(strstr(text, "\"disk_days\":null") != NULL);
    CHECK(strstr(text, "\"gaps_today\":{\"trade_id\":3}}") != NULL);
    CHECK(strstr(text, "\"alarms\":[{\"name\":\"CLOCK\",\"red\":false,") != NULL);
    CHECK(strstr(text, "\"lamp\":\"green\"") != NULL);
    CHECK(strcmp(text + strlen(text) - 4, "}]}\n") == 0);
}

static int run(const char *a, const char *b, const char *c)
{
    char *args[] = {(char *)"status", (char *)a, (char *)b, (char *)c, NULL};
    return status_main(c ? 4 : b ? 3 : 2, args);
}

/* Through a page in a file, this very process being the recorder. */
TEST(uploads)
{
    struct status status = well();
    CHECK(strstr(printed(&status, status_text), "uploads") == NULL);
    CHECK(strstr(printed(&status, status_json), "\"uploads\":null") != NULL);
    struct sync_status uploads = {.to = "s3://b/attic",
                                  .health = SYNC_HEALTH_DENIED,
                                  .words = "AccessDenied",
                                  .advice = "Check the keys.",
                                  .backlog_segments = 12,
                                  .backlog_bytes = 34500000,
                                  .last_verified_ns = view.deck.since_ns};
    status.uploads = &uploads;
    CHECK(strstr(printed(&status, status_text),
                 "uploads  to s3://b/attic: denied, 12 files wait (34.5 MB), last one proven at "
                 "2026-09-21 00:00 UTC\n         AccessDenied: Check the keys.\n") != NULL);
    CHECK(strstr(printed(&status, status_json),
                 "\"uploads\":{\"to\":\"s3://b/attic\",\"health\":\"denied\"") != NULL);
    CHECK(strstr(printed(&status, status_json), "\"backlog_bytes\":34500000") != NULL);
}

TEST(from_the_command_line)
{
    char path[PAGE_PATH_MAX];
    struct page page;
    const struct td_clock *clock = &td_os_linux()->clock;
    CHECK_EQ_I64(page_path(test_tmpdir(), "attic", path), 0);
    CHECK_EQ_I64(run("--page", path, NULL), EXIT_DISK);
    CHECK_EQ_I64(run("--page", path, "--json"), EXIT_DISK);
    well();
    int64_t now = clock->mono_ns(clock->ctx);
    view.deck.published_mono_ns = view.source[0].last_mono_ns = view.book[0].last_mono_ns = now;
    CHECK_EQ_I64(page_create(&page, path), 0);
    page_publish(&page, &view);
    CHECK_EQ_I64(run("--page", path, NULL), EXIT_FINE);
    CHECK_EQ_I64(run("--page", path, "--json"), EXIT_FINE);
    view.source[0].state = PAGE_BACKOFF;
    view.deck.alarms = page_alarms(&view);
    page_publish(&page, &view);
    CHECK_EQ_I64(run("--page", path, NULL), EXIT_PROBLEMS);
    page_end(&page, &view, view.deck.published_ns);
    CHECK_EQ_I64(run("--page", path, NULL), EXIT_DISK);
    CHECK_EQ_I64(run("--page", path, "nonsense"), EXIT_USAGE);
    CHECK_EQ_I64(run("--help", NULL, NULL), EXIT_FINE);
}
