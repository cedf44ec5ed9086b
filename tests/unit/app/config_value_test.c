#include "test.h"

#include <stdio.h>

#include "app/config_value.h"

static struct td_config config;
static struct td_config_venue venue;
static struct config_flaw flaw;

static td_err set(enum td_config_key key, const char *text)
{
    return config_value_set(&config_keys[key], &config, text, &flaw);
}

static td_err set_venue(enum td_config_venue_key key, const char *text)
{
    return config_value_set(&config_venue_keys[key], &venue, text, &flaw);
}

/* Each number takes its smallest and largest value and refuses their neighbours. */
TEST(ranges_of_all_numbers)
{
    for (unsigned i = 0; i < TD_CONFIG_KEYS; i++) {
        const struct config_key *key = &config_keys[i];
        char text[32];
        if (key->kind != CONFIG_INT && key->kind != CONFIG_POWER_OF_TWO)
            continue;
        CHECK(key->min < key->max);
        const int *member = (const int *)((const char *)&config + key->offset);
        int inside[] = {key->min, key->max}, outside[] = {key->min - 1, key->max + 1};
        for (int n = 0; n < 2; n++) {
            snprintf(text, sizeof text, "%d", inside[n]);
            CHECK_EQ_I64(config_value_set(key, &config, text, &flaw), 0);
            CHECK_EQ_I64(*member, inside[n]);
            snprintf(text, sizeof text, "%d", outside[n]);
            CHECK_EQ_I64(config_value_set(key, &config, text, &flaw), TD_E_CONFIG);
            CHECK_EQ_I64(*member, inside[n]);
            CHECK(strstr(flaw.reason, key->name) && strstr(flaw.reason, key->unit));
        }
    }
}

TEST(every_key_is_described)
{
    for (unsigned i = 0; i < TD_CONFIG_KEYS; i++)
        CHECK(strlen(config_keys[i].help) > 0 && strlen(config_keys[i].section) > 0);
    for (unsigned i = 0; i < TD_CONFIG_VENUE_KEYS; i++)
        CHECK(strlen(config_venue_keys[i].help) > 0 && config_venue_keys[i].section[0] == 0);
}

TEST(numbers)
{
    CHECK_EQ_I64(set(TD_KEY_journal_sync_ms, "fast"), TD_E_CONFIG);
    CHECK_EQ_STR(flaw.reason, "\"fast\" is not a whole number");
    CHECK_EQ_I64(set(TD_KEY_journal_sync_ms, ""), TD_E_CONFIG);
    CHECK_EQ_I64(set(TD_KEY_journal_sync_ms, "1e3"), TD_E_CONFIG);
    CHECK_EQ_I64(set(TD_KEY_journal_sync_ms, "99999999999999999999"), TD_E_CONFIG);
    CHECK_EQ_STR(flaw.reason, "sync_ms is 50 to 10000 ms");
    CHECK_EQ_I64(set(TD_KEY_deck_queue_mb, "32"), 0);
    CHECK_EQ_I64(set(TD_KEY_deck_queue_mb, "48"), TD_E_CONFIG);
    CHECK_EQ_STR(flaw.reason, "queue_mb is a power of two, 4 to 1024 MB");
    CHECK_EQ_I64(config.deck.queue_mb, 32);
}

TEST(words)
{
    static const char *const yes[] = {"true", "YES", "On", "1"}, *const no[] = {"false", "No",
                                                                                "OFF", "0"};
    for (int i = 0; i < 4; i++) {
        CHECK_EQ_I64(set(TD_KEY_segment_compat, yes[i]), 0);
        CHECK(config.segment.compat);
        CHECK_EQ_I64(set(TD_KEY_segment_compat, no[i]), 0);
        CHECK(!config.segment.compat);
    }
    CHECK_EQ_I64(set(TD_KEY_segment_compat, "maybe"), TD_E_CONFIG);
    CHECK_EQ_I64(set(TD_KEY_deck_log_level, "warn"), 0);
    CHECK_EQ_I64(config.deck.log_level, 2);
    CHECK_EQ_I64(set(TD_KEY_deck_log_level, "loud"), TD_E_CONFIG);
}

TEST(texts_have_a_length)
{
    char text[TD_CONFIG_PATH_MAX + 1];
    memset(text, 'a', sizeof text);
    text[TD_CONFIG_PATH_MAX - 1] = 0;
    CHECK_EQ_I64(set(TD_KEY_deck_data_dir, text), 0);
    CHECK_EQ_STR(config.deck.data_dir, text);
    text[TD_CONFIG_PATH_MAX - 1] = 'a';
    text[TD_CONFIG_PATH_MAX] = 0;
    CHECK_EQ_I64(set(TD_KEY_deck_data_dir, text), TD_E_CONFIG);
    CHECK_EQ_I64(set(TD_KEY_deck_id, "Pi-4"), 0);
    CHECK_EQ_I64(set(TD_KEY_deck_id, "pi_4"), TD_E_CONFIG);
    CHECK_EQ_U64(flaw.at, 2);
    CHECK_EQ_I64(set(TD_KEY_deck_id, "123456789012345678901234"), TD_E_CONFIG);
    CHECK_EQ_STR(config.deck.id, "Pi-4");
}

