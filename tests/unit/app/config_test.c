#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/config.h"
#include "base/event.h"
#include "base/log.h"

static struct td_config config;
static char said[16384];

static const char *known_venue(unsigned index)
{
    static const char *const names[] = {"coinbase", "binance", "kraken"};
    return index < 3 ? names[index] : NULL;
}

static td_err load(struct td_config_input input)
{
    memset(said, 0, sizeof said);
    input.errors = fmemopen(said, sizeof said, "w");
    CHECK(input.errors != NULL);
    if (!input.venue_name)
        input.venue_name = known_venue;
    td_err err = td_config_load(&config, &input);
    fclose(input.errors);
    return err;
}

static td_err parse_bytes(const char *text, size_t bytes)
{
    memset(said, 0, sizeof said);
    FILE *errors = fmemopen(said, sizeof said, "w");
    CHECK(errors != NULL);
    td_err err = td_config_parse(&config, "x.ini", text, bytes, known_venue, errors);
    fclose(errors);
    return err;
}

static td_err parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}

static const char *folder(void)
{
    static const char *path;
    if (!path)
        path = test_tmpdir();
    return path;
}

/* A file in the test's folder. The path lives until the next call. */
static const char *file_of(const char *name, const char *text)
{
    static char path[600];
    snprintf(path, sizeof path, "%s/%s", folder(), name);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    fputs(text, file);
    fclose(file);
    return path;
}

static void expect_flaw(const char *text, const char *wanted)
{
    CHECK_EQ_I64(parse(text), TD_E_CONFIG);
    CHECK_EQ_STR(said, wanted);
}

/* ---- values -------------------------------------------------------------------------------- */

TEST(every_default)
{
    CHECK_EQ_I64(parse(""), 0);
    CHECK_EQ_STR(said, "");
    CHECK(config.deck.id[0] != 0);
    CHECK_EQ_STR(config.deck.data_dir, "./data");
    CHECK_EQ_I64(config.deck.log_level, TD_LOG_INFO);
    CHECK_EQ_I64(config.deck.stats_interval_s, 60);
    CHECK_EQ_STR(config.deck.shm_dir, "/dev/shm");
    CHECK(config.deck.queue_mb == 16 && config.deck.memory_mb == 0);
    CHECK_EQ_I64(config.journal.sync_ms, 1000);
    CHECK_EQ_I64(config.journal.max_mb, 1024);
    CHECK_EQ_I64(config.journal.file_mb, 64);
    CHECK_EQ_I64(config.journal.level, 1);
    CHECK_EQ_I64(config.segment.zstd_level, 3);
    CHECK_EQ_I64(config.segment.max_mb, 50);
    CHECK_EQ_I64(config.segment.rows_max, 65536);
    CHECK_EQ_I64(config.segment.pool_mb, 32);
    CHECK(!config.segment.compat);
    CHECK_EQ_I64(config.book.pool_levels, 524288);
    CHECK_EQ_I64(config.book.max_depth, 0);
    CHECK_EQ_STR(config.net.ca_file, "");
    CHECK_EQ_I64(config.net.connect_timeout_s, 10);
    CHECK_EQ_I64(config.net.silence_s, 60);
    CHECK_EQ_I64(config.net.max_reconnect_attempts, -1);
    CHECK_EQ_U64(config.venue_count, 0);
    for (unsigned i = 0; i < TD_CONFIG_KEYS; i++)
        CHECK_EQ_I64(config.origin[i], TD_FROM_DEFAULT);
}

