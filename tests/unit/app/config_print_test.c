#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/config.h"

static struct td_config config, again;
static char text[TD_CONFIG_CORE_MAX], other[TD_CONFIG_CORE_MAX];

static const char *known_venue(unsigned index)
{
    static const char *const names[] = {"coinbase", "kraken"};
    return index < 2 ? names[index] : NULL;
}

static void parse(struct td_config *out, const char *ini)
{
    CHECK_EQ_I64(td_config_parse(out, "x.ini", ini, strlen(ini), known_venue, stderr), 0);
}

static void printed(const struct td_config *from, bool json)
{
    memset(text, 0, sizeof text);
    FILE *file = fmemopen(text, sizeof text, "w");
    CHECK(file != NULL);
    td_config_print(from, file, json);
    fclose(file);
}

static const char sample[] =
    "[deck]\nid = pi\n[journal]\nlevel = 2\n[segment]\ncompat = yes\n[kraken]\n"
    "symbols = btc-usd, ETH-USD\nchannels = ticker,book\nurl = wss://h/?q=\"x\"\n";

TEST(ini_with_origins)
{
    parse(&config, sample);
    printed(&config, false);
    CHECK(strncmp(text, "; file: none\n\n[deck]\nid = pi ", 29) == 0);
    CHECK(strstr(text, "\nsync_ms = 1000 "));
    CHECK(strstr(text, "; default, ms\n"));
    CHECK(strstr(text, "\nlevel = 2 "));
    CHECK(strstr(text, "\n\n[kraken]\nenabled = true "));
    CHECK(strstr(text, "\nchannels = book,ticker "));
    for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = 0;
        CHECK(line[0] == 0 || line[0] == ';' || line[0] == '[' || strstr(line, " ; default") ||
              strstr(line, " ; file"));
    }
}

/* The printed form is a configuration again, with the same values. */
TEST(ini_reads_back)
{
    parse(&config, sample);
    printed(&config, false);
    parse(&again, text);
    memset(config.origin, 0, sizeof config.origin);
    memset(again.origin, 0, sizeof again.origin);
    memset(config.venue[0].origin, 0, sizeof config.venue[0].origin);
    memset(again.venue[0].origin, 0, sizeof again.venue[0].origin);
    CHECK_EQ_MEM(&again, &config, sizeof config);
}

TEST(json)
{
    parse(&config, sample);
    printed(&config, true);
    CHECK(strstr(
        text,
        "{\"file\":\"\",\"deck\":{\"id\":{\"value\":\"pi\",\"origin\":\"file\"},\"data_dir\":"));
    CHECK(strstr(text, "\"sync_ms\":{\"value\":1000,\"origin\":\"default\"}"));
    CHECK(strstr(text, "\"compat\":{\"value\":true,\"origin\":\"file\"}"));
    CHECK(strstr(text, "\"venues\":{\"kraken\":{\"enabled\":{\"value\":true,"));
    CHECK(strstr(text, "\"url\":{\"value\":\"wss://h/?q=\\\"x\\\"\",\"origin\":\"file\"}"));
    int depth = 0;
    for (const char *at = text; *at; at++)
        depth += *at == '{' ? 1 : *at == '}' ? -1 : 0;
    CHECK_EQ_I64(depth, 0);
    parse(&config, "");
    printed(&config, true);
    CHECK(strstr(text, "\"venues\":{}}\n"));
}

TEST(core_text_is_what_shapes_the_output)
{
    parse(&config, sample);
    int bytes = td_config_core_text(&config, text, sizeof text);
    CHECK_EQ_I64(bytes, strlen(text));
    CHECK_EQ_STR(
        text,
        "[deck]\nid = pi\n[segment]\nzstd_level = 3\nmax_mb = 50\nrows_max = 65536\npool_mb = 32\n"
        "frames = false\ncompat = true\n[book]\npool_levels = 524288\nmax_depth = 0\n"
        "[features]\nsets = quotewatch,levels,structural,dynamic,rolling\nwithout = \nwith = \n"
        "emit = 1s\nwindow_events = 32768\nvpin_bucket_volume = 1\nvpin_window_buckets = 50\n"
        "spread_regime = dynamic\nspread_tight_percentile = 0.2\nspread_wide_percentile = 0.8\n"
        "spread_tight_threshold_bps = 1\nspread_regime_window = 300\nkyle_lambda_window = 300\n"
        "ofi_levels = 10\nofi_decay_alpha = 0.5\nmax_state_staleness_seconds = 300\nsession = "
        "utc_day\n"
        "compat = none\n[model]\nmodels = sgd-v1@500=spread_bps+imbalance+depth+volatility\n"
        "tau = 0.0001\nbuffer = 1000\nlabel_max_gap_ms = 2000\neta = 0.01\nalpha = 0.0001\n"
        "ready_per_class = 100\naccuracy_window = 100\naccuracy_min = 10\n[kraken]\nenabled = "
        "true\n"
        "symbols = BTC-USD,ETH-USD\nchannels = book,ticker\nrest_url = \n");
}

