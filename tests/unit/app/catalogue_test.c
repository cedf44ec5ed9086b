#include "app/catalogue.h"

#include <stdlib.h>

#include "app/patterns.h"
#include "base/text.h"
#include "test.h"

static size_t some_volumes(const char *rest_url, char *out, size_t cap)
{
    struct td_str url = td_str_on(out, cap);
    td_str_add_format(&url, "%s/products/volume", rest_url);
    return url.bytes;
}

/* The Coinbase list with volumes beside it, as other venues have them. */
static int with_volumes(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                        const struct td_frame *frame)
{
    if (memmem(url.at, url.bytes, "/volume", 7) == NULL)
        return venue_find("coinbase")->parse_http(ctx, url, body, frame);
    while (body.bytes > 0) { /* "NAME=VOLUME;" */
        const char *equals = memchr(body.at, '=', body.bytes);
        const char *end = memchr(body.at, ';', body.bytes);
        struct venue_listing listing = {.raw = {body.at, (uint32_t)(equals - body.at)},
                                        .volume = {equals + 1, (uint32_t)(end - equals - 1)}};
        ctx->listing(ctx, &listing);
        body.bytes -= (uint32_t)(end + 1 - body.at);
        body.at = end + 1;
    }
    return TD_BUCKET_OK;
}

static struct venue venue;
static struct catalogue *catalogue;

static void begin(void)
{
    static void *mem;
    if (mem == NULL)
        mem = calloc(1, catalogue_footprint());
    venue = *venue_find("coinbase");
    venue.volume_url = some_volumes;
    venue.parse_http = with_volumes;
    catalogue = catalogue_init(mem, &venue);
}

static td_err take(const char *payload)
{
    return catalogue_take(catalogue, payload, strlen(payload));
}

static const char list[] =
    "https://x/products\t[{\"id\":\"SOL-USDT\",\"quote_currency\":\"USDT\"},"
    "{\"id\":\"BTC-USDT\",\"base_currency\":\"BTC\",\"quote_currency\":\"USDT\","
    "\"quote_increment\":\"0.01\",\"base_increment\":\"0.0001\",\"status\":\"online\"}]";

TEST(entries_stand_sorted_with_what_the_list_says)
{
    begin();
    CHECK_EQ_I64(take(list), 0);
    catalogue_finish(catalogue);
    CHECK_EQ_I64(catalogue_count(catalogue), 2);
    const struct catalogue_entry *first = catalogue_at(catalogue, 0);
    CHECK_EQ_STR(first->symbol, "BTC-USDT");
    CHECK_EQ_STR(first->base, "BTC");
    CHECK_EQ_STR(first->price_step, "0.01");
    CHECK_EQ_STR(first->status, "online");
    CHECK(!first->has_volume && catalogue_tradable(first));
    CHECK(catalogue_find(catalogue, "SOL-USDT") == catalogue_at(catalogue, 1));
    CHECK(catalogue_find(catalogue, "SOL-USD") == NULL);
}

TEST(pages_and_volumes_add_to_each_other_in_any_order)
{
    begin();
    CHECK_EQ_I64(take("https://x/products/volume\tBTC-USDT=12.5;GONE-USDT=99;SOL-USDT=80;"), 0);
    CHECK_EQ_I64(take(list), 0);
    CHECK_EQ_I64(take("https://x/products\t[{\"id\":\"ETH-USDT\",\"quote_currency\":\"USDT\"}]"),
                 0);
    catalogue_finish(catalogue);
    CHECK_EQ_I64(catalogue_count(catalogue), 3); /* what has a volume alone is not listed */
    CHECK(catalogue_find(catalogue, "GONE-USDT") == NULL);
    CHECK(catalogue_find(catalogue, "BTC-USDT")->volume == 12.5);
    CHECK(!catalogue_find(catalogue, "ETH-USDT")->has_volume);
    static struct pattern_names names;
    CHECK(patterns_resolve(catalogue, "TOP:1:USDT", true, &names, NULL));
    CHECK_EQ_I64(names.count, 1);
    CHECK_EQ_STR(names.name[0], "SOL-USDT");
    CHECK(patterns_resolve(catalogue, "TOP:9:usdt:SPOT", true, &names, NULL));
    CHECK_EQ_I64(names.count, 2);
    CHECK(!patterns_resolve(catalogue, "TOP:9:USDT:PERP", true, &names, NULL));
}

TEST(the_busiest_are_chosen_whatever_the_order_of_the_list)
{
    char volumes[256] = "https://x/products/volume\t";
    static const int of[] = {5, 9, 1, 7, 3};
    begin();
    for (unsigned i = 0; i < 5; i++) {
        char entry[128];
        snprintf(entry, sizeof entry,
                 "https://x/products\t[{\"id\":\"S%u-USD\",\"quote_currency\":\"USD\"}]", i);
        CHECK_EQ_I64(take(entry), 0);
        snprintf(entry, sizeof entry, "S%u-USD=%d;", i, of[i]);
        strncat(volumes, entry, sizeof volumes - strlen(volumes) - 1);
    }
    CHECK_EQ_I64(take(volumes), 0);
    catalogue_finish(catalogue);
    static struct pattern_names names;
    char text[128];
    CHECK(patterns_resolve(catalogue, "TOP:3:USD", true, &names, NULL));
    CHECK(patterns_text(&names, text, sizeof text));
    CHECK_EQ_STR(text, "S0-USD,S1-USD,S3-USD");
}

TEST(what_is_no_answer_of_the_venue_is_refused)
{
    begin();
    CHECK_EQ_I64(take("https://x/products\t[{\"message\":"), TD_E_SYNTAX);
    CHECK_EQ_I64(take("https://x/elsewhere\t[]"), TD_E_SYNTAX);
    CHECK_EQ_I64(take("no tab"), TD_E_SYNTAX);
    catalogue_finish(catalogue);
    CHECK_EQ_I64(catalogue_count(catalogue), 0);
}

TEST(words_of_venues_say_whether_trading_goes_on)
{
    static const char *const on[] = {"",  "online", "TRADING", "live",    "Trading", "tradable",
                                     "1", "normal", "true",    "enabled", "ACTIVE",  "open"};
    static const char *const off[] = {"BREAK",           "HALT",     "delisted", "offline",
                                      "suspend",         "preopen",  "Closed",   "SETTLING",
                                      "PENDING_TRADING", "false",    "0",        "untradable",
                                      "cancel_only",     "PreLaunch"};
    struct catalogue_entry entry = {0};
    for (unsigned i = 0; i < sizeof on / sizeof on[0]; i++) {
        td_text_copy(entry.status, sizeof entry.status, on[i], strlen(on[i]));
        CHECK(catalogue_tradable(&entry));
    }
    for (unsigned i = 0; i < sizeof off / sizeof off[0]; i++) {
        td_text_copy(entry.status, sizeof entry.status, off[i], strlen(off[i]));
        CHECK(!catalogue_tradable(&entry));
    }
}