TEST(venue_and_its_defaults)
{
    CHECK_EQ_I64(
        parse("[net]\nsilence_s = 45\n[kraken]\nsymbols = btc-usd , "
              "ETH-USD\n[coinbase]\nsymbols=SOL-USD\n"
              "channels = trades\nsilence_s = 5\nurl = wss://127.0.0.1:9443/ws\nenabled = no\n"),
        0);
    CHECK_EQ_U64(config.venue_count, 2);
    const struct td_config_venue *kraken = &config.venue[0], *coinbase = &config.venue[1];
    CHECK_EQ_STR(kraken->name, "kraken");
    CHECK(kraken->enabled);
    CHECK_EQ_I64(kraken->silence_s, 45);
    CHECK_EQ_I64(kraken->channels,
                 1 << TD_CHANNEL_BOOK | 1 << TD_CHANNEL_TRADES | 1 << TD_CHANNEL_TICKER);
    CHECK_EQ_STR(kraken->url, "");
    CHECK_EQ_STR(kraken->symbols, "BTC-USD,ETH-USD");
    CHECK_EQ_U64(kraken->symbol_count, 2);
    CHECK_EQ_STR(config.symbol[kraken->symbol_first + 1], "ETH-USD");
    CHECK(!coinbase->enabled);
    CHECK_EQ_I64(coinbase->channels, 1 << TD_CHANNEL_TRADES);
    CHECK_EQ_I64(coinbase->silence_s, 5);
    CHECK_EQ_STR(coinbase->url, "wss://127.0.0.1:9443/ws");
    CHECK_EQ_U64(coinbase->symbol_first, 2);
    CHECK_EQ_STR(config.symbol[coinbase->symbol_first], "SOL-USD");
    CHECK_EQ_U64(config.symbol_count, 3);
    CHECK_EQ_I64(coinbase->origin[TD_VENUE_KEY_symbols], TD_FROM_FILE);
    CHECK_EQ_I64(coinbase->origin[TD_VENUE_KEY_rest_url], TD_FROM_DEFAULT);
}

TEST(section_in_two_parts_and_comments)
{
    CHECK_EQ_I64(parse("# one\n; two\n[journal] ; three\nsync_ms = 500 ; four\n[deck]\nid: a-1\n[ "
                       "journal ]\n  level = 2\n"),
                 0);
    CHECK_EQ_I64(config.journal.sync_ms, 500);
    CHECK_EQ_I64(config.journal.level, 2);
    CHECK_EQ_STR(config.deck.id, "a-1");
}

/* ---- what editors do to files -------------------------------------------------------------- */

TEST(bom_and_crlf)
{
    CHECK_EQ_I64(parse("\xEF\xBB\xBF[deck]\r\nid = pi\r\n\r\n[coinbase]\r\nsymbols = BTC-USD\r\n"),
                 0);
    CHECK_EQ_STR(config.deck.id, "pi");
    CHECK_EQ_STR(config.venue[0].symbols, "BTC-USD");
    expect_flaw(
        "\xEF\xBB\xBF[deck]\r\nidd = pi\r\n",
        "x.ini:2:1: unknown key \"idd\" in [deck]; did you mean \"id\"?\n    idd = pi\n    ^\n");
}

TEST(last_line_without_its_end)
{
    CHECK_EQ_I64(parse("[deck]\nid = pi"), 0);
    CHECK_EQ_STR(config.deck.id, "pi");
}

TEST(utf16_is_named)
{
    CHECK_EQ_I64(parse_bytes("\xFF\xFE[\0d\0", 6), TD_E_CONFIG);
    CHECK(strstr(said, "UTF-16") && strstr(said, "UTF-8"));
    CHECK_EQ_I64(parse_bytes("\xFE\xFF\0[\0d", 6), TD_E_CONFIG);
    CHECK(strstr(said, "UTF-16"));
    CHECK_EQ_I64(parse_bytes("[\0d\0]\0", 6), TD_E_CONFIG);
    CHECK(strstr(said, "NUL"));
}

TEST(long_line_is_an_error_of_its_own)
{
    static char text[12000];
    int used = snprintf(text, sizeof text, "[deck]\nid = ");
    memset(text + used, 'a', 9000);
    snprintf(text + used + 9000, 100, "\nlog_level = WARN\n");
    CHECK_EQ_I64(parse(text), TD_E_CONFIG);
    CHECK(strncmp(said, "x.ini:2:1: a line has at most", 29) == 0);
    CHECK_EQ_I64(config.deck.log_level, TD_LOG_WARN);
}

/* ---- errors -------------------------------------------------------------------------------- */

