/* A venue that refuses a batch of ten because of one name in it: nine come up, and one is named. */
#include "core_rows.h"

#include "word_venue.h"

enum { NAMES = 10, BAD = 3 };
static const char *const ten[NAMES] = {"AAA", "BBB", "CCC", "BAD", "DDD",
                                       "EEE", "FFF", "GGG", "HHH", "III"};
static unsigned texts, alone; /* that the venue has read since, and those of one name */
static unsigned bad_texts;

/* What the venue does with each text: a batch with the bad name in it is refused as a whole. */
static void answer_texts(bool names_it)
{
    struct wire_request asked[64];
    unsigned count = bench.asked_count;
    memcpy(asked, bench.asked, sizeof asked);
    bench.asked_count = 0;
    for (unsigned i = 0; i < count; i++) {
        asked[i].text[asked[i].bytes] = '\0';
        if (strncmp(asked[i].text, "subscribe ", 10) != 0)
            continue;
        texts++;
        alone += strchr(asked[i].text, ',') == NULL;
        bool bad = strstr(asked[i].text, "BAD") != NULL;
        bad_texts += bad;
        if (bad && names_it)
            text("R BAD");
        for (unsigned s = 0; s < NAMES && !bad; s++) {
            char image[100];
            snprintf(image, sizeof image, "B %s 1 80 100", ten[s]);
            if (strstr(asked[i].text, ten[s]) != NULL)
                text(image);
        }
    }
}

static void subscribe_all(bool names_it)
{
    struct wire_request *first = &bench.asked[0];
    struct venue_subscription sub = {
        .instruments = core_instruments(bench.core), .every_shard = true, .channels = 7};
    *first = (struct wire_request){.kind = WIRE_REQUEST_SEND};
    first->bytes = (uint32_t)fake_subscribe(&sub, 0, first->text, sizeof first->text);
    bench.asked_count = 1;
    answer_texts(names_it);
    CHECK_EQ_I64(texts, 1);
    CHECK_EQ_I64(alone, 0);
}

static void begin(bool names_it)
{
    texts = alone = bad_texts = 0;
    fake_rule(SYNC_NONE, VENUE_RESYNC_SUBSCRIBE);
    fake_venue.subscribe_gap_ms = 100;
    start_venue(&fake_venue, ten, NAMES, NULL);
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    subscribe_all(names_it);
}

static void live(unsigned seconds, bool names_it)
{
    for (unsigned i = 0; i < seconds; i++) {
        ticks(1);
        answer_texts(names_it);
    }
}

static unsigned proven(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < NAMES; i++)
        count += core_book_status(bench.core, i).state == TD_BOOK_PROVEN;
    return count;
}

static void check_named(void)
{
    read_rows();
    for (unsigned channel = 0; channel < 3; channel++) {
        const struct told *row =
            the_gap(TD_GAP_VENUE_NOTICE, TD_GAP_OPEN, (enum td_channel)channel, "BAD");
        CHECK(strstr(row->note, "the venue ") == row->note);
    }
    CHECK_EQ_I64(count_gaps(TD_GAP_VENUE_NOTICE), 3);
}

TEST(a_batch_that_is_refused_comes_one_by_one)
{
    begin(true);
    live(18, true);
    CHECK_EQ_I64(alone, 0);
    live(12, true);
    CHECK_EQ_I64(proven(), NAMES - 1);
    CHECK_EQ_I64(alone, NAMES - 1);
    CHECK_EQ_I64(bad_texts, 1);
    check_named();
    CHECK_EQ_I64(core_book_status(bench.core, BAD).resyncs, 0);
}

TEST(a_venue_that_names_nobody_is_understood_by_silence)
{
    begin(false);
    live(30, false);
    CHECK_EQ_I64(proven(), NAMES - 1);
    live(300, false);
    CHECK(bad_texts <= 5);
    check_named();
}

/* Subscriptions keep the venue's pace: three texts a symbol, 100 ms each. */
TEST(they_keep_the_pace)
{
    begin(true);
    live(19, true);
    for (unsigned s = 0; s < 10; s++) {
        unsigned before = alone;
        live(1, true);
        CHECK(alone - before <= 5);
    }
    CHECK_EQ_I64(alone, NAMES - 1);
}

TEST(a_refused_symbol_is_asked_for_seldom_and_taken_back)
{
    begin(true);
    live(60, true);
    bad_texts = 0;
    live(3600, true);
    CHECK(bad_texts >= 3 && bad_texts <= 4);
    text("B BAD 1 80 100");
    CHECK_EQ_I64(core_book_status(bench.core, BAD).state, TD_BOOK_PROVEN);
    bad_texts = 0;
    live(1000, true);
    CHECK_EQ_I64(bad_texts, 0);
    read_rows();
    the_gap(TD_GAP_VENUE_NOTICE, TD_GAP_CLOSE, TD_CHANNEL_BOOK, "BAD");
}

TEST(one_symbol_alone_is_not_doubted)
{
    texts = 0;
    fake_rule(SYNC_NONE, VENUE_RESYNC_SUBSCRIBE);
    start_venue(&fake_venue, ten, 1, NULL);
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    ticks(50);
    CHECK(asked("subscribe ") == NULL);
}
