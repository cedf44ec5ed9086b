/* Facts of a box that has recorded two markets for three hours. A test changes what it is about. */
#ifndef TD_TESTS_INIT_FACTS_H
#define TD_TESTS_INIT_FACTS_H

#include <stdio.h>

#include "base/limits.h"
#include "base/utc.h"
#include "init/report.h"
#include "test.h"

static struct report_facts facts;
static struct page_view view;
static char text[REPORT_TEXT_MAX];

static const int64_t hour_ns = 3600 * TD_NS_PER_S;
static const int64_t day_start_ns = INT64_C(1795305600) * TD_NS_PER_S; /* 2026-11-22 */

#define SET(field, words) snprintf(field, sizeof(field), "%s", words)

static inline void add_market(unsigned at, const char *symbol)
{
    struct page_book *book = &view.book[at];
    *book = (struct page_book){.state = TD_BOOK_PROVEN,
                               .channels = 1u << TD_CHANNEL_BOOK | 1u << TD_CHANNEL_TRADES,
                               .open_kind = PAGE_KIND_NONE,
                               .latest_kind = PAGE_KIND_NONE,
                               .covered_ms_today = 3 * 3600 * 1000,
                               .proven_ms_today = 3 * 3600 * 1000,
                               .completeness_today = 1,
                               .last_mono_ns = facts.mono_ns - 200 * TD_NS_PER_MS};
    SET(book->exchange, "coinbase");
    SET(book->symbol, symbol);
}

static inline void all_is_well(void)
{
    facts = (struct report_facts){.mono_ns = 3 * hour_ns + 240 * TD_NS_PER_S,
                                  .wall_ns = day_start_ns + 5 * hour_ns,
                                  .clock = {.synced = true, .error_ns = 800000},
                                  .page = &view,
                                  .life = PAGE_ALIVE};
    SET(facts.version, "0.6.0");
    SET(facts.name, "tapedeck");
    SET(facts.address, "192.168.1.20 (DHCP)");
    SET(facts.time_source, "public servers: time.cloudflare.com and others");
    SET(facts.recorder, "running since 2026-11-22 02:00 UTC");
    SET(facts.update, "slot A, 0.6.0");
    view = (struct page_view){0};
    view.deck = (struct page_deck){.source_count = 1,
                                   .book_count = 2,
                                   .book_total = 2,
                                   .published_ns = facts.wall_ns,
                                   .published_mono_ns = facts.mono_ns,
                                   .disk_free_bytes = 24100000000,
                                   .disk_total_bytes = 29500000000,
                                   .disk_days = 142.4};
    view.deck.card = (struct page_card){.known = 1,
                                        .cuts = 1,
                                        .since_ns = day_start_ns - 10 * 24 * hour_ns,
                                        .device_ever_bytes = 7200000000,
                                        .device_today_bytes = 412000000,
                                        .life_years = 11.3,
                                        .used_share = 0.00049};
    view.deck.board = (struct page_board){.has_temperature = 1,
                                          .temperature_mc = 51200,
                                          .low_voltage = PAGE_FLAG_NO,
                                          .throttled = PAGE_FLAG_NO};
    view.source[0] = (struct page_source){.state = PAGE_UP,
                                          .frames_per_s = 312.4,
                                          .silence_ms = 60000,
                                          .last_mono_ns = facts.mono_ns};
    SET(view.source[0].name, "coinbase");
    add_market(0, "BTC-USD");
    add_market(1, "ETH-USD");
}

static inline void raise(enum page_alarm alarm)
{
    view.deck.alarms |= UINT64_C(1) << alarm;
}

static inline void check_has(const char *words)
{
    if (!strstr(text, words))
        FAIL("\"%s\" is not in:\n%s", words, text);
}

static inline void check_has_not(const char *words)
{
    if (strstr(text, words))
        FAIL("\"%s\" is in:\n%s", words, text);
}

/* The line that begins so. */
static inline const char *line_of(const char *begin)
{
    static char out[4][400];
    static unsigned turn;
    const char *at = text;
    turn = (turn + 1) % 4;
    while (at && strncmp(at, begin, strlen(begin)) != 0) {
        at = strchr(at, '\n');
        at = at ? at + 1 : NULL;
    }
    snprintf(out[turn], sizeof out[turn], "%.*s", at ? (int)strcspn(at, "\r\n") : 0, at ? at : "");
    return out[turn];
}

static inline unsigned lines_of(const char *at)
{
    unsigned lines = 0;
    for (; *at; at++)
        lines += *at == '\n';
    return lines;
}

static inline void ten(void)
{
    size_t bytes = report_ten(&facts, text);
    CHECK_EQ_I64((int64_t)bytes, (int64_t)strlen(text));
    CHECK_EQ_I64(lines_of(text), 10);
    for (const char *at = text, *end; *at; at = end + 1) {
        end = strchr(at, '\n');
        CHECK(end - at < REPORT_LINE_MAX);
        for (const char *c = at; c < end; c++)
            CHECK(*c >= ' ' && *c <= '~');
    }
}

#endif