TEST(unknown_names_get_a_suggestion)
{
    expect_flaw("[journal]\n\tsnyc_ms = 5\n",
                "x.ini:2:2: unknown key \"snyc_ms\" in [journal]; did you mean \"sync_ms\"?\n    "
                "\tsnyc_ms = 5\n    \t^\n");
    expect_flaw("[journal]\nqqqqqqqqq = 5\n",
                "x.ini:2:1: unknown key \"qqqqqqqqq\" in [journal]\n    qqqqqqqqq = 5\n    ^\n");
    expect_flaw(
        "[deck]\nsync_ms = 5\n",
        "x.ini:2:1: \"sync_ms\" belongs to [journal], not to [deck]\n    sync_ms = 5\n    ^\n");
    expect_flaw("[coinbsae]\nsymbols = BTC-USD\n",
                "x.ini:1:2: unknown section or venue [coinbsae]; did you mean [coinbase]?\n    "
                "[coinbsae]\n     ^\n");
    expect_flaw("[segments]\n", "x.ini:1:2: unknown section or venue [segments]; did you mean "
                                "[segment]?\n    [segments]\n     ^\n");
    expect_flaw("[coinbase]\nsymbols = BTC-USD\nchanels = book\n",
                "x.ini:3:1: unknown key \"chanels\" in [coinbase]; did you mean \"channels\"?\n    "
                "chanels = book\n    ^\n");
}

TEST(caret_under_the_value)
{
    expect_flaw("[journal]\nsync_ms   = 10\n",
                "x.ini:2:13: sync_ms is 50 to 10000 ms\n    sync_ms   = 10\n                ^\n");
    expect_flaw(
        "[coinbase]\nsymbols = BTC-USD, BTCUSD\n",
        "x.ini:2:20: \"BTCUSD\" is not BASE-QUOTE, such as BTC-USD\n    symbols = BTC-USD, BTCUSD\n"
        "                       ^\n"
        "x.ini: [coinbase] (line 1) names no symbols, such as: symbols = BTC-USD\n");
    /* Columns are characters: the two letters before the key take two bytes each. */
    expect_flaw(
        "[deck]\n\xC3\xA9\xC3\xA9 = 1\n",
        "x.ini:2:1: unknown key \"\xC3\xA9\xC3\xA9\" in [deck]\n    \xC3\xA9\xC3\xA9 = 1\n    ^\n");
    expect_flaw("[deck]\nid = \xC3\xA9!\n", "x.ini:2:6: a deck's name has letters, digits and "
                                            "hyphens\n    id = \xC3\xA9!\n         ^\n");
}

TEST(form_of_a_line)
{
    expect_flaw("[deck]\nid\n[journal]\nlevel = 2\n",
                "x.ini:2:1: a setting is written name = value\n    id\n    ^\n");
    CHECK_EQ_I64(config.journal.level, 2);
    expect_flaw("[deck]\n  last",
                "x.ini:2:3: a setting is written name = value\n      last\n      ^\n");
    expect_flaw("[deck\nid = a\n", "x.ini:1:1: a section is written [name]\n    [deck\n    ^\n");
    expect_flaw("id = a\n",
                "x.ini:1:1: \"id\" stands before the first [section]\n    id = a\n    ^\n");
    expect_flaw("[deck]\nid = a\nid = b\n",
                "x.ini:3:1: \"id\" is given twice in [deck]\n    id = b\n    ^\n");
    CHECK_EQ_STR(config.deck.id, "a");
}

TEST(rules_between_values)
{
    expect_flaw("[coinbase]\n",
                "x.ini: [coinbase] (line 1) names no symbols, such as: symbols = BTC-USD\n");
    CHECK_EQ_I64(parse("[coinbase]\nenabled = false\n"), 0);
    expect_flaw("[journal]\nmax_mb = 128\n",
                "x.ini: journal.max_mb = 128 does not hold four files of journal.file_mb = 64\n");
    CHECK_EQ_I64(parse("[journal]\nmax_mb = 256\n"), 0);
}

TEST(twenty_errors_are_shown_and_the_rest_counted)
{
    char text[1000];
    size_t used = (size_t)snprintf(text, sizeof text, "[deck]\n");
    for (int i = 0; i < 23; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "zzzzzz = 1\n");
    CHECK_EQ_I64(parse(text), TD_E_CONFIG);
    unsigned shown = 0;
    for (const char *at = said; (at = strstr(at, "unknown key")); at++)
        shown++;
    CHECK_EQ_U64(shown, 20);
    CHECK(strstr(said, "\nand 3 more\n"));
}