TEST(core_text_reads_back_to_itself)
{
    parse(&config, sample);
    CHECK(td_config_core_text(&config, text, sizeof text) > 0);
    parse(&again, text);
    CHECK(td_config_core_text(&again, other, sizeof other) > 0);
    CHECK_EQ_STR(other, text);
}

TEST(core_text_without_room)
{
    parse(&config, sample);
    int bytes = td_config_core_text(&config, text, sizeof text);
    CHECK_EQ_I64(td_config_core_text(&config, other, (size_t)bytes + 1), bytes);
    CHECK_EQ_I64(td_config_core_text(&config, other, (size_t)bytes), TD_E_NO_ROOM);
}

static void hash_of(const char *ini, char out[17])
{
    parse(&config, ini);
    int bytes = td_config_core_text(&config, text, sizeof text);
    CHECK(bytes > 0);
    td_config_hash(text, (size_t)bytes, out);
}

TEST(hash_follows_the_core_only)
{
    char base[17], spelled[17], local[17], changed[17];
    hash_of("[deck]\nid=pi\n[coinbase]\nsymbols=BTC-USD\n", base);
    hash_of("; spelled otherwise\n[coinbase]\nsymbols = btc-usd\nenabled = on\n[deck]\nid = pi\n",
            spelled);
    hash_of("[deck]\nid=pi\ndata_dir=/x\n[journal]\nlevel=9\n[coinbase]\nsymbols=BTC-USD\nurl=wss:/"
            "/x\napi_key=k\napi_secret_file=/k\n",
            local);
    hash_of("[deck]\nid=pi\n[coinbase]\nsymbols=BTC-USD,ETH-USD\n", changed);
    CHECK_EQ_U64(strlen(base), 16);
    CHECK_EQ_U64(strspn(base, "0123456789abcdef"), 16);
    CHECK_EQ_STR(spelled, base);
    CHECK_EQ_STR(local, base);
    CHECK(strcmp(changed, base) != 0);
}

static int put_symbol(char *at, int i)
{
    bool first = i == 0, last = i == TD_INSTRUMENTS_MAX - 1;
    return snprintf(at, 18, "%sSYMBOL%03d-%s", first ? "" : ",", i, last ? "USD" : "USDTT");
}

TEST(largest_core_text_fits_its_buffer)
{
    parse(&config, "[deck]\nid = pi\n");
    config.venue_count = TD_SOURCES_MAX;
    for (int i = 0; i < TD_SOURCES_MAX; i++) {
        memset(config.venue[i].name, 'v', sizeof config.venue[i].name - 1);
        memset(config.venue[i].symbols, 'S', sizeof config.venue[i].symbols - 1);
        memset(config.venue[i].rest_url, 'u', sizeof config.venue[i].rest_url - 1);
    }
    CHECK(td_config_core_text(&config, text, sizeof text) > 16 * 4096);
}

/* What patterns come to at the most is one line of the journalled text, and is read back from it. */
TEST(a_full_list_of_symbols_reads_back)
{
    parse(&config, "[deck]\nid = pi\n[coinbase]\nsymbols = A-B\n");
    char *list = config.venue[0].symbols;
    for (int i = 0; i < TD_INSTRUMENTS_MAX; i++)
        list += put_symbol(list, i);
    CHECK(strlen(config.venue[0].symbols) > TD_CONFIG_SYMBOLS_MAX - 32);
    int bytes = td_config_core_text(&config, text, sizeof text);
    CHECK(bytes > 0);
    parse(&again, text);
    CHECK_EQ_I64(again.symbol_count, TD_INSTRUMENTS_MAX);
    CHECK_EQ_STR(again.venue[0].symbols, config.venue[0].symbols);
}

TEST(origin_names)
{
    CHECK_EQ_STR(td_config_origin_name(TD_FROM_DEFAULT), "default");
    CHECK_EQ_STR(td_config_origin_name(TD_FROM_COMMAND_LINE), "command line");
}
