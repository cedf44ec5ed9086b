/* A configuration that is read again: symbols change, the rest is named. */
#include "app/setup.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/exits.h"
#include "base/log.h"
#include "net/wire.h"
#include "test.h"

static struct setup setup;
static struct setup_options options;
static struct wire_note note;
static char path[512], log_path[512];
static int log_fd;

static void write_config(const char *text)
{
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fputs(text, file) >= 0);
    fclose(file);
}

static void load(const char *text)
{
    const char *dir = test_tmpdir();
    memset(&setup, 0, sizeof setup);
    memset(&options, 0, sizeof options);
    snprintf(path, sizeof path, "%s/tapedeck.ini", dir);
    snprintf(log_path, sizeof log_path, "%s/log", dir);
    write_config(text);
    options.config_path = path;
    log_fd = open(log_path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    td_log_setup(log_fd, TD_LOG_INFO, NULL);
    CHECK_EQ_I64(setup_load(&setup, &options), EXIT_FINE);
}

static bool reload(const char *text)
{
    write_config(text);
    memset(&note, 0, sizeof note);
    CHECK_EQ_I64(ftruncate(log_fd, 0), 0);
    CHECK_EQ_I64(lseek(log_fd, 0, SEEK_SET), 0);
    return setup_reload(&setup, &note);
}

static bool logged(const char *part)
{
    static char text[16384];
    ssize_t got = pread(log_fd, text, sizeof text - 1, 0);
    text[got > 0 ? got : 0] = '\0';
    return strstr(text, part) != NULL;
}

static const char first[] = "[deck]\nid = test\nspare_symbols = 2\n[coinbase]\nsymbols = BTC-USD\n"
                            "[kraken]\nsymbols = BTC-USD\nenabled = false\n";

/* What the wire would send from the next connect on. */
static bool subscribes(const char *part)
{
    char text[4096];
    for (unsigned n = 0;; n++) {
        size_t bytes =
            setup.endpoint[0].subscribe(note.subscribe_args[0], n, text, sizeof text - 1);
        text[bytes] = '\0';
        if (bytes == 0 || strstr(text, part) != NULL)
            return bytes > 0;
    }
}

TEST(room_is_laid_out_for_spare_symbols)
{
    load(first);
    CHECK_EQ_U64(setup.deck.capacity, 3);
    CHECK_EQ_U64(setup.deck.endpoint_count, 1);
}

TEST(new_symbols_make_a_note)
{
    load(first);
    CHECK(reload("[deck]\nid = test\nspare_symbols = 2\n[coinbase]\nsymbols = ETH-USD, BTC-USD\n"
                 "[kraken]\nsymbols = BTC-USD\nenabled = false\n"));
    CHECK_EQ_I64(note.kind, TD_FRAME_CONFIG);
    CHECK_EQ_U64(note.bytes, strlen(note.text));
    CHECK(strstr(note.text, "symbols = ETH-USD,BTC-USD") != NULL);
    CHECK(subscribes("ETH-USD") && subscribes("BTC-USD"));
    CHECK_EQ_U64(instruments_count(setup.instruments), 1); /* the start's own stays */
    CHECK(!logged("needs_a_restart"));
    void *const *before = note.subscribe_args;
    CHECK(reload(first));
    CHECK(before != note.subscribe_args);
    CHECK(!subscribes("ETH-USD"));
    CHECK(!reload(first)); /* nothing is new */
}

TEST(what_cannot_change_is_named_and_stays)
{
    load(first);
    CHECK(reload("[deck]\nid = test\nspare_symbols = 2\n[segment]\nzstd_level = 9\n[coinbase]\n"
                 "symbols = ETH-USD\nchannels = book\n[kraken]\nsymbols = BTC-USD\n[binance]\n"
                 "symbols = BTC-USDT\n"));
    CHECK(logged("key=segment.zstd_level"));
    CHECK(logged("key=coinbase.channels"));
    CHECK(logged("key=kraken.enabled"));
    CHECK(logged("key=binance"));
    CHECK(strstr(note.text, "zstd_level = 3") != NULL);
    CHECK(strstr(note.text, "channels = book,trades,ticker") != NULL);
    CHECK(strstr(note.text, "binance") == NULL);
    CHECK(strstr(note.text, "symbols = ETH-USD\n") != NULL);
}

/* `tape sync` reads the file by itself. */
TEST(what_is_about_sync_is_none_of_its_business)
{
    load(first);
    CHECK(reload(
        "[deck]\nid = test\nspare_symbols = 2\n[sync]\nenabled = true\nto = s3://bucket\n"
        "[coinbase]\nsymbols = ETH-USD,BTC-USD\n[kraken]\nsymbols = BTC-USD\nenabled = false\n"));
    CHECK(!logged("needs_a_restart"));
    CHECK(strstr(note.text, "s3://bucket") == NULL);
}

TEST(a_bad_file_changes_nothing)
{
    load(first);
    int keep = dup(2), null = open("/dev/null", O_WRONLY);
    dup2(null, 2);
    CHECK(!reload("[coinbase]\nsymbls = ETH-USD\n"));
    dup2(keep, 2);
    close(keep);
    close(null);
    CHECK(logged("reload_refused"));
    CHECK_EQ_STR(setup.config.venue[0].symbols, "BTC-USD");
}

TEST(more_symbols_than_room_change_nothing)
{
    load(first);
    CHECK(
        !reload("[deck]\nid = test\nspare_symbols = 2\n[coinbase]\nsymbols = A-USD, B-USD, C-USD, "
                "D-USD\n[kraken]\nsymbols = BTC-USD\nenabled = false\n"));
    CHECK(logged("reload_refused"));
    CHECK_EQ_STR(setup.config.venue[0].symbols, "BTC-USD");
}

TEST(venues_that_the_command_line_leaves_out_are_off)
{
    static const char two[] =
        "[deck]\nid = test\n[coinbase]\nsymbols = BTC-USD\n[binance]\nsymbols = BTC-USDT\n";
    load(two);
    CHECK_EQ_U64(setup.deck.endpoint_count, 2);
    memset(&setup, 0, sizeof setup);
    options.sources = "binance";
    CHECK_EQ_I64(setup_load(&setup, &options), EXIT_FINE);
    CHECK_EQ_U64(setup.deck.endpoint_count, 1);
    CHECK(strstr(setup.core_text, "enabled = false") != NULL);
    CHECK(!reload(two));
}
