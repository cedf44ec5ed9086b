#include "facts.h"

static void whole(void)
{
    size_t bytes = report_text(&facts, text);
    CHECK_EQ_I64((int64_t)bytes, (int64_t)strlen(text));
    for (const char *at = text; *at; at++)
        CHECK((*at == '\r') == (at[1] == '\n'));
}

/* Without the carriage returns, to be compared. */
static const char *plain(void)
{
    static char out[REPORT_TEXT_MAX];
    char *to = out;
    whole();
    for (const char *at = text; *at; at++)
        if (*at != '\r')
            *to++ = *at;
    *to = 0;
    return out;
}

TEST(all_well)
{
    all_is_well();
    CHECK_EQ_STR(
        plain(),
        "Tapedeck   0.6.0, called tapedeck\n"
        "Running    since 2026-11-22 01:56 UTC, for 3 h 4 min\n"
        "Network    192.168.1.20 (DHCP)\n"
        "Records    2 markets at 1 venue, 312 messages a second\n"
        "Missing    nothing today\n"
        "Clock      right to 0.8 ms; public servers: time.cloudflare.com and others\n"
        "Card       24.1 GB free of 29.5 GB, full in 142 days; lasts for about 11 years\n"
        "Board      51 degrees C; power good\n"
        "Update     slot A, 0.6.0\n"
        "To do      nothing\n"
        "\n"
        "The box wrote this file at 2026-11-22 05:00 UTC and writes it again; your "
        "changes to it are lost.\n"
        "\n"
        "WHAT IS WRONG\n"
        "  Nothing.\n"
        "\n"
        "CONFIGURATION\n"
        "  tapedeck.ini of this card is in force.\n"
        "\n"
        "RECORDER\n"
        "  running since 2026-11-22 02:00 UTC\n"
        "\n"
        "CARD\n"
        "  Written today 412.0 MB; 7.2 GB since 2026-11-12 00:00 UTC, with 1 cut of the power.\n"
        "  Used up of what [card] in tapedeck.ini says it bears: 0.0490 %\n"
        "\n"
        "THE GREEN LAMP\n"
        "  lit                          starting\n"
        "  a short flash each 2 s       recording, all is well\n"
        "  two short flashes each 2 s   recording, something wants to be looked at\n"
        "  fast blinking                data is or will be missing: read STATUS.txt\n"
        "  long flashes                 an update is being written: leave it on\n"
        "  dark                         stopped: the card may be taken out\n"
        "\n"
        "MARKETS\n"
        "        venue          market            last news    complete  today\n"
        "  good  coinbase       BTC-USD               0.2 s       100 %  no gaps\n"
        "  good  coinbase       ETH-USD               0.2 s       100 %  no gaps\n");
}

TEST(a_bad_configuration_names_its_line)
{
    all_is_well();
    facts.config.source = CONFIG_LAST_GOOD;
    SET(facts.config.complaint,
        "tapedeck.ini:3:1: there is no \"symbls\"; do you mean \"symbols\"?\n"
        "    symbls = BTC-USD\n    ^\n");
    SET(facts.settings_complaints,
        "network.ini line 2: there is no \"adress\"; do you mean \"address\"?\n");
    whole();
    CHECK_EQ_STR(line_of("To do"),
                 "To do      correct the lines that STATUS.txt names, and switch on again "
                 "(1 more in STATUS.txt)");
    check_has(
        "  Warning: tapedeck.ini on the card is not sound; its last sound text is in force\r\n");
    check_has("CONFIGURATION\r\n"
              "  In force is the last tapedeck.ini that was sound, not the one on this card. What "
              "is wrong "
              "with this one (file:line:column):\r\n"
              "  tapedeck.ini:3:1: there is no \"symbls\"; do you mean \"symbols\"?\r\n"
              "      symbls = BTC-USD\r\n"
              "      ^\r\n"
              "  Of network.ini these lines were not taken:\r\n"
              "  network.ini line 2: there is no \"adress\"; do you mean \"address\"?\r\n");
    facts.config.source = CONFIG_SHIPPED;
    whole();
    check_has("  In force is the configuration as it was delivered. Why:\r\n");
}

