/* The configuration of the simulated deck. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/exits.h"
#include "sim/dice.h"
#include "sim/recorder_parts.h"

enum { USUAL_SYMBOLS = 10 };

static void set(struct recorder *recorder, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void set(struct recorder *recorder, const char *format, ...)
{
    enum { OPTIONS_MAX = 64 };
    static char text[OPTIONS_MAX][1024]; /* the options point there */
    static unsigned count;
    va_list args;
    TD_ASSERT(count < OPTIONS_MAX, "more options than the rig has room for");
    va_start(args, format);
    vsnprintf(text[count], sizeof text[count], format, args);
    va_end(args);
    bool taken = setup_option(&recorder->options, "set", text[count++]);
    TD_ASSERT(taken, "an option of the simulated deck");
}

static void set_venue(struct recorder *recorder, unsigned host)
{
    const struct house *house = &recorder->bourse->house[host];
    char symbols[1024] = "";
    for (unsigned i = 0; i < house->markets; i++)
        snprintf(symbols + strlen(symbols), sizeof symbols - strlen(symbols), "%s%s", i ? "," : "",
                 house->market[i].is.symbol);
    if (house->markets == 0)
        return;
    set(recorder, "%s.symbols=%s", house->feed->name, symbols);
    set(recorder, "%s.url=ws://%s/%s", house->feed->name, net_hosts[host],
        recorder->bourse->params.venue[host]->path);
    set(recorder, "%s.rest_url=http://%s", house->feed->name, net_hosts[host]);
}

/* Limits as a run draws them: now and then tiny, where few symbols have to do with them. */
void recorder_configure(struct recorder *recorder)
{
    uint64_t *dice = &recorder->dice;
    unsigned symbols = 0;
    for (unsigned host = 0; host < recorder->bourse->params.venues; host++)
        symbols += recorder->bourse->house[host].markets;
    bool many = symbols > USUAL_SYMBOLS;
    bool tiny = dice_once_in(dice, 2) && !many, every = dice_once_in(dice, 4) && !many;
    recorder->options.config_path = "/dev/null";
    snprintf(recorder->data_dir, sizeof recorder->data_dir, "/tmp/tapedeck-sim-%d", (int)getpid());
    snprintf(recorder->shm_dir, sizeof recorder->shm_dir, "/dev/shm/tapedeck-sim-%d",
             (int)getpid());
    snprintf(recorder->page_path, sizeof recorder->page_path, "%s/page", recorder->shm_dir);
    mkdir(recorder->shm_dir, 0700);
    set(recorder, "deck.id=sim");
    set(recorder, "deck.data_dir=%s", recorder->data_dir);
    set(recorder, "deck.shm_dir=%s", recorder->shm_dir);
    set(recorder, "deck.queue_mb=%d", tiny ? 4 : 16);
    set(recorder, "journal.file_mb=%d", (int)dice_between(dice, 1, 4));
    set(recorder, "journal.max_mb=%d", (int)dice_between(dice, 64, 128));
    set(recorder, "journal.sync_ms=%d", (int)dice_between(dice, 1, 4) * 500);
    set(recorder, "segment.rows_max=%d", tiny ? (int)dice_between(dice, 64, 2000) : 65536);
    set(recorder, "segment.pool_mb=%d", tiny ? 6 : 16);
    set(recorder, "segment.zstd_level=1");
    set(recorder, "segment.compat=%s", dice_once_in(dice, 4) ? "true" : "false");
    set(recorder, "book.pool_levels=%u", many ? 131072 / USUAL_SYMBOLS * symbols : 131072);
    set(recorder, "features.window_events=%d", tiny ? 1024 : 8192);
    set(recorder, "features.emit=%s", every ? "event" : "1s");
    /* Some hundred columns of few rows each cost more than all the rest of a run. */
    if (tiny || every || many)
        set(recorder, "features.sets=quotewatch,dynamic");
    if (dice_once_in(dice, 3))
        set(recorder, "model.models=sgd-v1@500=spread_bps+imbalance+depth+volatility "
                      "slow@2000=microprice+ofi_sum_5s+rv_60s");
    for (unsigned host = 0; host < recorder->bourse->params.venues; host++)
        set_venue(recorder, host);
}

/* One root is enough: nothing here speaks TLS. */
static void cut_certificates(struct recorder *recorder)
{
    static const char end[] = "-----END CERTIFICATE-----\n";
    static char pem[16 << 10];
    struct deck_params *params = &recorder->setup.deck;
    if (pem[0] == '\0') {
        int bad = setup_certificates(&recorder->setup);
        const char *last = bad ? NULL : strstr(params->ca_pem, end);
        size_t bytes = last ? (size_t)(last - params->ca_pem) + sizeof end - 1 : sizeof pem;
        TD_ASSERT(bytes < sizeof pem, "certificates of this machine cannot be had");
        memcpy(pem, params->ca_pem, bytes);
    }
    params->ca_pem = pem;
    params->ca_bytes = strlen(pem) + 1;
}

void recorder_set_up(struct recorder *recorder)
{
    struct setup *setup = &recorder->setup;
    memset(setup, 0, sizeof *setup);
    int bad = setup_load(setup, &recorder->options);
    TD_ASSERT(bad == EXIT_FINE, "the configuration of the simulated deck is refused");
    cut_certificates(recorder);
    setup->deck.os = &recorder->world->os;
    setup->deck.stepped = true;
    setup->deck.idle = recorder_idle;
    setup->deck.idle_arg = recorder;
    setup->deck.lock_memory = false;
    setup->deck.stop_ms = 30000;
    for (unsigned i = 0; i < setup->deck.endpoint_count && !recorder->bourse->params.steady; i++)
        setup->endpoint[i].life_s = (uint32_t)dice_between(&recorder->dice, 300, 4000);
}
