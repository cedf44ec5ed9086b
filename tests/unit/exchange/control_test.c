#include "exchange/control.h"

#include "rig.h"

static struct control control;
enum { HOUSES = 3 };
static struct house houses[HOUSES];
static char page_text[1 << 20];
static struct td_str page;

/* Three houses; the rig's client listens to none of them. */
static void open_all(void)
{
    static const struct feed *const feeds[] = {&feed_coinbase, &feed_binance, &feed_kraken};
    rig_open(&feed_coinbase, "BTC-USD", 1);
    for (unsigned i = 0; i < HOUSES; i++) {
        house_init(&houses[i], feeds[i], &rig.history, 3);
        CHECK(symbols_add(&houses[i], "BTC-USD", 3, RIG_TIME_US));
    }
    control_init(&control, houses, HOUSES, 3, 1000);
}

static int ask(const char *target)
{
    page = td_str_on(page_text, sizeof page_text);
    return control_answer(&control, target, &page);
}

static bool says(const char *text)
{
    return strstr(page_text, text) != NULL;
}

TEST(book_page_states_the_book)
{
    open_all();
    CHECK_EQ_I64(ask("/oracle/coinbase/BTC-USD?depth=2"), 200);
    CHECK(json_parse(rig.ctx.json, page.at, page.bytes) > 0);
    CHECK_EQ_U64(json_size(rig.ctx.json, json_member(rig.ctx.json, 0, "bids")), 2);
    CHECK_EQ_U64(json_size(rig.ctx.json, json_member(rig.ctx.json, 0, "asks")), 2);
    CHECK_EQ_I64(ask("/oracle/kraken/BTC/USD"), 200); /* its own spelling */
    CHECK_EQ_I64(ask("/oracle/binance/BTCUSD?seq=999999999"), 404);
    CHECK_EQ_I64(ask("/oracle/nowhere/BTC-USD"), 404);
    CHECK_EQ_I64(ask("/oracle/coinbase/NO-SUCH"), 404);
    CHECK_EQ_I64(ask("/oracle/trades/binance/BTC-USD"), 200);
    CHECK(json_parse(rig.ctx.json, page.at, page.bytes) > 0);
    CHECK_EQ_I64(ask("/oracle/sent"), 200);
    CHECK(json_parse(rig.ctx.json, page.at, page.bytes) > 0);
    rig_close();
}

TEST(an_earlier_book_has_its_number_and_time)
{
    open_all();
    houses[0].awake[0] = true;
    char first[4096], target[128];
    for (unsigned i = 0; i < 100; i++)
        house_step(&houses[0], RIG_TIME_US + 600000000 + i * 1000);
    house_tell_all(&houses[0]);
    uint64_t seq = houses[0].market[0].seq_told;
    int64_t time_us = houses[0].market[0].time_us;
    CHECK_EQ_I64(ask("/oracle/coinbase/BTC-USD?depth=5"), 200);
    const char *levels = strstr(page_text, "\"bids\"");
    td_text_copy(first, sizeof first, levels, strlen(levels));
    for (unsigned i = 0; i < 200; i++)
        house_step(&houses[0], RIG_TIME_US + 700000000 + i * 1000);
    snprintf(target, sizeof target, "/oracle/coinbase/BTC-USD?depth=5&seq=%llu",
             (unsigned long long)seq);
    CHECK_EQ_I64(ask(target), 200);
    CHECK_EQ_STR(strstr(page_text, "\"bids\""), first);
    snprintf(target, sizeof target, "/oracle/coinbase/BTC-USD?depth=5&time_us=%lld",
             (long long)time_us);
    CHECK_EQ_I64(ask(target), 200);
    CHECK_EQ_STR(strstr(page_text, "\"bids\""), first);
    rig_close();
}

TEST(commands_change_the_course)
{
    open_all();
    CHECK_EQ_I64(ask("/control/pause"), 200);
    CHECK(control.paused);
    CHECK_EQ_I64(ask("/control/step?count=12"), 200);
    CHECK_EQ_U64(control.steps, 12);
    CHECK_EQ_I64(ask("/control/resume"), 200);
    CHECK(!control.paused && control.steps == 0);
    CHECK_EQ_I64(ask("/control/rate?value=77"), 200);
    CHECK_EQ_I64(control.rate, 77);
    CHECK_EQ_I64(ask("/control/stop"), 200);
    CHECK(control.stopping);
    CHECK_EQ_I64(ask("/control/stopp"), 404);
    CHECK_EQ_I64(ask("/elsewhere"), 404);
    rig_close();
}

TEST(faults_are_given_to_whom_they_name)
{
    open_all();
    CHECK_EQ_I64(ask("/control/fault?venue=kraken&kind=drop&count=4&symbol=BTC-USD"), 200);
    CHECK(says("\"given\":1"));
    CHECK_EQ_U64(houses[2].faults.armed_count, 1);
    CHECK_EQ_U64(houses[2].faults.armed[0].count, 4);
    CHECK_EQ_I64(houses[2].faults.armed[0].market, 0);
    CHECK_EQ_U64(houses[0].faults.armed_count, 0);
    CHECK_EQ_I64(ask("/control/fault?kind=garbage&channel=any"), 200);
    CHECK(says("\"given\":3"));
    CHECK_EQ_I64(houses[1].faults.armed[0].channel, FAULT_ANY);
    CHECK_EQ_I64(ask("/control/fault?venue=kraken&kind=nonsense"), 400);
    CHECK_EQ_I64(ask("/control/fault?venue=kraken&kind=drop&symbol=NO-SUCH"), 400);
    CHECK_EQ_I64(ask("/control/fault?venue=nowhere&kind=drop"), 409);
    rig_close();
}

TEST(chances_are_read)
{
    open_all();
    CHECK(control_throw(&control, "drop:0.001"));
    CHECK(control_throw(&control, "kraken/garbage:0.5"));
    CHECK_EQ_U64(houses[1].faults.per_million[FAULT_DROP], 1000);
    CHECK_EQ_U64(houses[2].faults.per_million[FAULT_GARBAGE], 500000);
    CHECK_EQ_U64(houses[0].faults.per_million[FAULT_GARBAGE], 0);
    CHECK(!control_throw(&control, "drop"));
    CHECK(!control_throw(&control, "drop:2"));
    CHECK(!control_throw(&control, "nowhere/drop:0.1"));
    CHECK(!control_throw(&control, "nonsense:0.1"));
    rig_close();
}