TEST(too_many_symbols)
{
    static char text[16000];
    const char *const venues[] = {"coinbase", "binance", "kraken"};
    size_t used = 0;
    for (int v = 0; v < 3; v++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "[%s]\nsymbols = A-B", venues[v]);
        for (int i = 1; i < 171; i++)
            used += (size_t)snprintf(text + used, sizeof text - used, ",A%d-B", i);
        used += (size_t)snprintf(text + used, sizeof text - used, "\n");
    }
    CHECK_EQ_I64(parse(text), TD_E_CONFIG);
    CHECK(strstr(said, "more than 512 symbols"));
    CHECK_EQ_U64(config.symbol_count, 512);
}

TEST(unknown_venue_may_be_left_out)
{
    const char *path = file_of(
        "venues.ini", "[mtgox]\nsymbols = nonsense\nwhat = ever\n[coinbase]\nsymbols = BTC-USD\n");
    CHECK_EQ_I64(load((struct td_config_input){.path = path}), TD_E_CONFIG);
    CHECK_EQ_I64(load((struct td_config_input){.path = path, .skip_unknown_venues = true}), 0);
    CHECK(strstr(said, "venues.ini:1:2: unknown section or venue [mtgox] (left out)"));
    CHECK_EQ_U64(config.venue_count, 1);
    CHECK_EQ_STR(config.venue[0].name, "coinbase");
}

/* ---- precedence ---------------------------------------------------------------------------- */

TEST(command_line_over_environment_over_file_over_default)
{
    const char *path =
        file_of("p.ini", "[deck]\nid = pi\ndata_dir = /file\n[journal]\nfile_mb = 32\nlevel = 3\n");
    char *environment[] = {"DATA_ROOT=/environment", "WAL_SEGMENT_SIZE_MB=128", "UNRELATED=1",
                           NULL};
    const char *sets[] = {"deck.data_dir=/command"};
    CHECK_EQ_I64(load((struct td_config_input){.path = path}), 0);
    CHECK_EQ_STR(config.file, path);
    CHECK_EQ_STR(config.deck.data_dir, "/file");
    CHECK_EQ_I64(config.origin[TD_KEY_deck_data_dir], TD_FROM_FILE);
    CHECK_EQ_I64(load((struct td_config_input){.path = path, .environment = environment}), 0);
    CHECK_EQ_STR(config.deck.data_dir, "/environment");
    CHECK_EQ_I64(config.origin[TD_KEY_deck_data_dir], TD_FROM_ENVIRONMENT);
    CHECK_EQ_I64(load((struct td_config_input){
                     .path = path, .environment = environment, .sets = sets, .set_count = 1}),
                 0);
    CHECK_EQ_STR(config.deck.data_dir, "/command");
    CHECK_EQ_I64(config.origin[TD_KEY_deck_data_dir], TD_FROM_COMMAND_LINE);
    CHECK_EQ_I64(config.journal.file_mb, 128);
    CHECK_EQ_I64(config.origin[TD_KEY_journal_file_mb], TD_FROM_ENVIRONMENT);
    CHECK_EQ_I64(config.journal.level, 3);
    CHECK_EQ_I64(config.origin[TD_KEY_journal_level], TD_FROM_FILE);
    CHECK_EQ_I64(config.origin[TD_KEY_journal_sync_ms], TD_FROM_DEFAULT);
}

/* Of several models it is the first one's, as the earlier systems had one. */
TEST(the_horizon_and_the_weights_come_from_the_environment)
{
    const char *path = file_of("h.ini", "[model]\nmodels = a@500=vpin b@900=ofi\n");
    char *good[] = {"DELTA_MS=250", "MODEL_PATH=/w/a.weights", NULL};
    char *wrong[] = {"DELTA_MS=soon", NULL};
    CHECK_EQ_I64(load((struct td_config_input){.path = path, .environment = good}), 0);
    CHECK_EQ_STR(config.model.models, "a@250=vpin b@900=ofi");
    CHECK_EQ_I64(config.origin[TD_KEY_model_models], TD_FROM_ENVIRONMENT);
    CHECK_EQ_STR(config.model.weights_file, "/w/a.weights");
    CHECK_EQ_I64(load((struct td_config_input){.path = path, .environment = wrong}), TD_E_CONFIG);
    CHECK(strstr(said, "DELTA_MS=soon"));
    path = file_of("n.ini", "[model]\nmodels =\n");
    CHECK_EQ_I64(load((struct td_config_input){.path = path, .environment = good}), 0);
    CHECK_EQ_STR(config.model.models, "");
}