TEST(symbols)
{
    CHECK_EQ_I64(set_venue(TD_VENUE_KEY_symbols, " btc-usd,\tETH-USD ,1INCH-USD.P:X_1-2"), 0);
    CHECK_EQ_STR(venue.symbols, "BTC-USD,ETH-USD,1INCH-USD.P:X_1-2");
    static const struct {
        const char *text;
        size_t at;
    } bad[] = {
        {"BTC-USD,", 8},    {",BTC-USD", 0},    {"BTC-USD,,ETH-USD", 8},
        {"BTC/USD", 3},     {"A-B, BTCUSD", 5}, {"BTC-", 0},
        {"-USD", 0},        {"A-B,C-D,a-b", 8}, {"BTC-USD ETH-USD", 7},
        {"\"BTC-USD\"", 0},
    };
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_EQ_I64(set_venue(TD_VENUE_KEY_symbols, bad[i].text), TD_E_CONFIG);
        CHECK_EQ_U64(flaw.at, bad[i].at);
    }
    CHECK_EQ_STR(venue.symbols, "BTC-USD,ETH-USD,1INCH-USD.P:X_1-2");
    CHECK_EQ_I64(set_venue(TD_VENUE_KEY_symbols, "A234567890123456789012345678901234567-US"),
                 TD_E_CONFIG);
    CHECK_EQ_I64(set_venue(TD_VENUE_KEY_symbols, "A23456789012345678901234567890123456-US"), 0);
    CHECK_EQ_I64(set_venue(TD_VENUE_KEY_symbols, "A-B-A,A-B"), 0);
}

TEST(symbol_list_has_a_length)
{
    char text[2 * TD_CONFIG_SYMBOLS_MAX];
    size_t used = 0;
    for (int i = 0; used < TD_CONFIG_SYMBOLS_MAX; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%sS%d-USD", i ? "," : "", i);
    CHECK_EQ_I64(set_venue(TD_VENUE_KEY_symbols, text), TD_E_CONFIG);
    CHECK_EQ_STR(flaw.reason, "the list is longer than 8191 bytes");
}

TEST(channels)
{
    CHECK_EQ_I64(set_venue(TD_VENUE_KEY_channels, "ticker, book"), 0);
    CHECK_EQ_I64(venue.channels, 5);
    CHECK_EQ_I64(set_venue(TD_VENUE_KEY_channels, "book,trade"), TD_E_CONFIG);
    CHECK_EQ_U64(flaw.at, 5);
    CHECK_EQ_I64(set_venue(TD_VENUE_KEY_channels, ""), TD_E_CONFIG);
    CHECK_EQ_I64(venue.channels, 5);
}

/* What the wire cannot speak to is told before recording begins. */
TEST(addresses)
{
    const char *fine[] = {"", "wss://h/p?a.b=c", "wss://[::1]:9443/ws", "ws://127.0.0.1:80/ws",
                          "ws://localhost:9443"};
    for (unsigned i = 0; i < sizeof fine / sizeof *fine; i++) {
        CHECK_EQ_I64(set_venue(TD_VENUE_KEY_url, fine[i]), 0);
        CHECK_EQ_STR(venue.url, fine[i]);
    }
    CHECK_EQ_I64(set_venue(TD_VENUE_KEY_url, "ws://feed.example/ws"), TD_E_CONFIG);
    CHECK(strstr(flaw.reason, "TLS") && strstr(flaw.reason, "wss://"));
    CHECK_EQ_I64(set_venue(TD_VENUE_KEY_rest_url, "http://feed.example"), TD_E_CONFIG);
    CHECK(strstr(flaw.reason, "TLS") && strstr(flaw.reason, "https://"));
    const char *wrong[] = {"feed.example", "https://feed.example/ws", "wss://", "wss://h:0/",
                           "wss://a b/"};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK_EQ_I64(set_venue(TD_VENUE_KEY_url, wrong[i]), TD_E_CONFIG);
        CHECK_EQ_STR(flaw.reason, "url is wss://host/path or wss://host:port/path");
    }
    CHECK_EQ_I64(set_venue(TD_VENUE_KEY_rest_url, "wss://h/"), TD_E_CONFIG);
    CHECK_EQ_STR(flaw.reason, "rest_url is https://host/path or https://host:port/path");
    CHECK_EQ_STR(venue.url, "ws://localhost:9443");
}

/* Text of a member sets the same member again. */
TEST(text_reads_back)
{
    char first[TD_CONFIG_SYMBOLS_MAX], second[TD_CONFIG_SYMBOLS_MAX];
    for (unsigned i = 0; i < TD_CONFIG_KEYS; i++) {
        CHECK_EQ_I64(config_value_set(&config_keys[i], &config, config_keys[i].default_text, &flaw),
                     0);
        config_value_text(&config_keys[i], &config, first, sizeof first);
        CHECK_EQ_STR(first, config_keys[i].default_text);
        CHECK_EQ_I64(config_value_set(&config_keys[i], &config, first, &flaw), 0);
        config_value_text(&config_keys[i], &config, second, sizeof second);
        CHECK_EQ_STR(second, first);
    }
}

TEST(list_items)
{
    const char *at = " a , ,b", *item;
    size_t bytes;
    CHECK(config_list_next(&at, &item, &bytes) && bytes == 1 && *item == 'a');
    CHECK(config_list_next(&at, &item, &bytes) && bytes == 0);
    CHECK(config_list_next(&at, &item, &bytes) && bytes == 1 && *item == 'b');
    CHECK(!config_list_next(&at, &item, &bytes));
}