TEST(reasons_and_gaps_are_shown)
{
    all_is_well();
    facts.restarts_hour = 2;
    SET(facts.reason[0], "2026-11-22 04:10 hang: no sign for 20 s");
    SET(facts.reason[1], "2026-11-22 03:00 exit code 70");
    view.book[0].gaps_today[TD_GAP_DISCONNECT] = 2;
    view.book[0].trades_missed_today = 7;
    view.book[0].completeness_today = 0.99998749;
    whole();
    check_has("  Warning: the recorder was started again 2 times in the last hour\r\n");
    check_has("  What happened before, newest first:\r\n"
              "    2026-11-22 04:10 hang: no sign for 20 s\r\n"
              "    2026-11-22 03:00 exit code 70\r\n");
    check_has("  good  coinbase       BTC-USD               0.2 s   99.9987 %  2 disconnect, 7 "
              "trades missed\r\n");
}

TEST(every_alarm_brings_its_next_step)
{
    all_is_well();
    view.deck.source_count = 2;
    view.source[1] = view.source[0];
    view.source[0].state = PAGE_BACKOFF;
    view.source[0].last_mono_ns -= hour_ns;
    SET(view.source[0].error, "TD_E_NET_TIMEOUT");
    view.book[0].open_kind = TD_GAP_DISCONNECT;
    view.book[0].open_since_ns = facts.wall_ns - hour_ns;
    for (unsigned i = 0; i < PAGE_ALARMS; i++)
        raise((enum page_alarm)i);
    whole();
    for (unsigned i = 0; i < PAGE_ALARMS; i++) {
        char line[400];
        if (i == PAGE_ALARM_CLOCK)
            continue; /* init says it in its own words */
        snprintf(line, sizeof line, "  %s: %s\r\n    To do: %.140s",
                 page_alarm_words[i].red ? "ALARM" : "Warning", page_alarm_words[i].what,
                 page_alarm_words[i].next);
        check_has(line);
    }
    check_has("the clock is not exact yet");
    check_has("  coinbase: TD_E_NET_TIMEOUT\r\n");
    check_has("  BAD   coinbase");
}

TEST(the_largest_deck_fits)
{
    all_is_well();
    view.deck.book_count = PAGE_BOOKS_MAX;
    view.deck.source_count = TD_SOURCES_MAX;
    for (unsigned i = 0; i < PAGE_BOOKS_MAX; i++) {
        add_market(i, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        for (unsigned kind = 0; kind < TD_GAP_KINDS; kind++)
            view.book[i].gaps_today[kind] = UINT32_MAX;
    }
    for (unsigned i = 0; i < TD_SOURCES_MAX; i++)
        memset(view.source[i].error, 'e', PAGE_TEXT_MAX - 1);
    memset(facts.config.complaint, 'c', CONFIG_COMPLAINT_MAX - 1);
    for (unsigned i = 0; i < REPORT_REASONS; i++)
        memset(facts.reason[i], 'r', sizeof facts.reason[i] - 1);
    whole();
    CHECK(strlen(text) < REPORT_TEXT_MAX - 1);
    check_has("THE GREEN LAMP");
}

TEST(without_a_page_there_is_still_a_text)
{
    all_is_well();
    facts.page = NULL;
    SET(facts.recorder, "restarting in 30 s: exit code 3");
    SET(facts.config.complaint, "tapedeck.ini:1:1: nonsense\n");
    facts.config.source = CONFIG_SHIPPED;
    whole();
    check_has(
        "  ALARM: the recorder does not run: restarting in 30 s: exit code 3\r\n"
        "    To do: correct tapedeck.ini on this card: the lines are named in STATUS.txt\r\n");
    check_has_not("MARKETS");
}
