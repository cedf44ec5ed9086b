/* The file that comes with the product. Lines, sections and what is wrong with them: config_test. */
#include "test.h"

#include <stdio.h>

#include "app/config.h"

static struct td_config config;
static char said[4096];

static const char *known_venue(unsigned index)
{
    static const char *const names[] = {"coinbase", "binance", "kraken"};
    return index < 3 ? names[index] : NULL;
}

static td_err load(const char *path)
{
    memset(said, 0, sizeof said);
    struct td_config_input input = {.path = path, .venue_name = known_venue};
    input.errors = fmemopen(said, sizeof said, "w");
    CHECK(input.errors != NULL);
    td_err err = td_config_load(&config, &input);
    fclose(input.errors);
    return err;
}

static td_err parse(const char *text)
{
    return td_config_parse(&config, "x.ini", text, strlen(text), known_venue, stderr);
}

TEST(sample_works_unedited)
{
    CHECK_EQ_I64(load("tapedeck.ini"), 0);
    CHECK_EQ_STR(said, "");
    CHECK_EQ_U64(config.venue_count, 1);
    CHECK_EQ_STR(config.venue[0].name, "coinbase");
    CHECK_EQ_STR(config.venue[0].symbols, "BTC-USD,ETH-USD");
}

/* Where the default is nothing. */
static bool shows_an_example(const char *line)
{
    static const char *const names[] = {
        "rl = ",    "ca_file =",    "ithout = ",      ";with = ",  "weights_file =",
        ";api_",    ";to =",        "endpoint_url =", ";region =", "secrets_file =",
        ";paths =", ";bandwidth =", "quiet_hours ="};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (strstr(line, names[i]))
            return true;
    return false;
}

static bool is_empty(unsigned key)
{
    static const unsigned keys[] = {
        TD_KEY_net_ca_file,        TD_KEY_features_without,  TD_KEY_features_with,
        TD_KEY_model_weights_file, TD_KEY_sync_to,           TD_KEY_sync_endpoint_url,
        TD_KEY_sync_region,        TD_KEY_sync_secrets_file, TD_KEY_sync_paths,
        TD_KEY_sync_bandwidth,     TD_KEY_sync_quiet_hours};
    for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i] == key)
            return true;
    return false;
}

/* Its comments show the defaults: uncommented, they change nothing but the origins. */
TEST(sample_shows_the_defaults)
{
    static char text[32768], plain[32768];
    FILE *file = fopen("tapedeck.ini", "r");
    CHECK(file != NULL);
    size_t bytes = fread(text, 1, sizeof text - 1, file), used = 0;
    fclose(file);
    CHECK(bytes > 0);
    for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = 0;
        bool setting = line[0] == ';' && line[1] >= 'a' && line[1] <= 'z' && strstr(line, " = ");
        if (strstr(line, "[binance]"))
            break;
        if (!shows_an_example(line))
            used += (size_t)snprintf(plain + used, sizeof plain - used, "%s\n", line + setting);
    }
    struct td_config wanted;
    CHECK_EQ_I64(parse("[deck]\nid = pi-attic\n[coinbase]\nsymbols = BTC-USD,ETH-USD\n"), 0);
    memcpy(&wanted, &config, sizeof wanted);
    CHECK_EQ_I64(parse(plain), 0);
    for (unsigned i = 0; i < TD_CONFIG_KEYS; i++)
        CHECK_EQ_I64(config.origin[i], is_empty(i) ? TD_FROM_DEFAULT : TD_FROM_FILE);
    memcpy(config.origin, wanted.origin, sizeof wanted.origin);
    memcpy(config.venue[0].origin, wanted.venue[0].origin, sizeof wanted.venue[0].origin);
    CHECK_EQ_MEM(&config, &wanted, sizeof wanted);
}
