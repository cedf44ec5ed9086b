#include "venue/subscription.h"

#include "venue/rig.h"

extern const struct venue venue_coinbase;

TEST(batches_take_each_instrument_of_the_source_once)
{
    char text[512], name[16];
    rig_open(&venue_coinbase, false);
    for (int i = 0; i < 25; i++) {
        snprintf(name, sizeof name, "C%d", i);
        CHECK_EQ_I64(instruments_add(rig.ctx.instruments, i % 2, name, name), i);
    }
    struct venue_subscription sub = {.instruments = rig.ctx.instruments, .channels = 7};
    unsigned total = 0, batches = 0;
    for (unsigned count = 1; count; batches++) {
        struct td_str out = td_str_on(text, sizeof text);
        count = subscription_batch(&sub, batches, 5, &out, subscription_put_raw);
        total += count;
        if (batches == 0)
            CHECK_EQ_STR(text, "\"C0\",\"C2\",\"C4\",\"C6\",\"C8\"");
        if (batches == 2)
            CHECK_EQ_STR(text, "\"C20\",\"C22\",\"C24\"");
        CHECK_EQ_U64(subscription_text(&out, count), count ? strlen(text) : 0);
    }
    CHECK_EQ_U64(total, 13);
    CHECK_EQ_U64(batches, 4);
}

TEST(urls_that_do_not_fit_are_none)
{
    char text[16];
    CHECK_EQ_U64(subscription_url("https://x", "/a", text, sizeof text), 11);
    CHECK_EQ_STR(text, "https://x/a");
    CHECK_EQ_U64(subscription_url("https://x.test", "/long", text, sizeof text), 0);
}

TEST(texts_of_one_channel_each_go_batch_by_batch)
{
    struct venue_subscription sub = {.channels = 1u << TD_CHANNEL_BOOK | 1u << TD_CHANNEL_TICKER};
    enum td_channel channel;
    unsigned batch;
    CHECK(subscription_channel(&sub, 0, &channel, &batch));
    CHECK(channel == TD_CHANNEL_BOOK && batch == 0);
    CHECK(subscription_channel(&sub, 3, &channel, &batch));
    CHECK(channel == TD_CHANNEL_TICKER && batch == 1);
    sub.channels = 0;
    CHECK(!subscription_channel(&sub, 0, &channel, &batch));
}