TEST(flush_interval_bounds_the_sync_interval)
{
    const char *path = file_of("f.ini", "[journal]\nsync_ms = 800\n");
    char *late[] = {"FLUSH_INTERVAL_SEC=5.0", NULL}, *early[] = {"FLUSH_INTERVAL_SEC=0.25", NULL};
    char *wrong[] = {"FLUSH_INTERVAL_SEC=soon", NULL}, *zero[] = {"FLUSH_INTERVAL_SEC=0", NULL};
    CHECK_EQ_I64(load((struct td_config_input){.path = path, .environment = late}), 0);
    CHECK_EQ_I64(config.journal.sync_ms, 800);
    CHECK_EQ_I64(config.origin[TD_KEY_journal_sync_ms], TD_FROM_FILE);
    CHECK_EQ_I64(load((struct td_config_input){.path = path, .environment = early}), 0);
    CHECK_EQ_I64(config.journal.sync_ms, 250);
    CHECK_EQ_I64(config.origin[TD_KEY_journal_sync_ms], TD_FROM_ENVIRONMENT);
    CHECK_EQ_I64(load((struct td_config_input){.path = path, .environment = wrong}), TD_E_CONFIG);
    CHECK_EQ_I64(load((struct td_config_input){.path = path, .environment = zero}), TD_E_CONFIG);
}

TEST(symbol_of_the_environment)
{
    const char *path = file_of("empty.ini", "");
    char *environment[] = {"SYMBOL=SOL-USD", NULL};
    CHECK_EQ_I64(load((struct td_config_input){.path = path, .environment = environment}), 0);
    CHECK_EQ_U64(config.venue_count, 1);
    CHECK_EQ_STR(config.venue[0].name, "coinbase");
    CHECK_EQ_STR(config.venue[0].symbols, "SOL-USD");
    path = file_of("two.ini", "[kraken]\nsymbols = BTC-USD\n[coinbase]\n");
    CHECK_EQ_I64(load((struct td_config_input){.path = path, .environment = environment}), 0);
    CHECK_EQ_U64(config.venue_count, 2);
    CHECK_EQ_STR(config.symbol[config.venue[0].symbol_first], "SOL-USD");
    CHECK_EQ_STR(config.symbol[config.venue[1].symbol_first], "SOL-USD");
}

TEST(variables_without_meaning_are_refused)
{
    const char *path = file_of("empty.ini", "");
    char *tick[] = {"TICK_MS=100", NULL}, *redis[] = {"REDIS_HOST=localhost", NULL},
         *empty[] = {"REDIS_URL=", NULL};
    CHECK_EQ_I64(load((struct td_config_input){.path = path, .environment = tick}), TD_E_CONFIG);
    CHECK(strncmp(said, "environment: TICK_MS has no meaning here", 40) == 0);
    CHECK_EQ_I64(load((struct td_config_input){.path = path, .environment = redis}), TD_E_CONFIG);
    CHECK(strstr(said, "REDIS_HOST has no meaning here"));
    CHECK_EQ_I64(load((struct td_config_input){.path = path, .environment = empty}), 0);
}

TEST(command_line_settings)
{
    const char *path = file_of("empty.ini", "");
    const char *fine[] = {"coinbase.symbols=BTC-USD", "coinbase.url=wss://h/p?a.b=c",
                          "journal.level=4", "journal.level=5"};
    CHECK_EQ_I64(load((struct td_config_input){.path = path, .sets = fine, .set_count = 4}), 0);
    CHECK_EQ_STR(config.venue[0].url, "wss://h/p?a.b=c");
    CHECK_EQ_I64(config.journal.level, 5);
    const char *wrong[] = {"journal.level=99"}, *form[] = {"journal=1"},
               *unknown[] = {"journl.level=1"};
    CHECK_EQ_I64(load((struct td_config_input){.path = path, .sets = wrong, .set_count = 1}),
                 TD_E_CONFIG);
    CHECK_EQ_STR(said,
                 "command line: level is 1 to 19\n    journal.level=99\n                  ^\n");
    CHECK_EQ_I64(load((struct td_config_input){.path = path, .sets = form, .set_count = 1}),
                 TD_E_CONFIG);
    CHECK(strstr(said, "section.key=value"));
    CHECK_EQ_I64(load((struct td_config_input){.path = path, .sets = unknown, .set_count = 1}),
                 TD_E_CONFIG);
    CHECK(strstr(said, "did you mean [journal]?"));
}

/* ---- where the file is --------------------------------------------------------------------- */

TEST(file_is_searched_in_order)
{
    char home[700], path[800], named[900], folder_was[1000];
    CHECK(getcwd(folder_was, sizeof folder_was) != NULL);
    snprintf(home, sizeof home, "%s/home", folder());
    mkdir(home, 0700);
    snprintf(path, sizeof path, "%s/.config", home);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/.config/tapedeck", home);
    mkdir(path, 0700);
    char variable_home[800], variable_config[1000];
    snprintf(variable_home, sizeof variable_home, "HOME=%s", home);
    char *only_home[] = {variable_home, NULL}, *both[] = {variable_home, variable_config, NULL};
    file_of("home/.config/tapedeck/tapedeck.ini", "[deck]\nid = from-home\n");
    snprintf(named, sizeof named, "%s", file_of("named.ini", "[deck]\nid = from-variable\n"));
    snprintf(variable_config, sizeof variable_config, "TAPEDECK_CONFIG=%s", named);
    const char *given = file_of("given.ini", "[deck]\nid = from-option\n");

    CHECK(chdir(home) == 0);
    CHECK_EQ_I64(load((struct td_config_input){.environment = only_home}), 0);
    CHECK_EQ_STR(config.deck.id, "from-home");
    char given_path[700];
    snprintf(given_path, sizeof given_path, "%s", given);
    file_of("home/tapedeck.ini", "[deck]\nid = from-here\n");
    CHECK_EQ_I64(load((struct td_config_input){.environment = only_home}), 0);
    CHECK_EQ_STR(config.deck.id, "from-here");
    CHECK_EQ_STR(config.file, "./tapedeck.ini");
    CHECK_EQ_I64(load((struct td_config_input){.environment = both}), 0);
    CHECK_EQ_STR(config.deck.id, "from-variable");
    CHECK_EQ_I64(load((struct td_config_input){.environment = both, .path = given_path}), 0);
    CHECK_EQ_STR(config.deck.id, "from-option");
    CHECK(chdir(folder_was) == 0);
}

TEST(no_file_at_all_is_fine_a_named_one_must_exist)
{
    char folder_was[1000];
    CHECK(getcwd(folder_was, sizeof folder_was) != NULL);
    CHECK(chdir(test_tmpdir()) == 0);
    CHECK_EQ_I64(load((struct td_config_input){0}), 0);
    /* A machine may run a service of its own; its file comes last. */
    bool service = access("/etc/tapedeck/tapedeck.ini", R_OK) == 0;
    CHECK_EQ_STR(config.file, service ? "/etc/tapedeck/tapedeck.ini" : "");
    CHECK(chdir(folder_was) == 0);
    CHECK_EQ_I64(load((struct td_config_input){.path = "/nowhere/x.ini"}), TD_E_MISSING);
    CHECK_EQ_STR(said, "/nowhere/x.ini: there is no such file (named by --config)\n");
    CHECK_EQ_I64(load((struct td_config_input){.path = folder()}), TD_E_CONFIG);
    CHECK(strstr(said, "cannot be read"));
}

/* ---- the rest ------------------------------------------------------------------------------ */

TEST(deck_id_of_a_host)
{
    static const char *const rows[][2] = {
        {"raspberrypi", "raspberrypi"},
        {"Pi-4.local", "pi-4"},
        {"my_host name", "my-host-name"},
        {"--", "deck"},
        {"", "deck"},
        {"..", "deck"},
        {"a-very-long-host-name-of-a-cloud-machine", "a-very-long-host-name-o"},
        {"x__", "x"},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        char id[TD_DECK_NAME_MAX];
        td_config_deck_id(rows[i][0], id);
        CHECK_EQ_STR(id, rows[i][1]);
    }
}
